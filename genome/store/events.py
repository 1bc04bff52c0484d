"""Who did what: the four layers of identity, anchors, the event log, and what each session was shown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import apsw

from ..records import Identity
from . import identity as identities
from .sessions import label


@dataclass(frozen=True, slots=True)
class Delivery:
    """A place as it was shown to a session; `at` is when and `packet` in which packet, None before it was recorded."""

    source: int
    content: int
    passage: int
    start_line: int
    end_line: int
    root: int
    path: str
    symbol: str | None
    heading: str | None
    nth: int
    at: float | None = None
    packet: int | None = None


@dataclass(frozen=True, slots=True)
class Touch:
    """A file that somebody said they used: the event's number, who (`agent/session`), and if it was seen to change."""

    sequence: int
    by: str
    edited: bool
    root: int
    path: str


@dataclass(frozen=True, slots=True)
class Use:
    """A place that an agent used: the event's number, its session and time, the spot and what it was called then."""

    sequence: int
    session: str
    at: float
    anchor: int
    name: str


def agent_id(connection: apsw.Connection, identity: Identity) -> int:
    """Return the id of an agent, with every layer above it, made where it is new."""
    return identities.agent_id(connection, identity)


def known_agent(connection: apsw.Connection, identity: Identity) -> int | None:
    """Return the id of an agent that did something before."""
    sql = """
        select a.id
        from org o
        join party y on y.org = o.id
        join participant p on p.party = y.id
        join agent a on a.participant = p.id
        where o.name = ? and y.name = ? and p.name = ? and a.name = ?
    """
    return connection.execute(sql, (identity.org, identity.party, identity.participant, identity.agent)).get


def anchor_id(
    connection: apsw.Connection, root: int, path: str, symbol: str | None, heading: str | None, nth: int
) -> int:
    """Return the id of a spot, made where it is new."""
    sql = """
        select id from anchor
        where root = ? and path = ? and coalesce(symbol, '') = ? and coalesce(heading, '') = ? and nth = ?
    """
    known = connection.execute(sql, (root, path, symbol or "", heading or "", nth)).get
    if known is not None:
        return known
    sql = "insert into anchor (root, path, symbol, heading, nth) values (?, ?, ?, ?, ?) returning id"
    return connection.execute(sql, (root, path, symbol, heading, nth)).get


def known_anchor(connection: apsw.Connection, root: int, path: str, symbol: str | None) -> int | None:
    """Return the id of a file's or a symbol's spot, if the viewer's party or a commit ever taught anything about it."""
    sql = """
        select id from anchor
        where root = ? and path = ? and coalesce(symbol, '') = ? and coalesce(heading, '') = ''
        and exists (select 1 from usage where usage.anchor = anchor.id)
        order by nth limit 1
    """
    return connection.execute(sql, (root, path, symbol or "")).get


def fellows(connection: apsw.Connection, agent: int | None, limit: int = 256) -> list[tuple[int, str]]:
    """Return the other agents of an agent's device that have a state: id, and `participant/agent`.

    Those who did something last are returned, in the order of their ids.
    """
    sql = """
        select a.id, p.name || '/' || a.name
        from agent own
        join participant me on me.id = own.participant
        join participant p on p.party = me.party
        join agent a on a.participant = p.id
        join agent_state s on s.agent = a.id
        where own.id = ? and a.id <> own.id
        order by s.sequence desc, a.id
        limit ?
    """
    return sorted((id_, name) for id_, name in connection.execute(sql, (agent, limit)))


def log(
    connection: apsw.Connection,
    agent: int,
    kind: str,
    at: float,
    *,
    session: str | None = None,
    anchor: int | None = None,
    detail: str | None = None,
    chain: bytes | None = None,
) -> int:
    """Append one event to an agent's log and return its number."""
    sql = (
        "insert into event (agent, session, kind, anchor, detail, at, chain) values (?, ?, ?, ?, ?, ?, ?) returning seq"
    )
    return connection.execute(sql, (agent, session, kind, anchor, detail, at, chain)).get


def agent_name(connection: apsw.Connection, agent: int) -> str | None:
    """Return an agent as `participant/agent`; None for one that is not known."""
    sql = "select p.name || '/' || a.name from agent a join participant p on p.id = a.participant where a.id = ?"
    return connection.execute(sql, (agent,)).get


def uses(connection: apsw.Connection, agent: int) -> Iterator[Use]:
    """Yield what an agent used, in order."""
    return (use for _, use in uses_of(connection, [agent]))


def uses_of(connection: apsw.Connection, agents: Iterable[int]) -> Iterator[tuple[int, Use]]:
    """Yield what these agents used, each with the agent, in the order in which it happened."""
    sql = """
        select agent, seq, coalesce(session, ''), at, anchor, coalesce(detail, '')
        from event
        where agent in (select value from json_each(?)) and kind = 'use' and anchor is not null
        order by seq
    """
    rows = connection.execute(sql, (json.dumps(sorted(agents)),))
    return ((agent, Use(*use)) for agent, *use in rows)


def last_sequence(connection: apsw.Connection, before: float | None = None) -> int:
    """Return the number of the last event, of those up to a moment where one is given; 0 where there is none."""
    if before is None:
        return connection.execute("select coalesce(max(seq), 0) from event").get
    return connection.execute("select seq from event where at <= ? order by seq desc limit 1", (before,)).get or 0


def touched(
    connection: apsw.Connection, party: int | None, after: int, but: tuple[str, str], limit: int
) -> list[Touch]:
    """Return the files that agents of a party said they used after an event, in order.

    Args:
        connection: Where to read.
        party: Whose agents.
        after: The number of the event.
        but: Two sessions whose events are left out: the one that asks, and its connection's.
        limit: At most so many.
    """
    sql = """
        select e.seq, a.name, e.session, s.name, e.kind, n.root, n.path
        from event e
        cross join agent a on a.id = e.agent
        cross join participant p on p.id = a.participant
        cross join anchor n on n.id = e.anchor
        left join session s on s.handle = e.session
        where e.seq > ?1 and e.kind in ('use', 'edit') and p.party = ?2
            and e.session not in (?3, ?4) and n.symbol is null and n.heading is null
        order by e.seq
        limit ?5
    """  # from the events on, which are few: the planner would begin with the party
    rows = connection.execute(sql, (after, party, *but, limit))
    return [
        Touch(sequence, f"{agent}/{label(session, name)}", kind == "edit", root, path)
        for sequence, agent, session, name, kind, root, path in rows
    ]


def deliver(connection: apsw.Connection, session: str, deliveries: Sequence[Delivery], at: float) -> None:
    """Record one packet's places for a session; of each spot only the newest version is kept."""
    packet: int = connection.execute(
        "select coalesce(max(packet), 0) + 1 from delivery where session = ?", (session,)
    ).get
    sql = """
        insert into delivery (session, anchor, source, content, passage, start_line, end_line, packet, at)
        select ?, ?, s.id, c.id, p.id, ?, ?, ?, ?
        from source s, content c, passage p
        where s.id = ? and c.id = ? and p.id = ?
    """  # the joins drop what another process forgot in the meantime
    for item in deliveries:
        anchor = anchor_id(connection, item.root, item.path, item.symbol, item.heading, item.nth)
        connection.execute("delete from delivery where session = ? and anchor = ?", (session, anchor))
        values = (session, anchor, item.start_line, item.end_line, packet, at, item.source, item.content, item.passage)
        connection.execute(sql, values)


def seen(connection: apsw.Connection, session: str) -> list[Delivery]:
    """Return what a session was shown, one entry a spot, in the order of the files."""
    sql = """
        select d.source, d.content, d.passage, d.start_line, d.end_line, a.root, a.path, a.symbol, a.heading, a.nth,
            d.at, d.packet
        from delivery d
        join anchor a on a.id = d.anchor
        where d.session = ?
        order by a.root, a.path, d.start_line, d.id
    """
    return [Delivery(*row) for row in connection.execute(sql, (session,))]


def forget(connection: apsw.Connection, session: str, deliveries: Sequence[Delivery]) -> None:
    """Forget that a session was shown these spots."""
    sql = """
        delete from delivery
        where session = ? and anchor in (
            select id from anchor
            where root = ? and path = ? and coalesce(symbol, '') = ? and coalesce(heading, '') = ? and nth = ?
        )
    """
    for item in deliveries:
        spot = (item.root, item.path, item.symbol or "", item.heading or "", item.nth)
        connection.execute(sql, (session, *spot))


def forget_all(connection: apsw.Connection, session: str) -> None:
    """Forget all that a session was shown."""
    connection.execute("delete from delivery where session = ?", (session,))


def last(connection: apsw.Connection, session: str) -> list[Delivery]:
    """Return what the last packet of a session showed, in its order."""
    sql = """
        select d.source, d.content, d.passage, d.start_line, d.end_line, a.root, a.path, a.symbol, a.heading, a.nth,
            d.at
        from delivery d
        join anchor a on a.id = d.anchor
        where d.session = ?1 and d.packet = (select max(packet) from delivery where session = ?1)
        order by d.id
    """
    return [Delivery(*row) for row in connection.execute(sql, (session,))]


def expire(connection: apsw.Connection, before: float) -> None:
    """Forget what sessions were shown before `before`."""
    connection.execute("delete from delivery where at < ?", (before,))
