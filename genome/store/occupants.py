"""Who is at work on a store now: read from the kernel's table of locks, without taking or disturbing one.

SQLite holds a lock on the file beside a store in WAL mode for as long as a connection is open, and the indexer's lock
is a lock of the operating system; both end with the process that holds them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LOCKS = Path("/proc/locks")  # Linux alone


@dataclass(frozen=True, slots=True)
class Occupants:
    """Processes by their id, in order. `processes` and `indexer` are None where the system does not tell."""

    processes: list[int] | None
    indexer: int | None
    is_indexing: bool


def occupants(store: Path) -> Occupants:
    """Return who has a store open, and who holds its indexer's lock."""
    lock = Path(f"{store}.lock")
    held = _locks()
    if held is None:
        return Occupants(None, None, _is_locked(lock))
    open_by = {pid for beside in (f"{store}-shm", str(store)) for pid in held.get(_inode(beside), ())}
    indexing = sorted(held.get(_inode(str(lock)), ()))
    return Occupants(sorted(open_by), indexing[0] if indexing else None, bool(indexing))


def is_alive(process: int) -> bool:
    """Whether there is such a process, whoever owns it."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _locks() -> dict[tuple[int, int, int], set[int]] | None:
    """Return the processes that hold a lock, by (major, minor, inode) of the file; None where nothing tells."""
    try:
        lines = LOCKS.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    held: dict[tuple[int, int, int], set[int]] = {}
    for process, file in _parsed(lines):
        held.setdefault(file, set()).add(process)
    return held


def _parsed(lines: list[str]) -> Iterator[tuple[int, tuple[int, int, int]]]:
    """Yield process and file of each lock that is held; a line with `->` is of one who waits."""
    for line in lines:
        fields = line.split()
        if len(fields) < 6 or fields[1] == "->":
            continue
        major, minor, inode = fields[5].split(":")
        if int(fields[4]) > 0:  # 0 or less for a process of another container
            yield int(fields[4]), (int(major, 16), int(minor, 16), int(inode))


def _inode(path: str) -> tuple[int, int, int]:
    try:
        found = os.stat(path)
    except OSError:
        return (-1, -1, -1)
    return os.major(found.st_dev), os.minor(found.st_dev), found.st_ino


def _is_locked(lock: Path) -> bool:
    """Whether somebody holds the indexer's lock, by trying to take it for a moment."""
    if not lock.exists():
        return False
    from filelock import FileLock, Timeout  # 20 ms, and only systems without a table of locks need it

    attempt = FileLock(lock)
    try:
        attempt.acquire(timeout=0)
    except Timeout:
        return True
    attempt.release()
    return False
