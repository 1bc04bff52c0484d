"""`stats` and `doctor`: what the store holds, and what is off."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from ..genome.errors import GenomeError
from ..genome.records import Root
from ..genome.store import contents, sources
from .errors import ToolsError
from .ingest import job_report
from .models.work import RootStats, Stats
from .services import Services

EXTRAS = {"torch": "the memory core's networks", "spacy": "entities in prose", "onnxruntime": "a second ranking stage"}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that `doctor` looked at."""

    name: str
    ok: bool
    detail: str
    advice: str | None = None


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

    def doctor(self) -> list[Check]:
        """Look at everything that an answer rests on. Never raises for what it finds."""
        try:
            engine = self._services.engine()
        except (GenomeError, ToolsError) as error:
            return [Check("store", False, str(error), "see the message"), *_environment()]
        broken = engine.database.integrity()
        checks = [
            Check(
                "store",
                not broken,
                "; ".join(broken) or f"{engine.database.path}: integrity ok",
                "move it away and ingest again" if broken else None,
            ),
            Check(
                "writable",
                engine.database.writable,
                "yes" if engine.database.writable else "questions only",
                None if engine.database.writable else "check the file's permissions",
            ),
        ]
        checks += [self._check_root(root) for root in self._services.roots() if root.kind != "virtual"]
        return [*checks, *_environment()]

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

    def _check_root(self, root: Root) -> Check:
        if not os.path.isdir(root.path):
            return Check(
                f"root {root.name}", False, f"{root.path} is not there", "mount it, or ingest it where it is now"
            )
        if not root.complete:
            return Check(
                f"root {root.name}", False, f"{root.path} was not read to the end", f"run `cistron ingest {root.path}`"
            )
        return Check(f"root {root.name}", True, root.path)


def own_version() -> str:
    """Return the version of this installation."""
    try:
        return version("cistron-mcp")
    except PackageNotFoundError:
        return "unknown"


def _environment() -> list[Check]:
    git = shutil.which("git")
    checks = [
        Check(
            "git",
            git is not None,
            git or "not found",
            None if git else "without it .gitignore rules are read by our own walk",
        )
    ]
    for name, purpose in EXTRAS.items():
        found = find_spec(name) is not None
        checks.append(
            Check(name, True, "installed" if found else f"not installed; would add {purpose} in a later release")
        )
    return checks


def _size(path: str) -> int:
    return sum(os.path.getsize(path + suffix) for suffix in ("", "-wal") if os.path.exists(path + suffix))
