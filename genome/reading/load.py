"""Read one file's bytes together with a stamp that is true of them, never through a link and never a device."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass

from ..records import Stamp
from .pdf import most_bytes

TRIES = 3  # how often a file that changes while it is read is read again
GRACE_NS = 2_000_000_000  # an edit within one tick of the file system leaves its times as they were


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file as it was read: its stamp, and its bytes or the reason why there are none."""

    stamp: Stamp
    data: bytes | None
    reason: str | None = None
    unreachable: bool = False  # it may well be there unchanged: permission denied, an input/output error


def stamp_of(path: str) -> Stamp | None:
    """Return what `lstat` says of a path, None where nothing is there or it cannot be asked."""
    try:
        return _stamp(os.lstat(path))
    except OSError:
        return None


def is_present(root: str) -> bool:
    """Whether a root is the folder that was granted: there, and not a link to somewhere else by now."""
    return os.path.isdir(root) and os.path.realpath(root) == root


def is_out_of_reach(root: str, path: str) -> bool:
    """Whether a file may stand there though it was not listed: it, or a folder above it, cannot be looked into."""
    try:
        os.lstat(os.path.join(root, path))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    parts = path.split("/")[:-1]
    return not all(os.access(os.path.join(root, *parts[:depth]), os.R_OK) for depth in range(len(parts) + 1))


def is_clean(stamp: Stamp, proven_at: float) -> bool:
    """Whether an equal stamp proves equal bytes.

    It does when the bytes were last compared two seconds or more after the newest of the file's times: git calls the
    other case racily clean.
    """
    return int(proven_at * 1e9) >= max(stamp.mtime_ns, stamp.ctime_ns) + GRACE_NS


def load(root: str, path: str, max_bytes: int) -> Loaded | None:
    """Read a file of a root.

    Args:
        root: Absolute path of the root, with links resolved.
        path: Relative path with forward slashes.
        max_bytes: A larger file is not read; a PDF may be some times larger.

    Returns:
        The bytes with the stamp they were read at, a reason where they are not to be had, None where nothing is there.
    """
    full = os.path.join(root, path)
    max_bytes = most_bytes(path, max_bytes)
    before: os.stat_result | None = None
    for _ in range(TRIES):
        try:
            before = os.lstat(full)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            return Loaded(Stamp(0, 0, 0, 0, 0), None, _unreadable(error), unreachable=True)
        reason = _refusal(before, max_bytes)
        if reason is not None:
            return Loaded(_stamp(before), None, reason)
        try:
            data, after = _read(root, path, max_bytes)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if error.errno == errno.ELOOP:
                return Loaded(_stamp(before), None, "stands behind a link")
            return Loaded(_stamp(before), None, _unreadable(error), unreachable=True)
        if _stamp(before) == _stamp(after):
            return Loaded(_stamp(before), data)
    assert before is not None
    return Loaded(_stamp(before), None, "changes while it is read")


def _read(root: str, path: str, max_bytes: int) -> tuple[bytes, os.stat_result]:
    with os.fdopen(_open_within(root, path), "rb", buffering=0) as file:
        pieces: list[bytes] = []
        left = max_bytes + 1
        while left > 0 and (piece := file.read(left)):
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces), os.fstat(file.fileno())


def _open_within(root: str, path: str) -> int:
    """Open a file folder by folder, following no link, so that a link swapped in meanwhile leads nowhere."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if os.open not in os.supports_dir_fd:  # Windows
        return os.open(os.path.join(root, path), flags)
    *folders, name = path.split("/")
    held = os.open(root, flags | os.O_DIRECTORY)
    try:
        for folder in folders:
            inner = os.open(folder, flags | os.O_DIRECTORY, dir_fd=held)
            os.close(held)
            held = inner
        return os.open(name, flags, dir_fd=held)
    finally:
        os.close(held)


def _refusal(found: os.stat_result, max_bytes: int) -> str | None:
    if not stat.S_ISREG(found.st_mode):
        return "not a regular file"
    if found.st_size > max_bytes:
        return f"larger than {max_bytes:,} bytes"
    return None


def _unreadable(error: OSError) -> str:
    return (
        "permission denied"
        if isinstance(error, PermissionError)
        else f"cannot be read ({os.strerror(error.errno or 0)})"
    )


def _stamp(found: os.stat_result) -> Stamp:
    return Stamp(found.st_size, found.st_mtime_ns, found.st_ctime_ns, _signed(found.st_ino), _signed(found.st_dev))


def _signed(value: int) -> int:
    """SQLite's integers are signed; inodes and devices may use all 64 bits."""
    return value - (1 << 64) if value >= 1 << 63 else value
