"""What the answers of this server weigh, by tool: counted in memory, added to the store's own count now and then."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from ..genome.errors import GenomeError
from ..genome.store import counters
from ..genome.store.database import QUESTION_PATIENCE_MS, Database

logger = logging.getLogger(__name__)
PREFIX = "returned "  # of the store's counters: `returned <what> <tool>`
SESSIONS_KEPT = 64


@dataclass(frozen=True, slots=True)
class Weight:
    """What one answer weighs in its two forms."""

    text_bytes: int
    structured_bytes: int
    text_chars: int


class Meter:
    """The counts of one server process. Safe to call from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[str, Counter[str]] = {}
        self._process: Counter[str] = Counter()
        self._unwritten: Counter[str] = Counter()
        self.since = datetime.now(UTC)

    def add(self, tool: str, session: str, weight: Weight) -> None:
        """Count one answer."""
        gains = {
            f"calls {tool}": 1,
            f"text_bytes {tool}": weight.text_bytes,
            f"structured_bytes {tool}": weight.structured_bytes,
            f"text_chars {tool}": weight.text_chars,
        }
        with self._lock:
            own = self._sessions.pop(session, Counter[str]())
            self._sessions[session] = own  # the newest stand last
            while len(self._sessions) > SESSIONS_KEPT:
                self._sessions.pop(next(iter(self._sessions)))
            for counted in (own, self._process, self._unwritten):
                counted.update(gains)

    def of_session(self, session: str) -> dict[str, int]:
        """Return the counts of one session."""
        with self._lock:
            return dict(self._sessions.get(session, {}))

    def of_process(self) -> dict[str, int]:
        """Return the counts of all sessions."""
        with self._lock:
            return dict(self._process)

    def unwritten(self) -> dict[str, int]:
        """Return what the store has not been told yet."""
        with self._lock:
            return dict(self._unwritten)

    def flush(self, database: Database) -> None:
        """Add what was counted to the store; best effort, it is kept for the next time where that fails."""
        with self._lock:
            gains, self._unwritten = self._unwritten, Counter[str]()
        if not gains or not database.writable:
            return
        try:
            with database.writing(QUESTION_PATIENCE_MS) as writer:
                counters.grow(writer, {f"{PREFIX}{name}": gain for name, gain in gains.items()})
        except GenomeError as error:
            logger.info("what was returned is not counted in the store yet: %s", error)
            with self._lock:
                self._unwritten.update(gains)
