"""Is the store there, ours, whole, writable, free and small?"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ...genome.store import contents, sources
from ...genome.store.database import Database
from ...genome.store.examine import State, fold, is_locked, log_bytes
from ...genome.store.migrate import latest
from ...genome.store.occupants import is_alive, occupants
from .check import Check, Patient

LARGE_LOG = 64 << 20  # a server folds it in long before
LOW_DISK = 256 << 20
AHEAD_S = 60.0  # clocks of two machines differ by less

ADVICE = {
    State.NOT_A_FILE: "name a file with --genome",
    State.UNREADABLE: "check its permissions, or name another file with --genome",
    State.NOT_SQLITE: "it was left as it is; name another file with --genome",
    State.OTHER_PROGRAM: "it was left as it is; name another file with --genome",
    State.NEWER: "upgrade cistron-mcp, or name another file with --genome",
}


def whole(patient: Patient) -> Check:
    """The file is a store of ours, of a version that we know, and nothing in it is damaged."""
    path = patient.genome
    found = patient.found
    if found.state is State.NONE:
        return Check("store", True, f"{path} is not there yet; the first question makes it")
    if found.state is State.WHOLE:
        return Check("store", True, f"{path}: schema {found.version}, integrity ok")
    if found.state is State.OLDER:
        detail = f"{path} has the older schema {found.version} of {latest()}"
        return Check("store", False, detail, "opening it brings it up to date", repair=lambda: _upgraded(path))
    if found.state is State.DAMAGED:
        detail = f"{path} is damaged: {'; '.join(found.problems)[:300]}"
        advice = "move it away and ingest again: all but notes is rebuilt from your files"
        asks = "move the damaged store away? Notes in it are not carried over"
        return Check("store", False, detail, advice, repair=lambda: _moved_away(path), asks=asks)
    schema = f" (schema {found.version} of {latest()})" if found.state is State.NEWER else ""
    said = f"{path} is {found.state}" if found.state is State.NOT_A_FILE else f"{path}: {found.state}{schema}"
    return Check("store", False, said, ADVICE[found.state])


def writable(patient: Patient) -> Check:
    """The file and its folder can be written; SQLite needs both."""
    path = patient.genome
    place = path if path.exists() else _nearest(path.parent)
    if os.access(place, os.W_OK) and os.access(_nearest(path.parent), os.W_OK):
        return Check("writable", True, "yes")
    return Check("writable", False, f"{place} is read-only: questions work, nothing is kept", "check its permissions")


def unlocked(patient: Patient) -> Check:
    """Nobody keeps the write lock for longer than a write takes."""
    if not patient.is_open or not is_locked(patient.genome):
        return Check("lock", True, "free")
    holders = occupants(patient.genome).processes
    who = "a process" if not holders else "process " + " or ".join(map(str, holders))
    return Check("lock", False, f"{who} keeps the write lock", "wait, or end that process; its lock goes with it")


def log(patient: Patient) -> Check:
    """The write-ahead log is folded in: it is small, and none is left of a server that was killed."""
    path, size = patient.genome, log_bytes(patient.genome)
    if not patient.is_open or not size:
        return Check("log", True, "empty")
    users = occupants(path).processes
    if size <= LARGE_LOG and (users is None or users):
        return Check("log", True, f"{size / 1e6:.1f} MB, in use")
    left = "left by a server that was killed, nothing is lost" if users == [] else "longer than a server lets it grow"
    detail = f"{size / 1e6:.1f} MB wait in the log, {left}"
    return Check("log", False, detail, "--fix folds it in", repair=lambda: _folded(path))


def orphans(patient: Patient) -> Check:
    """No text is kept that nothing points at."""
    if not patient.found.orphans:
        return Check("orphans", True, "none")
    detail = f"{patient.found.orphans} texts are kept that no file, note or session points at"
    return Check("orphans", False, detail, "--fix drops them", repair=lambda: _swept(patient.genome))


def clock(patient: Patient) -> Check:
    """Nothing in the store is of the future."""
    ahead = patient.found.newest_at - patient.now
    if ahead <= AHEAD_S:
        return Check("clock", True, "not behind the store")
    detail = f"the clock stands {ahead / 3600:.1f} h before the newest entry of the store: it was set back"
    advice = "set the clock; --fix has the files asked again whose last proof lies in the future"
    return Check("clock", False, detail, advice, repair=lambda: _settled(patient.genome, patient.now))


def disk(patient: Patient, least: int = LOW_DISK) -> Check:
    """There is room for the store to grow."""
    free = shutil.disk_usage(_nearest(patient.genome.parent)).free
    if free >= least:
        return Check("disk", True, f"{free / 1e9:.1f} GB free")
    return Check("disk", False, f"only {free >> 20} MiB free; writes will fail", "free some space")


def indexer(patient: Patient) -> Check:
    """Whoever holds the indexer's lock is alive; the lock ends with its process."""
    found = occupants(patient.genome)
    if not found.is_indexing:
        return Check("indexer", True, "nobody reads a tree in")
    if found.indexer is None:
        return Check("indexer", True, "a process reads a tree in")
    if is_alive(found.indexer) and not _is_stopped(found.indexer):
        return Check("indexer", True, f"process {found.indexer} reads a tree in")
    detail = f"process {found.indexer} holds the indexer's lock and does not run"
    return Check("indexer", False, detail, f"continue it (kill -CONT {found.indexer}) or end it")


def _nearest(folder: Path) -> Path:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def _is_stopped(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return False
    return state[0] in "TtZX"


def _upgraded(path: Path) -> str:
    Database(path).close()
    return f"brought up to schema {latest()}"


def _moved_away(path: Path) -> str:
    number = next(n for n in range(1, 10_000) if not Path(f"{path}.broken-{n}").exists())
    for suffix in ("", "-wal", "-shm"):
        if Path(f"{path}{suffix}").exists():
            os.rename(f"{path}{suffix}", f"{path}.broken-{number}{suffix}")
    return f"moved to {path.name}.broken-{number}; run `cistron ingest .`"


def _folded(path: Path) -> str:
    left = fold(path)
    return "folded in" if not left else f"{left / 1e6:.1f} MB are still in use by a reader; ask again later"


def _swept(path: Path) -> str:
    database = Database(path)
    try:
        with database.writing() as writer:
            return f"dropped {contents.drop_orphans(writer)}"
    finally:
        database.close()


def _settled(path: Path, now: float) -> str:
    database = Database(path)
    try:
        with database.writing() as writer:
            return f"{sources.settle_clock(writer, now)} files will be asked again"
    finally:
        database.close()
