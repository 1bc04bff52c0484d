"""Closing ends within a bound, whatever is going on, and leaves no thread, connection or descriptor behind."""

import threading
from pathlib import Path

import pytest

from cistron.genome.errors import GenomeError
from cistron.genome.store import sources
from cistron.genome.store.database import Database
from cistron.tools.errors import ToolsError
from cistron.tools.ingest import IngestTools
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services
from cistron.tools.verify import VerifyTools

from .trees import write_tree

FILES = 150
WAIT_S = 60


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "tree", FILES)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store" / "genome.db"


def threads_of_ours() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("cistron")]


def closed_in_time(services: Services) -> None:
    closer = threading.Thread(target=services.close)
    closer.start()
    closer.join(15)
    assert not closer.is_alive(), "close() hangs"
    assert threads_of_ours() == []


def test_closing_during_a_background_ingest_ends_it_and_keeps_what_was_done(tmp_path: Path, store: Path) -> None:
    tree = write_tree(tmp_path / "large", 1_500)
    services = Services(store, [tree])
    report = IngestTools(services).ingest(path=str(tree), wait=False)
    assert report.state == "running"
    (job,) = services.jobs.all()
    begun = threading.Event()
    while job.progress is None and not job.ended.is_set():
        begun.wait(0.01)
    closed_in_time(services)
    assert job.ended.is_set()
    database = Database(store)
    try:
        assert database.integrity() == []
        (root,) = sources.roots(database.reading())
        assert not root.complete
        assert 0 < sources.count(database.reading(), root.id, "live") < 1_500
    finally:
        database.close()


def test_closing_during_an_ingest_that_a_caller_waits_for_ends_both(tmp_path: Path, store: Path) -> None:
    tree = write_tree(tmp_path / "large", 1_500)
    services = Services(store, [tree])
    started = threading.Event()
    ended: list[object] = []

    def ingest() -> None:
        try:
            ended.append(IngestTools(services).ingest(path=str(tree), progress=lambda _: started.set()).state)
        except (GenomeError, ToolsError) as error:
            ended.append(error)
        except BaseException as error:
            ended.append(f"not ours: {error!r}")

    caller = threading.Thread(target=ingest)
    caller.start()
    assert started.wait(WAIT_S)
    closed_in_time(services)
    caller.join(WAIT_S)
    assert not caller.is_alive()
    assert len(ended) == 1
    assert not str(ended[0]).startswith("not ours"), ended
    database = Database(store)
    assert database.integrity() == []
    database.close()


def test_closing_while_questions_are_asked_ends_them_with_an_answer_or_an_error_of_ours(
    tree: Path, store: Path
) -> None:
    services = Services(store, [tree])
    IngestTools(services).ingest(path=str(tree))
    asked = threading.Semaphore(0)
    stop = threading.Event()
    odd: list[str] = []

    def ask(worker: int) -> None:
        for turn in range(10_000):
            if stop.is_set():
                return
            try:
                PacketTools(services).context_packet(f"work_{(worker + turn) % 150} shared")
            except (GenomeError, ToolsError):
                return
            except BaseException as error:
                odd.append(repr(error))
                return
            asked.release()

    callers = [threading.Thread(target=ask, args=(worker,)) for worker in range(4)]
    for caller in callers:
        caller.start()
    try:
        for _ in range(20):
            assert asked.acquire(timeout=WAIT_S)
        closed_in_time(services)
    finally:
        stop.set()
        for caller in callers:
            caller.join(WAIT_S)
    assert not any(caller.is_alive() for caller in callers)
    assert odd == []
    assert threads_of_ours() == []


def test_services_that_were_closed_refuse_with_a_line(tree: Path, store: Path) -> None:
    services = Services(store, [tree])
    IngestTools(services).ingest(path=str(tree))
    closed_in_time(services)
    for ask in (
        lambda: PacketTools(services).context_packet("work_3"),
        lambda: VerifyTools(services).verify(["d0/n000.py"]),
        lambda: IngestTools(services).ingest(path=str(tree)),
    ):
        with pytest.raises((GenomeError, ToolsError)) as caught:
            ask()
        assert "clos" in str(caught.value)
    services.close()


def test_services_that_were_never_used_close(tree: Path, store: Path) -> None:
    closed_in_time(Services(store, [tree]))
    started = Services(store, [tree])
    started.start()
    closed_in_time(started)


def test_opening_and_closing_many_times_leaves_no_descriptor_open(tree: Path, store: Path) -> None:
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("only Linux tells")

    def once() -> None:
        services = Services(store, [tree])
        PacketTools(services).context_packet("work_3")
        services.close()

    once()
    before = len(list(descriptors.iterdir()))
    for _ in range(5):
        once()
    assert len(list(descriptors.iterdir())) <= before


def test_a_thread_that_ends_leaves_no_connection_open(tree: Path, store: Path) -> None:
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("only Linux tells")
    services = Services(store, [tree])
    try:
        IngestTools(services).ingest(path=str(tree))

        def ask() -> None:
            thread = threading.Thread(target=lambda: PacketTools(services).context_packet("work_3"))
            thread.start()
            thread.join(WAIT_S)

        for _ in range(3):
            ask()
        before = len(list(descriptors.iterdir()))
        for _ in range(30):
            ask()
        assert len(list(descriptors.iterdir())) <= before + 12
    finally:
        services.close()
