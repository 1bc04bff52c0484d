"""The proof ladder: what is true of a place now, by the cheapest step that can tell.

stat → bytes → span | moved → changed | gone, and unreachable where the file cannot be asked. No step writes.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from ..reading.load import is_clean, load, stamp_of
from ..reading.reader import read
from ..records import Place, Reading, Source, Span, Stamp
from ..store.contents import digest

UNIQUE_LINES = 3  # fewer equal lines elsewhere in a file are no proof of a move


class FileState(StrEnum):
    """What became of a file since its content was recorded."""

    SAME = "same"
    DIFFERENT = "different"
    GONE = "gone"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class FileProof:
    """The state of a file, the rung that told, and its bytes where they had to be read and differ.

    `touched` is true for an unreachable file whose stamp still tells that it was written or replaced.
    """

    state: FileState
    rung: str
    data: bytes | None = None
    touched: bool = False


@dataclass(frozen=True, slots=True)
class SpanProof:
    """Where a span stands now: `rung` is span, moved, changed or gone; lines are None for gone.

    `text` is what stands there, where that is another text, with secrets taken out; `before` is what it is compared
    with, where that is another one than the place's own text.
    """

    rung: str
    start_line: int | None = None
    end_line: int | None = None
    text: str | None = None
    before: str | None = None


def prove_file(root: str, source: Source, hash_: bytes | None, max_bytes: int, *, need_bytes: bool) -> FileProof:
    """Compare a file with the content that the store holds of it.

    Args:
        root: Absolute path of the root.
        source: The file, with the stamp of its last proof.
        hash_: Hash of the content to compare with; None is equal to nothing.
        max_bytes: A larger file counts as different.
        need_bytes: Whether an equal stamp is not proof enough.
    """
    full = os.path.join(root, source.path)
    if (
        not need_bytes
        and hash_ is not None
        and stamp_of(full) == source.stamp
        and is_clean(source.stamp, source.proven_at)
    ):
        return FileProof(FileState.SAME, "stat")
    if not os.path.isdir(root):
        return FileProof(FileState.UNREACHABLE, "age")
    loaded = load(root, source.path, max_bytes)
    if loaded is None:
        return FileProof(FileState.GONE, "gone")
    if loaded.data is None:
        if loaded.unreachable:
            return FileProof(FileState.UNREACHABLE, "age", touched=_was_written(source, stamp_of(full)))
        return FileProof(FileState.DIFFERENT, "bytes")
    if hash_ is not None and digest(loaded.data) == hash_:
        return FileProof(FileState.SAME, "bytes")
    return FileProof(FileState.DIFFERENT, "bytes", loaded.data)


def _was_written(source: Source, now: Stamp | None) -> bool:
    """Whether more than a file's permissions changed: those alone leave its size, its time and its inode."""
    if now is None:
        return False
    then = source.stamp
    return (now.size, now.mtime_ns, now.inode, now.device) != (then.size, then.mtime_ns, then.inode, then.device)


def align(place: Place, text: str, path: str, data: bytes, held: Collection[str | None] = ()) -> SpanProof:
    """Find a span of an older version in a file's bytes.

    It is the same or moved where its exact text stands under its own symbol or heading, or, if that name is gone, as
    the only equal run of lines under a name that is new; changed where the name stands with another text. Equal text
    under a name that stood there before is no proof: getters and licence heads repeat.

    Args:
        place: Where the span stood.
        text: What it was.
        path: The file's path, which tells its language.
        data: The file's bytes now.
        held: The symbols and headings of the older version.
    """
    reading = read_now(path, data)
    return SpanProof("gone") if reading is None else align_reading(place, text, reading, held)


def align_reading(place: Place, text: str, reading: Reading, held: Collection[str | None] = ()) -> SpanProof:
    """Find a span of an older version in what was read of a file; see `align`."""
    if place.symbol is None and place.heading is None:
        return _unnamed(place, text, reading)
    same = [span for span in reading.spans if (span.symbol, span.heading) == (place.symbol, place.heading)]
    equal = [span for span in same if _text(reading, span).rstrip() == text.rstrip()]  # blank lines below may go
    if equal:
        return _placed(place, nearest(place, equal))
    if same:
        found = nearest(place, [span for span in same if span.part == place.part] or same)
        return SpanProof("changed", found.start_line, found.end_line, _text(reading, found))
    run = _unique_run(place, text, reading)
    if run is None or run.start_line is None or run.end_line is None:
        return SpanProof("gone")
    names = {span.symbol or span.heading for span in reading.spans if run.start_line <= span.start_line <= run.end_line}
    return SpanProof("gone") if names & set(held) else run


@lru_cache(maxsize=2)
def read_now(path: str, data: bytes) -> Reading | None:
    """Divide a file as it is now, once for several claims about it."""
    return read(path, data)


def nearest(place: Place, spans: Sequence[Span]) -> Span:
    """Return the one of several spans that keeps the place's rank among its namesakes, else the closest by line."""
    if place.nth < len(spans) and place.part == 0:
        return spans[place.nth]
    return min(spans, key=lambda span: (abs(span.start_line - place.start_line), span.start_line))


def _unnamed(place: Place, text: str, reading: Reading) -> SpanProof:
    lines = reading.text.split("\n")
    block = text.removesuffix("\n").split("\n")
    if lines[place.start_line - 1 : place.end_line] == block:
        return SpanProof("span", place.start_line, place.end_line)
    return _unique_run(place, text, reading) or SpanProof("gone")


def _unique_run(place: Place, text: str, reading: Reading) -> SpanProof | None:
    """Return where the text stands as a whole run of lines, if it does so exactly once and says enough."""
    block = text.removesuffix("\n")
    if block.count("\n") + 1 < UNIQUE_LINES or not block.strip():
        return None
    haystack, needle = f"\n{reading.text}\n", f"\n{block}\n"
    at = haystack.find(needle)
    if at < 0 or haystack.find(needle, at + 1) >= 0:
        return None
    start = haystack.count("\n", 0, at) + 1
    end = start + block.count("\n")
    return SpanProof("span" if start == place.start_line else "moved", start, end)


def _placed(place: Place, span: Span) -> SpanProof:
    same_lines = (span.start_line, span.end_line) == (place.start_line, place.end_line)
    return SpanProof("span" if same_lines else "moved", span.start_line, span.end_line)


def _text(reading: Reading, span: Span) -> str:
    lines = reading.text.split("\n")
    return "\n".join(lines[span.start_line - 1 : span.end_line]) + ("\n" if span.end_line < len(lines) else "")
