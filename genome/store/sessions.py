"""Sessions of agents, and the leases they hold on paths: who is at work on what. Seen within one party only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from ..records import Identity

LABEL_CHARS = 6  # of a handle, shown to others: the rest stays with its holder
_SELECT = """
    select s.id, s.handle, s.agent, a.name, p.name, s.name, s.minted, s.focus, s.blocked_on, s.in_flight,
        s.last_commit, s.questions, s.started_at, s.seen_at, s.ended_at, s.continued_by
    from session s
    join agent a on a.id = s.agent
    join participant p on p.id = a.participant"""


@dataclass(frozen=True, slots=True)
class Session:
    """One stretch of an agent's work; `minted` tells whether it was started by name, not by a connection."""

    id: int
    handle: str
    agent: int
    agent_name: str
    participant: str
    name: str | None
    minted: bool
    focus: str | None
    blocked_on: str | None
    in_flight: str | None
    last_commit: str | None
    questions: int
    started_at: float
    seen_at: float
    ended_at: float | None
    continued_by: int | None

    @property
    def label(self) -> str:
        """What others may know it by."""
        return label(self.handle, self.name)


@dataclass(frozen=True, slots=True)
class State:
    """What an agent says of its work; None leaves what it said before."""

    focus: str | None = None
    blocked_on: str | None = None
    in_flight: str | None = None
    last_commit: str | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """A path that a session says it is editing, and since when."""

    root: int
    path: str
    session: int
    handle: str
    holder: str
    at: float
    seen_at: float


def label(handle: str, name: str | None) -> str:
    """Return what others may know a session by.

    >>> label("s-0123456789abcdef", None), label("s-0123456789abcdef", "reviewer"), label("mine@local.local", None)
    ('s-0123', 'reviewer', 'mine')
    """
    return name or (handle.rpartition("@")[0] if "@" in handle else handle[:LABEL_CHARS])


def party_id(connection: apsw.Connection, identity: Identity) -> int | None:
    """Return the id of an identity's party; None where nobody of it has written anything yet."""
    sql = "select p.id from org o join party p on p.org = o.id where o.name = ? and p.name = ?"
    return connection.execute(sql, (identity.org, identity.party)).get


def of_party(connection: apsw.Connection, party: int | None) -> list[Session]:
    """Return a party's sessions, the one heard of last first."""
    sql = f"{_SELECT} where s.party = ? order by s.seen_at desc, s.id desc"
    return [_session(row) for row in connection.execute(sql, (party,))]


def by_handle(connection: apsw.Connection, party: int | None, handle: str) -> Session | None:
    """Return a party's session by its handle."""
    sql = f"{_SELECT} where s.handle = ? and s.party = ?"
    for row in connection.execute(sql, (handle, party)):
        return _session(row)
    return None


def is_live(connection: apsw.Connection, party: int | None, handle: str, after: float) -> bool:
    """Whether a handle is of a party's session that has not ended and was heard of after a moment."""
    sql = "select count(*) from session where handle = ? and party = ? and ended_at is null and seen_at > ?"
    return connection.execute(sql, (handle, party, after)).get > 0


def touch(
    connection: apsw.Connection, handle: str, agent: int, at: float, *, minted: bool = False, name: str | None = None
) -> None:
    """Record that a session of an agent was heard of, made where it is new; a connection's own is opened again."""
    sql = """
        insert into session (handle, party, agent, name, minted, questions, started_at, seen_at)
        select ?1, p.party, a.id, ?3, ?4, 0, ?5, ?5
        from agent a
        join participant p on p.id = a.participant
        where a.id = ?2
        on conflict (handle) do update set
            seen_at = max(seen_at, excluded.seen_at),
            ended_at = case when minted then ended_at end
        where agent = excluded.agent
    """
    connection.execute(sql, (handle, agent, name, int(minted), at))


def beat(connection: apsw.Connection, handle: str, at: float, questions: int = 0) -> None:
    """Record that a session was heard of, and how many more questions it asked."""
    sql = "update session set seen_at = max(seen_at, ?), questions = questions + ? where handle = ?"
    connection.execute(sql, (at, questions, handle))


def say(connection: apsw.Connection, session: int, state: State) -> None:
    """Record what an agent says of its work."""
    sql = """
        update session set
            focus = coalesce(?, focus),
            blocked_on = coalesce(?, blocked_on),
            in_flight = coalesce(?, in_flight),
            last_commit = coalesce(?, last_commit)
        where id = ?
    """
    connection.execute(sql, (state.focus, state.blocked_on, state.in_flight, state.last_commit, session))


def end(connection: apsw.Connection, session: Session, at: float) -> None:
    """End a session. Its leases hold nothing any more, but who continues it gets them."""
    connection.execute("update session set ended_at = ? where id = ?", (at, session.id))
    if not session.minted:  # its connection may go on and open it again
        connection.execute("delete from lease where session = ?", (session.id,))


def hand_over(connection: apsw.Connection, old: Session, new: Session, at: float) -> int:
    """Give what a session was shown, what it said and its leases to another one, and end it; return the leases."""
    connection.execute("delete from delivery where session = ?", (new.handle,))
    connection.execute("update delivery set session = ? where session = ?", (new.handle, old.handle))
    connection.execute("update lease set session = ? where session = ?", (new.id, old.id))
    leases = connection.changes()
    sql = "update session set ended_at = coalesce(ended_at, ?), continued_by = ? where id = ?"
    connection.execute(sql, (at, new.id, old.id))
    say(connection, new.id, State(old.focus, old.blocked_on, old.in_flight, old.last_commit))
    return leases


def expire(connection: apsw.Connection, before: float) -> None:
    """Forget sessions that were last heard of before `before`, with their leases."""
    connection.execute("delete from session where seen_at < ?", (before,))


def leases(connection: apsw.Connection, party: int | None, after: float) -> list[Lease]:
    """Return a party's leases whose sessions have not ended and were heard of after a moment."""
    sql = """
        select l.root, l.path, s.id, s.handle, a.name, s.name, l.at, s.seen_at
        from lease l
        join session s on s.id = l.session
        join agent a on a.id = s.agent
        where l.party = ? and s.ended_at is null and s.seen_at > ?
        order by l.root, l.path
    """
    return [
        Lease(root, path, session, handle, f"{agent}/{label(handle, name)}", at, seen_at)
        for root, path, session, handle, agent, name, at, seen_at in connection.execute(sql, (party, after))
    ]


def leased(connection: apsw.Connection, party: int | None) -> list[tuple[int, str]]:
    """Return the roots and paths of a party's leases, also of those that hold nothing any more."""
    sql = "select root, path from lease where party = ?"
    return [(root, path) for root, path in connection.execute(sql, (party,))]


def claim(
    connection: apsw.Connection, party: int, session: int, root: int, path: str, at: float, after: float
) -> Lease | None:
    """Give a session the lease on a path, inside the caller's transaction, unless another one holds it.

    Args:
        connection: The store's writer.
        party: The session's party.
        session: Who claims.
        root: The path's root.
        path: A file or folder, relative to it.
        at: Now.
        after: A session that was last heard of before holds nothing any more.

    Returns:
        The lease that is in the way; None where the session holds the path now.
    """
    for held in leases(connection, party, after):
        if held.root == root and held.session != session and overlap(held.path, path):
            return held
    sql = "select path from lease where party = ? and root = ? and session <> ?"
    lapsed = [old for (old,) in connection.execute(sql, (party, root, session)) if overlap(old, path)]
    sql = "delete from lease where party = ? and root = ? and path = ?"
    connection.executemany(sql, [(party, root, old) for old in lapsed])
    sql = "insert into lease (party, root, path, session, at) values (?, ?, ?, ?, ?) on conflict do nothing"
    connection.execute(sql, (party, root, path, session, at))
    return None


def release(connection: apsw.Connection, session: int, paths: Iterable[tuple[int, str]] | None) -> int:
    """Let go of a session's leases, of all of them without `paths`; return how many they were."""
    if paths is None:
        connection.execute("delete from lease where session = ?", (session,))
        return connection.changes()
    released = 0
    for root, path in paths:
        connection.execute("delete from lease where session = ? and root = ? and path = ?", (session, root, path))
        released += connection.changes()
    return released


def overlap(one: str, other: str) -> bool:
    """Whether one of two paths is the other, or a folder that the other lies in.

    >>> overlap("src", "src/app.py"), overlap("src", "srcs"), overlap("", "a.py")
    (True, False, True)
    """
    return one == other or any(
        not outer or inner.startswith(f"{outer}/") for outer, inner in ((one, other), (other, one))
    )


def deeds(connection: apsw.Connection, agent: int, session: str | None, k: int) -> list[tuple[str, str, float]]:
    """Return what an agent did, newest first: kind, what it was done to, when.

    Args:
        connection: Where to read.
        agent: Who.
        session: In which session; None for all of them.
        k: At most so many.
    """
    sql = """
        select kind, coalesce(detail, ''), at
        from event
        where agent = ?1 and (?2 is null or session = ?2)
        order by seq desc
        limit ?3
    """
    return [(kind, detail, at) for kind, detail, at in connection.execute(sql, (agent, session, k))]


def _session(row: Sequence[Any]) -> Session:
    id_, handle, agent, agent_name, participant, name, minted, *rest = row
    return Session(id_, handle, agent, agent_name, participant, name, bool(minted), *rest)
