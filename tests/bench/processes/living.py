"""A worker of the torture bench as a process of its own.

Starting Python and importing what a tool needs takes 0.6 s of CPU, more than a worker lives when one is killed every
second: the bench would time imports. So each is forked from a server that has imported everything and opened nothing.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from multiprocessing.context import ForkServerContext
from pathlib import Path

from processes import worker

TIMEOUT_S = 600


class Living:
    """One worker at its share of calls, or what is left of it."""

    def __init__(self, log: Path, on: tuple[str, str], seed: int, calls: int, only: str) -> None:
        self._log, self._err = log, log.with_suffix(".err")
        self._read = self._returned = 0
        self._child = _forks().Process(target=_work, args=(str(self._err), *on, str(log), seed, calls, only))
        self._child.start()

    def returned(self) -> int:
        """Return how many of its calls have: the lines of its log, of which only new bytes are read."""
        if self._log.exists():
            with self._log.open("rb") as lines:
                lines.seek(self._read)
                fresh = lines.read()
            self._read += len(fresh)
            self._returned += fresh.count(b"\n")
        return self._returned

    def has_ended(self) -> bool:
        """Whether it has gone."""
        return not self._child.is_alive()

    def kill(self) -> None:
        """End it as the system would."""
        self._child.kill()

    def end(self) -> tuple[int | None, str]:
        """Wait for it, and return its status and what it said to stderr."""
        self._child.join(TIMEOUT_S)
        status = self._child.exitcode
        self._child.close()
        return status, self._err.read_text(errors="replace") if self._err.exists() else ""


def _forks() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    # By their installed names: the server of forks does not look for modules where this bench stands.
    context.set_forkserver_preload([name for name in sys.modules if name.startswith("cistron.")])
    return context


def _work(err: str, store: str, tree: str, log: str, seed: int, calls: int, only: str) -> None:
    os.dup2(os.open(err, os.O_WRONLY | os.O_CREAT, 0o600), 2)
    worker.work(store, tree, log, seed, calls, only)
