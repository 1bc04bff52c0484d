"""What may be asked and answered: every argument of `hitl`, checked before anything is written."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import get_args

from ..genome.reading.instructions import visible
from ..genome.reading.secrets import redact
from .errors import UsageError
from .hitl_signals import Recoverability
from .models.hitl import Action, PauseType
from .plain import one_line, plain, quoted

MOST_QUESTION, MOST_CONTEXT, MOST_ANSWER = 4_000, 20_000, 4_000  # characters
MOST_OPTIONS, MOST_OPTION = 12, 200
MOST_RISKS, MOST_RISK = 16, 60
DEFAULT_EXPIRY_S, LONGEST_EXPIRY_S = 86_400.0, 604_800.0
LONGEST_WAIT_S = 50.0  # clients end a call that takes a minute
MOST_EVENTS = 100
_ID = re.compile(r"h?([1-9]\d{0,17})")
_ALONE = r"\b(?=\s*(?:$|[.,;:!)]))"  # of a word that could as well begin an order: correct the path
_YES = re.compile(
    r"\W*(?:(?:y|yes|yep|yeah|okay|approved?|allow(?:ed)?|accept(?:ed)?|confirm(?:ed)?|proceed|go\s+ahead|do\s+it"
    rf"|agreed?)\b|(?:ok|sure|correct|right|true){_ALONE})",
    re.IGNORECASE,
)
_NO = re.compile(
    r"\W*(?:(?:n|no(?!\s+(?:idea|clue|opinion|preference|matter))|nope|never|don'?t(?!\s+(?:know|care|mind))"
    r"|do\s+not(?!\s+(?:know|care|mind))|den(?:y|ied)|reject(?:ed)?|refused?|forbid(?:den)?|stop|abort|incorrect"
    rf"|disagreed?)\b|(?:wrong|false){_ALONE})",
    re.IGNORECASE,
)


def choice(argument: str, value: str, closed: object) -> str:
    """Return a value of a closed set.

    Raises:
        UsageError: It is none of them.
    """
    if value not in get_args(closed):
        raise UsageError(f"no {argument} {quoted(value)}; pass one of: {', '.join(get_args(closed))}")
    return value


def action_of(value: str) -> str:
    """Return a known action, else raise UsageError."""
    return choice("action", value, Action)


def pause_of(value: str) -> str:
    """Return a known pause type, else raise UsageError."""
    return choice("pause_type", value, PauseType)


def recoverability_of(value: str) -> str:
    """Return a known recoverability, else raise UsageError."""
    return choice("recoverability", value, Recoverability)


def text_of(argument: str, value: str | None, most: int) -> str:
    """Return a text fit to be kept: no lone surrogates, no NUL, no secret values.

    Raises:
        UsageError: It is missing, says nothing or is too long.
    """
    if value is None:
        raise UsageError(f"{argument} is missing; pass it in words, a sentence or two")
    if len(value) > most:
        raise UsageError(f"{argument} has {len(value):,} characters, {most:,} is the most; say it shorter")
    if not any(letter.isalnum() for letter in value):
        raise UsageError(f"{argument} {quoted(value)} says nothing; pass it in letters or digits")
    return _kept(value)


def context_of(value: str | None) -> str | None:
    """Return the task's context as it is kept; the empty one is none. Raises UsageError where it is too long."""
    if value is None or not value.strip():
        return None
    if len(value) > MOST_CONTEXT:
        raise UsageError(f"context has {len(value):,} characters, {MOST_CONTEXT:,} is the most; keep what decides")
    return _kept(value)


def options_of(values: Sequence[str] | None, pause_type: str) -> tuple[str, ...]:
    """Return the options as they are kept, which is as they are shown: a form shows them as they are.

    A permission and a rollback are a yes or a no unless it is said otherwise.

    Raises:
        UsageError: There are none in the list, too many, two alike, or one that says nothing or too much.
    """
    if values is None:
        return ("yes", "no") if pause_type in ("permission_request", "rollback_confirm") else ()
    if not 1 <= len(values) <= MOST_OPTIONS:
        raise UsageError(
            f"options has {len(values):,} entries; pass 1 to {MOST_OPTIONS}, or leave it out for a free answer"
        )
    kept = tuple(visible(one_line(text_of("options", value, MOST_OPTION).strip())) for value in values)
    twice = [option for number, option in enumerate(kept) if option in kept[:number]]
    if twice:
        raise UsageError(f"options has {quoted(twice[0])} twice; pass each once")
    return kept


def risk_of(values: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return the words of risk as they are kept, None where none were given. Raises UsageError where they are many."""
    if values is None:
        return None
    if len(values) > MOST_RISKS:
        raise UsageError(f"risk has {len(values):,} entries, {MOST_RISKS} is the most; name the worst")
    return tuple(dict.fromkeys(text_of("risk", value, MOST_RISK).strip() for value in values))


def seconds(argument: str, value: float | None, default: float, least: float, most: float, hint: str) -> float:
    """Return a span of time in its range.

    Raises:
        UsageError: It is outside, or no number.
    """
    if value is None:
        return default
    if not math.isfinite(value) or not least <= value <= most:
        raise UsageError(f"{argument} {value:g} is out of range; pass {least:g} to {most:g} seconds{hint}")
    return float(value)


def expiry(timeout: float | None) -> float:
    """Return after how many seconds a question expires, else raise UsageError."""
    return seconds("timeout", timeout, DEFAULT_EXPIRY_S, 1, LONGEST_EXPIRY_S, ", after which the question expires")


def patience(timeout: float | None) -> float:
    """Return how many seconds to wait for an answer, else raise UsageError."""
    return seconds("timeout", timeout, LONGEST_WAIT_S, 0, LONGEST_WAIT_S, ", and wait again for longer")


def number_of(id_: str | None) -> int:
    """Return the number of an event from its id.

    Raises:
        UsageError: It is missing or no id.

    >>> number_of("h12")
    12
    """
    found = _ID.fullmatch("" if id_ is None else plain(id_).strip())
    if found is None:
        given = "id is missing" if id_ is None else f"no id {quoted(id_)}"
        raise UsageError(f"{given}; ids like h3 come from emit and recent")
    return int(found[1])


def sense_of(answer: str) -> int | None:
    """Return 1 for an answer that begins as a yes, -1 for a no, None for anything else.

    >>> sense_of("Yes, but only on staging"), sense_of("no"), sense_of("the second one"), sense_of("not sure")
    (1, -1, None, None)
    """
    return -1 if _NO.match(answer) else 1 if _YES.match(answer) else None


def _kept(value: str) -> str:
    return redact("answer.md", plain(value).replace("\0", "\\x00"))[0]
