"""Which session a call belongs to, and that it is alive: noted on the way, never waited for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from ..genome.records import Identity
from ..genome.store import events, sessions
from ..genome.store.database import Database
from ..genome.store.sessions import Session
from .caller import Caller
from .plain import plain
from .recorder import SESSIONS_KEPT, Recorder

BEAT_S = 15.0  # at most one write in between, where nothing else is written
ACTIVE_S = 120.0  # silent for longer: idle
IDLE_S = 240.0  # silent for longer: stale
LEASE_S = 1_800.0  # silent for longer: its leases hold nothing any more
EXPIRES_S = 24 * 3_600.0  # silent for longer: gone, its handle means nothing any more
KEPT_S = 7 * 24 * 3_600.0  # silent for longer: forgotten

Status = Literal["active", "idle", "stale", "gone", "ended"]


@dataclass(slots=True)
class Told:
    """What a session was told of others' edits: up to which event, and of which version of each file."""

    sequence: int
    versions: dict[tuple[int, str], int | None] = field(default_factory=dict[tuple[int, str], int | None])


class Presence:
    """The sessions of one server process.

    Args:
        database: Where they are kept.
        recorder: Writes signs of life along with deliveries.
        clock: Seconds since the epoch.
    """

    def __init__(self, database: Database, recorder: Recorder, clock: Callable[[], float]) -> None:
        self._database = database
        self._recorder = recorder
        self._clock = clock
        self._lock = threading.Lock()
        self._beaten: dict[str, float] = {}
        self._told: dict[str, Told] = {}
        self._parties: dict[Identity, int] = {}
        self._own: dict[str, Identity] = {}

    def heard(self, caller: Caller, session: str | None, questions: int = 0) -> str:
        """Return the name that a call's session is kept under, and have it noted that it is alive.

        A name that is no live session's of the caller's party is the party's own: what two parties call the same
        stays apart, and a handle of another party opens nothing.

        Args:
            caller: On whose behalf.
            session: As the caller gave it; None for its connection's own.
            questions: How many questions the call is.
        """
        name = caller.session if session is None or session == caller.session else plain(session)
        identity, now = caller.identity, self._clock()
        if name != caller.session and self._is_live(identity, name, now):
            self._beat(name, now, questions, lambda writer: sessions.beat(writer, name, now, questions))
            return name
        own, is_first = caller.session, not self._own

        def touch(writer: Any) -> None:
            if is_first:
                sessions.expire(writer, now - KEPT_S)
            sessions.touch(writer, own, events.agent_id(writer, identity), now)
            sessions.beat(writer, own, now, questions)

        self._own[own] = identity
        self._beat(own, now, questions, touch)
        return own if name == own else f"{name}@{identity.party}.{identity.org}"

    def party(self, identity: Identity) -> int | None:
        """Return the id of an identity's party; None where nobody of it has written anything yet."""
        known = self._parties.get(identity)
        if known is None:
            with self._database.snapshot() as reading:
                known = sessions.party_id(reading, identity)
            if known is not None:
                self._parties[identity] = known
        return known

    def told(self, session: str) -> Told | None:
        """Return what a session was told of others' edits; None where this process does not know."""
        return self._told.get(session)

    def tell(self, session: str, told: Told) -> None:
        """Remember what a session was told of others' edits."""
        with self._lock:
            self._told.pop(session, None)
            self._told[session] = told
            _drop_oldest(self._told)

    def drop(self, session: str) -> None:
        """Let go of what is held in memory of a session."""
        with self._lock:
            self._told.pop(session, None)

    def close(self) -> None:
        """End the sessions of this process's connections, which end with it; nobody else's."""
        own, now = dict(self._own), self._clock()

        def end(writer: Any) -> None:
            for handle, identity in own.items():
                session = sessions.by_handle(writer, sessions.party_id(writer, identity), handle)
                if session is not None and not session.minted:
                    sessions.end(writer, session, now)

        if own:
            self._recorder.later(end)

    def _is_live(self, identity: Identity, handle: str, now: float) -> bool:
        party = self.party(identity)
        with self._database.snapshot() as reading:
            return sessions.is_live(reading, party, handle, now - EXPIRES_S)

    def _beat(self, session: str, now: float, questions: int, write: Callable[[Any], None]) -> None:
        """Have a sign of life written: with a question's deliveries, else if the last one is a while ago."""
        with self._lock:
            if not questions and now - self._beaten.get(session, float("-inf")) < BEAT_S:
                return
            self._beaten.pop(session, None)
            self._beaten[session] = now
            _drop_oldest(self._beaten)
        self._recorder.later(write)


def status_of(session: Session, now: float) -> Status:
    """Return how alive a session is."""
    if session.ended_at is not None:
        return "ended"
    silent = now - session.seen_at
    if silent < ACTIVE_S:
        return "active"
    return "idle" if silent < IDLE_S else "stale" if silent < EXPIRES_S else "gone"


def _drop_oldest(kept: dict[str, Any]) -> None:
    while len(kept) > SESSIONS_KEPT:
        kept.pop(next(iter(kept)))
