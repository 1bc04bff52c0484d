"""A disk, a quota or a file system that is full: one line says so, and nothing that was done is lost."""

from pathlib import Path

import pytest

from cistron.genome.errors import StoreError, StoreFull
from cistron.genome.reading.ingest import Ingester
from cistron.genome.records import Root
from cistron.genome.store import sources
from cistron.genome.store.database import Database
from cistron.tools.ingest import IngestTools
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services
from cistron.tools.verify import VerifyTools

from .faults import assert_clear, child, mounted, store_of, work_found, write_works


@pytest.fixture
def tree(place: Path) -> Path:
    return write_works(place / "tree")


@pytest.fixture
def store(place: Path, tree: Path) -> Path:
    return store_of(tree, place / "store" / "genome.db")


@pytest.fixture
def full(tmp_path: Path) -> tuple[Database, Root, Path]:
    """A store that may not grow by more than a few pages, and a tree that needs more."""
    tree = tmp_path / "big"
    tree.mkdir()
    for number in range(40):
        lines = "".join(f"word{number}x{line} = {line * number}\n" for line in range(300))
        (tree / f"n{number:02}.py").write_text(f"def work_{number}():\n    pass\n\n\n{lines}")
    database = Database(tmp_path / "store" / "genome.db")
    with database.writing() as writer:
        root = sources.add_root(writer, str(tree), "folder", 0.0)
        pages: int = writer.pragma("page_count")
        writer.pragma("max_page_count", pages + 120)
    return database, root, tree


def test_a_full_disk_in_the_middle_of_an_ingest_loses_nothing_that_was_done(full: tuple[Database, Root, Path]) -> None:
    database, root, _ = full
    done: list[str] = []
    with pytest.raises(StoreFull) as caught:
        Ingester(database).ingest(root, progress=lambda progress: done.append(progress.path))
    assert_clear(str(caught.value), database.path)
    assert 0 < len(done) < 40
    live = {path for path, source in sources.of_root(database.reading(), root.id).items() if source.state == "live"}
    assert live == set(done)
    assert database.integrity() == []
    with database.writing() as writer:
        writer.pragma("max_page_count", 1 << 30)
    assert Ingester(database).ingest(root).seen == 40
    assert sources.count(database.reading(), root.id, "live") == 40
    assert database.integrity() == []
    database.close()


def test_a_question_on_a_full_disk_is_answered(tmp_path: Path, tree: Path, store: Path) -> None:
    services = Services(store, [tree])
    try:
        engine = services.engine()
        with engine.database.writing() as writer:
            pages: int = writer.pragma("page_count")
            writer.pragma("max_page_count", pages)
        for task in ("explain", "edit"):
            packet = PacketTools(services).context_packet("work_3", task)
            assert packet.items[0].path == "n3.py"
            assert packet.items[0].status == "verified"
        lines = "".join(f"    word{line} = {line}\n" for line in range(4_000))
        (tree / "n3.py").write_text(f"# moved\ndef work_3(x):\n    return x + 3\n\n\ndef large():\n{lines}")
        for task in ("explain", "edit"):
            packet = PacketTools(services).context_packet("work_3", task)
            assert packet.items[0].path == "n3.py"
            assert packet.items[0].start_line <= 2 < 3 <= packet.items[0].end_line < 6
        engine.recorder.flush()
        assert VerifyTools(services).verify(["n5.py::work_5"]).results[0].status == "verified"
    finally:
        services.close()


def test_a_limit_on_the_size_of_files_is_one_line_and_loses_nothing(place: Path, tree: Path, store: Path) -> None:
    """RLIMIT_FSIZE: what a full quota looks like to a program."""
    for number in range(60):
        (tree / f"big{number}.py").write_text("".join(f"word{number}x{line} = {line}\n" for line in range(400)))
    program = """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (store.stat().st_size + 200_000, resource.RLIM_INFINITY))
services = Services(store, [tree])
said(lambda: IngestTools(services).ingest(path=str(tree)).state)
said(lambda: PacketTools(services).context_packet("work_3").items[0].path)
services.close()
"""
    lines = child(place, tree, store, program)
    assert lines[0].startswith(("StoreFull", "StoreError"))
    assert_clear(lines[0], store)
    assert lines[1] == "n3.py"
    database = Database(store)
    try:
        assert database.integrity() == []
        assert sources.by_path(database.reading(), 1, "n3.py") is not None
    finally:
        database.close()
    assert work_found(store, tree) == "verified"


def test_a_full_file_system_is_one_line_and_loses_nothing(tmp_path: Path, tree: Path) -> None:
    with mounted(tmp_path / "small", "4m") as small:
        store = small / "genome.db"
        assert work_found(store, tree) == "verified"
        for number in range(60):
            (tree / f"big{number}.py").write_text("".join(f"word{number}x{line} = {line}\n" for line in range(400)))
        services = Services(store, [tree])
        try:
            with pytest.raises(StoreError) as caught:
                IngestTools(services).ingest(path=str(tree))
            assert_clear(str(caught.value), store)
            assert PacketTools(services).context_packet("work_3", "edit").items[0].path == "n3.py"
            assert services.engine().database.integrity() == []
        finally:
            services.close()
        for number in range(60):
            (tree / f"big{number}.py").unlink()
        assert work_found(store, tree) == "verified"


def test_a_store_on_a_file_system_that_is_already_full_says_so(tmp_path: Path, tree: Path) -> None:
    with mounted(tmp_path / "small", "16k") as small:
        (small / "fill").write_bytes(b"x" * 12_000)
        services = Services(small / "genome.db", [tree])
        try:
            with pytest.raises(StoreError) as caught:
                PacketTools(services).context_packet("work_3")
            assert_clear(str(caught.value), small / "genome.db")
        finally:
            services.close()
