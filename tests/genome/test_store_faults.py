"""A store that cannot be used says so in one line that tells what to do, and nothing of it is lost or overwritten."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from cistron.genome.errors import GenomeError, StoreError, StoreTooNew, StoreUnusable
from cistron.genome.store import sources
from cistron.genome.store.database import Database
from cistron.genome.store.examine import examine
from cistron.genome.store.migrate import latest
from cistron.tools.health import HealthTools
from cistron.tools.ingest import IngestTools
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services
from cistron.tools.stats import StatsTools
from cistron.tools.verify import VerifyTools

from .faults import assert_clear, store_of, work_found, write_works


@pytest.fixture
def tree(place: Path) -> Path:
    return write_works(place / "tree")


@pytest.fixture
def store(place: Path, tree: Path) -> Path:
    return store_of(tree, place / "store" / "genome.db")


def newer_schema(store: Path) -> None:
    with apsw.Connection(str(store)) as connection:
        connection.pragma("user_version", latest() + 1)


def truncated_in_the_middle(store: Path) -> None:
    os.truncate(store, store.stat().st_size // 2)


def truncated_within_the_head(store: Path) -> None:
    os.truncate(store, 50)


def not_sqlite(store: Path) -> None:
    store.write_text("dear diary, today I wrote a text that is longer than a hundred bytes " * 3)


def one_byte(store: Path) -> None:
    store.write_bytes(b"x")


def garbage_after_the_head(store: Path) -> None:
    data = bytearray(store.read_bytes())
    data[100:4096] = b"\xee" * 3_996
    store.write_bytes(data)


def garbage_in_every_page(store: Path) -> None:
    data = bytearray(store.read_bytes())
    for page in range(4096, len(data), 4096):
        data[page : page + 64] = b"\xee" * 64
    store.write_bytes(data)


def another_program(store: Path) -> None:
    store.unlink()
    other = sqlite3.connect(store)
    other.execute("create table recipe (name text)")
    other.execute("insert into recipe values ('soup')")
    other.commit()
    other.close()


def another_program_of_our_version(store: Path) -> None:
    another_program(store)
    other = sqlite3.connect(store)
    other.execute(f"pragma user_version = {latest()}")
    other.close()


def another_program_in_use(store: Path) -> None:
    another_program(store)
    other = sqlite3.connect(store)
    other.execute("pragma journal_mode = wal")
    other.close()


def a_folder(store: Path) -> None:
    store.unlink()
    store.mkdir()


def a_fifo(store: Path) -> None:
    store.unlink()
    os.mkfifo(store)


def a_link_to_itself(store: Path) -> None:
    store.unlink()
    store.symlink_to(store)


SPOILED: list[tuple[Callable[[Path], None], type[GenomeError]]] = [
    (newer_schema, StoreTooNew),
    (truncated_in_the_middle, StoreUnusable),
    (truncated_within_the_head, StoreUnusable),
    (not_sqlite, StoreUnusable),
    (one_byte, StoreUnusable),
    (garbage_after_the_head, StoreUnusable),
    (another_program, StoreUnusable),
    (another_program_of_our_version, StoreUnusable),
    (another_program_in_use, StoreUnusable),
    (a_folder, StoreUnusable),
    (a_fifo, StoreUnusable),
    (a_link_to_itself, StoreError),
]
spoiled = pytest.mark.parametrize(("spoil", "error"), SPOILED, ids=[spoil.__name__ for spoil, _ in SPOILED])


def state_of(path: Path) -> object:
    if path.is_symlink():
        return os.readlink(path)
    if path.is_file():
        return path.read_bytes()
    return path.stat().st_mode, path.stat().st_ino


@spoiled
def test_a_spoiled_store_is_one_clear_line_and_left_as_it_is(
    store: Path, spoil: Callable[[Path], None], error: type[GenomeError]
) -> None:
    spoil(store)
    before = state_of(store)
    with pytest.raises(error) as caught:
        Database(store)
    assert_clear(str(caught.value), store)
    assert state_of(store) == before


@spoiled
def test_every_tool_says_what_is_wrong_with_a_spoiled_store(
    store: Path, tree: Path, spoil: Callable[[Path], None], error: type[GenomeError]
) -> None:
    spoil(store)
    before = state_of(store)
    services = Services(store, [tree])
    try:
        for ask in (
            lambda: PacketTools(services).context_packet("work_3"),
            lambda: VerifyTools(services).verify(["n3.py"]),
            lambda: IngestTools(services).ingest(path=str(tree)),
            lambda: StatsTools(services).stats(),
        ):
            with pytest.raises(error) as caught:
                ask()
            assert_clear(str(caught.value), store)
        found = HealthTools(services).health().findings[0]
        assert not found.ok
        assert "\n" not in found.detail
    finally:
        services.close()
    assert state_of(store) == before


def test_damage_that_opening_does_not_show_is_said_when_it_is_met(store: Path, tree: Path) -> None:
    garbage_in_every_page(store)
    try:
        services = Services(store, [tree])
        try:
            for ask in (
                lambda: PacketTools(services).context_packet("work_3 return x"),
                lambda: VerifyTools(services).verify(["n3.py::work_3"], used=["n3.py"]),
                lambda: IngestTools(services).ingest(path=str(tree)),
                lambda: IngestTools(services).ingest(content="a text", source_id="a name"),
                lambda: StatsTools(services).stats(),
            ):
                try:
                    ask()
                except GenomeError as error:
                    assert_clear(str(error), store)
            assert examine(store).problems
        finally:
            services.close()
    except GenomeError as error:
        assert_clear(str(error), store)


def test_an_empty_file_becomes_a_store(tmp_path: Path, tree: Path) -> None:
    store = tmp_path / "genome.db"
    store.touch()
    assert work_found(store, tree) == "verified"


def test_a_store_with_a_log_that_was_left_behind_is_read_to_its_end(store: Path, tree: Path, tmp_path: Path) -> None:
    services = Services(store, [tree])
    (tree / "late.py").write_text("def work_99(x):\n    return x\n")
    IngestTools(services).ingest(path="late.py")
    copy = tmp_path / "copy" / "genome.db"
    copy.parent.mkdir()
    for path in store.parent.glob("genome.db*"):
        shutil.copy(path, copy.parent)
    services.close()
    database = Database(copy)
    try:
        assert sources.by_path(database.reading(), 1, "late.py") is not None
        assert database.integrity() == []
    finally:
        database.close()


def test_a_log_of_another_store_is_not_taken_for_ours(store: Path, tree: Path) -> None:
    Path(f"{store}-wal").write_bytes(os.urandom(8_192))
    assert work_found(store, tree) == "verified"


def test_a_store_that_is_deleted_while_it_is_open_ends_in_a_line_or_an_answer(store: Path, tree: Path) -> None:
    services = Services(store, [tree])
    try:
        PacketTools(services).context_packet("work_3")
        for path in store.parent.glob("genome.db*"):
            path.unlink()
        (tree / "n3.py").write_text("def work_3(x):\n    return x + 33\n")
        for ask in (
            lambda: PacketTools(services).context_packet("work_3"),
            lambda: VerifyTools(services).verify(["n3.py"], used=["n3.py"]),
            lambda: IngestTools(services).ingest(path=str(tree)),
        ):
            try:
                ask().model_dump_json()
            except GenomeError as error:
                assert_clear(str(error), store)
    finally:
        services.close()
    assert work_found(store, tree) == "verified"


def test_a_store_whose_folder_is_deleted_while_it_is_open_ends_in_a_line_or_an_answer(store: Path, tree: Path) -> None:
    services = Services(store, [tree])
    try:
        PacketTools(services).context_packet("work_3")
        shutil.rmtree(store.parent)
        for ask in (
            lambda: PacketTools(services).context_packet("work_3"),
            lambda: IngestTools(services).ingest(path=str(tree)),
        ):
            try:
                ask().model_dump_json()
            except GenomeError as error:
                assert_clear(str(error), store)
    finally:
        services.close()
    assert work_found(store, tree) == "verified"


def test_a_store_that_is_replaced_by_another_programs_while_it_is_open_is_not_written_into(
    store: Path, tree: Path
) -> None:
    services = Services(store, [tree])
    try:
        PacketTools(services).context_packet("work_3")
        another_program(store)
        before = store.read_bytes()
        (tree / "n3.py").write_text("def work_3(x):\n    return x + 33\n")
        try:
            PacketTools(services).context_packet("work_3")
        except GenomeError as error:
            assert_clear(str(error), store)
    finally:
        services.close()
    assert store.read_bytes() == before


def test_a_writer_that_is_refused_a_root_leaves_the_store_as_it_was(store: Path) -> None:
    database = Database(store)
    before = sources.of_root(database.reading(), 1)
    with pytest.raises(apsw.ConstraintError), database.writing() as writer:  # noqa: PT012  both are one transaction
        sources.mark_gone(writer, next(iter(before.values())).id, 0.0)
        writer.execute("insert into root (path, name, kind, added_at) values ('/x', 'x', 'nonsense', 0)")
    assert sources.of_root(database.reading(), 1) == before
    database.close()


def test_opening_a_store_that_another_process_makes_at_the_same_time_works(tmp_path: Path, tree: Path) -> None:
    program = f"""
from pathlib import Path
from cistron.tools.services import Services
from cistron.tools.packet import PacketTools
import sys
sys.stdin.readline()
services = Services(Path({str(tmp_path / "new" / "genome.db")!r}), [Path({str(tree)!r})])
print(PacketTools(services).context_packet("work_3").known)
services.close()
"""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(4)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
    for process in started:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err.decode()
        assert out in (b"yes\n", b"no\n", b"partial\n")
        assert b"Traceback" not in err
    assert work_found(tmp_path / "new" / "genome.db", tree) == "verified"
