"""Line tables, and the last step of every division: pieces of rows become spans.

Rows are 0-based and half-open here; the lines of a `Span` are 1-based and inclusive.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from ..records import Span

LONGEST = 110
"""No span has more lines than this."""


@dataclass(frozen=True, slots=True)
class Size:
    """What a piece may measure at most."""

    lines: int
    bytes: int


@dataclass(slots=True)
class Piece:
    """A run of rows that will become a span; pieces of one `owner` are numbered 0, 1, 2, ... as its parts."""

    start: int
    end: int
    form: str
    owner: int
    symbol: str | None = None
    heading: str | None = None


def line_starts(source: bytes) -> list[int]:
    """Return the offset of each row, and the size of the source as the last item.

    Only a newline ends a row; a newline at the end of the source starts no further one.
    """
    starts = [0, *accumulate(len(line) + 1 for line in source.split(b"\n"))]
    if source.endswith(b"\n") or not source:
        starts.pop()
    else:
        starts[-1] = len(source)
    return starts


def borders(
    starts: Sequence[int], first: int, last: int, size: Size, cuts: Mapping[int, int] | None = None
) -> list[int]:
    """Return the rows at which the run from `first` to `last` is cut into pieces no larger than `size`.

    Args:
        starts: the line table.
        first: the first row of the run.
        last: the row after it.
        size: the largest piece; a single row may be larger in bytes.
        cuts: rows where a cut does little harm, and how deep inside a statement each stands; the shallowest
            one in the second half of a piece is taken. Without one the run is cut at the limit.

    Returns:
        `first`, the cuts in order, `last`.
    """
    rows = [first]
    here = first
    while last - here > size.lines or starts[last] - starts[here] > size.bytes:
        fitting = bisect_right(starts, starts[here] + size.bytes, here + 1, last + 1) - 1
        limit = max(here + 1, min(here + size.lines, fitting))
        if limit >= last:
            break
        here = _best_cut(here, limit, cuts) if cuts else limit
        rows.append(here)
    tail_fits = (
        len(rows) > 1 and last - rows[-2] <= size.lines + 4 and starts[last] - starts[rows[-2]] <= 1.1 * size.bytes
    )
    if tail_fits and last - here <= 3:
        rows.pop()  # a closing bracket alone answers nothing
    rows.append(last)
    return rows


def as_spans(pieces: Sequence[Piece], starts: Sequence[int]) -> list[Span]:
    """Turn pieces, in order, into spans; one that is still too long is cut at line borders."""
    spans: list[Span] = []
    parts: dict[int, int] = {}
    for piece in pieces:
        for start in range(piece.start, piece.end, LONGEST):
            end = min(piece.end, start + LONGEST)
            part = parts.get(piece.owner, 0)
            parts[piece.owner] = part + 1
            offsets = starts[start], starts[end]
            spans.append(Span(start + 1, end, *offsets, piece.form, piece.symbol, piece.heading, part))
    return spans


def paragraphs(lines: Sequence[str], starts: Sequence[int], first: int, last: int, size: Size) -> list[int]:
    """Return the borders of a run of prose: cut before the first line after blank ones, where possible."""
    cuts = {row: 0 for row in range(first + 1, last) if not lines[row - 1].strip() and lines[row].strip()}
    return borders(starts, first, last, size, cuts)


def _best_cut(here: int, limit: int, cuts: Mapping[int, int]) -> int:
    best, depth = limit, 1 << 30
    for row in range(limit, here + (limit - here) // 3, -1):
        found = cuts.get(row)
        if found is not None and found < depth:
            best, depth = row, found
    return best
