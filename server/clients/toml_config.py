"""Put our table into a client's TOML file and take it out again, by whole statements: the rest is not touched."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .json_config import starts_us
from .records import NAME, ConfigError, Entry, Json

_TOKEN = re.compile(
    r"#[^\n]*+|\"\"\"(?:[^\"\\]|\\.|\"(?!\"\"))*+\"{3,5}|'''(?:[^']|'(?!''))*+'{3,5}"
    r"|\"(?:[^\"\\\n]|\\.)*+\"|'[^'\n]*+'|[\[\](){}\n]",
    re.DOTALL,
)
_HEADER = re.compile(r"[ \t]*\[")


@dataclass(frozen=True, slots=True)
class Statement:
    """A header or a `key = value`, `[start, end)` without its line end; `table` is the path of a header."""

    start: int
    end: int
    table: tuple[str, ...] | None


def installed(text: str, parts: Sequence[Entry], force: bool) -> str:
    """Return a file's text with our table in it; itself where it is.

    Raises:
        ConfigError: It is not TOML, another server has our name, or ours stands in a form that is edited by hand.
    """
    for entry in parts:
        before = _parsed(text)
        there = _at(before, entry.keys)
        if there is None:
            text = _appended(text, entry)
        else:
            if not force and not starts_us(there):
                shown = json.dumps(there, default=str)[:200]
                raise ConfigError(
                    f"another server is named {NAME!r}: {shown}; rename it, or pass --force to replace it"
                )
            text = _updated(text, entry, there, starts_us(there))
        _compare(before, text, entry)
    return text


def uninstalled(text: str, parts: Sequence[Entry], force: bool) -> str:
    """Return a file's text without our table.

    Raises:
        ConfigError: As `installed`.
    """
    for entry in parts:
        before = _parsed(text)
        there = _at(before, entry.keys)
        if there is None or not (force or starts_us(there)):
            continue
        block = _block(text, entry)
        start = block[0].start
        if text[:start].endswith(("\n\n", "\n\r\n")):  # the blank line that we put before it
            start -= 2 if text[:start].endswith("\r\n") else 1
        end = block[-1].end
        end += 2 if text.startswith("\r\n", end) else 1 if text.startswith("\n", end) else 0
        text = text[:start] + text[end:]
        _compare(before, text, entry)
    return text


def as_found(text: str, parts: Sequence[Entry]) -> list[Entry]:
    """Return our tables as a text holds them.

    Raises:
        ConfigError: It is not TOML.
    """
    found = ((entry, _at(_parsed(text), entry.keys)) for entry in parts)
    return [Entry(entry.keys, value) for entry, value in found if isinstance(value, dict)]


def _parsed(text: str) -> dict[str, Json]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{error}; repair it, or move it away") from error


def _at(value: Json, keys: Sequence[str]) -> Json:
    for depth, key in enumerate(keys):
        if value is None:
            return None
        if not isinstance(value, dict):
            raise ConfigError(f"{'.'.join(keys[:depth])} is not a table")
        value = value.get(key)
    return value


def _appended(text: str, entry: Entry) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text else end if text.endswith("\n") else end + end
    lines = [f"[{'.'.join(entry.keys)}]", *(_line(key, value) for key, value in entry.value.items())]
    return text + gap + end.join(lines) + end


def _updated(text: str, entry: Entry, there: Json, keep: bool) -> str:
    """Give the keys that differ their values, line by line; without `keep` write the table anew."""
    assert isinstance(there, dict)
    differing = {key: value for key, value in entry.value.items() if there.get(key) != value}
    if keep and not differing:
        return text
    block = _block(text, entry)
    if not keep:
        head = text[: block[0].start]
        return _appended("", entry).rstrip("\n").join((head, text[block[-1].end :]))
    for statement in reversed(block[1:]):
        if statement.table is not None:
            continue
        (key,) = tomllib.loads(text[statement.start : statement.end])
        if key in differing:
            put = _line(key, differing.pop(key))
            text = text[: statement.start] + put + text[statement.end :]
    end = "\r\n" if "\r\n" in text else "\n"
    new = "".join(end + _line(key, value) for key, value in differing.items())
    return text[: block[0].end] + new + text[block[0].end :]


def _block(text: str, entry: Entry) -> list[Statement]:
    """Return our header, its lines and the tables inside it; they follow each other.

    Raises:
        ConfigError: There is no such header: the table stands inline, or in pieces.
    """
    block: list[Statement] = []
    inside = False
    for statement in _statements(text):
        if statement.table is not None:
            inside = statement.table[: len(entry.keys)] == entry.keys
            if inside and not block and statement.table != entry.keys:
                break
        if inside:
            block.append(statement)
    if not block:
        raise ConfigError(f"{'.'.join(entry.keys)} does not stand under a header of its own; edit it by hand")
    return block


def _statements(text: str) -> Iterator[Statement]:
    """Yield the statements of a valid text in order."""
    start, depth, last = 0, 0, 0
    for token in _TOKEN.finditer(text + "\n"):
        found = token[0]
        if found in ("[", "{", "("):
            depth += 1
        elif found in ("]", "}", ")"):
            depth -= 1
        if found[0] == "#" or (found == "\n" and depth == 0):
            body = text[start : token.start()]
            if body.strip() and not (depth and found[0] == "#"):
                last = start + len(body.rstrip())
                begin = start + len(body) - len(body.lstrip())
                yield Statement(begin, last, _table(text[begin:last]))
            if found == "\n" or not depth:
                start = token.end()


def _table(statement: str) -> tuple[str, ...] | None:
    """Return the path of a header, None for any other statement."""
    if not _HEADER.match(statement):
        return None
    value: Any = tomllib.loads(statement)
    path: list[str] = []
    while value:
        ((key, value),) = value.items()
        path.append(key)
        value = value[0] if isinstance(value, list) else value  # of a list of tables
    return tuple(path)


def _compare(before: dict[str, Json], text: str, entry: Entry) -> None:
    """Be sure that nothing but our table differs.

    Raises:
        ConfigError: The file would not be TOML, or something else would have changed.
    """
    try:
        after = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{'.'.join(entry.keys)} has no place in it ({error}); edit it by hand") from error
    for value in (before, after):
        servers = value.get(entry.keys[0])
        if isinstance(servers, dict):
            servers.pop(entry.keys[1], None)
            if not servers:
                value.pop(entry.keys[0])
    if repr(before) != repr(after):
        raise ConfigError("it cannot be changed without changing what is not ours; edit it by hand")


def _line(key: str, value: Json) -> str:
    """Return `key = value`; JSON's texts, numbers and flat lists are TOML's too."""
    return f"{key} = {json.dumps(value, ensure_ascii=False)}"
