"""How each item of an answer has changed: since this session saw it, else since it was ingested."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..genome.proof.changes import Change, Changes
from ..genome.proof.dependencies import Dependencies, Dependency
from ..genome.proof.grades import REAL, Grade, grade
from ..genome.records import Place
from ..genome.search.rank import Hit
from ..genome.store.events import Delivery
from .ask import Answer, Found
from .recorder import Reads
from .services import Services

DIFF_LINES = 10  # a longer difference is read from the file

Name = tuple[int, str | None, str | None, int]


@dataclass(frozen=True, slots=True)
class Graded:
    """What is said of an item's change.

    `before` is what the session was shown of it, None where it was shown nothing; `same` whether that text still
    stands. `rests_on` are definitions that it calls or inherits from and that changed after the session saw it, but
    for those that the session has read since.
    """

    grade: Grade | None
    before: Delivery | None = None
    same: bool = True
    diff: str | None = None
    rests_on: tuple[Dependency, ...] = ()


def graded(services: Services, answer: Answer, shown: Iterable[Delivery], reads: Reads) -> list[Graded]:
    """Grade each item of an answer, in its order.

    Args:
        services: Where the store is.
        answer: The answer.
        shown: What the session was shown before it.
        reads: What the session has read of contents.
    """
    seen: dict[Name, Delivery] = {}
    sources = {found.hit.source.id for found in answer.found}
    for item in shown:
        if item.source in sources:  # a renamed file may have been shown under both names
            name = (item.source, item.symbol, item.heading, item.nth)
            seen[name] = max(item, seen.get(name, item), key=lambda each: each.at or 0.0)
    with services.engine().database.snapshot() as reading:
        changes = Changes(reading)
        first = [(found, seen.get(_name(found.hit))) for found in answer.found]
        times = [before.at for _, before in first if before is not None and before.at is not None]
        rests = Dependencies(reading, changes, min(times)) if times else None
        return [_graded(found, before, changes, rests, reads) for found, before in first]


def _name(hit: Hit) -> Name:
    return (hit.source.id, hit.place.symbol, hit.place.heading, hit.place.nth)


def _graded(
    found: Found, before: Delivery | None, changes: Changes, rests: Dependencies | None, reads: Reads
) -> Graded:
    hit = found.hit
    if found.verdict.rung == "gone":
        same = before is None or before.passage == hit.place.passage
        return Graded("gone", before, same)
    if before is None:
        return Graded(_since_ingested(found, changes))
    change = _since_shown(found, before, changes)
    own = change.grade
    if own in REAL:
        return Graded(own, before, False, change.diff(DIFF_LINES))
    rests_on = rests.of(hit.place, hit.source, before.at) if rests is not None and before.at is not None else []
    unread = tuple(each for each in rests_on if not _is_read(each, reads))
    return Graded("dependency_changed" if unread else own, before, change.before == change.now, None, unread)


def _is_read(each: Dependency, reads: Reads) -> bool:
    if each.content is None:
        return False
    if not each.places:
        return reads.cover(each.content)
    return reads.cover(each.content, each.places[0].start_line, max(place.end_line for place in each.places))


def _since_shown(found: Found, before: Delivery, changes: Changes) -> Change:
    hit, verdict = found.hit, found.verdict
    if verdict.stale:  # the file has changed and the store could not follow
        return _against(changes, before, found)
    return changes.since_shown(before, hit.place.content, hit.source.path, hit.place)


def _since_ingested(found: Found, changes: Changes) -> Grade | None:
    """Return how an item changed since its file was ingested; None where it was not there then."""
    hit = found.hit
    source, place = hit.source, hit.place
    if hit.root.kind == "virtual" or source.ingested is None:
        return None
    then = changes.named(source.ingested, place.symbol, place.heading) if source.drifted else [place]
    same = [one for one in then if one.passage == place.passage]
    was = next(iter(same or [one for one in then if (one.part, one.nth) == (place.part, place.nth)] or then), None)
    if was is None:
        return None
    if found.verdict.stale:
        return _against(changes, was, found).grade
    own = changes.since(source.ingested, was.passage, was.start_line, place, place.content).grade
    return "renamed" if source.ingested_path is not None and own not in REAL else own


def _against(changes: Changes, was: Delivery | Place, found: Found) -> Change:
    """Compare a text with what was found in the file itself."""
    place, verdict = found.hit.place, found.verdict
    before, now = changes.text(was), verdict.text if verdict.text is not None else changes.text(place)
    starts = was.start_line, verdict.start_line
    own = grade(before, now, changes.language(place.content), place.form)
    return Change("moved" if own == "unchanged" and starts[0] != starts[1] else own, place, before, now, starts)
