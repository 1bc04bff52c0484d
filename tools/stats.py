"""`stats`: what the store holds."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, version

from ..genome.records import Root
from ..genome.store import contents, sources
from .ingest import job_report
from .models.work import RootStats, Stats
from .services import Services


class StatsTools:
    """The introspection tools of one server."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def stats(self) -> Stats:
        """Ask what the store holds and what the server is reading in: roots, files, chunks, sizes, running jobs."""
        engine = self._services.engine()
        reading = engine.database.reading()
        roots = self._services.roots()
        counts = contents.totals(reading)
        listed = [self._root(root) for root in roots]
        return Stats(
            version=own_version(),
            genome=engine.database.path.name,
            schema_version=engine.database.version(),
            generation=sources.generation(reading),
            roots=listed,
            files=sum(root.files for root in listed),
            chunks=counts.chunks,
            places=counts.places,
            facts=counts.facts,
            text_bytes=counts.text_bytes,
            store_bytes=_size(str(engine.database.path)),
            indexed=round(self._services.indexed(roots, engine.freshener.pending()), 3),
            jobs=[job_report(job) for job in self._services.jobs.all()],
        )

    def _root(self, root: Root) -> RootStats:
        reading = self._services.engine().database.reading()
        live, skipped, gone = (sources.count(reading, root.id, state) for state in ("live", "skipped", "gone"))
        return RootStats(
            path=root.path,
            name=root.name,
            kind=root.kind,
            files=live,
            skipped=skipped,
            gone=gone,
            complete=root.complete,
        )


def own_version() -> str:
    """Return the version of this installation."""
    try:
        return version("cistron-mcp")
    except PackageNotFoundError:
        return "unknown"


def _size(path: str) -> int:
    return sum(os.path.getsize(path + suffix) for suffix in ("", "-wal") if os.path.exists(path + suffix))
