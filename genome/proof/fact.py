"""What is true of a fact now: its own line must hold, not only the place around it."""

from __future__ import annotations

from dataclasses import dataclass

import apsw

from ..reading.reader import read
from ..records import Fact, Source
from ..store import contents
from .ladder import FileProof, FileState


@dataclass(frozen=True, slots=True)
class FactProof:
    """What became of a fact: `rung` is None where its file alone tells, `now` is the fact as it stands now."""

    rung: str | None
    now: Fact | None


def prove_fact(connection: apsw.Connection, source: Source, fact: Fact, nth: int, file: FileProof | None) -> FactProof:
    """Find a fact in its file as that is now.

    Args:
        connection: The snapshot that the fact came from.
        source: The file.
        fact: As the store holds it for the file's content.
        nth: Which of the facts of its key in the content it is.
        file: The proof of the file; None for a source that is no file.
    """
    if file is not None and file.state is FileState.DIFFERENT and file.data is not None:
        reading = read(source.path, file.data)
        same = [each for each in reading.facts if each.key == fact.key] if reading is not None else []
        now = _counterpart(fact, nth, same)
        return FactProof("gone" if now is None else _rung(fact, now), now)
    if source.ingested is None or source.content == source.ingested:
        return FactProof(None, fact)
    before = _counterpart(fact, nth, contents.facts_of(connection, source.ingested, fact.key))
    return FactProof(None if before is None else _rung(before, fact), fact)


def _counterpart(fact: Fact, nth: int, others: list[Fact]) -> Fact | None:
    """Return the same fact in another version: the same line, else the same value, else the same rank of its key."""
    if not others:
        return None
    for other in others:
        if other == fact:
            return other
    alike = [other for other in others if other.value == fact.value]
    if len(alike) == 1:
        return alike[0]
    return others[min(nth, len(others) - 1)]


def _rung(before: Fact, now: Fact) -> str:
    if before.value != now.value:
        return "changed"
    return "span" if before.line == now.line else "moved"
