"""Jupyter notebooks to spans: the lines of each cell as it stands in the JSON file."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from ..records import Span
from .config import divide_config
from .lines import Piece, Size, as_spans, borders, line_starts

_CELL = Size(80, 4000)
_LINE = re.compile(r'(?<=\n)[ \t]*("(?:[^"\\\n]|\\.)*"),?[ \t]*(?=\n)')  # a string alone on its line
_SPACE = re.compile(r"[\s,]*")
_TITLE = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t#]*$", re.MULTILINE)


class _Cell(NamedTuple):
    start: int
    end: int
    source: str
    is_markdown: bool


@dataclass(frozen=True, slots=True)
class Notebook:
    """What is to be seen of a notebook, line by line where it stands in the file, and its cells: row and heading."""

    text: str
    cells: tuple[tuple[int, str | None], ...]


def notebook(text: str) -> Notebook | None:
    """Return what is to be seen of a notebook: sources as they read, no outputs. None for what is no notebook.

    A cell's heading is the path of the nearest headings in the markdown cells up to it.
    """
    try:
        cells = _cells(text)
        shown = _shown(text, cells)
    except (ValueError, RecursionError):
        return None
    if not cells:
        return None
    ends = [at for at, letter in enumerate(text) if letter == "\n"]
    found: list[tuple[int, str | None]] = []
    path: list[tuple[int, str]] = []
    for cell in cells:
        if cell.is_markdown:
            _follow(path, cell.source)
        row = bisect_right(ends, cell.start - 1) if found else 0  # the first takes the head of the file
        found.append((row, " / ".join(title for _, title in path) or None))
    return Notebook(shown, tuple(found))


def divide_cells(text: str, cells: Sequence[tuple[int, str | None]]) -> list[Span]:
    """Divide what is to be seen of a notebook into spans that cover every line once, in order."""
    starts = line_starts(text.encode())
    pieces: list[Piece] = []
    rows = [row for row, _ in cells[1:]] + [len(starts) - 1]
    for at, ((row, heading), end) in enumerate(zip(cells, rows, strict=True)):
        if end <= row:
            continue
        cuts = borders(starts, row, end, _CELL)
        for first, last in pairwise(cuts):
            pieces.append(Piece(first, last, "cell", at, heading=heading))
    return as_spans(pieces, starts)


def divide_notebook(text: str) -> list[Span]:
    """Divide a notebook as its JSON stands there; what is no notebook is divided like any JSON file."""
    found = notebook(text)
    return divide_config(text, "json") if found is None else divide_cells(text, found.cells)


def _shown(text: str, cells: Sequence[_Cell]) -> str:
    """Return a notebook with its outputs blank and each line of a source as it reads."""
    decoder = json.JSONDecoder()
    parts: list[str] = []
    done = 0
    for cell in cells:
        at = _skip(text, cell.start + 1)
        while text[at : at + 1] == '"':
            name, at = decoder.raw_decode(text, at)
            at = _skip(text, text.index(":", at) + 1)
            _, end = decoder.raw_decode(text, at)
            if name == "outputs":
                parts += [text[done:at], "\n" * text.count("\n", at, end)]
                done = end
            elif name == "source" and text[at] == "[":
                parts += [text[done:at], _LINE.sub(_as_it_reads, text[at:end])]
                done = end
            at = _skip(text, end)
    return "".join([*parts, text[done:]])


def _as_it_reads(match: re.Match[str]) -> str:
    line: str = json.loads(match[1])
    return match[0] if "\n" in line[:-1] else line.removesuffix("\n")


def _cells(text: str) -> list[_Cell]:
    """Walk over the top-level object and the list of cells; the C decoder skips everything else."""
    decoder = json.JSONDecoder()
    at = _skip(text, 0)
    if text[at : at + 1] != "{":
        raise ValueError("no JSON object")
    at = _skip(text, at + 1)
    while text[at : at + 1] == '"':
        name, at = decoder.raw_decode(text, at)
        at = _skip(text, text.index(":", at) + 1)
        if name == "cells" and text[at : at + 1] == "[":
            return _elements(text, at + 1, decoder)
        _, at = decoder.raw_decode(text, at)
        at = _skip(text, at)
    return []


def _elements(text: str, at: int, decoder: json.JSONDecoder) -> list[_Cell]:
    cells: list[_Cell] = []
    at = _skip(text, at)
    while text[at : at + 1] not in ("]", ""):
        cell, end = decoder.raw_decode(text, at)
        if isinstance(cell, dict):
            source = cell.get("source", "")
            joined = "".join(str(line) for line in source) if isinstance(source, list) else str(source)
            cells.append(_Cell(at, end, joined, cell.get("cell_type") == "markdown"))
        at = _skip(text, end)
    return cells


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space is not None else at


def _follow(path: list[tuple[int, str]], source: str) -> None:
    for title in _TITLE.finditer(source):
        while path and path[-1][0] >= len(title[1]):
            path.pop()
        path.append((len(title[1]), title[2][:200]))
