"""Prove what is larger or smaller than a place: a definition in several pieces, lines inside one, a named value."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from ..reading.languages import language_of
from ..reading.literals import literals
from ..records import Place, Reading, Span
from .grades import REAL, grade
from .ladder import UNIQUE_LINES, SpanProof, align, read_now
from .naming import find_local

MOST_COMPARED = 4_000_000  # lines of one side times lines of the other: 0.2 s
OK = ("bytes", "span", "moved")

Owner = tuple[str | None, str | None]


def align_pieces(
    pieces: Sequence[tuple[Place, str]], path: str, data: bytes, held: Collection[str | None] = ()
) -> SpanProof:
    """Find a definition that stands in several places: pieces of a long one, and its namesakes in the file.

    It is changed as soon as one of them is, or where there are more or fewer of them now.

    Args:
        pieces: Each place with its text, in reading order; at least one.
        path: The file's path.
        data: The file's bytes now.
        held: The symbols and headings of the older version.

    Returns:
        The proof that is worst: a piece that is gone, else one whose meaning changed, else one whose layout did.
    """
    proofs = [replace(align(place, text, path, data, held), before=text) for place, text in pieces]
    changed = [proof for proof in proofs if proof.rung not in OK]
    if not changed:
        first = proofs[0]
        return first if len(pieces) == _count(pieces, path, data) else replace(first, rung="changed", before=None)
    language = language_of(path)
    forms = {text: place.form for place, text in pieces}

    def is_layout(proof: SpanProof) -> bool:
        then, now = proof.before or "", proof.text
        return now is not None and grade(then, now, language, forms[then]) not in REAL

    return min(changed, key=lambda proof: (proof.rung != "gone", is_layout(proof)))


def _count(pieces: Sequence[tuple[Place, str]], path: str, data: bytes) -> int:
    names = {(place.symbol, place.heading) for place, _ in pieces}
    reading = read_now(path, data)
    return 0 if reading is None else sum((span.symbol, span.heading) in names for span in reading.spans)


def align_lines(start: int, end: int, before: str, places: Sequence[Place], path: str, data: bytes) -> SpanProof:
    """Find lines of an older version in a file's bytes, inside the definition or section that they stood in.

    A line alone says little: it is the same only where the diff of its own definition leaves it as it was.

    Args:
        start: The first line, 1-based.
        end: The last line, inclusive.
        before: The older version's text.
        places: The older version's places.
        path: The file's path.
        data: The file's bytes now.
    """
    reading = read_now(path, data)
    if reading is None:
        return SpanProof("gone")
    then, now = before.split("\n"), reading.text.split("\n")
    block = then[start - 1 : end]
    around = next((place for place in places if place.start_line <= start and end <= place.end_line), None)
    if around is None:
        old, new = list(range(len(then))), list(range(len(now)))
    else:
        owner: Owner = (around.symbol, around.heading)
        old = [row for place in places if (place.symbol, place.heading) == owner for row in _rows(place)]
        new = [row for span in reading.spans if (span.symbol, span.heading) == owner for row in _rows(span)]
    row = _followed([then[n] for n in old], [now[n] for n in new], old.index(start - 1), len(block))
    if row is not None and new[row + len(block) - 1] - new[row] == len(block) - 1:
        found = new[row] + 1
        return SpanProof("span" if found == start else "moved", found, found + len(block) - 1)
    if new:
        return SpanProof("changed", new[0] + 1, new[-1] + 1) if around is not None else SpanProof("changed")
    return _lone(block, start, reading)


def align_local(name: str, path: str, before: str, places: Sequence[Place], data: bytes) -> SpanProof:
    """Find a definition inside a function in a file's bytes, by its dotted name.

    Args:
        name: Its dotted name, which stood in the older version.
        path: The file's path.
        before: The older version's text.
        places: The older version's places.
        data: The file's bytes now.
    """
    reading = read_now(path, data)
    now = find_local(name, reading.spans, reading.text) if reading is not None else []
    if reading is None or not now:
        return SpanProof("gone")
    then = find_local(name, places, before)
    old, new = _texts(then, before), _texts(now, reading.text)
    if new == old:
        return SpanProof("span" if now == then else "moved", *now[0])
    return SpanProof("changed", *now[0], text="\n".join(map("\n".join, new)), before="\n".join(map("\n".join, old)))


def _texts(runs: Sequence[tuple[int, int]], text: str) -> list[list[str]]:
    lines = text.split("\n")
    return [lines[start - 1 : end] for start, end in runs]


def align_value(name: str, path: str, before: str, data: bytes) -> SpanProof:
    """Find a named value of an older version in a file's bytes, wherever it stands and however its line is written.

    A name that is given several values (branches, overloads) is the same if the values are.

    Args:
        name: Its dotted name, as `literals` gave it of the older version.
        path: The file's path.
        before: The older version's text.
        data: The file's bytes now.
    """
    reading = read_now(path, data)
    then = literals(path, before)[name]
    now = literals(path, reading.text).get(name) if reading is not None else None
    if not now:
        return SpanProof("gone")
    rung = "changed"
    if {value.text for value in now} == {value.text for value in then}:
        rung = "span" if now[0].start_line == then[0].start_line else "moved"
    return SpanProof(rung, now[0].start_line, now[0].end_line)


def _followed(then: Sequence[str], now: Sequence[str], first: int, length: int) -> int | None:
    """Return where rows of one side stand on the other, if the diff leaves them together and as they were."""
    if len(then) * len(now) > MOST_COMPARED:
        then_key, at = tuple(then[first : first + length]), None
        rows = [row for row in range(len(now)) if tuple(now[row : row + length]) == then_key]
        return rows[0] if len(rows) == 1 else at
    for old, new, size in SequenceMatcher(None, then, now, autojunk=False).get_matching_blocks():
        if old <= first and first + length <= old + size:
            return new + first - old
    return None


def _lone(block: Sequence[str], start: int, reading: Reading) -> SpanProof:
    """Find lines whose definition is gone: as the only equal run of enough lines."""
    haystack, needle = f"\n{reading.text}\n", "\n" + "\n".join(block) + "\n"
    if len(block) < UNIQUE_LINES or not needle.strip() or haystack.count(needle) != 1:
        return SpanProof("gone")
    found = haystack[: haystack.index(needle)].count("\n") + 1
    return SpanProof("span" if found == start else "moved", found, found + len(block) - 1)


def _rows(place: Place | Span) -> range:
    return range(place.start_line - 1, place.end_line)
