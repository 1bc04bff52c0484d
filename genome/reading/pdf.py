"""PDF documents to text, page by page: read in a process of its own, with bounds on its time and memory.

A PDF may be made to take forever or to swell to any size, and no parser of the format can be stopped from within. The
reading itself is `pdf_pages`. A question has less time for it than an ingest; see `within`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from itertools import pairwise

from ..errors import NotNow
from ..records import Span
from .lines import Piece, Size, as_spans, line_starts, paragraphs

PAGE = "page"
MAGIC = b"%PDF-"
LARGER = 16  # times as many bytes as another file may have: most of them are pictures and fonts
WAITS = "PDF: waits for pypdf; `pip install 'cistron-mcp[pdf]'`, then ingest again"
TOO_MUCH = "PDF: takes too long or too much memory to read"
DAMAGED = "PDF: damaged"
WALL_S = 10.0
QUESTION_S = 0.8  # for all documents that one question comes upon; half of it starts the reader on a busy machine
_SECTION = Size(60, 3000)
_LEAST_S = 0.1  # nothing is read in less
_deadline = threading.local()  # no context variable: a thread that a question starts has its own time
_late: deque[int] = deque(maxlen=8)  # hashes of what a question had no time for: the next one does not try again


@dataclass(frozen=True, slots=True)
class Pages:
    """The text of a document with the row where each page begins and what it is called; or why there is none."""

    text: str = ""
    pages: tuple[tuple[int, str], ...] = ()
    reason: str | None = None


def is_pdf(path: str, data: bytes) -> bool:
    """Whether a file is a PDF by its name and its first bytes."""
    return path[-4:].lower() == ".pdf" and MAGIC in data[:1024]


def is_readable() -> bool:
    """Whether the extra that reads them is installed."""
    return find_spec("pypdf") is not None


def most_bytes(path: str, most: int) -> int:
    """Return how large a file may be, given how large most files may be."""
    return most * LARGER if path[-4:].lower() == ".pdf" else most


@contextmanager
def within(seconds: float) -> Generator[None]:
    """Give all documents that this thread reads so much time together; within another one the lesser counts."""
    before: float | None = getattr(_deadline, "at", None)
    at = time.monotonic() + seconds
    _deadline.at = at if before is None else min(at, before)
    try:
        yield
    finally:
        _deadline.at = before


def pages(data: bytes) -> Pages:
    """Return the pages of a document.

    Raises:
        NotNow: The time that `within` gives is not enough. Without it all is told by the result.
    """
    return _pages(data) if is_readable() else Pages(reason=WAITS)


def divide_pages(text: str, found: Pages) -> list[Span]:
    """Divide the text of a document into spans, none of which goes over a page's end."""
    starts = line_starts(text.encode())
    lines = text.split("\n")[: len(starts) - 1]
    ends = [row for row, _ in found.pages[1:]] + [len(lines)]
    pieces: list[Piece] = []
    for at, ((row, heading), end) in enumerate(zip(found.pages, ends, strict=True)):
        cuts = paragraphs(lines, starts, row, end, _SECTION)
        pieces += [Piece(first, last, PAGE, at, heading=heading) for first, last in pairwise(cuts)]
    return as_spans(pieces, starts)


@lru_cache(maxsize=2)  # a document that changed is read to prove it, and again to store it
def _pages(data: bytes) -> Pages:
    at: float | None = getattr(_deadline, "at", None)
    wall_s = WALL_S if at is None else min(WALL_S, at - time.monotonic())
    if at is not None and (wall_s < _LEAST_S or hash(data) in _late):
        raise NotNow("the document takes longer to read than there is time; it is read in the background")
    command = [sys.executable, "-P", "-X", "utf8", "-m", f"{__package__}.pdf_pages"]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=wall_s, check=False)
        found = json.loads(done.stdout) if done.returncode == 0 else None
    except subprocess.TimeoutExpired as error:
        if at is None:
            return Pages(reason=TOO_MUCH)
        _late.append(hash(data))
        raise NotNow(f"the document takes longer than {wall_s:.1f} s to read; it is read in the background") from error
    except MemoryError:
        return Pages(reason=TOO_MUCH)
    except (OSError, ValueError):
        return Pages(reason=DAMAGED)
    if not isinstance(found, dict):  # it was killed, by its own bounds or by the system
        return Pages(reason=TOO_MUCH)
    if found.get("reason"):
        return Pages(reason=str(found["reason"]))
    rows: list[tuple[int, str]] = []
    text = ""
    count = 0
    for heading, page in found["pages"]:
        rows.append((count, heading))
        text += page + "\n"
        count += page.count("\n") + 1
    return Pages(text, tuple(rows))
