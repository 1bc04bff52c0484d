"""Write notes: the text as a source of the virtual root, its receipts, and who said it, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import apsw

from ..records import Kind, Reading
from ..store import attribution, events, notes, sources
from ..store.notes import Note, Receipt, path_of
from .ingest import Ingester
from .instructions import is_instruction_like
from .reader import read
from .secrets import redact

VOLATILITY = {"decision": "stable", "howto": "stable", "preference": "stable", "finding": "medium", "fact": "medium"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A note that is to be written; `text` without secrets, `redacted` counts those that were in it."""

    text: str
    kind: str
    receipts: Sequence[Receipt] = ()
    origin: str | None = None
    revises: Note | None = None
    instruction_like: bool = False
    redacted: int = 0


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes: an agent, as far as it could be recorded, in a session."""

    agent: int | None
    session: str
    at: float


def draft(text: str, kind: str) -> Draft:
    """Return a text made fit to be kept: NUL escaped, secrets taken out, flagged if it is aimed at its reader."""
    kept, redacted = redact(path_of(0), text.replace("\0", "\\x00"))
    return Draft(kept, kind, instruction_like=is_instruction_like(text), redacted=redacted)


def write(
    ingester: Ingester,
    drafts: Sequence[Draft],
    author: Author,
    *,
    forget: Sequence[Note] = (),
    moved: Sequence[tuple[int, str]] = (),
) -> list[Note]:
    """Write notes, forget others, and record new origins; all of it or nothing.

    A note with the very text of an earlier one takes its place, as one that `revises` it does.

    Returns:
        The notes, in the order of the drafts; `revises` names what they took the place of.
    """
    readings = [_read(each) for each in drafts]
    with ingester.database.writing() as writer:
        written = [
            _write(ingester, writer, each, data, reading, author)
            for each, (data, reading) in zip(drafts, readings, strict=True)
        ]
        for note in forget:
            notes.retire(writer, note, "forgotten")
            _log(writer, author, "forget", note)
        for note, origin in moved:
            notes.move(writer, note, origin)
        if forget:
            sources.bump(writer)
    return written


def _read(draft: Draft) -> tuple[bytes, Reading]:
    data = draft.text.encode("utf-8", "replace")
    reading = read(path_of(0), data)
    assert reading is not None, "a text without NUL is no binary file"
    return data, replace(reading, kind=Kind.NOTE)


def _write(
    ingester: Ingester, writer: apsw.Connection, draft: Draft, data: bytes, reading: Reading, author: Author
) -> Note:
    number = notes.next_id(writer)
    source, _ = ingester.keep_within(writer, path_of(number), data, reading, VOLATILITY[draft.kind])
    old = draft.revises
    if old is None and draft.origin is None:
        old = notes.same_text(writer, source)
    revises = None if old is None else old.id
    note = Note(
        number, source, draft.kind, "live", author.agent, revises, draft.origin, draft.instruction_like, author.at, None
    )
    notes.add(writer, note, draft.receipts)
    if old is not None:
        notes.retire(writer, old, "revised")
    _log(writer, author, "remember" if old is None else "revise", note)
    return note


def _log(writer: apsw.Connection, author: Author, kind: str, note: Note) -> None:
    if author.agent is not None:
        name = path_of(note.id).rpartition("/")[2]
        events.log(writer, author.agent, kind, author.at, session=author.session, detail=name)
        attribution.credit_text(writer, author.agent, kind, author.session, author.at, note.source)
