"""Jupyter notebooks to spans: the lines of each cell as it stands in the JSON file."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from itertools import pairwise
from typing import NamedTuple

from ..records import Span
from .config import divide_config
from .lines import Piece, Size, as_spans, borders, line_starts

_CELL = Size(80, 4000)
_SPACE = re.compile(r"[\s,]*")
_TITLE = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t#]*$", re.MULTILINE)


class _Cell(NamedTuple):
    start: int
    end: int
    source: str
    is_markdown: bool


def divide_notebook(text: str) -> list[Span]:
    """Divide a notebook into spans that cover every line once, in order.

    A cell's heading is the path of the nearest headings in the markdown cells up to it. What is no notebook is
    divided like any JSON file.
    """
    try:
        cells = _cells(text)
    except (ValueError, RecursionError):
        cells = []
    if not cells:
        return divide_config(text, "json")
    starts = line_starts(text.encode())
    rows = _rows(text, cells)
    pieces: list[Piece] = []
    path: list[tuple[int, str]] = []
    for at, cell in enumerate(cells):
        if cell.is_markdown:
            _follow(path, cell.source)
        end = rows[at + 1] if at + 1 < len(rows) else len(starts) - 1
        if end <= rows[at]:
            continue
        heading = " / ".join(title for _, title in path) or None
        cuts = borders(starts, rows[at], end, _CELL)
        for first, last in pairwise(cuts):
            pieces.append(Piece(first, last, "cell", at, heading=heading))
    return as_spans(pieces, starts)


def _rows(text: str, cells: list[_Cell]) -> list[int]:
    """Return the row where each cell begins; the first takes the head of the file."""
    ends = [at for at, letter in enumerate(text) if letter == "\n"]
    rows = [bisect_right(ends, cell.start - 1) for cell in cells]
    rows[0] = 0
    return rows


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
