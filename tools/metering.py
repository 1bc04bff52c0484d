"""What the answers of this server weigh, by tool: counted in memory, added to the store's own count now and then."""

from __future__ import annotations

import json
import logging
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from ..genome.errors import GenomeError
from ..genome.store import counters
from ..genome.store.database import QUESTION_PATIENCE_MS, Database
from .caller import Caller

logger = logging.getLogger(__name__)
PREFIX = "returned "  # of the store's counters: then the party, what is counted, and the tool
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
        self._sessions: dict[tuple[str, str], Counter[str]] = {}
        self._process: dict[str, Counter[str]] = {}
        self._unwritten: dict[str, Counter[str]] = {}
        self.since = datetime.now(UTC)

    def add(self, tool: str, caller: Caller, weight: Weight) -> None:
        """Count one answer for its caller; what it costs others is none of a party's business."""
        gains = {
            f"calls {tool}": 1,
            f"text_bytes {tool}": weight.text_bytes,
            f"structured_bytes {tool}": weight.structured_bytes,
            f"text_chars {tool}": weight.text_chars,
        }
        owner = owner_of(caller)
        with self._lock:
            own = self._sessions.pop((owner, caller.session), Counter[str]())
            self._sessions[owner, caller.session] = own  # the newest stand last
            while len(self._sessions) > SESSIONS_KEPT:
                self._sessions.pop(next(iter(self._sessions)))
            process = self._process.setdefault(owner, Counter())
            for counted in (own, process, self._unwritten.setdefault(owner, Counter())):
                counted.update(gains)

    def of_session(self, caller: Caller) -> dict[str, int]:
        """Return the counts of a caller's session."""
        with self._lock:
            return dict(self._sessions.get((owner_of(caller), caller.session), {}))

    def of_process(self, caller: Caller) -> dict[str, int]:
        """Return the counts of all sessions of a caller's party."""
        with self._lock:
            return dict(self._process.get(owner_of(caller), {}))

    def of_store(self, caller: Caller, database: Database) -> dict[str, int]:
        """Return the counts of a caller's party since the store was made."""
        self.flush(database)
        owner = owner_of(caller)
        counted = Counter(counters.starting(database.reading(), PREFIX + owner))
        with self._lock:
            counted.update(self._unwritten.get(owner, {}))
        return dict(counted)

    def flush(self, database: Database) -> None:
        """Add what was counted to the store; best effort, it is kept for the next time where that fails."""
        with self._lock:
            unwritten, self._unwritten = self._unwritten, {}
        if not unwritten or not database.writable:
            return
        gains = {
            f"{PREFIX}{owner}{name}": gain for owner, counted in unwritten.items() for name, gain in counted.items()
        }
        try:
            with database.writing(QUESTION_PATIENCE_MS) as writer:
                counters.grow(writer, gains)
        except GenomeError as error:
            logger.info("what was returned is not counted in the store yet: %s", error)
            with self._lock:
                for owner, counted in unwritten.items():
                    self._unwritten.setdefault(owner, Counter()).update(counted)


def owner_of(caller: Caller) -> str:
    """Return what the counts of a caller's party are kept under."""
    return json.dumps([caller.identity.org, caller.identity.party])
