"""What processes that were killed left beside the store: sockets that nobody answers, spool files, temporary files."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

from .check import Check, Patient

OLD_SPOOL_S = 86_400.0  # the next server reads it; a day means that there was none, or that it cannot
OLD_TEMPORARY_S = 3_600.0
PATIENCE_S = 0.5


def sockets(patient: Patient) -> Check:
    """Somebody answers at every socket beside the store."""
    dead = [path for path in _files(patient.genome.parent) if _is_socket(path) and not _answers(path)]
    if not dead:
        return Check("sockets", True, "none is left over")
    detail = f"nobody answers at {', '.join(path.name for path in dead[:5])}"
    return Check("sockets", False, detail, "--fix removes them", repair=lambda: _removed(dead))


def spool(patient: Patient) -> Check:
    """What hooks wrote down while no server ran has been read."""
    waiting = [path for path in _files(patient.genome.parent / "spool") if _age(path, patient.now) > OLD_SPOOL_S]
    if not waiting:
        return Check("spool", True, "nothing waits")
    detail = f"{len(waiting)} files of hooks wait for a server since more than a day"
    return Check("spool", False, detail, "start a server, or --fix drops them", repair=lambda: _removed(waiting))


def temporaries(patient: Patient) -> Check:
    """No temporary file of an interrupted write is left."""
    old = [
        path
        for path in _files(patient.genome.parent)
        if (".tmp" in path.name or path.name.endswith("-journal")) and _age(path, patient.now) > OLD_TEMPORARY_S
    ]
    old = [path for path in old if not path.name.startswith(f"{patient.genome.name}-")]  # SQLite's own are its affair
    if not old:
        return Check("temporaries", True, "none is left over")
    detail = f"left over: {', '.join(path.name for path in old[:5])}"
    return Check("temporaries", False, detail, "--fix removes them", repair=lambda: _removed(old))


def _files(folder: Path) -> Iterator[Path]:
    """Yield what stands in a folder of ours, in order; a store may stand in a folder that is not."""
    if folder.name in (".cistron", "spool") and folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if not path.is_dir())


def _is_socket(path: Path) -> bool:
    try:
        return stat.S_ISSOCK(path.lstat().st_mode)
    except OSError:
        return False


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as attempt:
        attempt.settimeout(PATIENCE_S)
        try:
            attempt.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True  # busy, or not ours to ask
    return True


def _age(path: Path, now: float) -> float:
    try:
        return now - path.lstat().st_mtime
    except OSError:
        return 0.0


def _removed(paths: list[Path]) -> str:
    count = 0
    for path in paths:
        try:
            os.unlink(path)
        except OSError:
            continue  # another one was faster, or it is not ours to remove
        count += 1
    return f"removed {count} of {len(paths)}"
