"""Notes and their receipts: statements somebody made, and what they were drawn from as it was then.

A note's text is a source in the virtual root. A note that was revised or forgotten leaves the search by its source's
state, so that a question pays nothing for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import apsw

from . import contents
from .boundary import SEEN_ROOTS

PREFIX = "note/n"  # of the path of a note's text
_SELECT = f"""
        select n.id, n.source, n.kind, iif(n.state = 'live' and n.judged is 'rejected', 'rejected', n.state),
            n.agent, n.revises, n.origin, n.instruction_like, n.at,
            (select max(r.id) from note r where r.revises = n.id)
        from note n
        join source text on text.id = n.source and text.root in ({SEEN_ROOTS})"""  # noqa: S608  a constant


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a note was drawn from, as it was then.

    `kind` is span (a passage, or lines whose `text` is kept), symbol (a passage), path (a file or folder that was
    there) or literal (`key` stood with `value`). `content` is the version of the file, None for a folder.
    """

    kind: str
    root: int
    path: str
    content: int | None = None
    passage: int | None = None
    symbol: str | None = None
    heading: str | None = None
    nth: int = 0
    start_line: int | None = None
    end_line: int | None = None
    text: str | None = None
    key: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A statement; `state` is live, revised, forgotten or rejected, `revised_by` the note that took its place."""

    id: int
    source: int
    kind: str
    state: str
    agent: int | None
    revises: int | None
    origin: str | None
    instruction_like: bool
    at: float
    revised_by: int | None


def path_of(note: int) -> str:
    """Return the path of a note's text in the virtual root.

    >>> path_of(12)
    'note/n12'
    """
    return f"{PREFIX}{note}"


def next_id(connection: apsw.Connection) -> int:
    """Return the id that the next note gets; inside the transaction that adds it."""
    return connection.execute("select coalesce(max(id), 0) + 1 from note").get


def add(connection: apsw.Connection, note: Note, receipts: Sequence[Receipt]) -> None:
    """Write a note with its receipts; its text has been kept before."""
    sql = """
        insert into note (id, source, kind, state, agent, revises, origin, instruction_like, at)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?)
    """
    row = (note.id, note.source, note.kind, note.state, note.agent, note.revises, note.origin)
    connection.execute(sql, (*row, int(note.instruction_like), note.at))
    connection.execute("update source set authority = 'inferred' where id = ?", (note.source,))
    sql = """
        insert into receipt (note, kind, root, path, content, passage, symbol, heading, nth, start_line, end_line,
            text, key, value)
        values (?, ?, ?, ?, (select id from content where id = ?), (select id from passage where id = ?),
            ?, ?, ?, ?, ?, ?, ?, ?)
    """  # a version that was pruned meanwhile leaves a receipt that does not hold
    for each in receipts:
        spot = (each.symbol, each.heading, each.nth, each.start_line, each.end_line)
        what = (each.kind, each.root, each.path, each.content, each.passage)
        connection.execute(sql, (note.id, *what, *spot, each.text, each.key, each.value))


def get(connection: apsw.Connection, note: int) -> Note | None:
    """Return a note by its id."""
    return _one(connection, "n.id = ?", note)


def of_source(connection: apsw.Connection, source: int) -> Note | None:
    """Return the note whose text a source is."""
    return _one(connection, "n.source = ?", source)


def live(connection: apsw.Connection, origin: str) -> list[Note]:
    """Return the notes that were imported from a file and stand, by id; a rejected one stays, and stays rejected."""
    sql = f"""
        {_SELECT}
        where n.state = 'live' and substr(n.origin, 1, length(?1)) = ?1
        order by n.id
    """
    return [_note(row) for row in connection.execute(sql, (f"{origin}:",))]


def same_text(connection: apsw.Connection, source: int) -> Note | None:
    """Return the live note that was remembered, not imported, with the very text of another source."""
    sql = f"""
        {_SELECT}
        join source s on s.id = n.source
        where s.content = (select content from source where id = ?1) and s.id <> ?1
        and n.state = 'live' and n.judged is not 'rejected' and n.origin is null
        order by n.id
        limit 1
    """  # noqa: S608  a constant
    for row in connection.execute(sql, (source,)):
        return _note(row)
    return None


def receipts(connection: apsw.Connection, note: int) -> list[Receipt]:
    """Return what a note was drawn from, in the order in which it was bound."""
    sql = """
        select kind, root, path, content, passage, symbol, heading, nth, start_line, end_line, text, key, value
        from receipt
        where note = ?
        order by id
    """
    return [Receipt(*row) for row in connection.execute(sql, (note,))]


def retire(connection: apsw.Connection, note: Note, state: str) -> None:
    """Take a note out of every search: revised keeps its text, forgotten lets it go with the next pruning."""
    connection.execute("update note set state = ? where id = ?", (state, note.id))
    _hide(connection, note, state)
    if state == "forgotten":
        sql = "update content set used_at = 0 where id = (select content from source where id = ?)"
        connection.execute(sql, (note.source,))
        connection.execute("update source set content = null, ingested = null where id = ?", (note.source,))
        connection.execute("delete from delivery where source = ?", (note.source,))
        connection.execute("delete from receipt where note = ?", (note.id,))


def confirm(connection: apsw.Connection, note: Note) -> None:
    """Record that a person said that a note is right: it counts as a primary source from now on."""
    connection.execute("update note set judged = 'confirmed' where id = ?", (note.id,))
    connection.execute("update source set authority = 'primary' where id = ?", (note.source,))


def reject(connection: apsw.Connection, note: Note) -> None:
    """Record that a person said that a note is wrong: it keeps its text and leaves every search for good."""
    connection.execute("update note set judged = 'rejected' where id = ?", (note.id,))
    _hide(connection, note, "rejected")


def text_of(connection: apsw.Connection, note: Note) -> str:
    """Return what a note says; nothing where it was forgotten."""
    content = connection.execute("select content from source where id = ?", (note.source,)).get
    return "" if content is None else contents.text_of(connection, content)


def of_party(connection: apsw.Connection, note: int, party: int | None) -> Note | None:
    """Return a note by its id if it was written in a party, or by nobody who is known."""
    sql = """
        select true from note n
        left join agent a on a.id = n.agent
        left join participant p on p.id = a.participant
        where n.id = ? and coalesce(p.party = ?, true)
    """
    return get(connection, note) if connection.execute(sql, (note, party)).get else None


def move(connection: apsw.Connection, note: int, origin: str) -> None:
    """Record that the line a note was imported from stands elsewhere in its file now."""
    connection.execute("update note set origin = ? where id = ?", (origin, note))


def _hide(connection: apsw.Connection, note: Note, why: str) -> None:
    connection.execute("delete from path_search where rowid = ?", (note.source,))
    connection.execute("update source set state = 'skipped', reason = ? where id = ?", (why, note.source))


def _one(connection: apsw.Connection, where: str, value: int) -> Note | None:
    for row in connection.execute(f"{_SELECT} where {where}", (value,)):
        return _note(row)
    return None


def _note(row: Sequence[object]) -> Note:
    *before, instruction_like, at, revised_by = row
    return Note(*before, bool(instruction_like), at, revised_by)  # type: ignore[arg-type]  # the columns of _SELECT
