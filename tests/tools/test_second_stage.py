"""A sentence encoder that a person chose reads the store in the background, has its say, and may fail at any time."""

import logging
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np
import pytest

from cistron.genome.reading.encoders import load
from cistron.genome.search.dense import filled
from cistron.genome.store import encodings
from cistron.genome.store.lock import encoder_role
from cistron.tools import encoding
from cistron.tools.encoding import SecondState
from cistron.tools.explain import ExplainTools
from cistron.tools.health import HealthTools
from cistron.tools.ingest import IngestTools
from cistron.tools.models.explain import Explained
from cistron.tools.packet import PacketTools
from cistron.tools.restraint import on_battery
from cistron.tools.services import Services
from tests.genome.test_encoders import ONNX_FAULTS, STATIC_FAULTS
from tests.tiny_models import PIECES, onnx_folder, rows, static_folder

QUESTION = "where is the request body sent once more"
WAIT_S = 20.0


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Let the background work without holding back, and be heard whatever an earlier test did to the logs."""
    monkeypatch.setattr(encoding.logger, "disabled", False)
    caplog.set_level(logging.INFO, encoding.logger.name)
    monkeypatch.setattr(encoding, "QUIET_S", 0.0)
    monkeypatch.setattr(encoding, "RETRY_S", 0.02)
    monkeypatch.setattr(encoding, "RETRY_MODEL_S", 0.02)
    monkeypatch.setattr(encoding, "on_battery", lambda: False)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return onnx_folder(tmp_path / "models" / "tiny")


@pytest.fixture
def open_with(store: Path, tree: Path) -> Generator[Callable[[Path | None], Services]]:
    """Opens services with a model over the tree, read in; all are closed at the end."""
    opened: list[Services] = []

    def open_one(model: Path | None) -> Services:
        services = Services(store, [tree], model=None if model is None else str(model))
        opened.append(services)
        services.start()
        assert IngestTools(services).ingest(path=str(tree)).state == "done"
        return services

    yield open_one
    for services in opened:
        services.close()


def state_of(services: Services) -> SecondState:
    state = services.engine().embedder.second.state()
    assert state is not None
    return state


def waited(services: Services, until: Callable[[SecondState], bool]) -> SecondState:
    """Ask until the second stage is as it should be."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        services.engine().embedder.settle()
        state = state_of(services)
        if until(state):
            return state
        time.sleep(0.01)
    raise AssertionError(f"the second stage is still {state_of(services)}")


def ready(state: SecondState) -> bool:
    return state.is_ready and state.serves == state.model


def explained(services: Services, question: str = QUESTION) -> list[Explained]:
    return [item for item in ExplainTools(services).explain(question, 50).items if item.fact is None]


def said(services: Services) -> dict[tuple[str, int], float]:
    """Return what the encoder says of each place."""
    return {(item.path, item.start_line): item.values.get("encoder", 0.0) for item in explained(services)}


def standing(services: Services) -> int:
    with services.engine().database.snapshot() as connection:
        return connection.execute(
            "select count(distinct l.passage) from place l join source s on s.content = l.content"
        ).get


@pytest.mark.parametrize("make", [onnx_folder, static_folder])
def test_a_store_that_was_read_in_without_a_model_upgrades_itself(
    open_with: Callable[[Path | None], Services], tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    before = open_with(None)
    assert set(said(before).values()) == {0.0}
    before.close()
    after = open_with(make(tmp_path / "models" / "tiny"))
    assert PacketTools(after).context_packet(QUESTION).items  # the first answer waits for nothing
    state = waited(after, ready)
    assert state.vectors == standing(after)
    assert max(said(after).values()) > 0.5
    assert all(item.lanes["encoder"] >= 0 for item in explained(after))
    assert [f.ok for f in HealthTools(after).health().findings if f.name == "encoder"] == [True]


def test_without_a_model_nothing_is_kept_and_nothing_runs(open_with: Callable[[Path | None], Services]) -> None:
    services = open_with(None)
    PacketTools(services).context_packet(QUESTION)
    assert services.engine().embedder.second.state() is None
    assert not [finding for finding in HealthTools(services).health().findings if finding.name == "encoder"]
    with services.engine().database.snapshot() as connection:
        assert encodings.known(connection) == []


def test_an_edit_gets_its_vectors(open_with: Callable[[Path | None], Services], model: Path, tree: Path) -> None:
    services = open_with(model)
    waited(services, ready)
    (tree / "src" / "pool.py").write_text("def reservoir(idle):\n    return idle.pop()\n")
    PacketTools(services).context_packet("where is the pool")
    waited(services, lambda state: state.vectors == standing(services))
    assert said_of(services, "what gives idle things out again", "src/pool.py") > 0.5


def said_of(services: Services, question: str, path: str) -> float:
    return max(item.values.get("encoder", 0.0) for item in explained(services, question) if item.path.endswith(path))


@pytest.mark.parametrize(("make", "spoil", "why"), [
    *(pytest.param(onnx_folder, *fault, id=f"onnx {name}") for name, fault in ONNX_FAULTS.items()),
    *(pytest.param(static_folder, *fault, id=f"static {name}") for name, fault in STATIC_FAULTS.items()),
    pytest.param(onnx_folder, shutil.rmtree, "no folder 'broken'", id="no folder"),
])  # fmt: skip
def test_a_broken_model_costs_no_answer_and_is_named(
    open_with: Callable[[Path | None], Services], tmp_path: Path, caplog: pytest.LogCaptureFixture,
    make: Callable[[Path], Path], spoil: Callable[[Path], None], why: str,
) -> None:  # fmt: skip
    folder = make(tmp_path / "models" / "broken")
    spoil(folder)
    services = open_with(None)
    usual = [(item.path, item.score) for item in explained(services)]
    services.close()
    services = open_with(folder)
    for _ in range(4):
        state = waited(services, lambda state: state.problem is not None)
    assert [(item.path, item.score) for item in explained(services)] == usual
    found = next(finding for finding in HealthTools(services).health().findings if finding.name == "encoder")
    assert (found.ok, state.problem and state.problem.startswith(found.detail)) == (False, True)
    assert len([one for one in caplog.records if "without the second stage" in one.message]) == 1


def test_a_model_that_is_repaired_is_taken_up_again(
    open_with: Callable[[Path | None], Services], tmp_path: Path
) -> None:
    folder = tmp_path / "models" / "late"
    services = open_with(folder)
    waited(services, lambda state: state.problem is not None)
    onnx_folder(folder)
    assert waited(services, ready).problem is None


def test_a_model_that_is_removed_after_use_is_missed_only_once_it_was_given_back(
    open_with: Callable[[Path | None], Services], model: Path
) -> None:
    services = open_with(model)
    waited(services, ready)
    shutil.rmtree(model)
    assert max(said(services).values()) > 0.5
    services.engine().embedder.release()
    state = waited(services, lambda state: state.problem is not None)
    assert "no folder 'tiny'" in (state.problem or "")
    assert PacketTools(services).context_packet(QUESTION).items
    assert set(said(services).values()) == {0.0}


def test_vectors_of_another_size_are_no_vectors_and_are_made_again(
    open_with: Callable[[Path | None], Services], model: Path
) -> None:
    services = open_with(model)
    whole = waited(services, ready)
    usual = said(services)
    with services.engine().database.writing() as writer:
        writer.execute("update encoding set vector = zeroblob(256)")
        writer.execute("update encoder set dimensions = 256")
    assert set(said(services).values()) == {0.0}  # and asks for what it came upon
    services.close()
    services = open_with(model)
    waited(services, lambda state: state.model == whole.model and said(services) == usual)


def test_a_text_that_a_model_fails_at_is_neither_raised_nor_lowered(
    open_with: Callable[[Path | None], Services], tmp_path: Path
) -> None:
    table = rows()
    table[PIECES.index("installer")] = np.inf  # it stands in one section of the guide
    services = open_with(onnx_folder(tmp_path / "models" / "half", table))
    waited(services, ready)
    with services.engine().database.snapshot() as connection:
        failed = connection.execute("select id from passage where heading like '%Install'").get
        found = services.engine().embedder.near(connection, "again").encoded(range(100))
    assert failed not in found
    assert len(found) == standing(services) - 1
    assert np.isfinite(list(found.values())).all()
    assert filled({1: 0.2, 2: 0.6}, [1, 2, 3]) == pytest.approx([0.2, 0.6, 0.4])
    assert set(said_by(services, "the installer").values()) == {0.0}  # and so is a question of which it has none


def said_by(services: Services, question: str) -> dict[str, float]:
    return {item.path: item.values.get("encoder", 0.0) for item in explained(services, question)}


def test_the_model_before_serves_until_the_new_one_has_read_everything(
    open_with: Callable[[Path | None], Services], tmp_path: Path, store: Path
) -> None:
    first, second = onnx_folder(tmp_path / "m" / "one"), onnx_folder(tmp_path / "m" / "two", rows(24, seed=5))
    services = open_with(first)
    one = waited(services, ready)
    by_first = said(services)
    services.close()
    with encoder_role(store) as is_ours:  # as another server would: the new model makes nothing for now
        assert is_ours
        services = open_with(second)
        state = waited(services, lambda state: state.model is not None)
        assert (state.serves, state.is_ready) == (one.model, False)
        assert said(services) == by_first
    state = waited(services, ready)
    assert state.model != one.model
    by_second = said(services)
    assert by_second != by_first
    with services.engine().database.snapshot() as connection:
        assert [known.dimensions for known in encodings.known(connection)] == [24, 16]  # the one used last first


def test_vectors_of_two_models_are_never_in_one_answer(
    open_with: Callable[[Path | None], Services], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = onnx_folder(tmp_path / "m" / "one"), onnx_folder(tmp_path / "m" / "two", rows(16, seed=5))
    services = open_with(first)
    waited(services, ready)
    services.close()
    shutil.rmtree(first)  # it cannot serve any more, but its vectors are there, of the same size
    monkeypatch.setattr(encoding, "on_battery", lambda: True)  # the new model reads only what is asked about
    services = open_with(second)
    explained(services, "which reservoir has a port for attempts")
    state = waited(services, lambda state: state.vectors > 0)
    encoder = load(str(second))
    with services.engine().database.snapshot() as connection:
        by_second = next(known for known in encodings.known(connection) if known.name == state.model)
        held = encodings.of(connection, by_second.id, range(1000), 16)
        found = services.engine().embedder.near(connection, QUESTION).encoded(range(1000))
    assert found.keys() == held.keys()
    query = encoder.encode_query(QUESTION)
    for passage, row in held.items():
        vector = np.frombuffer(row, np.int8).astype(float)
        assert found[passage] == pytest.approx(vector @ query / np.linalg.norm(vector), abs=1e-5)


def test_on_battery_only_what_questions_come_upon_is_read(
    open_with: Callable[[Path | None], Services], model: Path, monkeypatch: pytest.MonkeyPatch, tree: Path
) -> None:
    monkeypatch.setattr(encoding, "on_battery", lambda: True)
    for number in range(60):
        (tree / "src" / f"zebra{number}.py").write_text(f"def zebra{number}():\n    return {number}\n")
    services = open_with(model)
    waited(services, lambda state: state.model is not None)
    asked = set(said(services))
    state = waited(services, lambda state: state.vectors >= len(asked))
    assert state.vectors < standing(services)
    assert max(said(services).values()) > 0.5
    assert not state.is_ready


def test_files_that_changed_last_are_read_first(open_with: Callable[[Path | None], Services], tree: Path) -> None:
    services = open_with(None)
    (tree / "src" / "zz.py").write_text("def newest():\n    return 0\n")
    IngestTools(services).ingest(path=str(tree))
    with services.engine().database.snapshot() as connection:
        first = encodings.lacking(connection, None, 16, 100)[0]
        assert connection.execute("select name from passage where id = ?", (first,)).get == "newest"


def test_two_servers_share_the_work(
    open_with: Callable[[Path | None], Services], model: Path, caplog: pytest.LogCaptureFixture
) -> None:
    both = [open_with(model), open_with(model)]
    for services in both:
        waited(services, ready)
        waited(services, lambda state: state.vectors == standing(both[0]))
    all_of_them = standing(both[0])
    for services in both:
        services.close()
    counts = [int(one.getMessage().split()[1]) for one in caplog.records if one.msg == "encoded %d passages"]
    assert sum(counts) == all_of_them


SERVER = """
import sys, time
from pathlib import Path
from cistron.tools import encoding
from cistron.tools.services import Services
encoding.QUIET_S = 0.0
services = Services(Path(sys.argv[1]), [Path(sys.argv[2])], model=sys.argv[3])
services.start()
services.ingest_work(services.roots()[0], None)(lambda _: None, lambda: False)
services.engine().embedder.settle()
second = services.engine().embedder.second
while not second.state().vectors:
    time.sleep(0.001)
print("begun", flush=True)
if sys.argv[4] == "stay":
    time.sleep(60)
"""


@pytest.mark.parametrize("how", ["killed", "left"])
def test_a_process_that_ends_in_the_midst_leaves_its_vectors_to_the_next(
    open_with: Callable[[Path | None], Services], model: Path, store: Path, tree: Path, how: str
) -> None:
    for number in range(300):
        (tree / "src" / f"zebra{number}.py").write_text(f"def zebra{number}():\n    return {number}\n")
    command = [sys.executable, "-c", SERVER, str(store), str(tree), str(model), "stay" if how == "killed" else "go"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        if how == "killed":
            process.kill()
        assert process.wait(20) == (-9 if how == "killed" else 0)  # a queue that is not empty keeps nobody alive
    services = open_with(model)
    with services.engine().database.snapshot() as connection:
        assert connection.execute("select count(*) from encoding").get > 0
    assert waited(services, ready).vectors == standing(services)


def test_closing_does_not_wait_for_the_queue(
    open_with: Callable[[Path | None], Services], model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = open_with(model)
    waited(services, lambda state: state.model is not None)
    monkeypatch.setattr(encoding, "QUIET_S", 60.0)
    monkeypatch.setattr(encoding, "LONGEST_QUIET_S", 60.0)
    PacketTools(services).context_packet(QUESTION)
    services.close()
    assert "cistron-encode" not in {thread.name for thread in threading.enumerate()}


def test_a_command_that_asks_once_reads_no_model(
    open_with: Callable[[Path | None], Services], model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "QUIET_S", 60.0)
    monkeypatch.setattr(encoding, "LONGEST_QUIET_S", 60.0)
    services = open_with(model)
    assert PacketTools(services).context_packet(QUESTION).items
    second = services.engine().embedder.second
    services.close()
    assert not second.is_loaded


@pytest.mark.parametrize(("supplies", "expected"), [
    ({}, False),
    ({"AC": ("Mains", "1"), "BAT0": ("Battery", "")}, False),
    ({"AC": ("Mains", "0"), "BAT0": ("Battery", "")}, True),
    ({"AC": ("Mains", "0")}, False),
    ({"BAT0": ("Battery", "")}, False),
], ids=["desktop", "plugged in", "on battery", "no battery", "nothing tells"])  # fmt: skip
def test_a_battery_is_noticed(tmp_path: Path, supplies: dict[str, tuple[str, str]], expected: bool) -> None:
    for name, (kind, online) in supplies.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "type").write_text(f"{kind}\n")
        (tmp_path / name / "online").write_text(f"{online}\n")
    assert on_battery(tmp_path) is expected
    assert on_battery(tmp_path / "elsewhere") is False
