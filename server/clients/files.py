"""A client's file on the disk: read whole or not at all, kept as a backup before its first change, replaced at once."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .records import ConfigError

BACKUP_SUFFIX = ".cistron-backup"
MOST_BYTES = 64 << 20
_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Held:
    """A file as it was read: where it really stands, and its text without a byte order mark; None where there is none.

    `stamp` tells whether somebody else has written it since.
    """

    path: Path
    text: str | None
    bom: str = ""
    mode: int | None = None
    stamp: tuple[int, int, int] | None = None


def read(path: Path) -> Held:
    """Return what a path holds, a link followed to what it leads to.

    Raises:
        ConfigError: It is no file, cannot be read or written by us, or is not UTF-8.
    """
    place = Path(os.path.realpath(path))
    try:
        found = place.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return Held(place, None)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be looked at ({error.strerror}); check its folders") from error
    if not stat.S_ISREG(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "a link in a circle" if place.is_symlink() else "no file"
        raise ConfigError(f"{path}: {kind} stands where a file should; move it away")
    if not found.st_mode & 0o222 or not os.access(place, os.W_OK):
        raise ConfigError(f"{path}: it is read-only; make it writable, or edit it yourself")
    if found.st_size > MOST_BYTES:
        raise ConfigError(f"{path}: it has {found.st_size:,} bytes, which is no configuration; edit it yourself")
    try:
        data = place.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    text = _decoded(path, data)
    bom = _BOM if text.startswith(_BOM) else ""
    mode = stat.S_IMODE(found.st_mode)
    return Held(place, text.removeprefix(_BOM), bom, mode, (found.st_ino, found.st_size, found.st_mtime_ns))


def write(held: Held, text: str, private: bool = False) -> None:
    """Put a text in the place of what was read, in one step, with the same mode.

    Raises:
        ConfigError: Somebody else wrote the file meanwhile, or it cannot be written; it is as it was then.
    """
    try:
        if _stamp(held.path) != held.stamp:
            raise ConfigError(f"{held.path}: another program wrote it just now; run the command again")
        held.path.parent.mkdir(parents=True, exist_ok=True)
        _replace(held.path, (held.bom + text).encode(), held.mode or (0o600 if private else 0o666 & ~_umask()))
    except OSError as error:
        raise ConfigError(f"{held.path}: cannot be written ({error.strerror}); check its folder") from error


def back_up(held: Held) -> Path:
    """Keep a file as it is beside itself, and return where.

    Raises:
        ConfigError: It cannot be written.
    """
    kept = backup_of(held.path)
    try:
        _replace(kept, (held.bom + (held.text or "")).encode(), held.mode or 0o600)
    except OSError as error:
        raise ConfigError(f"{kept}: cannot be written ({error.strerror}); nothing was changed") from error
    return kept


def backup_of(path: Path) -> Path:
    """Return where the backup of a file stands."""
    place = Path(os.path.realpath(path))
    return place.with_name(place.name + BACKUP_SUFFIX)


def backup_text(path: Path) -> str | None:
    """Return what a file held before its first change, None where nothing was kept or it cannot be read."""
    try:
        return backup_of(path).read_bytes().decode().removeprefix(_BOM)
    except (OSError, UnicodeDecodeError):
        return None


def remove(held: Held) -> None:
    """Remove a file that holds nothing but what is ours.

    Raises:
        ConfigError: It cannot be removed.
    """
    try:
        if _stamp(held.path) != held.stamp:
            raise ConfigError(f"{held.path}: another program wrote it just now; run the command again")
        held.path.unlink()
    except OSError as error:
        raise ConfigError(f"{held.path}: cannot be removed ({error.strerror}); check its folder") from error


def _decoded(path: Path, data: bytes) -> str:
    if name := _MARKS.get(data[:2]):
        raise ConfigError(f"{path}: it is {name}, clients read UTF-8; save it as UTF-8")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}: line {line}, byte {error.start}: not UTF-8; save it as UTF-8") from error


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _replace(path: Path, data: bytes, mode: int) -> None:
    """Write a file beside its place and rename it there; whoever reads sees the old bytes or the new ones."""
    number, name = tempfile.mkstemp(prefix=f".{path.name[:64]}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        if path.exists() and hasattr(os, "chown"):
            owner = path.stat()
            with suppress(PermissionError):  # somebody else's file in a shared folder becomes ours
                os.chown(name, owner.st_uid, owner.st_gid)
        os.replace(name, path)
    except BaseException:  # a full disk, an interrupt: the file stays as it was and no part of ours beside it
        with suppress(OSError):
            os.unlink(name)
        raise


def _umask() -> int:
    """Return the process's mask, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
