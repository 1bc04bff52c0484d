"""HTML pages to the text that a reader sees, line by line where it stands in the file, and its headings.

The parsers at hand are not bounded: `html.parser` needs quadratic time for unclosed tags, tree-sitter for deep nesting
(89 s for a megabyte of `<div>`). This scan looks at each character a bounded number of times.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .prose import Heading

_UNSEEN = frozenset("script style template noscript svg math iframe object select textarea".split())
_CODE = frozenset("pre code kbd samp".split())
_INLINE = frozenset(
    "a abbr b bdi bdo cite code dfn em i kbd mark q s samp small span strong sub sup tt u var wbr font ins del".split()
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_NAME = re.compile(r"/?([a-zA-Z][a-zA-Z0-9:-]{0,40})")
_ALT = re.compile(r"""\balt\s{0,3}=\s{0,3}(?:"([^"]{1,300})"|'([^']{1,300})')""", re.IGNORECASE)
# What only a template has: such a file is code.
_FILLED_IN = re.compile(r"\{\{|\{%|<%|<\?php|\$\{")
_BOUND = re.compile(r"""[\s"'](?:v-[a-z]|\*ng|\[\(?[a-z]|\([a-z]+\)=|@[a-z]|:[a-z]|th:|x-|hx-|data-bind|ng-)""")
_SPACES = re.compile(r"\s+")
_MOST_QUOTES = 32  # of one tag: where a closing bracket stands inside one, the tag goes on
_LONGEST_TITLE = 200
_PARAGRAPHS = 3  # that make a page of a file without headings


@dataclass(frozen=True, slots=True)
class Page:
    """What is to be seen of a page: as many lines as the file has, and its headings by row."""

    text: str
    headings: list[Heading]


def is_html(text: str) -> bool:
    """Whether a text of no known name begins as an HTML page does."""
    return text[:200].lstrip().lower().startswith(("<!doctype html", "<html"))


def page(text: str) -> Page | None:
    """Return what is to be seen of a page; None for a template or a fragment, which are read as code."""
    scan = _Scan()
    for kind, start, end in _pieces(text):
        scan.take(kind, text[start:end])
        if scan.is_template:
            return None
    if not scan.headings and not scan.title and scan.paragraphs < _PARAGRAPHS:
        return None
    lines = "".join(scan.seen).split("\n")
    kept = [line.rstrip() if row in scan.kept else _SPACES.sub(" ", line).strip() for row, line in enumerate(lines)]
    headings = [(row, level, title) for row, level, title in scan.headings if title]
    if scan.title and not any(level == 1 for _, level, _ in headings):
        headings = [(0, 0, scan.title), *((row, level, title) for row, level, title in headings if row > 0)]
    return Page("\n".join(kept), headings)


@dataclass(slots=True)
class _Scan:
    """What was met so far."""

    seen: list[str] = field(default_factory=list[str])
    headings: list[Heading] = field(default_factory=list[Heading])
    kept: set[int] = field(default_factory=set[int])  # rows whose spaces mean something
    title: str = ""
    paragraphs: int = 0
    is_template: bool = False
    row: int = 0
    code: int = 0
    pre: bool = False
    heading: list[str] | None = None  # the text since it was opened
    in_title: bool = False

    def take(self, kind: str, piece: str) -> None:
        """Take the next piece: text, a tag, or what is not to be seen."""
        if kind == "text":
            self._text(piece)
        elif kind == "tag":
            self._tag(piece)
        breaks = piece.count("\n")
        if kind != "text":
            self.seen.append("\n" * breaks)
        if self.pre:
            self.kept.update(range(self.row, self.row + breaks + 1))
        self.row += breaks

    def _text(self, piece: str) -> None:
        if not self.code and _FILLED_IN.search(piece):
            self.is_template = True
        shown = piece if "&" not in piece else "\n".join(_decoded(line) for line in piece.split("\n"))
        self.seen.append(shown)
        if self.heading is not None:
            self.heading.append(shown)
        if self.in_title:
            self.title = _title(f"{self.title} {shown}")

    def _tag(self, piece: str) -> None:
        match = _NAME.match(piece, 1)
        if match is None:
            return
        name, closes = match[1].lower(), piece[1] == "/"
        if name not in _INLINE:
            self.seen.append(" ")
        if not closes and not self.code and (_FILLED_IN.search(piece) or _BOUND.search(piece)):
            self.is_template = True
        if name == "img" and (alt := _ALT.search(piece)):
            self.seen.append(_decoded(alt[1] or alt[2]).replace("\n", " "))
        self._note(name, closes)

    def _note(self, name: str, closes: bool) -> None:
        """Keep count of what is open."""
        if name in _CODE:
            self.code = max(0, self.code + (-1 if closes else 1))
            self.pre = not closes if name == "pre" else self.pre
        elif name == "title":
            self.in_title = not closes
        elif name == "p":
            self.paragraphs += not closes
        elif name in _HEADINGS:
            if self.heading is not None and self.headings:  # also where the last one was never closed
                row, level, _ = self.headings.pop()
                self.headings.append((row, level, _title("".join(self.heading))))
            self.heading = None if closes else []
            if not closes:
                self.headings.append((self.row, int(name[1]), ""))


def _pieces(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield (text, tag or unseen, start, end) in order, over the whole text."""
    lowered = text.lower() if text.isascii() else "".join(each.lower() if each.isascii() else each for each in text)
    at = 0
    while at < len(text):
        start = text.find("<", at)
        end = -1 if start < 0 else text.find(">", start)
        if end < 0:  # no tag ends any more
            yield "text", at, len(text)
            return
        if start > at:
            yield "text", at, start
        at, kind = _tag_end(text, start, end)
        yield kind, start, at
        if kind == "tag" and (match := _NAME.match(text, start + 1)) and text[start + 1] != "/":
            name = match[1].lower()
            if name in _UNSEEN and text[at - 2 : at - 1] != "/":
                close = lowered.find(f"</{name}", at)
                stop = len(text) if close < 0 else close
                yield "unseen", at, stop
                at = stop


def _tag_end(text: str, start: int, end: int) -> tuple[int, str]:
    """Return where what begins with an angle bracket ends, and its kind; a lone bracket is text."""
    if text.startswith("<!--", start):
        close = text.find("-->", start + 4)
        return (len(text) if close < 0 else close + 3), "unseen"
    second = text[start + 1 : start + 2]
    if second in ("!", "?"):
        return end + 1, "unseen" if second == "!" else "tag"
    if not _NAME.match(text, start + 1):
        return start + 1, "text"
    for _ in range(_MOST_QUOTES):
        inside = text[start : end + 1]
        if inside.count('"') % 2 == 0:
            break
        quote = text.find('"', end + 1, end + 2_000)
        further = -1 if quote < 0 else text.find(">", quote, quote + 2_000)
        if further < 0:
            break
        end = further
    return end + 1, "tag"


def _decoded(line: str) -> str:
    return html.unescape(line).replace("\n", " ").replace("\r", " ")


def _title(text: str) -> str:
    return _SPACES.sub(" ", text).strip(" \u00b6#")[:_LONGEST_TITLE]
