"""Ingests that go on in the background, and what became of them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

from ..genome.errors import GenomeError
from ..genome.reading.report import Progress, Report
from .errors import NotReady

logger = logging.getLogger(__name__)
KEPT = 16  # finished jobs that are remembered

Work = Callable[[Callable[[Progress], None], Callable[[], bool]], Report]


@dataclass(slots=True)
class Job:
    """One ingest: `progress` while it runs, `report` or `error` when it has ended."""

    id: str
    path: str
    started: float = field(default_factory=perf_counter)
    progress: Progress | None = None
    report: Report | None = None
    error: str | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def share(self) -> float:
        """How much of the work is done, in [0, 1]."""
        if self.ended.is_set():
            return 1.0
        return self.progress.done / max(1, self.progress.total) if self.progress else 0.0


class Jobs:
    """The background ingests of one server. Jobs on the same path share one run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._threads: list[threading.Thread] = []
        self._stop = threading.Event()

    def start(self, path: str, work: Work) -> Job:
        """Start an ingest, or return the one that is at work on the same path.

        Raises:
            NotReady: The server is closing.
        """
        with self._lock:
            if self._stop.is_set():
                raise NotReady("the server is closing; start it again")
            for job in self._jobs.values():
                if job.path == path and not job.ended.is_set():
                    return job
            number = 1 + max((int(name.removeprefix("job-")) for name in self._jobs), default=0)
            job = self._jobs[f"job-{number}"] = Job(f"job-{number}", path)
            for old in [name for name, known in self._jobs.items() if known.ended.is_set()][:-KEPT]:
                del self._jobs[old]
            thread = threading.Thread(target=self._run, args=(job, work), name=f"cistron-{job.id}", daemon=True)
            self._threads = [known for known in self._threads if known.is_alive()] + [thread]
            thread.start()
        return job

    def all(self) -> list[Job]:
        """Return the jobs that are known, oldest first."""
        with self._lock:
            return list(self._jobs.values())

    def close(self) -> None:
        """Ask running ingests to stop after the file in hand, and wait for them."""
        with self._lock:
            self._stop.set()
            threads = list(self._threads)
        for thread in threads:
            thread.join(timeout=10)

    def _run(self, job: Job, work: Work) -> None:
        def note(progress: Progress) -> None:
            job.progress = progress

        try:
            job.report = work(note, self._stop.is_set)
        except GenomeError as error:
            job.error = str(error)
            logger.warning("ingest of %s ended: %s", job.path, error)
        except Exception:  # the one place where a background failure would otherwise vanish
            job.error = "internal error; see the server's log"
            logger.exception("ingest of %s failed", job.path)
        finally:
            job.ended.set()
