"""Does the memory hold a million events of one agent, and ten thousand agents?

A million uses are logged and folded, the log's chain is followed, its past searched and two versions compared. Then ten
thousand agents of one party use ten places each through the same methods as the server's. Prints one line of JSON on
stdout and a table on stderr; exits 1 when the state is not the fold of the log, or an answer takes too long.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from shared.report import say, show

from cistron.genome.records import Identity
from cistron.genome.store import events, links
from cistron.memory_core.core import AgentState
from cistron.tools.agent_state import AgentTools
from cistron.tools.folding import USE, chained, checked, folded, state_of
from cistron.tools.ingest import IngestTools
from cistron.tools.resonance import ResonanceTools
from cistron.tools.services import Services

PLACES = 500
BATCH = 20_000
BARS_S = {"resonance of one among all": 1.0, "show of one among all": 0.5}


class Clock:
    """A clock that the bench moves."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def main() -> int:
    """Measure, print, and hold the figures against the bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--agents", type=int, default=10_000)
    given = parser.parse_args()
    clock, seconds = Clock(), dict[str, float]()
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        for number in range(PLACES):
            (tree / f"m{number}.py").write_text(f"def f{number}():\n    return {number}\n")
        services = Services(Path(folder) / "store" / "genome.db", [tree], clock=clock)
        assert IngestTools(services).ingest(path=str(tree)).state == "done"
        same = _one_agent(services, clock, given.events, seconds)
        _many_agents(services, clock, given.agents, seconds)
        size = services.genome.stat().st_size / (1 << 20)
        services.close()
    missing = [] if same else ["the state is not the fold of the log"]
    missing += [f"{what}: {seconds[what]:.2f} s" for what, bar in BARS_S.items() if seconds[what] > bar]
    report = {"bench": "memory_scale", "events": given.events, "agents": given.agents, "store_mb": round(size, 1)}
    report |= {"seconds": {what: round(value, 3) for what, value in seconds.items()}}
    show({**report, "passed": not missing, "missing": missing}, [["what", "s"], *report["seconds"].items()])  # type: ignore[attr-defined]
    return 1 if missing else 0


def _one_agent(services: Services, clock: Clock, count: int, seconds: dict[str, float]) -> bool:
    engine, agent, rng = services.engine(), services.agent(), random.Random(0)
    assert agent is not None
    reading = engine.database.reading()
    root = services.roots()[0].id
    with engine.database.writing() as writer:
        anchors = [events.anchor_id(writer, root, f"m{number}.py", None, None, 0) for number in range(PLACES)]

    def log() -> None:
        """Append the events as `folding.entered` does, without looking up the chain's end for each."""
        before = bytes(16)
        for start in range(0, count, BATCH):
            with engine.database.writing() as writer:
                for number in range(start, min(count, start + BATCH)):
                    clock.now += rng.choice((5.0, 60.0, 4_000.0))
                    place = int(rng.paretovariate(0.8)) % PLACES
                    session, name = f"s{number // 15}", f"m{place}.py"
                    before = chained(before, USE, session, clock.now, name)
                    events.log(
                        writer, agent, USE, clock.now, session=session, anchor=anchors[place], detail=name, chain=before
                    )

    seconds["log"] = _timed(log)
    say(f"{count} events logged in {seconds['log']:.0f} s")
    folds: list[bytes] = []
    seconds["fold"] = _timed(lambda: folds.append(folded(reading, agent).to_bytes()))
    with engine.database.writing() as writer:
        state = AgentState.from_bytes(folds[0])
        links.set_state(writer, agent, state.sequence, folds[0])
    seconds["follow the chain"] = _timed(lambda: checked(reading, agent))
    tools = AgentTools(services, lambda: None)
    first = tools.agent_state("commit", message="here").versions[0].id
    with engine.database.writing() as writer:
        engine.memory.used(writer, agent, "last", [(anchors[0], "m0.py"), (anchors[1], "m1.py")])
    seconds["diff"] = _timed(lambda: _is_exact(tools, first))
    seconds["search"] = _timed(lambda: tools.agent_state("search", k=5))
    return folded(reading, agent).to_bytes() == state_of(reading, agent).to_bytes()


def _is_exact(tools: AgentTools, first: str) -> None:
    found = tools.agent_state("diff", name=first).difference
    assert found is not None
    assert {one.event: one.count for one in found.changes} == {"m0.py": 1, "m1.py": 1}


def _many_agents(services: Services, clock: Clock, count: int, seconds: dict[str, float]) -> None:
    engine, rng = services.engine(), random.Random(1)
    root = services.roots()[0].id

    def work() -> None:
        for start in range(0, count, 200):
            with engine.database.writing() as writer:
                for number in range(start, min(count, start + 200)):
                    clock.now += 1.0
                    agent = events.agent_id(writer, Identity(agent=f"agent-{number}"))
                    group = rng.randrange(PLACES // 10)
                    uses = [(number, f"m{number}.py") for number in rng.sample(range(10 * group, 10 * group + 10), 10)]
                    named = [(events.anchor_id(writer, root, name, None, None, 0), name) for _, name in uses]
                    engine.memory.used(writer, agent, f"a{number}", named)

    seconds["uses of all agents"] = _timed(work)
    one = Services(services.genome, [Path(services.roots()[0].path)], clock=clock, identity=Identity(agent="agent-7"))
    one.engine()
    seconds["resonance of one among all"] = _timed(lambda: ResonanceTools(one).resonance())
    seconds["show of one among all"] = _timed(lambda: AgentTools(one, lambda: None).agent_state("show"))
    one.close()


def _timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())
