"""One SQLite file, opened well: WAL, a read-only connection a thread, one writer a process.

A question never waits for a writer; writers of several processes queue on SQLite's own lock.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import apsw

from ..errors import StoreBusy, StoreError, StoreFull, StoreReadOnly, StoreUnusable
from .migrate import check, latest, migrate

BUSY_TIMEOUT_MS = 15_000
PRAGMAS = (
    "foreign_keys = on",
    "synchronous = normal",  # WAL: an application crash loses nothing, a power cut at most the last commits
    "temp_store = memory",
    "cache_size = -32768",
    "mmap_size = 268435456",
    "journal_size_limit = 67108864",
    "wal_autocheckpoint = 4000",  # pages; an ingest writes the same ones again and again
)


class Database:
    """The connections to one store file.

    Opening creates the file and its folder, or upgrades the schema. Where the file cannot be written it is opened
    for questions alone and `writable` is False.

    Raises:
        StoreError: The file cannot be used; the message says what to do.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writable = True
        self._immutable = False
        self._local = threading.local()
        self._lock = threading.RLock()
        self._readers: list[apsw.Connection] = []
        self._writer: apsw.Connection | None = None
        with _explained(path):
            self._open()

    def reading(self) -> apsw.Connection:
        """Return this thread's read-only connection."""
        connection: apsw.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            with _explained(self.path):
                connection = self._connect(write=False)
            self._local.connection = connection
            with self._lock:
                self._readers.append(connection)
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
                connection.execute("rollback")

    @contextmanager
    def writing(self) -> Generator[apsw.Connection]:
        """Give the writer inside one transaction: committed at the end, rolled back on any exception.

        Raises:
            StoreReadOnly: The store cannot be written.
            StoreBusy: Another process held the lock for longer than `BUSY_TIMEOUT_MS`.
            StoreFull: The disk is full; nothing was kept.
        """
        with self._lock, _explained(self.path):
            if self._writer is None:
                raise StoreReadOnly(
                    f"{self.path} cannot be written; check its permissions, or name another file with --genome"
                )
            writer = self._writer
            writer.execute("begin immediate")
            try:
                yield writer
                writer.execute("commit")
            except BaseException:  # a full disk or a cancelled caller: either way the transaction must end
                if writer.in_transaction:
                    with suppress(apsw.Error):
                        writer.execute("rollback")
                raise

    def version(self) -> int:
        """Return the schema version of the file."""
        return self.reading().pragma("user_version")

    def integrity(self) -> list[str]:
        """Return what SQLite's integrity check and the search index find wrong; empty when all is well."""
        with _explained(self.path):
            found = [str(row[0]) for row in self.reading().execute("pragma integrity_check(20)")]
            broken = [] if found == ["ok"] else found
            if self.writable and not broken:
                with self.writing() as writer:
                    writer.execute("insert into text_search (text_search) values ('integrity-check')")
        return broken

    def checkpoint(self) -> None:
        """Fold the write-ahead log into the file as far as no reader is in the way."""
        with self._lock:
            if self._writer is not None:
                with suppress(apsw.Error):
                    self._writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def close(self) -> None:
        """Close every connection. A thread that still reads loses its connection, so stop callers first."""
        with self._lock:
            for connection in [*self._readers, *([self._writer] if self._writer else [])]:
                with suppress(apsw.Error):
                    connection.close()
            self._readers.clear()
            self._writer = None
            self._local = threading.local()

    def _open(self) -> None:
        fresh = not self.path.exists()
        if not fresh:
            _reject_other_files(self.path)
        try:
            if fresh:
                _make_folder(self.path.parent)
            self._writer = self._connect(write=True)
            migrate(self._writer, self.path)
        except (apsw.ReadOnlyError, apsw.CantOpenError, PermissionError) as error:
            if fresh:
                raise StoreReadOnly(
                    f"cannot create {self.path}; check the folder's permissions, or name another file with --genome"
                ) from error
            self._open_for_questions()

    def _open_for_questions(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer, self.writable = None, False
        try:
            version = self._version_for_questions()
        except apsw.CantOpenError:
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

    def _connect(self, *, write: bool) -> apsw.Connection:
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE if write else apsw.SQLITE_OPEN_READONLY
        name = str(self.path)
        if self._immutable:
            name, flags = f"{self.path.absolute().as_uri()}?immutable=1", flags | apsw.SQLITE_OPEN_URI
        connection = apsw.Connection(name, flags=flags)
        connection.set_busy_timeout(BUSY_TIMEOUT_MS)
        if write:
            connection.pragma("journal_mode", "wal")
        for pragma in PRAGMAS:
            connection.execute(f"pragma {pragma}")
        if not write:
            connection.pragma("query_only", True)
        return connection


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
def _explained(path: Path) -> Generator[None]:
    """Turn SQLite's errors into ours."""
    try:
        yield
    except apsw.BusyError as error:
        raise StoreBusy(
            f"{path} is being written by another process for more than {BUSY_TIMEOUT_MS // 1000} s; try again"
        ) from error
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
        raise StoreReadOnly(
            f"{path} cannot be written; check its permissions, or name another file with --genome"
        ) from error
