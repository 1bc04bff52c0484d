"""Chat exports in JSON and JSON lines: the lines of each message as they stand in the file, its speaker and moment."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import TypeGuard

from .turns import Turn
from .when import moment, of_epoch

_SPEAKERS = ("speaker", "author", "role", "sender", "from", "user", "username", "user_name", "participant", "name")
_TEXTS = ("content", "text", "message", "body", "value", "utterance")
_TIMES = ("timestamp", "time", "date", "created_at", "createdAt", "ts", "datetime", "sent_at", "create_time", "at")
_LISTS = frozenset(
    ("messages", "turns", "conversation", "conversations", "chat", "chat_messages", "dialogue", "history")
)
_SPACE = re.compile(r"[\s,]*")
_ESCAPED = re.compile(r"(?:\\\\)*((?:\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4})+)")
_MARK = re.compile(rf'"(?:{"|".join(_TEXTS)})"\s*:')
_LOOKED_AT = 20_000
_SHARE = 0.8  # of the objects of a list that are messages


def chat(text: str) -> list[Turn]:
    """Return the turns of a chat export in order of their lines; none where the JSON is something else.

    Messages that share their lines are told as one turn; where most do, there is nothing to tell apart.
    """
    if not _MARK.search(text, 0, _LOOKED_AT):
        return []
    try:
        found = list(_messages(text))
    except (ValueError, RecursionError):
        return []
    said = [(at, message) for at, message in found if _is_message(message)]
    if not said or len(said) < _SHARE * len(found) or len(said) < 2:
        return []
    ends = [at for at, letter in enumerate(text) if letter == "\n"]
    turns: list[Turn] = []
    for at, message in said:
        row = bisect_right(ends, at - 1)
        if not turns or turns[-1].row != row:
            turns.append(Turn(row, _speaker(message) or "", _moment(message)))
    return turns if len(turns) * 2 >= len(said) else []


def readable(text: str) -> str:
    r"""Return JSON with its escaped letters (`\u30b5`) as themselves, line by line the same; escaped marks stay."""
    return _ESCAPED.sub(_letters, text) if "\\u" in text else text


def _letters(match: re.Match[str]) -> str:
    found: str = json.loads(f'"{match[1]}"')
    start = match.start(1) - match.start()
    return match[0][:start] + found if found.isprintable() and not set(found) & {'"', "\\"} else match[0]


def _messages(text: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    """Yield the objects of the list of messages, each with its offset: of the top, under a known name, or of lines."""
    decoder = json.JSONDecoder()
    at = _skip(text, 0)
    if text[at : at + 1] == "[":
        yield from _elements(text, at + 1, decoder)
        return
    first, end = decoder.raw_decode(text, at)
    if not _is_object(first):
        return
    if not text[end:].strip():
        yield from _listed(text, at, decoder)
        return
    while at < len(text):
        found, end = decoder.raw_decode(text, at)
        if _is_object(found):
            yield at, found
        at = _skip(text, end)


def _listed(text: str, at: int, decoder: json.JSONDecoder) -> Iterator[tuple[int, Mapping[str, object]]]:
    at = _skip(text, at + 1)
    while text[at : at + 1] == '"':
        name, at = decoder.raw_decode(text, at)
        at = _skip(text, text.index(":", at) + 1)
        if name in _LISTS and text[at : at + 1] == "[":
            yield from _elements(text, at + 1, decoder)
            return
        _, at = decoder.raw_decode(text, at)
        at = _skip(text, at)


def _elements(text: str, at: int, decoder: json.JSONDecoder) -> Iterator[tuple[int, Mapping[str, object]]]:
    at = _skip(text, at)
    while text[at : at + 1] not in ("]", ""):
        found, end = decoder.raw_decode(text, at)
        if _is_object(found):
            yield at, found
        at = _skip(text, end)


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space is not None else at


def _is_object(found: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(found, dict)


def _is_message(message: Mapping[str, object]) -> bool:
    if _speaker(message) is None or not any(isinstance(message.get(key), str | list | dict) for key in _TEXTS):
        return False
    named = next(key for key in _SPEAKERS if message.get(key))
    return named != "name" or _moment(message) is not None  # a setting has a name and a value too


def _speaker(message: Mapping[str, object]) -> str | None:
    for key in _SPEAKERS:
        found = message.get(key)
        if _is_object(found):
            found = next((found[name] for name in ("name", "username", "role", "id") if found.get(name)), None)
        if isinstance(found, str) and found.strip():
            return " ".join(found.split())[:80]
    return None


def _moment(message: Mapping[str, object]) -> str | None:
    for key in _TIMES:
        found = message.get(key)
        if isinstance(found, bool) or found is None:
            continue
        if isinstance(found, int | float):
            return of_epoch(found)
        if isinstance(found, str) and found.strip():
            plain = re.fullmatch(r"\d{9,13}(?:\.\d+)?", found.strip())
            return of_epoch(float(found)) if plain else moment(found) or found.strip()[:40]
    return None
