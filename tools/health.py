"""`health` and `bridge_status`: can this server do its work now, and who else is at work on the store."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from ..genome.errors import GenomeError
from ..genome.records import Root
from ..genome.store import sessions, sources
from ..genome.store.occupants import is_alive, occupants
from .engine import Engine
from .errors import ToolsError
from .models.introspect import BridgeStatus, Finding, Health
from .services import Services
from .stats import own_version

LOW_DISK = 256 << 20
LARGE_LOG = 256 << 20
LATELY_S = 3_600.0


class HealthTools:
    """The tools that look after a running server."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._started = time.monotonic()

    def health(self) -> Health:
        """Ask whether this server can do its work: the store, the folders, the index, the vectors, the disk.

        For a thorough look a person runs `cistron doctor`.
        """
        try:
            findings = self._findings(self._services.engine())
        except (GenomeError, ToolsError) as error:
            findings = [Finding(name="store", ok=False, detail=str(error), advice="a person runs `cistron doctor`")]
        return Health(
            status="ok" if all(finding.ok for finding in findings) else "degraded",
            version=own_version(),
            uptime_s=round(time.monotonic() - self._started, 1),
            findings=findings,
        )

    def bridge_status(self) -> BridgeStatus:
        """Ask who else is at work on this store: processes, the indexer, sessions."""
        services, engine = self._services, self._services.engine()
        reading = engine.database.reading()
        found = occupants(services.genome)
        engine.recorder.flush()
        who = services.caller.identity
        of_party = sessions.of_party(reading, engine.presence.party(who))
        named = f"@{who.party}.{who.org}"  # what the party's own names end with
        handles = {each.handle for each in of_party}
        here = [name for name in engine.recorder.sessions() if name in handles or name.endswith(named)]
        return BridgeStatus(
            process=os.getpid(),
            processes=found.processes,
            is_indexing=found.is_indexing,
            indexer=found.indexer,
            is_indexer_alive=None if found.indexer is None else is_alive(found.indexer),
            sessions_here=len(here),
            sessions_lately=sum(each.seen_at >= services.clock() - LATELY_S for each in of_party),
            jobs_running=sum(not job.ended.is_set() for job in services.jobs.all()),
            writable=engine.database.writable,
            generation=sources.generation(reading),
        )

    def _findings(self, engine: Engine) -> list[Finding]:
        roots = [root for root in self._services.roots() if root.kind != "virtual"]
        findings = [
            _finding(
                "store", engine.database.writable, "writable", "questions only", "a person checks its permissions"
            ),
            _finding("roots", bool(roots), f"{len(roots)} open", "none is open", "a person runs `cistron ingest PATH`"),
            *(_root(root) for root in roots),
        ]
        indexed = self._services.indexed(roots, engine.freshener.pending())
        held = engine.embedder.held()
        findings += [
            _finding("index", indexed >= 1.0, "complete", f"{indexed:.0%} read", "ask again soon, questions work"),
            Finding(name="vectors", ok=True, detail="in memory" if held else "are read in with the next question"),
            *_second(engine),
            _disk(self._services.genome),
            _log(self._services.genome),
        ]
        return findings


def _finding(name: str, ok: bool, good: str, bad: str, advice: str) -> Finding:
    return Finding(name=name, ok=ok, detail=good if ok else bad, advice=None if ok else advice)


def _second(engine: Engine) -> list[Finding]:
    state = engine.embedder.second.state()
    if state is None:
        return []
    if state.problem is not None:
        what, _, advice = state.problem.partition("; ")
        return [Finding(name="encoder", ok=False, detail=what, advice=advice or "see docs/models.md")]
    if state.kind is None:
        return [Finding(name="encoder", ok=True, detail="is read in with the next question")]
    if state.serves != state.model:
        return [Finding(name="encoder", ok=True, detail=f"{state.vectors} vectors made; the model before serves")]
    detail = f"{state.kind}, {state.vectors} vectors" + ("" if state.is_ready else "; more are being made")
    return [Finding(name="encoder", ok=True, detail=detail)]


def _root(root: Root) -> Finding:
    there = os.path.isdir(root.path)
    return _finding(
        f"root {root.name}", there, "there", "its folder is not there", "mount it, or `cistron doctor --fix`"
    )


def _disk(genome: Path) -> Finding:
    try:
        free = shutil.disk_usage(genome.parent).free
    except OSError as error:
        return Finding(name="disk", ok=False, detail=f"cannot be asked ({error.strerror})")
    return _finding("disk", free >= LOW_DISK, "has room", f"{free >> 20} MiB free", "free some space")


def _log(genome: Path) -> Finding:
    try:
        size = os.path.getsize(f"{genome}-wal")
    except OSError:
        size = 0
    return _finding("log", size <= LARGE_LOG, "small", f"{size >> 20} MiB not folded in", "`cistron doctor --fix`")
