"""Rows of the versions of agents' states, and of the branches that name some of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import apsw


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version as it is stored; `agent` keeps it, `label` says whose state it was where it was made."""

    agent: int
    id: str
    label: str
    sequence: int
    at: float
    message: str
    parents: tuple[str, ...]
    state: bytes


@dataclass(frozen=True, slots=True)
class Branch:
    """A name for a version; commits move the current one."""

    name: str
    version: str
    current: bool


def of_agents(connection: apsw.Connection, agents: Iterable[int]) -> list[VersionRow]:
    """Return the versions that some agents keep, the newest first."""
    sql = """
        select v.agent, v.id, v.label, v.sequence, v.at, v.message, v.parents, v.state
        from json_each(?) w
        join agent_version v on v.agent = w.value
        order by v.rowid desc
    """
    return [_row(*row) for row in connection.execute(sql, (json.dumps(sorted(agents)),))]


def get(connection: apsw.Connection, agent: int, id_: str) -> VersionRow | None:
    """Return one version."""
    sql = """
        select agent, id, label, sequence, at, message, parents, state
        from agent_version
        where agent = ? and id = ?
    """
    row = connection.execute(sql, (agent, id_)).fetchone()
    return None if row is None else _row(*row)


def add(connection: apsw.Connection, row: VersionRow) -> None:
    """Keep a version; the same one twice is kept once."""
    sql = """
        insert into agent_version (agent, id, label, sequence, at, message, parents, state)
        values (?, ?, ?, ?, ?, ?, ?, ?)
        on conflict do nothing
    """
    values = (row.agent, row.id, row.label, row.sequence, row.at, row.message, json.dumps(row.parents), row.state)
    connection.execute(sql, values)


def branches(connection: apsw.Connection, agent: int) -> list[Branch]:
    """Return an agent's branches, by name."""
    sql = "select name, version, current from agent_branch where agent = ? order by name"
    return [Branch(name, version, bool(current)) for name, version, current in connection.execute(sql, (agent,))]


def set_branch(connection: apsw.Connection, agent: int, name: str, version: str, *, current: bool) -> None:
    """Let a name stand for a version, and if it is to be the current one, no other."""
    if current:
        connection.execute("update agent_branch set current = 0 where agent = ?", (agent,))
    sql = """
        insert into agent_branch (agent, name, version, current) values (?, ?, ?, ?)
        on conflict (agent, name) do update set version = excluded.version, current = max(current, excluded.current)
    """
    connection.execute(sql, (agent, name, version, int(current)))


def usable_names(connection: apsw.Connection, limit: int) -> list[str]:
    """Return what could be used in the files that stand there now, as events name it: paths, `path::symbol`."""
    sql = """
        select s.path, 0 from source s where s.state = 'live'
        union
        select s.path || '::' || coalesce(p.symbol, p.heading), 1
        from source s
        join place l on l.content = s.content
        join passage p on p.id = l.passage
        where s.state = 'live' and coalesce(p.symbol, p.heading) is not null
        order by 2, 1
        limit ?
    """
    return [name for name, _ in connection.execute(sql, (limit,))]


def _row(
    agent: int, id_: str, label: str, sequence: int, at: float, message: str, parents: str, state: bytes
) -> VersionRow:
    return VersionRow(agent, id_, label, sequence, at, message, tuple(json.loads(parents)), state)
