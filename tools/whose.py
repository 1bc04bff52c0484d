"""Which session somebody means: by its handle, its label, or the name of its agent. All within one party."""

from __future__ import annotations

from collections.abc import Sequence

from ..genome.store.sessions import Session
from .errors import UsageError
from .news import ago
from .plain import plain, quoted
from .presence import status_of


def live(session: Session | None, handle: str, now: float) -> Session:
    """Return a session that goes on; of another party's no more is said than of one that never was.

    Raises:
        UsageError: It is none, has ended or is gone.
    """
    if session is None or status_of(session, now) in ("ended", "gone"):
        raise UsageError(
            f"no session {quoted(handle)}: it ended, was not heard of for 24 h, or never was; start one with"
            " action='start'"
        )
    return session


def named(known: Sequence[Session], who: str) -> Session:
    """Return the session that somebody means by a handle, a label or an agent's name, the newest where there are more.

    Raises:
        UsageError: There is none.
    """
    wanted = plain(who)
    for rank in range(3):
        for each in known:
            if wanted in _names(each)[rank]:
                return each
    raise UsageError(f"of: no session or agent {quoted(who)}; action='list' names those that are there")


def stopped(known: Sequence[Session], who: str, now: float) -> Session:
    """Return the session to be continued, which must have stopped: of an agent's, the last one that has.

    Raises:
        UsageError: There is none, it is at work, or somebody else continued it.
    """
    at_work = [each for each in known if status_of(each, now) in ("active", "idle")]
    stopped = [each for each in known if each not in at_work and each.continued_by is None]
    try:
        return named(stopped, who)
    except UsageError:
        busy = named(known, who)
    if busy.continued_by is not None:
        raise UsageError(f"of: {quoted(who)} was continued by another session; action='list' names it")
    raise UsageError(
        f"of: {quoted(who)} is at work, heard of {ago(now - busy.seen_at)} ago; end it first, or wait until it is stale"
    )


def going_on(known: Sequence[Session], agent: int, name: str, now: float) -> Session | None:
    """Return the session that an agent has under a name, where it goes on."""
    for each in known:
        if each.agent == agent and each.name == name and each.minted and status_of(each, now) not in ("ended", "gone"):
            return each
    return None


def _names(session: Session) -> tuple[tuple[str, ...], ...]:
    """Return what a session may be called, what is most surely it first."""
    agent, label = session.agent_name, session.label
    return (session.handle,), (label, f"{agent}/{label}"), (agent, f"{session.participant}/{agent}")
