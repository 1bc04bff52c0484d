"""Take away what an agent or a person wrote and did, so that for a day it can be brought back.

The rows that change are recorded as a changeset of SQLite's session extension, whose inverse is the undo. What follows
from them (search by path, links, counts, states) is not recorded but made anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import apsw

from ..errors import StoreError
from . import attribution, sources

# tables of what an agent did: each row has its `agent` and its time `at`
DONE = ("event", "attribution", "question", "episode", "agent_version")
TRACKED = ("note", "source", "episode_place", "agent_branch", *DONE)


@dataclass(frozen=True, slots=True)
class Written:
    """What some agents wrote and did since a moment: ids of notes and their texts, of other texts; how many events."""

    notes: tuple[tuple[int, int], ...]  # note, source
    texts: tuple[int, ...]
    revived: tuple[tuple[int, int], ...]  # of others: they come back, as what took their place goes
    events: int
    uses: int


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What was forgotten at once; `undo` is None once it cannot be brought back."""

    id: int
    at: float
    texts: tuple[int, ...]
    undo: bytes | None


def agents_of(connection: apsw.Connection, party: int, agent: str | None, participant: str | None) -> list[int]:
    """Return the agents of a party by name (`claude-code` or `ada/claude-code`), by person, or all of them."""
    sql = """
        select a.id
        from participant p
        join agent a on a.participant = p.id
        where p.party = ?1 and (?2 is null or a.name = ?2 or p.name || '/' || a.name = ?2)
        and (?3 is null or p.name = ?3)
        order by a.id
    """
    return [id_ for (id_,) in connection.execute(sql, (party, agent, participant))]


def written(connection: apsw.Connection, agents: Sequence[int], since: float) -> Written:
    """Return what agents wrote and did at or after a moment."""
    who = json.dumps(list(agents))
    sql = """
        select id, source from note
        where agent in (select value from json_each(?)) and at >= ? and state in ('live', 'revised')
        order by id
    """
    notes = [(note, source) for note, source in connection.execute(sql, (who, since))]
    own = {source for _, source in notes}
    texts = [source for source in attribution.last_texts(connection, agents, since) if source not in own]
    texts = [source for source in texts if not _is_note(connection, source)]
    sql = """
        select count(*), coalesce(sum(kind = 'use'), 0) from event
        where agent in (select value from json_each(?)) and at >= ?
    """
    events, uses = next(iter(connection.execute(sql, (who, since))))
    return Written(tuple(notes), tuple(texts), tuple(_revived(connection, notes)), events, uses)


def erase(
    connection: apsw.Connection, party: int, by: int, agents: Sequence[int], since: float, found: Written, at: float
) -> int:
    """Take it away, and return the number under which it can be brought back.

    Links, counts and states still hold what the events taught: learn them anew in the same transaction.
    """
    session = apsw.Session(connection, "main")
    try:
        for table in TRACKED:
            session.attach(table)
        _hide(connection, [*(source for _, source in found.notes), *found.texts])
        for note, _ in found.notes:
            connection.execute("update note set state = 'forgotten' where id = ?", (note,))
        for note, source in found.revived:
            connection.execute("update note set state = 'live' where id = ?", (note,))
            connection.execute("update source set state = 'live', reason = null where id = ?", (source,))
        for table in DONE:
            sql = f"delete from {table} where agent in (select value from json_each(?)) and at >= ?"  # noqa: S608
            connection.execute(sql, (json.dumps(list(agents)), since))
        connection.execute("""
            delete from agent_branch
            where not exists (select 1 from agent_version v where v.agent = agent_branch.agent and v.id = version)
        """)
        changes = session.changeset()
    finally:
        session.close()
    touched = sorted({source for _, source in (*found.notes, *found.revived)} | set(found.texts))
    _index(connection, touched)
    undo = apsw.Changeset.invert(changes)
    sql = "insert into forgetting (party, agent, at, texts, undo) values (?, ?, ?, ?, ?) returning id"
    return connection.execute(sql, (party, by, at, json.dumps(touched), undo)).get


def get(connection: apsw.Connection, party: int, id_: int) -> Forgetting | None:
    """Return what a party had forgotten under a number."""
    sql = "select id, at, texts, undo from forgetting where id = ? and party = ?"
    for number, at, texts, undo in connection.execute(sql, (id_, party)):
        return Forgetting(number, at, tuple(json.loads(texts)), undo)
    return None


def restore(connection: apsw.Connection, what: Forgetting) -> None:
    """Bring back what was forgotten, but for rows that were changed since; links and states are to be learnt anew.

    Raises:
        StoreError: What it rests on is not there any more.
    """
    assert what.undo is not None
    try:
        apsw.Changeset.apply(what.undo, connection, conflict=_keep_what_came_since)
    except apsw.AbortError as error:
        raise StoreError(f"f{what.id} cannot be brought back: what it rests on is gone; remember it anew") from error
    _index(connection, what.texts)
    connection.execute("update forgetting set undo = null where id = ?", (what.id,))


def purge(connection: apsw.Connection, before: float) -> None:
    """Let go for good of what was forgotten before a moment."""
    sql = "select id, texts from forgetting where at < ? and undo is not null"
    for id_, texts in list(connection.execute(sql, (before,))):
        for source in json.loads(texts):
            sql = "select content from source where id = ? and state = 'skipped' and reason = 'forgotten'"
            content = connection.execute(sql, (source,)).get
            if content is None:
                continue
            connection.execute("update content set used_at = 0 where id = ?", (content,))
            connection.execute("update source set content = null, ingested = null where id = ?", (source,))
            connection.execute("delete from version where source = ?", (source,))
            connection.execute("delete from delivery where source = ?", (source,))
            sql = "delete from receipt where note = (select id from note where source = ?)"
            connection.execute(sql, (source,))
        connection.execute("update forgetting set undo = null where id = ?", (id_,))


def _hide(connection: apsw.Connection, texts: Iterable[int]) -> None:
    sql = "update source set state = 'skipped', reason = 'forgotten' where id = ?"
    connection.executemany(sql, [(source,) for source in texts])


def _index(connection: apsw.Connection, texts: Iterable[int]) -> None:
    """Let live texts be found by their paths, and the others not."""
    for source in texts:
        connection.execute("delete from path_search where rowid = ?", (source,))
        path = connection.execute("select path from source where id = ? and state = 'live'", (source,)).get
        if path is not None:
            sources.index_path(connection, source, path)


def _is_note(connection: apsw.Connection, source: int) -> bool:
    return bool(connection.execute("select exists (select 1 from note where source = ?)", (source,)).get)


def _revived(connection: apsw.Connection, going: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the notes of others that notes which go had taken the place of, and that nothing else has."""
    sql = """
        select o.id, o.source
        from note n
        join note o on o.id = n.revises
        join source s on s.id = o.source
        where n.id in (select value from json_each(?1)) and n.state = 'live' and o.state = 'revised'
        and o.id not in (select value from json_each(?1)) and s.content is not null
        order by o.id
    """
    return [(note, source) for note, source in connection.execute(sql, (json.dumps([note for note, _ in going]),))]


def _keep_what_came_since(reason: int, change: apsw.TableChange) -> int:
    if reason == apsw.SQLITE_CHANGESET_FOREIGN_KEY:
        return apsw.SQLITE_CHANGESET_ABORT
    return apsw.SQLITE_CHANGESET_OMIT
