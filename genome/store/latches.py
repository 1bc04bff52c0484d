"""Flags of a party: rows that are added and never changed."""

from __future__ import annotations

from dataclasses import dataclass

import apsw


@dataclass(frozen=True, slots=True)
class LatchRow:
    """A flag that was set: by whom, when (seconds since the epoch), why, and the hash that chains it."""

    name: str
    by: str
    at: float
    reason: str
    chain: bytes


def all_of(connection: apsw.Connection, party: int) -> list[LatchRow]:
    """Return the flags of a party in the order in which they were set."""
    sql = "select name, by, at, reason, chain from latch where party = ? order by number"
    return [LatchRow(*row) for row in connection.execute(sql, (party,))]


def add(connection: apsw.Connection, party: int, number: int, row: LatchRow) -> None:
    """Set a flag."""
    sql = "insert into latch (party, number, name, by, at, reason, chain) values (?, ?, ?, ?, ?, ?, ?)"
    connection.execute(sql, (party, number, row.name, row.by, row.at, row.reason, row.chain))


def party_of(connection: apsw.Connection, agent: int) -> int | None:
    """Return the party of an agent; None for one that is not known."""
    sql = "select p.party from agent a join participant p on p.id = a.participant where a.id = ?"
    return connection.execute(sql, (agent,)).get


def logged(connection: apsw.Connection, party: int) -> set[str]:
    """Return the flags that the event logs of a party's agents say were set."""
    sql = """
        select distinct e.detail
        from event e
        join agent a on a.id = e.agent
        join participant p on p.id = a.participant
        where p.party = ? and e.kind = 'flag' and e.detail is not null
    """
    return {name for (name,) in connection.execute(sql, (party,))}
