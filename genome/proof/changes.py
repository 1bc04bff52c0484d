"""What became of a place between two versions of its file, by the texts that the store keeps of both."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace

import apsw

from ..records import Place
from ..store import contents
from ..store.events import Delivery
from .grades import Grade, grade

_HUNK = re.compile(r"@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@")


@dataclass(frozen=True, slots=True)
class Change:
    """How a place changed: its grade, where it stands now, and both texts with the lines they begin at.

    `lines` are those whose text is another one now, `is_shifted` tells whether the place begins or ends elsewhere.
    """

    grade: Grade
    place: Place | None = None
    before: str = ""
    now: str = ""
    starts: tuple[int, int] = (1, 1)
    lines: tuple[int, int] = (1, 1)
    is_shifted: bool = False

    @property
    def is_real(self) -> bool:
        """Whether what the place says or does may be another than before."""
        return self.grade in ("signature_changed", "body_changed", "gone")

    def diff(self, most: int) -> str | None:
        """Return the difference as a unified diff without file headers; None where it has more than `most` lines."""
        return diff(self.before, self.now, most, self.starts)


class Changes:
    """Compares places for one answer; what is read of a version is read once.

    Args:
        connection: The snapshot that the answer is made from.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._places: dict[int, dict[tuple[str | None, str | None], list[Place]]] = {}
        self._languages: dict[int, str | None] = {}

    def named(self, content: int, symbol: str | None, heading: str | None) -> list[Place]:
        """Return the places of a version under one name, in reading order."""
        return self.of(content).get((symbol, heading), [])

    def of(self, content: int) -> dict[tuple[str | None, str | None], list[Place]]:
        """Return all places of a version by symbol and heading."""
        known = self._places.get(content)
        if known is None:
            known = self._places[content] = {}
            for place in contents.places(self._connection, content):
                known.setdefault((place.symbol, place.heading), []).append(place)
        return known

    def language(self, content: int) -> str | None:
        """Return a version's language."""
        if content not in self._languages:
            self._languages[content] = contents.get(self._connection, content).language
        return self._languages[content]

    def text(self, place: Place | Delivery) -> str:
        """Return a place's text."""
        return contents.passage_text(self._connection, place.passage) or ""

    def since_shown(self, was: Delivery, content: int, path: str, now: Place | None = None) -> Change:
        """Return what became of a spot that a session was shown.

        Args:
            was: As it was shown.
            content: What its file holds now.
            path: Where that file is now.
            now: Its place now, where that is known.
        """
        found = self.since(was.content, was.passage, was.start_line, now or was, content)
        if path != was.path and not found.is_real:
            return replace(found, grade="renamed")
        return found

    def since(self, before: int, passage: int, line: int, spot: Place | Delivery, content: int) -> Change:
        """Return what became of a spot between two versions of its file.

        Args:
            before: The older version.
            passage: The text that stood there.
            line: The line that it began at.
            spot: Its name and rank; as a `Place`, where it stands now.
            content: The newer version.
        """
        now = spot if isinstance(spot, Place) else None
        if now is not None and now.passage == passage:
            return _standing(now, line)
        named = self.named(content, spot.symbol, spot.heading)
        equal = [place for place in named if place.passage == passage]
        if equal and now is None:
            return _standing(min(equal, key=lambda place: (abs(place.start_line - line), place.ordinal)), line)
        then = self.named(before, spot.symbol, spot.heading)
        if now is not None and any(place.passage == now.passage for place in then):
            lines = [place.start_line for place in then if place.passage == now.passage]
            return _standing(now, min(lines, key=lambda each: abs(each - now.start_line)))
        if spot.symbol is None and spot.heading is None:
            return self._graded(self._one(then, passage), [now] if now else [], content)
        return self._graded(_ranked(then, spot.nth), _ranked(named, spot.nth), content, now)

    def whole(self, then: list[Place], now: list[Place], content: int) -> Grade:
        """Return how a definition changed between its pieces of two versions; `content` is the newer one."""
        return self._graded(then, now, content).grade

    def _one(self, places: list[Place], passage: int) -> list[Place]:
        return [place for place in places if place.passage == passage][:1]

    def _graded(self, then: list[Place], after: list[Place], content: int, now: Place | None = None) -> Change:
        """Grade a definition as a whole: where it was cut into pieces, a cut may have moved."""
        if not after:
            return Change("gone")
        if not then:  # the store has let go of what it was
            lines = after[0].start_line, max(place.end_line for place in after)
            return Change("body_changed", now or after[0], lines=lines)
        before, text = ("".join(map(self.text, places)) for places in (then, after))
        found = grade(before, text, self.language(content), after[0].form)
        starts = then[0].start_line, after[0].start_line
        if found == "unchanged" and starts[0] != starts[1]:
            found = "moved"
        old = {place.passage for place in then}
        new = [place for place in after if place.passage not in old] or after[:1]
        lines = new[0].start_line, max(place.end_line for place in new)
        moved = starts[0] != starts[1] or then[-1].end_line != after[-1].end_line
        return Change(found, now or after[0], before, text, starts, lines, moved)


def diff(before: str, now: str, most: int, starts: tuple[int, int] = (1, 1)) -> str | None:
    """Return a unified diff of two texts without file headers; None where it has more than `most` lines.

    Args:
        before: The text then.
        now: The text now.
        most: The most lines to return.
        starts: The lines that the texts begin at in their files.
    """
    old, new = before.rstrip().split("\n"), now.rstrip().split("\n")
    if abs(len(old) - len(new)) > most:
        return None
    lines = list(difflib.unified_diff(old, new, n=1, lineterm=""))[2:]
    if not lines or len(lines) > most:
        return None
    return "\n".join(_placed(line, starts) for line in lines)


def _standing(place: Place, line: int) -> Change:
    moved = place.start_line != line
    return Change("moved" if moved else "unchanged", place, is_shifted=moved)


def _placed(line: str, starts: tuple[int, int]) -> str:
    """Count a hunk's lines from the beginning of the file."""
    found = _HUNK.fullmatch(line)
    if found is None:
        return line
    first, second = int(found[1]) + starts[0] - 1, int(found[3]) + starts[1] - 1
    return f"@@ -{first}{found[2] or ''} +{second}{found[4] or ''} @@"


def _ranked(places: list[Place], nth: int) -> list[Place]:
    """Return the pieces of the definition that has this rank among its namesakes."""
    if not places:
        return []
    rank = min(nth, max(place.nth for place in places))
    return [place for place in places if place.nth == rank]
