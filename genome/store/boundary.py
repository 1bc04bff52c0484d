"""Whose texts a connection shows: those of the party that asks, and the files that all callers were granted.

Every connection knows the party of the call at hand as the SQL function `viewer()`, so that a query cannot forget to
pass it on: null where nobody said, which shows everything, and `NOBODY` for a party that the store does not know yet.
A text belongs to the party of its root; a root without one is a folder that every caller may see.

This holds for callers. Who can open the file reads all of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import apsw

from ..errors import StoreBusy

NOBODY = 0  # the view of a party that has written nothing here
VIRTUAL = "notes"  # path of the home party's root of texts that are no files; others' have their number behind it

SEEN_ROOTS = "select id from root where party is null or party = viewer() or viewer() is null"

_IS_SEEN = f"""
    exists (
        select 1 from place l join source s on s.content = l.content
        where l.passage = w.value and s.root in ({SEEN_ROOTS})
    )
    or exists (
        select 1 from place l join source s on s.ingested = l.content
        where l.passage = w.value and s.root in ({SEEN_ROOTS})
    )
"""  # noqa: S608  a constant
_UNSEEN_PASSAGES = f"select w.value from json_each(?) w where not ({_IS_SEEN})"  # noqa: S608  a constant
_UNSEEN_NAMES = f"""
    select w.value from json_each(?) w
    where not exists (
        select 1 from fact f join source s on s.content = f.content
        where f.name = w.value and s.root in ({SEEN_ROOTS})
    )
"""  # noqa: S608  a constant

Value = TypeVar("Value")


def has_others(connection: apsw.Connection) -> bool:
    """Whether the store holds texts that the viewer may not see."""
    sql = "select exists (select 1 from root where party <> viewer())"
    return bool(connection.execute(sql).get)


def unseen(connection: apsw.Connection, passages: Iterable[int]) -> set[int]:
    """Return those of these passages that stand in no text that the viewer may see."""
    return {id_ for (id_,) in connection.execute(_UNSEEN_PASSAGES, (json.dumps(list(passages)),))}


def unseen_names(connection: apsw.Connection, names: Iterable[int]) -> set[int]:
    """Return those of these names of facts that stand in no text that the viewer may see."""
    return {id_ for (id_,) in connection.execute(_UNSEEN_NAMES, (json.dumps(list(names)),))}


def first_seen(
    connection: apsw.Connection,
    limit: int,
    fetch: Callable[[int], Mapping[int, Value]],
    unseen: Callable[[apsw.Connection, Iterable[int]], set[int]] = unseen,
) -> dict[int, Value]:
    """Return the first `limit` entries that the viewer may see, however many others stand before them.

    Args:
        connection: A reading connection.
        limit: Most entries to return.
        fetch: Returns the first so many, best first, by passage.
        unseen: Says which of them are others'.
    """
    if not has_others(connection):
        return dict(fetch(limit))
    most = limit
    while True:
        found = fetch(most)
        hidden = unseen(connection, found)
        if len(found) < most or len(found) - len(hidden) >= limit:
            seen = [(id_, value) for id_, value in found.items() if id_ not in hidden]
            return dict(seen[:limit])
        most *= 4


def holds(connection: apsw.Connection, source: int, content: int) -> bool:
    """Whether a source holds this content, did so before, or was shown so; true of all where nobody else writes."""
    if not has_others(connection):
        return True
    sql = """
        select exists (select 1 from source where id = ?1 and (content = ?2 or ingested = ?2))
        or exists (select 1 from version where source = ?1 and content = ?2)
        or exists (select 1 from delivery where source = ?1 and content = ?2)
    """
    return bool(connection.execute(sql, (source, content)).get)


def own_root(connection: apsw.Connection, at: float) -> int:
    """Return the root of the viewer's own texts, made where it is new; the home party's where nobody said who asks.

    Raises:
        StoreBusy: The viewer is a party that could not be recorded.
    """
    sql = "select coalesce(viewer(), (select party from home)), (select party from home)"
    party, home = next(iter(connection.execute(sql)))
    if party == NOBODY:
        raise StoreBusy("who you are could not be written down, so nothing is kept for you; try again")
    path = VIRTUAL if party == home else f"{VIRTUAL}@{party}"
    sql = """
        insert into root (path, name, kind, added_at, party) values (?, ?, 'virtual', ?, ?)
        on conflict (path) do update set complete_at = complete_at
        returning id
    """
    return connection.execute(sql, (path, VIRTUAL, at, party)).get


def totals(connection: apsw.Connection) -> tuple[int, int, int, int]:
    """Return how much the viewer may see: chunks, places, facts, bytes of text."""
    with_contents = f"""
        with seen (content) as materialized (
            select distinct content from source where content is not null and root in ({SEEN_ROOTS})
            union
            select distinct ingested from source where ingested is not null and root in ({SEEN_ROOTS})
        )
    """  # noqa: S608  a constant
    sql = f"""
        {with_contents}
        select count(*), coalesce(sum(octet_length(text)), 0)
        from chunk
        where id in (select p.chunk from seen join place l using (content) join passage p on p.id = l.passage)
    """  # noqa: S608  constants
    chunks, size = next(iter(connection.execute(sql)))
    sql = f"{with_contents} select count(*) from seen join place using (content)"  # noqa: S608  constants
    places: int = connection.execute(sql).get
    sql = f"{with_contents} select count(*) from seen join fact using (content)"  # noqa: S608  constants
    facts: int = connection.execute(sql).get
    return chunks, places, facts, size
