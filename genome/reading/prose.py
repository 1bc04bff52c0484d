"""Markdown, reStructuredText and plain text to spans: sections with their heading path, or paragraphs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from ..records import Span
from .lines import Piece, Size, as_spans, line_starts, paragraphs

_SECTION = Size(60, 3000)
_PARAGRAPH = Size(30, 1500)
_LONGEST_HEADING = 200
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*))?$")
_ATX_CLOSE = re.compile(r"(?:^|[ \t])#+[ \t]*$")
_SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_FENCE = re.compile(r"[ \t]*(?:[-*+>][ \t]+)?(`{3,}|~{3,})(.*)$")
_NO_SETEXT = re.compile(r"\s*(?:[-*+>|#]|\d+[.)]|$)| {4}|\t")
_ADORNMENT = re.compile(r"""([!-/:-@[-`{-~])\1{2,}[ \t]*$""")
_ASCIIDOC = re.compile(r"(={1,6})[ \t]+(\S.*)$")
_ORG = re.compile(r"(\*{1,8})[ \t]+(\S.*)$")

Heading = tuple[int, int, str]
"""The row where a heading starts, its level, its text."""


def divide_prose(text: str, language: str | None) -> list[Span]:
    """Divide a document into spans: by its headings when it has any, else by paragraphs."""
    lines, _ = _lines(text)
    return divide_under(text, _HEADINGS[language](lines) if language in _HEADINGS else [])


def divide_under(text: str, headings: Sequence[Heading]) -> list[Span]:
    """Divide a document into spans under headings that are known; by paragraphs where there are none."""
    if not headings:
        return divide_paragraphs(text)
    lines, starts = _lines(text)
    pieces: list[Piece] = []
    if headings[0][0] > 0:
        _add(pieces, lines, starts, (0, headings[0][0]), None)
    path: list[tuple[int, str]] = []
    ends = [row for row, _, _ in headings[1:]] + [len(lines)]
    for (row, level, title), end in zip(headings, ends, strict=True):
        while path and path[-1][0] >= level:
            path.pop()
        path.append((level, title))
        _add(pieces, lines, starts, (row, end), " / ".join(name for _, name in path if name) or None)
    return as_spans(pieces, starts)


def divide_paragraphs(text: str) -> list[Span]:
    """Divide any text into runs of paragraphs; a line that is too long is a span by itself."""
    lines, starts = _lines(text)
    rows = paragraphs(lines, starts, 0, len(lines), _PARAGRAPH) if lines else []
    pieces = [Piece(start, end, "paragraph", at) for at, (start, end) in enumerate(pairwise(rows))]
    return as_spans(pieces, starts)


def _lines(text: str) -> tuple[list[str], list[int]]:
    starts = line_starts(text.encode())
    return text.split("\n")[: len(starts) - 1], starts


def _add(
    pieces: list[Piece], lines: Sequence[str], starts: Sequence[int], rows: tuple[int, int], heading: str | None
) -> None:
    owner = pieces[-1].owner + 1 if pieces else 0
    cuts = paragraphs(lines, starts, *rows, _SECTION)
    for start, end in pairwise(cuts):
        pieces.append(Piece(start, end, "section", owner, heading=heading))


def _markdown(lines: Sequence[str]) -> list[Heading]:
    found: list[Heading] = []
    fence = ""
    block = start = _front_matter(lines)  # `block` is the row where the paragraph began
    for row in range(start, len(lines)):
        line = lines[row]
        if fence:
            mark = _FENCE.match(line)
            if mark and mark[1].startswith(fence) and not mark[2].strip():
                fence = ""
            block = row + 1
        elif (mark := _FENCE.match(line)) and not ("`" in mark[2] and mark[1][0] == "`"):
            fence, block = mark[1], row + 1
        elif "#" in line and (mark := _ATX.match(line)):
            found.append((row, len(mark[1]), _title(_ATX_CLOSE.sub("", mark[2] or ""))))
            block = row + 1
        elif block < row and (mark := _SETEXT.match(line)):
            if row - block <= 3 and not _NO_SETEXT.match(lines[block]):
                found.append((block, 1 if "=" in mark[1] else 2, _title(" ".join(lines[block:row]))))
            block = row + 1
        elif not line.strip():
            block = row + 1
    return found


def _front_matter(lines: Sequence[str]) -> int:
    """Return the row after YAML or TOML front matter."""
    if lines and lines[0].rstrip() in ("---", "+++"):
        mark = lines[0].rstrip()
        for row in range(1, min(len(lines), 200)):
            if lines[row].rstrip() == mark:
                return row + 1
    return 0


def _restructured(lines: Sequence[str]) -> list[Heading]:
    """Find adorned titles; a level is the order in which its adornment first appears."""
    found: list[Heading] = []
    levels: dict[str, int] = {}
    row = 0
    while row + 1 < len(lines):
        line, below = lines[row], lines[row + 1]
        over = _ADORNMENT.match(line)
        if (
            over
            and row + 2 < len(lines)
            and below.strip()
            and lines[row + 2].rstrip() == line.rstrip() != below.rstrip()
        ):
            found.append((row, levels.setdefault("over" + over[1], len(levels) + 1), _title(below)))
            row += 3
            continue
        under = _ADORNMENT.match(below)
        blank_above = row == 0 or not lines[row - 1].strip()
        if under and not over and blank_above and line[:1].strip() and len(below.rstrip()) >= len(line.rstrip()) - 1:
            found.append((row, levels.setdefault(under[1], len(levels) + 1), _title(line)))
            row += 1
        row += 1
    return found


def _marked(lines: Sequence[str], mark: re.Pattern[str], fences: tuple[str, ...]) -> list[Heading]:
    found: list[Heading] = []
    fence = ""
    for row, line in enumerate(lines):
        word = line.strip().lower()
        if fence:
            if word == fence or (fence == "#+end" and word.startswith(fence)):
                fence = ""
        elif word.startswith("#+begin") or word in fences:
            fence = "#+end" if word.startswith("#+begin") else word
        elif heading := mark.match(line):
            found.append((row, len(heading[1]), _title(heading[2])))
    return found


def _asciidoc(lines: Sequence[str]) -> list[Heading]:
    return _marked(lines, _ASCIIDOC, ("----", "....", "++++", "////"))


def _org(lines: Sequence[str]) -> list[Heading]:
    return _marked(lines, _ORG, ())


def _title(text: str) -> str:
    return text.strip().replace("\t", " ")[:_LONGEST_HEADING]


_HEADINGS = {"markdown": _markdown, "rst": _restructured, "asciidoc": _asciidoc, "org": _org}
