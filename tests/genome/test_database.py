"""The connections to a store: what is refused once closed, how long a write waits, and what an integrity check sees."""

import threading
import weakref
from collections.abc import Generator
from pathlib import Path

import apsw
import pytest

from cistron.genome.errors import StoreBusy, StoreClosed, StoreUnusable
from cistron.genome.reading.ingest import Ingester
from cistron.genome.store import sources
from cistron.genome.store.database import Database

WAIT_S = 5


@pytest.fixture
def database(tmp_path: Path) -> Generator[Database]:
    database = Database(tmp_path / "store" / "genome.db")
    yield database
    database.close()


def search(database: Database) -> list[tuple[int]]:
    return list(database.reading().execute("select rowid from text_search where text_search match 'work'"))


def test_a_connection_that_has_searched_raises_no_alarm_over_what_came_later(database: Database, tree: Path) -> None:
    with database.writing() as writer:
        root = sources.add_root(writer, str(tree), "folder", 0.0)
    for number in range(40):
        (tree / f"n{number}.py").write_text(f"def work_{number}():\n    return {number}\n")
        Ingester(database).absorb(root, f"n{number}.py")
        search(database)
        assert database.integrity() == []


def test_a_damaged_search_index_is_told(database: Database, tree: Path) -> None:
    (tree / "n.py").write_text("def work():\n    return 1\n")
    with database.writing() as writer:
        root = sources.add_root(writer, str(tree), "folder", 0.0)
    Ingester(database).ingest(root)
    with database.writing() as writer:
        writer.execute("delete from text_search_data where id > 10")
    assert database.integrity() != []


def test_a_closed_database_refuses_reads_and_writes(tmp_path: Path) -> None:
    database = Database(tmp_path / "genome.db")
    database.version()
    database.close()
    database.close()
    with pytest.raises(StoreClosed, match="was closed"):
        database.reading()
    with pytest.raises(StoreClosed, match="was closed"), database.snapshot():
        pass
    with pytest.raises(StoreClosed, match="was closed"), database.writing():
        pass


def test_a_thread_that_reads_while_its_database_is_closed_reads_to_its_end(tmp_path: Path) -> None:
    database = Database(tmp_path / "genome.db")
    begun, closed = threading.Event(), threading.Event()
    found: list[object] = []

    def read() -> None:
        with database.snapshot() as reading:
            begun.set()
            closed.wait(WAIT_S)
            found.append(sources.roots(reading))

    thread = threading.Thread(target=read)
    thread.start()
    assert begun.wait(WAIT_S)
    database.close()
    closed.set()
    thread.join(WAIT_S)
    assert found == [[]]


def test_a_connection_ends_with_its_thread(database: Database) -> None:
    held: list[weakref.ref[apsw.Connection]] = []
    thread = threading.Thread(target=lambda: held.append(weakref.ref(database.reading())))
    thread.start()
    thread.join(WAIT_S)
    assert held[0]() is None


def test_a_write_with_little_patience_gives_way_to_another_process(database: Database) -> None:
    other = apsw.Connection(str(database.path))
    other.execute("begin immediate")
    with pytest.raises(StoreBusy, match=r"0\.01 s; try again"), database.writing(patience_ms=10):
        pass
    other.close()
    with database.writing(patience_ms=10) as writer:
        sources.bump(writer)


def test_a_write_with_little_patience_gives_way_to_another_thread(database: Database) -> None:
    begun, done = threading.Event(), threading.Event()

    def write() -> None:
        with database.writing():
            begun.set()
            done.wait(WAIT_S)

    thread = threading.Thread(target=write)
    thread.start()
    assert begun.wait(WAIT_S)
    with pytest.raises(StoreBusy, match="try again"), database.writing(patience_ms=10):
        pass
    done.set()
    thread.join(WAIT_S)


def test_another_programs_database_keeps_its_journal_mode(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    other = apsw.Connection(str(path))
    other.execute("create table recipe (name text)")
    before = path.read_bytes()
    with pytest.raises(StoreUnusable, match="another program's"):
        Database(path)
    assert path.read_bytes() == before
    assert other.pragma("journal_mode") == "delete"
    other.close()


def test_a_path_below_a_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreUnusable, match="--genome"):
        Database(tmp_path / "file" / "genome.db")
