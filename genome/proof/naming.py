"""Which definition of a file a name means."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..records import Place


def find_name(wanted: str, names: Sequence[str]) -> str | None:
    """Return the name that is meant: itself, else in another case, else as the end of a longer one."""
    if wanted in names:
        return wanted
    lower = wanted.lower()
    return next((name for name in names if name.lower() == lower), None) or next(
        (name for name in names if name.lower().endswith(f".{lower}")), None
    )


def find_local(wanted: str, places: Sequence[Place], text: str) -> tuple[int, int] | None:
    """Return the lines of a definition inside a function, which is no place of its own: by name and indentation."""
    outer, _, name = wanted.rpartition(".")
    lines = text.split("\n")
    symbols = {place.symbol for place in places}
    while outer and outer not in symbols:
        outer = outer.rpartition(".")[0]
    if not outer or not name:
        return None
    opener = re.compile(rf"(\s+)(?:[\w@]+\s+)*(?:def|class|function|func|fn|sub)\s+{re.escape(name)}\b")
    rows = [row for place in places if place.symbol == outer for row in range(place.start_line - 1, place.end_line)]
    found = [(len(match[1]), row) for row in rows if (match := opener.match(lines[row]))]
    if not found:
        return None
    indent, row = min(found)  # an example in a docstring is indented further
    return _block(lines, row, indent)


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
