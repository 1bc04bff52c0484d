"""Conversations to spans and facts: each turn a place under its speaker and moment, which are facts of its line too."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from ..records import Fact, Span
from .lines import Piece, Size, as_spans, line_starts, paragraphs
from .turns import Turn

TURN = "turn"
_TURN = Size(30, 1500)
_TITLE = re.compile(r"(#{1,6})[ \t]+(\S.*?)[ \t#]*$")
_AT = re.compile(r", (\d{4}-\d{2}-\d{2})(?: (\d{2}:\d{2}))?$")


def divide_turns(text: str, turns: Sequence[Turn]) -> tuple[list[Span], list[Fact]]:
    """Divide a conversation into spans that cover every line once, and return who spoke when as facts.

    The document's title stands before the speaker in a turn's heading. What comes before the first turn is a place
    of its own, unless it is no more than a day and a title.
    """
    starts = line_starts(text.encode())
    lines = text.split("\n")[: len(starts) - 1]
    pieces: list[Piece] = []
    rows = [turn.row for turn in turns]
    first = 0 if _is_bare(lines[: rows[0]]) else rows[0]
    if first:
        pieces += [Piece(*cut, "section", 0) for cut in _cuts(lines, starts, 0, first)]
    title = _title(lines[: rows[0]])
    for at, turn in enumerate(turns):
        begin = turn.row if at else first
        end = rows[at + 1] if at + 1 < len(turns) else len(lines)
        heading = heading_of(turn, title)
        pieces += [Piece(*cut, TURN, at + 1, heading=heading) for cut in _cuts(lines, starts, begin, end)]
    facts = [fact for turn in turns for fact in _facts(turn)]
    return as_spans(pieces, starts), facts


def heading_of(turn: Turn, title: str = "") -> str:
    """Return the heading of a turn: title, speaker, moment."""
    said = ", ".join(part for part in (turn.speaker, turn.at) if part)
    return f"{title} / {said}" if title else said


def said_at(heading: str) -> str | None:
    """Return the moment in a turn's heading, where it is one that sorts.

    >>> said_at("Weekly / Ana, 2024-03-01 10:22"), said_at("Ana")
    ('2024-03-01 10:22', None)
    """
    found = _AT.search(heading)
    return None if found is None else found[0][2:]


def _facts(turn: Turn) -> list[Fact]:
    told = (("speaker", turn.speaker), ("date", turn.at))
    return [Fact(key, value, turn.row + 1) for key, value in told if value]


def _cuts(lines: Sequence[str], starts: Sequence[int], first: int, last: int) -> list[tuple[int, int]]:
    rows = paragraphs(lines, starts, first, last, _TURN)
    return [(start, end) for start, end in pairwise(rows)]


def _is_bare(lines: Sequence[str]) -> bool:
    return sum(bool(line.strip()) for line in lines) <= 2


def _title(lines: Sequence[str]) -> str:
    found = [match for line in lines if (match := _TITLE.match(line[:200]))]
    if not found or re.match(r"\d{4}-\d{2}-\d{2}", found[-1][2]):
        return ""
    return found[-1][2].replace("\t", " ")
