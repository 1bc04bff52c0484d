"""One SQLite file, opened well: WAL, a read-only connection a thread, one writer a process.

A question never waits for a writer; writers of several processes queue on SQLite's own lock. A thread's connection is
held by that thread alone: it closes with the thread, or once the database is closed and the thread has read to its end.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

import apsw

from ..errors import StoreBusy, StoreClosed, StoreError, StoreFull, StoreReadOnly, StoreUnusable
from .log import keep_short
from .migrate import check, latest, migrate

BUSY_TIMEOUT_MS = 15_000
TURN_S = 0.001  # between two looks at the write lock
QUESTION_PATIENCE_MS = 100  # what a write that a question would like to make waits for the lock
PRAGMAS = (
    "foreign_keys = on",
    "synchronous = normal",  # WAL: an application crash loses nothing, a power cut at most the last commits
    "temp_store = memory",
    "cache_size = -1536",  # KiB for each thread that asks; the system's own cache holds the rest
    "journal_size_limit = 67108864",
)
WRITER_CACHE = "cache_size = -16384"  # there is one writer, and an ingest comes back to the same pages


class Database:
    """The connections to one store file.

    Opening creates the file and its folder, or upgrades the schema. Where the file cannot be written it is opened
    for questions alone and `writable` is False.

    Args:
        path: The file.
        viewer: The party of the call at hand, asked anew by every query; None shows every party's texts.

    Raises:
        StoreError: The file cannot be used; the message says what to do.
    """

    def __init__(self, path: Path, viewer: Callable[[], int | None] = lambda: None) -> None:
        self.path = path
        self.viewer = viewer
        self.writable = True
        self._immutable = False
        self._closed = False
        self._local = threading.local()
        self._lock = threading.RLock()
        self._writer: apsw.Connection | None = None
        try:
            with _explained(path):
                self._open()
        except OSError as error:
            raise StoreUnusable(
                f"{path} cannot be used ({error.strerror}); check its folder, or name another file with --genome"
            ) from error

    def reading(self) -> apsw.Connection:
        """Return this thread's read-only connection; `snapshot` is the same with SQLite's errors turned into ours.

        Raises:
            StoreClosed: The database was closed.
        """
        local = self._local  # the one of now: `close` puts another in its place
        if self._closed:
            raise _closed(self.path)
        connection: apsw.Connection | None = getattr(local, "connection", None)
        if connection is None:
            with _explained(self.path):
                connection = local.connection = self._connect(write=False)
        return connection

    @contextmanager
    def snapshot(self) -> Generator[apsw.Connection]:
        """Give this thread's read-only connection, held at one state of the store; nests."""
        connection = self.reading()
        if connection.in_transaction:
            yield connection
            return
        with _explained(self.path):
            connection.execute("begin")
            try:
                yield connection
            finally:
                if connection.in_transaction:  # SQLite ends it by itself on some errors
                    connection.execute("rollback")

    @contextmanager
    def explained(self) -> Generator[None]:
        """Turn SQLite's errors into ours, for reads that are to see each other's writes."""
        with _explained(self.path):
            yield

    @contextmanager
    def writing(self, patience_ms: int = BUSY_TIMEOUT_MS, *, durable: bool = False) -> Generator[apsw.Connection]:
        """Give the writer inside one transaction: committed at the end, rolled back on any exception.

        Args:
            patience_ms: How long to wait for another thread of this process, and then for another process.
            durable: Whether the commit has to survive a power cut: it waits for the disk.

        Raises:
            StoreReadOnly: The store cannot be written.
            StoreBusy: Another thread or process held the lock for longer.
            StoreFull: The disk is full; nothing was kept.
            StoreClosed: The database was closed.
        """
        if not self._lock.acquire(timeout=patience_ms / 1000):
            raise _busy(self.path, patience_ms)
        try:
            with _explained(self.path, patience_ms):
                yield from self._transaction(patience_ms, "full" if durable else "normal")
        finally:
            self._lock.release()

    def version(self) -> int:
        """Return the schema version of the file."""
        return self.reading().pragma("user_version")

    def integrity(self) -> list[str]:
        """Return what SQLite's integrity check and the search index find wrong; empty when all is well."""
        with _explained(self.path):
            # A connection that has searched keeps the index's list of segments and takes a newer one for damage.
            connection = self._connect(write=False)
            try:
                found = [str(row[0]) for row in connection.execute("pragma integrity_check(20)")]
            finally:
                connection.close()
        return [] if found == ["ok"] else found

    def checkpoint(self) -> None:
        """Fold the write-ahead log into the file as far as no reader is in the way."""
        with self._lock:
            if self._writer is not None:
                with suppress(apsw.Error):
                    self._writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def shrink(self) -> None:
        """Give back the pages that this thread's connection and the writer hold."""
        with self._lock:
            own: apsw.Connection | None = getattr(self._local, "connection", None)
            for connection in (own, self._writer):
                if connection is not None:
                    with suppress(apsw.Error):
                        connection.execute("pragma shrink_memory")

    def close(self) -> None:
        """Refuse new work and let go of every connection; a thread that still reads closes its own at its end."""
        with self._lock:
            self._closed = True
            own: apsw.Connection | None = getattr(self._local, "connection", None)
            self._local = threading.local()  # held the other threads' connections, and nothing else did
            for connection in (own, self._writer):  # the writer last: it folds the log into the file
                if connection is not None:
                    with suppress(apsw.Error):
                        connection.close()
            self._writer = None

    def _transaction(self, patience_ms: int, synchronous: Literal["full", "normal"]) -> Generator[apsw.Connection]:
        if self._closed:
            raise _closed(self.path)
        if self._writer is None:
            raise _read_only(self.path)
        writer = self._writer
        writer.set_busy_handler(_turns(patience_ms))
        writer.pragma("synchronous", synchronous)  # cannot be changed within a transaction
        writer.execute("begin immediate")
        try:
            yield writer
            writer.execute("commit")
        except BaseException:  # a full disk or a cancelled caller: either way the transaction must end
            if writer.in_transaction:
                with suppress(apsw.Error):
                    writer.execute("rollback")
            raise

    def _open(self) -> None:
        fresh = not self.path.exists()
        if not fresh:
            _reject_other_files(self.path)
        try:
            if fresh:
                _make_folder(self.path.parent)
            self._writer = self._open_to_write()
        except (apsw.ReadOnlyError, apsw.CantOpenError, PermissionError) as error:
            if fresh:
                raise StoreReadOnly(
                    f"cannot create {self.path}; check the folder's permissions, or name another file with --genome"
                ) from error
        if self._writer is None:
            self._open_for_questions()

    def _open_to_write(self) -> apsw.Connection | None:
        """Return the writer of an up-to-date store; None where SQLite opened the file for reading alone."""
        connection = self._connect(write=True)
        usable = False
        try:
            if not connection.readonly("main"):
                check(connection, self.path)  # before anything is changed: it may be another program's
                connection.pragma("journal_mode", "wal")
                migrate(connection, self.path)
                keep_short(connection)
                usable = True
        finally:
            if not usable:
                connection.close()
        return connection if usable else None

    def _open_for_questions(self) -> None:
        self.writable = False
        try:
            version = self._version_for_questions()
        except (apsw.CantOpenError, apsw.ReadOnlyError):
            self._immutable = True  # WAL needs a file beside it; in a read-only folder nobody else writes either
            version = self._version_for_questions()
        if version < latest():
            raise StoreReadOnly(
                f"{self.path} has the older schema {version} and cannot be upgraded in place; make it writable"
            )

    def _version_for_questions(self) -> int:
        connection = self._connect(write=False)
        try:
            return check(connection, self.path)
        finally:
            connection.close()

    def _viewed(self, *_: apsw.SQLiteValue) -> int | None:
        return self.viewer()

    def _connect(self, *, write: bool) -> apsw.Connection:
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE if write else apsw.SQLITE_OPEN_READONLY
        name = str(self.path)
        if self._immutable:
            name, flags = f"{self.path.absolute().as_uri()}?immutable=1", flags | apsw.SQLITE_OPEN_URI
        connection = apsw.Connection(name, flags=flags)
        connection.set_busy_timeout(BUSY_TIMEOUT_MS)
        # the same for all rows of one query, which is all that SQLite takes it to mean
        connection.create_scalar_function("viewer", self._viewed, 0, deterministic=True)
        for pragma in (*PRAGMAS, *([WRITER_CACHE] if write else [])):
            connection.execute(f"pragma {pragma}")
        if not write:
            connection.pragma("query_only", True)
        return connection


def _turns(patience_ms: int) -> Callable[[int], bool]:
    """Return what waits for the write lock: SQLite's own wait sleeps up to 100 ms while others take turn after turn."""
    deadline = time.monotonic() + patience_ms / 1000

    def wait(_times: int) -> bool:
        time.sleep(TURN_S)
        return time.monotonic() < deadline

    return wait


def _reject_other_files(path: Path) -> None:
    if not path.is_file():
        raise StoreUnusable(f"{path} is not a file; name a file with --genome")
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except PermissionError as error:
        raise StoreUnusable(
            f"{path} cannot be read; check its permissions, or name another file with --genome"
        ) from error
    if head and head != b"SQLite format 3\0":
        raise StoreUnusable(f"{path} is not a SQLite file and was left as it is; name another file with --genome")


def _make_folder(folder: Path) -> None:
    """Make the store's folder; a `.cistron` one tells git to ignore it."""
    folder.mkdir(parents=True, exist_ok=True)
    if folder.name == ".cistron":
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")


@contextmanager
def _explained(path: Path, patience_ms: int = BUSY_TIMEOUT_MS) -> Generator[None]:
    """Turn SQLite's errors into ours."""
    try:
        yield
    except apsw.BusyError as error:
        raise _busy(path, patience_ms) from error
    except apsw.FullError as error:
        raise StoreFull(
            f"no room left on the disk for {path}; free some space and ask again, nothing was lost"
        ) from error
    except (apsw.NotADBError, apsw.CorruptError) as error:
        raise StoreUnusable(
            f"{path} is damaged ({error}); move it away and ingest again: all of it is rebuilt from your files"
        ) from error
    except (apsw.IOError, apsw.CantOpenError) as error:
        raise StoreError(f"the disk failed on {path} ({error}); check free space, quota and permissions") from error
    except apsw.ReadOnlyError as error:
        raise _read_only(path) from error
    except apsw.ConnectionClosedError as error:
        raise _closed(path) from error


def _busy(path: Path, patience_ms: int) -> StoreBusy:
    return StoreBusy(f"{path} has been written by another for more than {patience_ms / 1000:g} s; try again")


def _read_only(path: Path) -> StoreReadOnly:
    return StoreReadOnly(f"{path} cannot be written; check its permissions, or name another file with --genome")


def _closed(path: Path) -> StoreClosed:
    return StoreClosed(f"{path} was closed with its server; start the server again")
