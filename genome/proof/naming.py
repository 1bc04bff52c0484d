"""Which definition of a file a name means."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..records import Place, Span


def find_name(wanted: str, names: Sequence[str]) -> str | None:
    """Return the name that is meant: itself, else in another case, else as the end of a longer one."""
    if wanted in names:
        return wanted
    lower = wanted.lower()
    return next((name for name in names if name.lower() == lower), None) or next(
        (name for name in names if name.lower().endswith(f".{lower}")), None
    )


def find_local(wanted: str, places: Sequence[Place | Span], text: str) -> list[tuple[int, int]]:
    """Return the lines of a definition inside a function, which is no place of its own: by name and indentation.

    Args:
        wanted: Its dotted name, the function's before it.
        places: The places of the file.
        text: The file's text.
    """
    symbols = {place.symbol for place in places}
    outer, *inner = next(_ends(wanted, symbols), [""])
    if not outer or not inner:
        return []
    lines = text.split("\n")
    ranges = [(place.start_line, place.end_line) for place in places if place.symbol == outer]
    for name in inner:
        opener = re.compile(rf"(\s+)(?:[\w@]+\s+)*(?:def|class|function|func|fn|sub)\s+{re.escape(name)}\b")
        rows = [row for start, end in ranges for row in range(start - 1, end)]
        found = [(row, len(match[1])) for row in rows if (match := opener.match(lines[row]))]
        least = min((indent for _, indent in found), default=0)  # an example in a docstring is indented further
        ranges = [_block(lines, row, indent) for row, indent in found if indent == least]
    return ranges


def _ends(wanted: str, symbols: set[str | None]) -> Iterator[list[str]]:
    """Yield the longest beginning of a dotted name that is a symbol, and the names after it."""
    parts = wanted.split(".")
    for end in range(len(parts), 0, -1):
        if (outer := ".".join(parts[:end])) in symbols:
            yield [outer, *parts[end:]]


def _block(lines: Sequence[str], row: int, indent: int) -> tuple[int, int]:
    """Return the lines of a definition: what stands below it further in, its closing bracket, its decorators."""

    def depth(at: int) -> int:
        return len(lines[at]) - len(lines[at].lstrip())

    first, last = row, row
    while first > 0 and depth(first - 1) == indent and lines[first - 1].lstrip().startswith("@"):
        first -= 1
    for at in range(row + 1, len(lines)):
        closes = depth(at) == indent and lines[at].lstrip()[:1] in (")", "}", "]")
        if lines[at].strip() and depth(at) <= indent and not closes:
            break
        if lines[at].strip():
            last = at
    return first + 1, last + 1
