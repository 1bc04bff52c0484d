"""Turns: how many questions of one process are ranked at once.

Ranking is a processor's work under one interpreter lock: threads at it together hinder each other more than they gain
(docs/scale.md).
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager

AT_ONCE = 2
PATIENCE_S = 0.5  # then a question goes on all the same: its time is bounded


class Turns:
    """Lets some callers in at once, the others one after another."""

    def __init__(self, at_once: int = AT_ONCE, patience_s: float = PATIENCE_S) -> None:
        self._free = threading.Semaphore(at_once)
        self._patience_s = patience_s

    @contextmanager
    def taken(self) -> Generator[None]:
        """Wait for a turn, but not longer than the patience, and give it back at the end."""
        is_turn = self._free.acquire(timeout=self._patience_s)
        try:
            yield
        finally:
            if is_turn:
                self._free.release()
