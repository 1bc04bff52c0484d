"""The steps of agents' logs: the events that move a state, chained by hashes, and the names of what was used."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import apsw

BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Step:
    """An event that moves an agent's state: its number, kind, session and time, its spot and what it says.

    `chain` follows from the agent's steps before it; None for one that was logged by a release without chains.
    """

    sequence: int
    kind: str
    session: str
    at: float
    anchor: int | None
    detail: str
    chain: bytes | None


def head(connection: apsw.Connection, agent: int) -> bytes | None:
    """Return the chain of the last step of an agent; None before the first."""
    sql = "select chain from event where agent = ? and chain is not null order by seq desc limit 1"
    return connection.execute(sql, (agent,)).get


def steps(connection: apsw.Connection, agent: int, kinds: Sequence[str], after: int = 0) -> Iterator[Step]:
    """Yield an agent's events of some kinds that came after one, in order.

    They are read in batches, so that whoever stops half way leaves no statement open, which would hold the reader at
    an old state of the store.
    """
    sql = """
        select seq, kind, coalesce(session, ''), at, anchor, coalesce(detail, ''), chain
        from event
        where agent = ? and seq > ? and kind in (select value from json_each(?))
        order by seq
        limit ?
    """
    while True:
        batch = [Step(*row) for row in connection.execute(sql, (agent, after, json.dumps(list(kinds)), BATCH))]
        yield from batch
        if len(batch) < BATCH:
            return
        after = batch[-1].sequence


def set_chains(connection: apsw.Connection, chains: Sequence[tuple[int, bytes]]) -> None:
    """Write the chains of events anew: number and chain of each."""
    sql = "update event set chain = ? where seq = ? and chain is not ?"
    connection.executemany(sql, [(chain, sequence, chain) for sequence, chain in chains])


def last_step(
    connection: apsw.Connection, agent: int, kinds: Sequence[str], until: int = 1 << 62, skip: int = 0
) -> Step | None:
    """Return an agent's last event of some kinds up to and with one, or the one so many before it."""
    sql = """
        select seq, kind, coalesce(session, ''), at, anchor, coalesce(detail, ''), chain
        from event
        where agent = ? and seq <= ? and kind in (select value from json_each(?))
        order by seq desc
        limit 1 offset ?
    """
    row = connection.execute(sql, (agent, until, json.dumps(list(kinds)), skip)).fetchone()
    return None if row is None else Step(*row)


def used_before(connection: apsw.Connection, agent: int, sequence: int, limit: int) -> list[str]:
    """Return the names of what an agent used last up to and with an event, the newest first."""
    sql = """
        select detail, max(seq) as last
        from (
            select detail, seq from event
            where agent = ? and kind = 'use' and seq <= ? and detail is not null
            order by seq desc
            limit ?
        )
        group by detail
        order by last desc
    """
    return [name for name, _ in connection.execute(sql, (agent, sequence, limit))]


def used_names(connection: apsw.Connection, agents: Sequence[int], limit: int) -> list[str]:
    """Return the names of what some agents ever used, those of the newest events first."""
    sql = """
        select e.detail
        from json_each(?) w
        join event e on e.agent = w.value and e.kind = 'use' and e.detail is not null
        group by e.detail
        order by max(e.seq) desc
        limit ?
    """
    return [name for (name,) in connection.execute(sql, (json.dumps(list(agents)), limit))]
