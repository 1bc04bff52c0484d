"""What each session was shown: remembered at once, written to the store within a moment, best effort."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from ..genome.errors import GenomeError
from ..genome.store import events, identity
from ..genome.store.database import Database
from ..genome.store.events import Delivery

logger = logging.getLogger(__name__)
FLUSH_S = 0.1
SESSIONS_KEPT = 64  # held in memory; the store has the others
SPOTS_KEPT = 2_000  # of each; a spot shown longer ago counts as new
WHOLE = 1 << 40  # a line that no file reaches
APART = "\x1f"  # between a session's name and the number of its party, where that is not the store's own

Spot = tuple[int, str, str | None, str | None, int]
Key = TypeVar("Key")
Value = TypeVar("Value")


class Reads:
    """The lines that a session said it has read, by the content that held them. Kept in memory alone."""

    def __init__(self) -> None:
        self._lines: dict[int, list[tuple[int, int]]] = {}

    def add(self, content: int, start: int = 0, end: int = WHOLE) -> None:
        """Record that lines of a content were read; without lines, all of it."""
        lines = self._lines.pop(content, [])
        self._lines[content] = sorted({*lines, (start, end)})
        _drop_oldest(self._lines, SPOTS_KEPT)

    def cover(self, content: int, start: int = 0, end: int = WHOLE) -> bool:
        """Whether all these lines were read, at once or in pieces."""
        for first, last in self._lines.get(content, ()):
            if first > start:
                break
            start = max(start, last + 1)
        return start > end


class Recorder:
    """Deliveries of one server process. A question never waits for the store to take them."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._shown: dict[str, dict[Spot, Delivery]] = {}
        self._last: dict[str, list[Delivery]] = {}
        self._reads: dict[str, Reads] = {}
        self._queue: list[tuple[str, list[Delivery], list[Delivery], float]] = []
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._home_party: int | None = None

    def shown(self, session: str) -> dict[Spot, Delivery]:
        """Return what a session was shown, the newest version of each spot."""
        session = self._own(session)
        with self._lock:
            known = self._shown.get(session)
        if known is None:
            with self._database.snapshot() as reading:
                known = {spot_of(item): item for item in events.seen(reading, session)}
            _drop_oldest(known, SPOTS_KEPT)
            with self._lock:
                _drop_oldest(self._shown, SESSIONS_KEPT - 1)
                known = self._shown.setdefault(session, known)
        with self._lock:
            return dict(known)

    def reads(self, session: str) -> Reads:
        """Return what a session said it has read."""
        session = self._own(session)
        with self._lock:
            _drop_oldest(self._reads, SESSIONS_KEPT - (session not in self._reads))
            return self._reads.setdefault(session, Reads())

    def last(self, session: str) -> list[Delivery]:
        """Return the places of a session's last packet, best first."""
        session = self._own(session)
        with self._lock:
            known = self._last.get(session)
        if known is not None:
            return list(known)
        with self._database.snapshot() as reading:
            return events.last(reading, session)

    def forget(self, session: str, items: Sequence[Delivery]) -> None:
        """Forget that these places were shown to a session: it has heard that they are gone."""
        self.shown(session)
        session = self._own(session)
        with self._lock:
            for item in items:
                self._shown.get(session, {}).pop(spot_of(item), None)
            if items and not self._stop.is_set() and self._database.writable:
                self._queue.append((session, [], list(items), self._clock()))
                self._start()
        self._wake.set()

    def deliver(self, session: str, items: Sequence[Delivery]) -> None:
        """Record that these places were shown to a session."""
        self.shown(session)
        session = self._own(session)
        now = self._clock()
        with self._lock:
            kept = self._shown.setdefault(session, {})
            self._last[session] = list(items)
            _drop_oldest(self._last, SESSIONS_KEPT)
            for item in items:
                kept.pop(spot_of(item), None)  # the newest stand last
                kept[spot_of(item)] = replace(item, at=now)
            _drop_oldest(kept, SPOTS_KEPT)
            if self._stop.is_set() or not self._database.writable:
                return
            self._queue.append((session, list(items), [], now))
            self._start()
        self._wake.set()

    def flush(self) -> None:
        """Write what is queued."""
        with self._lock:
            queued, self._queue = self._queue, []
        if not queued:
            return
        try:
            with self._database.writing() as writer:
                for session, items, forgotten, at in queued:
                    events.forget(writer, session, forgotten)
                    events.deliver(writer, session, items, at)
        except GenomeError as error:
            logger.warning("%d deliveries were not recorded: %s", len(queued), error)

    def close(self) -> None:
        """Write what is queued and stop."""
        with self._lock:
            self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
        self.flush()

    def _own(self, session: str) -> str:
        """Return the name that a session is kept under: one party cannot name another's."""
        party = self._database.viewer()
        name = session.replace(APART, " ")
        return name if party in (None, self._home()) else f"{name}{APART}{party}"

    def _home(self) -> int | None:
        if self._home_party is None:
            with self._database.snapshot() as reading:
                found = identity.home(reading)
            self._home_party = None if found is None else found.party
        return self._home_party

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="cistron-recorder", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while not self._stop.is_set():
            self._wake.wait()
            self._wake.clear()
            self._stop.wait(FLUSH_S)  # let a few packets share one transaction
            self.flush()


def spot_of(item: Delivery) -> Spot:
    """Return the key of the spot that a delivery is of."""
    return (item.root, item.path, item.symbol, item.heading, item.nth)


def _drop_oldest(kept: dict[Key, Value], most: int) -> None:
    while len(kept) > most:
        kept.pop(next(iter(kept)))
