"""Rows of what is learned: links between anchors, how often anchors are used, and the states of agents."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import apsw

# whose a link or count is: what commits say is everybody's, what use says its party's
_OWN = "iif({} in ('co-change', 'commit'), 0, coalesce(viewer(), (select party from home), 0))"


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A directed link: `weight` as it was at `at`, seconds since the epoch."""

    source: int
    kind: str
    target: int
    weight: float
    at: float


@dataclass(frozen=True, slots=True)
class AnchorRow:
    """A spot that survives edits; a file has neither symbol nor heading."""

    id: int
    root: int
    path: str
    symbol: str | None
    heading: str | None
    nth: int


def strengthen(
    connection: apsw.Connection, kind: str, gains: Mapping[tuple[int, int], float], at: float, half_life_s: float
) -> None:
    """Add to the weights of directed links, each faded to `at` first; a clock that was set back fades nothing."""
    sql = f"""
        insert into party_link (source, kind, target, weight, at, party)
        values (?1, ?2, ?3, ?4, ?5, {_OWN.format("?2")})
        on conflict (source, kind, target, party) do update set
            weight = weight * pow(0.5, max(0.0, excluded.at - at) / ?6) + excluded.weight, at = max(at, excluded.at)
    """  # noqa: S608  a constant
    rows = [(source, kind, target, gain, at, half_life_s) for (source, target), gain in gains.items()]
    connection.executemany(sql, rows)


def use(connection: apsw.Connection, kind: str, anchors: Iterable[int], at: float, half_life_s: float) -> None:
    """Count a use of each anchor, what was counted before faded to `at` first."""
    sql = f"""
        insert into party_usage (anchor, kind, weight, at, party) values (?1, ?2, 1.0, ?3, {_OWN.format("?2")})
        on conflict (anchor, kind, party) do update set
            weight = weight * pow(0.5, max(0.0, excluded.at - at) / ?4) + 1.0, at = max(at, excluded.at)
    """  # noqa: S608  a constant
    connection.executemany(sql, [(anchor, kind, at, half_life_s) for anchor in anchors])


def links_of(connection: apsw.Connection, sources: Iterable[int]) -> list[LinkRow]:
    """Return every link that starts at one of these anchors."""
    sql = """
        select l.source, l.kind, l.target, l.weight, l.at
        from json_each(?) w
        join link l on l.source = w.value
        order by l.source, l.kind, l.target
    """
    return [LinkRow(*row) for row in connection.execute(sql, (json.dumps(sorted(sources)),))]


def overfull(connection: apsw.Connection, kind: str, sources: Iterable[int], most: int) -> list[int]:
    """Return those of these anchors at which more links of a kind start than may be kept."""
    sql = """
        select l.source
        from json_each(?) w
        join link l on l.source = w.value and l.kind = ?
        group by l.source
        having count(*) > ?
        order by l.source
    """
    rows = connection.execute(sql, (json.dumps(sorted(set(sources))), kind, most))
    return [source for (source,) in rows]


def uses_of(connection: apsw.Connection, anchors: Iterable[int]) -> dict[tuple[int, str], tuple[float, float]]:
    """Return the counted uses of these anchors: weight and when it was that, by anchor and kind."""
    sql = """
        select u.anchor, u.kind, u.weight, u.at
        from json_each(?) w
        join usage u on u.anchor = w.value
    """
    rows = connection.execute(sql, (json.dumps(sorted(anchors)),))
    return {(anchor, kind): (weight, at) for anchor, kind, weight, at in rows}


def most_used(connection: apsw.Connection, kind: str, limit: int) -> list[tuple[int, float, float]]:
    """Return the anchors with the largest weights as they stand in the table: anchor, weight, when it was that."""
    sql = "select anchor, weight, at from usage where kind = ? order by weight desc, anchor limit ?"
    return [(anchor, weight, at) for anchor, weight, at in connection.execute(sql, (kind, limit))]


def drop(connection: apsw.Connection, rows: Iterable[LinkRow]) -> None:
    """Forget links."""
    sql = f"delete from party_link where source = ?1 and kind = ?2 and target = ?3 and party = {_OWN.format('?2')}"  # noqa: S608
    connection.executemany(sql, [(row.source, row.kind, row.target) for row in rows])


def forget_use(connection: apsw.Connection) -> None:
    """Forget every link and count that the viewer's party taught by use."""
    for table, kind in (("party_link", "coactivation"), ("party_usage", "use")):
        sql = f"delete from {table} where kind = ?1 and party = {_OWN.format('?1')}"  # noqa: S608  constants
        connection.execute(sql, (kind,))


def anchors(connection: apsw.Connection, ids: Iterable[int]) -> dict[int, AnchorRow]:
    """Return anchors by their ids; those that are known no more are left out."""
    sql = """
        select a.id, a.root, a.path, a.symbol, a.heading, a.nth
        from json_each(?) w
        join anchor a on a.id = w.value
    """
    return {row[0]: AnchorRow(*row) for row in connection.execute(sql, (json.dumps(sorted(ids)),))}


def state(connection: apsw.Connection, agent: int) -> bytes | None:
    """Return what an agent's events had added up to when its state was written last."""
    return connection.execute("select data from agent_state where agent = ?", (agent,)).get


def state_sequence(connection: apsw.Connection, agent: int) -> int | None:
    """Return the number of the last event that is in an agent's state; None where it has none."""
    return connection.execute("select sequence from agent_state where agent = ?", (agent,)).get


def drop_state(connection: apsw.Connection, agent: int) -> None:
    """Forget what an agent's events had added up to."""
    connection.execute("delete from agent_state where agent = ?", (agent,))


def set_state(connection: apsw.Connection, agent: int, sequence: int, data: bytes) -> None:
    """Write an agent's state; goes into the transaction of the event that led to it."""
    sql = """
        insert into agent_state (agent, sequence, data) values (?, ?, ?)
        on conflict (agent) do update set sequence = excluded.sequence, data = excluded.data
    """
    connection.execute(sql, (agent, sequence, data))


def linked_to(connection: apsw.Connection, root: int) -> str | None:
    """Return the commit up to which a root's history was counted as links."""
    return connection.execute("select linked_to from root where id = ?", (root,)).get


def set_linked_to(connection: apsw.Connection, root: int, commit: str) -> None:
    """Record up to which commit a root's history was counted."""
    connection.execute("update root set linked_to = ? where id = ?", (commit, root))
