"""How long the write-ahead log grows while a store is asked all the time."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from cistron.genome.store import log
from cistron.genome.store.database import Database

ROW = b"x" * 20_000
PAGE = 4_096
TIMEOUT_S = 60


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(log, "FOLD_PAGES", 100)
    monkeypatch.setattr(log, "LONG_PAGES", 400)
    return tmp_path / "genome.db"


def ask_all_the_time(path: Path, ended: threading.Event, begun: Callable[[], object]) -> None:
    """Hold one state of the store, and a newer one before that is let go of, so that somebody always reads."""
    first, second = apsw.Connection(str(path)), apsw.Connection(str(path))
    while not ended.is_set():
        for connection, other in ((first, second), (second, first)):
            connection.execute("begin; select count(*) from sqlite_schema")
            if other.in_transaction:
                other.execute("rollback")
            begun()
            time.sleep(0.002)
    first.close()
    second.close()


def largest_log(path: Path, writes: int) -> int:
    """Write, one row a transaction, and return the most bytes that the log had."""
    database = Database(path)
    most = 0
    with database.writing() as writer:
        writer.execute("create table filler (id integer primary key, body blob)")
    for number in range(writes):
        with database.writing() as writer:
            writer.execute("insert or replace into filler values (?, ?)", (number % 5, ROW))
        most = max(most, os.path.getsize(f"{path}-wal"))
    database.close()
    return most


def test_the_log_stays_short_although_somebody_always_reads(store: Path) -> None:
    Database(store).close()
    ended, begun = threading.Event(), threading.Event()
    reader = threading.Thread(target=ask_all_the_time, args=(store, ended, begun.set))
    reader.start()
    assert begun.wait(TIMEOUT_S)
    try:
        assert largest_log(store, 600) < 3 * 400 * PAGE  # all that was written: 4,800 pages
    finally:
        ended.set()
        reader.join(TIMEOUT_S)


def test_a_reader_that_does_not_end_is_waited_for_once(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "PATIENCE_MS", 50)
    Database(store).close()
    reader = apsw.Connection(str(store))
    reader.execute("begin; select count(*) from sqlite_schema")
    waits: list[float] = []
    start_anew = log._start_anew

    def timed(connection: apsw.Connection) -> bool:
        begun = time.monotonic()
        done = start_anew(connection)
        waits.append(time.monotonic() - begun)
        return done

    monkeypatch.setattr(log, "_start_anew", timed)
    largest_log(store, 200)
    assert len(waits) == 1
    assert reader.execute("select count(*) from sqlite_schema").fetchone()
    reader.close()
