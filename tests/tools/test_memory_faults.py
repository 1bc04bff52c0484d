"""Whoever writes and whatever breaks: the state is the fold over what was committed, or an error says what is wrong."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cistron.genome.records import Identity
from cistron.genome.store import events, links, sources
from cistron.genome.store.database import Database
from cistron.memory_core.coactivation import MOST_LINKS
from cistron.memory_core.core import AgentState, StateError
from cistron.tools.folding import folded, state_of
from cistron.tools.memory import Memory

USES = 150
WRITER = """
import sys
from pathlib import Path
from cistron.genome.records import Identity
from cistron.genome.store import events
from cistron.genome.store.database import Database
from cistron.tools.memory import Memory

store, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
database = Database(Path(store))
memory = Memory(database, __import__("time").time)
print("ready", flush=True)
sys.stdin.readline()
for number in range(count):
    with database.writing() as writer:
        agent = events.agent_id(writer, Identity())
        path = f"{name}_{number % 20}.py"
        anchor = events.anchor_id(writer, 1, path, None, None, 0)
        memory.used(writer, agent, f"{name}-{number // 10}", [(anchor, path)])
    print(number, flush=True)
"""


def begun(store: Path, name: str, count: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(store), name, str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "genome.db"
    database = Database(path)
    with database.writing() as writer:
        sources.add_root(writer, str(tmp_path), "folder", 0.0)
        events.agent_id(writer, Identity())
    database.close()
    return path


def test_two_processes_that_write_for_one_agent_lose_no_event_and_agree_with_the_log(store: Path) -> None:
    processes = [begun(store, name, USES) for name in ("one", "other")]
    for process in processes:
        go(process)
    for process in processes:
        with process:
            process.communicate(timeout=60)
        assert process.returncode == 0
    database = Database(store)
    reading = database.reading()
    names = [use.name for use in events.uses(reading, 1)]
    assert sorted(names) == sorted(f"{name}_{n % 20}.py" for name in ("one", "other") for n in range(USES))
    assert folded(reading, 1).to_bytes() == state_of(reading, 1).to_bytes()
    database.close()


@pytest.mark.parametrize("seed", range(3))
def test_after_a_kill_the_log_replays_to_the_bit_identical_state(store: Path, seed: int) -> None:
    process = begun(store, "killed", 10_000)
    go(process)
    assert process.stdout is not None
    for _ in range(random.Random(seed).randint(5, 60)):
        told = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    with process:
        process.communicate(timeout=30)
    database = Database(store)
    reading = database.reading()
    assert len(list(events.uses(reading, 1))) >= told + 1  # what was told was committed
    written = links.state(reading, 1)
    assert written == folded(reading, 1).to_bytes()
    database.close()


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


steps = st.lists(
    st.tuples(
        st.sampled_from(["one", "other"]),  # who writes
        st.integers(1, 6),  # what is used
        st.sampled_from(["s1", "s2"]),
        st.floats(-10_000, 10_000),  # seconds that the clock moves, backwards too
    ),
    max_size=25,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_whichever_process_folds_the_log_the_state_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, str, float]]
) -> None:
    path = tmp_path_factory.mktemp("fold") / "genome.db"
    clock, databases = Clock(), {name: Database(path) for name in ("one", "other")}
    with databases["one"].writing() as writer:
        sources.add_root(writer, "/somewhere", "folder", 0.0)
        agent = events.agent_id(writer, Identity())
        anchors = {n: events.anchor_id(writer, 1, f"{n}.py", None, None, 0) for n in range(1, 7)}
    memories = {name: Memory(database, clock) for name, database in databases.items()}
    for name, place, session, passed in steps:
        clock.now += passed
        with databases[name].writing() as writer:
            memories[name].used(writer, agent, session, [(anchors[place], f"{place}.py")])
        states = {memory.state(agent).to_bytes() for memory in memories.values()}
        assert states == {folded(databases["other"].reading(), agent).to_bytes()}
    assert memories["one"].suggest(memories["one"].state(agent).focus(), 8) == memories["other"].suggest(
        memories["other"].state(agent).focus(), 8
    )
    for database in databases.values():
        database.close()


@pytest.mark.parametrize(
    "make", [lambda d: b"AGT1" + d[4:], lambda d: b"AGT9" + d[4:], lambda d: d[:-9], lambda _: b""]
)
def test_a_state_of_another_version_is_folded_from_the_log(store: Path, make: object) -> None:
    database, clock = Database(store), Clock()
    memory = Memory(database, clock)
    with database.writing() as writer:
        anchor = events.anchor_id(writer, 1, "a.py", None, None, 0)
        memory.used(writer, 1, "s", [(anchor, "a.py")])
    written = memory.state(1).to_bytes()
    with database.writing() as writer:
        links.set_state(writer, 1, 1, make(written))  # type: ignore[operator]
    assert memory.state(1).to_bytes() == written
    database.close()


def test_no_flipped_bit_of_a_stored_state_passes_for_a_state(store: Path) -> None:
    database, clock = Database(store), Clock()
    memory = Memory(database, clock)
    with database.writing() as writer:
        for number in range(9):
            clock.now += 1_000
            anchor = events.anchor_id(writer, 1, f"{number}.py", None, None, 0)
            memory.used(writer, 1, f"s{number // 3}", [(anchor, f"{number}.py")])
    data = memory.state(1).to_bytes()
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 1 << position % 8
        with pytest.raises(StateError):
            AgentState.from_bytes(bytes(changed))
    database.close()


def test_an_agent_that_is_not_known_has_an_empty_past(store: Path) -> None:
    database = Database(store)
    memory = Memory(database, Clock())
    assert memory.state(77).focus() == {}
    found = memory.resume(77)
    assert (found.places, found.questions, found.band, found.at) == ([], [], "calm", 0.0)
    assert memory.suggest({}, 8) == []
    database.close()


def test_a_place_keeps_its_strongest_links_alone(store: Path) -> None:
    database, clock = Database(store), Clock()
    memory = Memory(database, clock)
    with database.writing() as writer:
        hub = events.anchor_id(writer, 1, "hub.py", None, None, 0)
        for number in range(MOST_LINKS + 10):
            clock.now += 86_400
            other = events.anchor_id(writer, 1, f"{number}.py", None, None, 0)
            memory.used(writer, 1, f"s{number}", [(hub, "hub.py"), (other, f"{number}.py")])
    kept = {row.target for row in links.links_of(database.reading(), [hub])}
    newest = [events.known_anchor(database.reading(), 1, f"{n}.py", None) for n in range(10, MOST_LINKS + 10)]
    assert kept == set(newest)
    database.close()
