"""Whatever an agent does with its versions, its state is the fold over its log; a difference names what happened."""

from collections import Counter
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cistron.genome.records import Identity
from cistron.genome.store import agent_versions, events
from cistron.memory_core import sketch
from cistron.tools.agent_state import AgentTools
from cistron.tools.folding import checked, folded
from cistron.tools.histories import History, version
from cistron.tools.services import Services


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


deeds = st.lists(
    st.one_of(
        st.tuples(st.just("use"), st.integers(0, 5)),
        st.tuples(st.sampled_from(["rollback", "merge"]), st.integers(0, 9)),
    ),
    min_size=4,
    max_size=16,
)


NUMBERS = count()  # every example has a party of its own in one store


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fold")
    (folder / "tree").mkdir()
    return folder


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds)
def test_the_state_is_the_fold_over_the_log_and_every_difference_is_exact(
    where: Path, deeds: list[tuple[str, int]]
) -> None:
    clock, identity = Clock(), Identity(party=f"p{next(NUMBERS)}")
    services = Services(where / "store" / "genome.db", [where / "tree"], identity=identity, clock=clock, vectors=False)
    tools, memory, database = AgentTools(services, lambda: None), services.engine().memory, services.engine().database
    agent, root = services.agent(), services.roots()[0].id
    assert agent is not None
    known: list[str] = [tools.agent_state("commit").versions[0].id]
    for deed, number in deeds:
        clock.now += 700
        if deed == "use":
            with database.writing() as writer:
                anchor = events.anchor_id(writer, root, f"{number}.py", None, None, 0)
                memory.used(writer, agent, f"s{number % 2}", [(anchor, f"{number}.py")])
            known.append(tools.agent_state("commit").versions[0].id)
        else:
            report = tools.agent_state(deed, name=known[number % len(known)])  # type: ignore[arg-type]
            known.append(report.versions[0].id)
    reading = database.reading()
    assert folded(reading, agent).to_bytes() == memory.state(agent).to_bytes()
    assert checked(reading, agent) == len(deeds)
    history = History(reading, agent)
    for row in agent_versions.of_agents(reading, [agent]):
        one, first = version(row), history.find(known[0])
        ok, source, changes = history.difference(first, one)
        assert (ok, source) == (True, "log")
        assert np.array_equal(sketch.observe(first.sketch(), Counter(changes)), one.sketch())
    services.close()
