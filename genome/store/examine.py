"""What state a store's file is in, found without opening it the way a server does: nothing is made or upgraded."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import apsw

from ..errors import StoreTooNew, StoreUnusable
from .migrate import check, latest

MAGIC = b"SQLite format 3\0"
PATIENCE_MS = 300


class State(StrEnum):
    """What a file at the store's place is."""

    NONE = "none"
    NOT_A_FILE = "not a file"
    UNREADABLE = "unreadable"
    NOT_SQLITE = "not SQLite"
    OTHER_PROGRAM = "another program's"
    NEWER = "newer"
    OLDER = "older"
    DAMAGED = "damaged"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Examined:
    """A store's file: `problems` of its content, bytes of its log, the newest time in it in seconds, loose rows."""

    state: State
    version: int | None = None
    problems: list[str] = field(default_factory=list[str])
    log_bytes: int = 0
    newest_at: float = 0.0
    orphans: int = 0


def examine(path: Path) -> Examined:
    """Look at a store's file. Never raises for what it finds."""
    if not os.path.lexists(path):
        return Examined(State.NONE)
    if not path.is_file():
        return Examined(State.NOT_A_FILE)
    try:
        with path.open("rb") as file:
            head = file.read(len(MAGIC))
    except OSError:
        return Examined(State.UNREADABLE)
    if head and head != MAGIC:
        return Examined(State.NOT_SQLITE)
    try:
        connection = _open(path)
        try:
            return _inside(connection, path)
        finally:
            connection.close()
    except apsw.Error as error:
        return Examined(State.DAMAGED, problems=[str(error)], log_bytes=log_bytes(path))


def log_bytes(path: Path) -> int:
    """Return how many bytes wait in the write-ahead log."""
    try:
        return os.path.getsize(f"{path}-wal")
    except OSError:
        return 0


def is_locked(path: Path) -> bool:
    """Whether somebody keeps the write lock for longer than a moment. Nothing is written."""
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    except apsw.Error:
        return False
    try:
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)  # closing would fold the log in
        connection.set_busy_timeout(PATIENCE_MS)
        connection.execute("begin immediate")
        connection.execute("rollback")
    except apsw.BusyError:
        return True
    except apsw.Error:
        return False
    finally:
        connection.close()
    return False


def fold(path: Path) -> int:
    """Fold the log into the file as far as readers allow, and return how many bytes are left in it."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.set_busy_timeout(PATIENCE_MS)
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except apsw.BusyError:
        pass  # somebody reads: what could be folded was
    finally:
        connection.close()
    return log_bytes(path)


def _open(path: Path) -> apsw.Connection:
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        connection.set_busy_timeout(PATIENCE_MS)
        connection.pragma("user_version")
    except (apsw.CantOpenError, apsw.ReadOnlyError):  # WAL needs a file beside it, which a read-only folder refuses
        flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
        connection = apsw.Connection(f"{path.absolute().as_uri()}?immutable=1", flags=flags)
    return connection


def _inside(connection: apsw.Connection, path: Path) -> Examined:
    size = log_bytes(path)
    try:
        version = check(connection, path)
    except StoreTooNew:
        return Examined(State.NEWER, connection.pragma("user_version"), log_bytes=size)
    except StoreUnusable:
        return Examined(State.OTHER_PROGRAM, log_bytes=size)
    found = [str(row[0]) for row in connection.execute("pragma integrity_check(20)")]
    problems = [] if found == ["ok"] else found
    problems += [f"a row of {row[0]} points at nothing" for row in connection.execute("pragma foreign_key_check")][:5]
    if problems:
        return Examined(State.DAMAGED, version, problems, size)
    if version < latest():
        return Examined(State.OLDER, version, log_bytes=size)
    return Examined(State.WHOLE, version, [], size, _newest(connection), _orphans(connection))


def _newest(connection: apsw.Connection) -> float:
    """Return the latest moment that anything in the store was recorded at."""
    sql = """
        select max(
            (select coalesce(max(proven_at), 0) from source), (select coalesce(max(at), 0) from event),
            (select coalesce(max(at), 0) from delivery), (select coalesce(max(used_at), 0) from content)
        )
    """
    return float(connection.execute(sql).get)


def _orphans(connection: apsw.Connection) -> int:
    """Return how many texts are kept that no version of any file, delivery or receipt points at."""
    sql = """
        select count(*)
        from passage
        where not exists (select 1 from place where place.passage = passage.id)
        and not exists (select 1 from delivery where delivery.passage = passage.id)
        and not exists (select 1 from receipt where receipt.passage = passage.id)
    """
    return connection.execute(sql).get
