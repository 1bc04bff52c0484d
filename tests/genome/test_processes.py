"""Several processes and threads on one store: nothing is locked, lost or doubled."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from cistron.genome.reading.ingest import Ingester
from cistron.genome.store import sources
from cistron.genome.store.database import Database
from cistron.tools.ingest import IngestTools
from cistron.tools.models.packet import Packet
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services
from cistron.tools.stats import StatsTools
from cistron.tools.verify import VerifyTools

from .trees import Places, everything, write_tree

FILES = 150
WAIT_S = 60

INGEST = """
import sys
from pathlib import Path
from cistron.tools.ingest import IngestTools
from cistron.tools.services import Services
services = Services(Path(sys.argv[1]), [Path(sys.argv[2])])
services.engine()
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[3])):
    print(IngestTools(services).ingest(path=sys.argv[2]).model_dump_json(), flush=True)
services.close()
"""
RAW_INGEST = """
import sys
from pathlib import Path
from cistron.genome.reading.ingest import Ingester
from cistron.genome.store import sources
from cistron.genome.store.database import Database
database = Database(Path(sys.argv[1]))
with database.writing() as writer:
    root = sources.add_root(writer, sys.argv[2], "folder", 0.0)
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[3])):
    Ingester(database).ingest(root)
database.close()
"""
ASK = """
import sys
from pathlib import Path
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services
services = Services(Path(sys.argv[1]), [Path(sys.argv[2])])
services.engine()
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    packet = PacketTools(services).context_packet(f"work_{number % 150}", ("explain", "edit")[number % 2])
    print(packet.model_dump_json(), flush=True)
services.close()
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "tree", FILES)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store" / "genome.db"


def alone(tree: Path, store: Path) -> Places:
    """What one process that nobody disturbs stores of a tree."""
    database = Database(store)
    try:
        with database.writing() as writer:
            root = sources.add_root(writer, str(tree), "folder", 0.0)
        Ingester(database).ingest(root)
        return everything(database.reading())
    finally:
        database.close()


def together(programs: list[tuple[str, int]], store: Path, tree: Path) -> list[list[str]]:
    """Start programs, let them go at once, and return the lines of each; all must end well and in silence."""
    started = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", program, str(store), str(tree), str(times)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for program, times in programs
    ]
    try:
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n", process.stderr and process.stderr.read()
        outputs: list[list[str]] = [[] for _ in started]
        errors: list[str] = ["" for _ in started]

        def finish(number: int) -> None:
            out, errors[number] = started[number].communicate("go\n", timeout=WAIT_S)
            outputs[number] = out.splitlines()

        threads = [threading.Thread(target=finish, args=(number,)) for number in range(len(started))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT_S)
        assert [(process.returncode, error) for process, error in zip(started, errors, strict=True)] == [
            (0, "") for _ in started
        ]
        return outputs
    finally:
        for process in started:
            if process.poll() is None:
                process.kill()
                process.wait()


def assert_same_as_alone(store: Path, tree: Path, tmp_path: Path) -> None:
    database = Database(store)
    try:
        assert everything(database.reading()) == alone(tree, tmp_path / "alone" / "genome.db")
        assert database.integrity() == []
        assert list(database.reading().execute("pragma foreign_key_check")) == []
        assert database.reading().execute("select count(*) from root where kind != 'virtual'").get == 1
    finally:
        database.close()


def test_two_processes_ingest_while_a_third_asks(tree: Path, store: Path, tmp_path: Path) -> None:
    first, second, asked = together([(INGEST, 1), (INGEST, 1), (ASK, 60)], store, tree)
    for report in [*first, *second]:
        assert json.loads(report)["state"] == "done"
    assert len(asked) == 60
    for line in asked:
        packet = Packet.model_validate_json(line)
        for item in packet.items:
            text = (tree / item.path).read_text().split("\n")
            assert 1 <= item.start_line <= item.end_line <= len(text)
            if item.symbol and item.status == "verified":
                assert f"def {item.symbol}(" in text[item.start_line - 1]
    assert Packet.model_validate_json(asked[-1]).known == "yes"
    assert_same_as_alone(store, tree, tmp_path)


def test_two_processes_without_the_lock_between_them_lose_and_double_nothing(
    tree: Path, store: Path, tmp_path: Path
) -> None:
    together([(RAW_INGEST, 2), (RAW_INGEST, 2), (ASK, 20)], store, tree)
    assert_same_as_alone(store, tree, tmp_path)


def test_four_processes_ask_in_a_tree_that_nobody_has_read(tree: Path, store: Path, tmp_path: Path) -> None:
    for lines in together([(ASK, 30)] * 4, store, tree):
        assert Packet.model_validate_json(lines[-1]).known == "yes"
    assert_same_as_alone(store, tree, tmp_path)


def test_two_processes_follow_the_same_edits(tree: Path, store: Path, tmp_path: Path) -> None:
    one, other = Services(store, [tree]), Services(store, [tree])
    try:
        IngestTools(one).ingest(path=str(tree))
        for number in range(12):
            place = tree / f"d{number % 5}" / f"n{number:03}.py"
            match number % 3:
                case 0:
                    place.write_text(f"# moved\ndef work_{number}(x):\n    return x\n")
                case 1:
                    place.rename(place.with_name(f"renamed{number}.py"))
                case _:
                    place.unlink()
            for services in (one, other) if number % 2 else (other, one):
                packet = PacketTools(services).context_packet(f"work_{number}", "edit")
                found = [item for item in packet.items if item.symbol == f"work_{number}" and item.status == "verified"]
                if number % 3 == 2:
                    assert found == []
                    continue
                assert found, (number, packet)
                text = (tree / found[0].path).read_text().split("\n")
                assert f"def work_{number}(x):" in text[found[0].start_line - 1 : found[0].end_line]
        IngestTools(other).ingest(path=str(tree))
    finally:
        one.close()
        other.close()
    assert_same_as_alone(store, tree, tmp_path)


def test_threads_that_ask_and_threads_that_edit_do_not_disturb_each_other(  # noqa: C901  three programs in one
    tree: Path, store: Path
) -> None:
    services = Services(store, [tree])
    failures: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def ask(worker: int) -> None:
        for turn in range(25):
            number = (worker * 7 + turn) % 40
            packet = PacketTools(services).context_packet(f"work_{number}", ("explain", "edit")[turn % 2])
            packet.model_dump_json()
            if turn % 5 == 0:
                VerifyTools(services).verify([f"d{number % 5}/n{number:03}.py::work_{number}"], used=["d0/n000.py"])
            if turn % 11 == 0:
                StatsTools(services).stats()

    def edit(worker: int) -> None:
        for turn in range(40):
            number = 2 * (turn % 20) + worker
            place = tree / f"d{number % 5}" / f"n{number:03}.py"
            above = "# line\n" * (turn % 4)
            place.write_text(f"{above}def work_{number}(x):\n    return x - {turn}\n")

    try:
        IngestTools(services).ingest(path=str(tree))
        threads = [guarded(lambda worker=worker: ask(worker)) for worker in range(8)]
        threads += [guarded(lambda worker=worker: edit(worker)) for worker in range(2)]
        for thread in threads:
            thread.join(WAIT_S)
            assert not thread.is_alive()
        assert failures == []
        for number in range(40):
            item = PacketTools(services).context_packet(f"work_{number}", "edit").items[0]
            text = (tree / item.path).read_text().split("\n")
            assert item.path == f"d{number % 5}/n{number:03}.py"
            assert f"def work_{number}(x):" in text[item.start_line - 1 : item.end_line]
            assert item.status == "verified"
        assert services.engine().database.integrity() == []
    finally:
        services.close()


def test_a_question_is_answered_while_another_holds_the_writers_lock(tree: Path, store: Path) -> None:
    services = Services(store, [tree])
    holder: apsw.Connection | None = None
    try:
        IngestTools(services).ingest(path=str(tree))
        holder = apsw.Connection(str(store))
        holder.execute("begin immediate")
        packet = PacketTools(services).context_packet("work_3")
        assert packet.items[0].status == "verified"
        holder.execute("rollback")
    finally:
        if holder is not None:
            holder.close()
        services.close()
