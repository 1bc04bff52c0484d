"""TOML, YAML, JSON and INI files to spans: a table or a large key each, short keys together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ..records import Span
from .keys import Key, keys
from .lines import Piece, Size, as_spans, borders, line_starts
from .prose import divide_paragraphs

_ENTRY = Size(60, 3000)
_RUN = Size(25, 1500)
_PLAIN_LINES = 3
_DEEPEST = 12


def divide_config(text: str, language: str, found: Sequence[Key] | None = None) -> list[Span]:
    """Divide a configuration file into spans that cover every line once, in order.

    A table or a key with more than three lines stands alone, under its path. Shorter neighbours share a span,
    which has the path of what holds them (none at the top of the file); a key that is alone keeps its own path.

    Args:
        text: the file.
        language: toml, yaml, json or ini.
        found: its keys, where the caller has them already.
    """
    if found is None:
        found = keys(text, language)
    if not found:
        return divide_paragraphs(text)
    pack = _Pack(text)
    pack.entries(found, 0, len(pack.starts) - 1, Piece(0, 0, "key", 0), depth=0)
    return as_spans(pack.pieces, pack.starts)


class _Pack:
    """One pass over the keys of a file; `pieces` grows in reading order."""

    def __init__(self, text: str) -> None:
        self.starts = line_starts(text.encode())
        self.lines = text.split("\n")
        self.pieces: list[Piece] = []
        self.owners = 0

    def entries(self, found: Sequence[Key], first: int, last: int, around: Piece, depth: int) -> None:
        """Add the rows from `first` to `last`, which hold the keys `found`, as pieces at and below `around`."""
        level = min(key.depth for key in found)
        tops = [at for at, key in enumerate(found) if key.depth == level]
        begins = self._begins([found[at] for at in tops], first)
        run: list[tuple[Key, int, int]] = []
        for place, at in enumerate(tops):
            start = begins[place]
            end = begins[place + 1] if place + 1 < len(tops) else last
            if end <= start:
                continue
            key = found[at]
            inside = found[at + 1 : tops[place + 1] if place + 1 < len(tops) else len(found)]
            plain = key.form == "key" and end - start <= _PLAIN_LINES
            if run and not (self._joins(run, key, plain) and self._fits(run[0][1], end, _RUN)):
                self._flush(run, around)
            if self._fits(start, end, _RUN) and (plain or key.form != "key"):
                run.append((key, start, end))
                continue
            self._flush(run, around)
            self._entry(key, inside, (start, end), around, depth)
        self._flush(run, around)

    def _entry(self, key: Key, inside: Sequence[Key], rows: tuple[int, int], around: Piece, depth: int) -> None:
        piece = self._piece(rows, key.path, around)
        if inside and depth < _DEEPEST and not self._fits(*rows, _ENTRY):
            self.entries(inside, *rows, piece, depth + 1)
            return
        cuts = borders(self.starts, *rows, _ENTRY, {below.row: below.depth for below in inside})
        for start, end in pairwise(cuts):
            self.pieces.append(Piece(start, end, "key", piece.owner, piece.symbol))

    def _flush(self, run: list[tuple[Key, int, int]], around: Piece) -> None:
        if not run:
            return
        rows = run[0][1], run[-1][2]
        alone = len(run) == 1 or run[0][0].form == "section"
        piece = self._piece(rows, run[0][0].path, around) if alone else Piece(*rows, "key", around.owner, around.symbol)
        self.pieces.append(piece)
        run.clear()

    def _piece(self, rows: tuple[int, int], path: str, around: Piece) -> Piece:
        if path == (around.symbol or ""):
            return Piece(*rows, "key", around.owner, around.symbol)
        self.owners += 1
        return Piece(*rows, "key", self.owners, path or None)

    def _joins(self, run: Sequence[tuple[Key, int, int]], key: Key, plain: bool) -> bool:
        before = run[-1][0]
        if key.form == "key":
            return plain and before.form == "key"
        return before.form == key.form and before.path == key.path and bool(key.path)

    def _begins(self, tops: Sequence[Key], first: int) -> list[int]:
        """Return the row where each key begins, with the comments right above it; the first begins at `first`."""
        begins: list[int] = []
        for key in tops:
            row = key.row
            floor = begins[-1] if begins else first
            while row > floor + 1 and self.lines[row - 1].lstrip()[:1] in ("#", ";"):
                row -= 1
            begins.append(max(floor, row) if begins else first)
        return begins

    def _fits(self, start: int, end: int, size: Size) -> bool:
        return end - start <= size.lines and self.starts[end] - self.starts[start] <= size.bytes
