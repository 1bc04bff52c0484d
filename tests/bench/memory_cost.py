"""What does remembering cost? One thread, processor time, without the commit; against the bars of the design.

Each figure is the least of several rounds, because whatever else the machine does can only add to it. Prints one line
of JSON on stdout and a table on stderr; exits 1 when a bar is missed.
"""

import random
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
from shared.report import show

from cistron.memory_core import sketch
from cistron.memory_core.coactivation import Link
from cistron.memory_core.core import AgentState, Event, next_places, seeds_of
from cistron.memory_core.episodic import Episode, EpisodicBuffer
from cistron.memory_core.timeline import Timeline

PLACES = 782  # times 64 links: 50,048
NAMES = [f"src/package/module_{number}.py::Class.method" for number in range(PLACES)]
ROUNDS = 9
BARS = {  # what, bar, unit
    "observe, cached": (25.0, "us"),
    "observe, new names": (100.0, "us"),
    "suggest 20 of 50,048 links": (0.5, "ms"),
    "episodes: 8 of 1,024 x 256": (150.0, "us"),
    "timeline: search 10,000 moments": (8.0, "ms"),
    "state: save and load": (100.0, "us"),
    "state: size": (16.0, "KB"),
    "import without torch": (0.3, "s"),
}
FACTORS = {"us": 1e6, "ms": 1e3, "s": 1.0}


class Work:
    """An agent that goes on working, twelve uses a session, some places far more often than others."""

    def __init__(self) -> None:
        self.state = AgentState()
        self._rng = random.Random(0)
        self._at = 0.0

    def on(self, fresh: bool = False) -> None:
        """Do one thing more; a fresh one was never done before."""
        sequence = self.state.sequence + 1
        self._at += 60.0
        place = int(self._rng.paretovariate(0.7)) % PLACES
        name = f"new_{sequence}.py" if fresh else NAMES[place]
        event = Event(sequence, f"s{sequence // 12}", self._at, place + 1, name)
        self.state, _ = self.state.after(event)


def main() -> int:
    """Measure, print, and hold the figures against the bars."""
    work = Work()
    for _ in range(3_000):
        work.on()
    found = {
        "observe, cached": _least(work.on, 2_000),
        "observe, new names": _least(lambda: work.on(fresh=True), 500),
        "suggest 20 of 50,048 links": _least(_suggesting(work.state), 100),
        "episodes: 8 of 1,024 x 256": _least(_recalling(), 500),
        "timeline: search 10,000 moments": _least(_searching(), 20),
        "state: save and load": _least(lambda: AgentState.from_bytes(work.state.to_bytes()), 500),
        "state: size": len(_largest().to_bytes()) / 1024,
        "import without torch": _importing(),
    }
    figures = {what: value * FACTORS.get(BARS[what][1], 1.0) for what, value in found.items()}
    missing = [what for what, value in figures.items() if value > BARS[what][0]]
    rows = [[what, round(value, 2), *BARS[what]] for what, value in figures.items()]
    report = {"bench": "memory_cost", "figures": {what: round(value, 3) for what, value in figures.items()}}
    show({**report, "passed": not missing, "missing": missing}, [["cost", "found", "bar", "unit"], *rows])
    return 1 if missing else 0


def _least(act: Callable[[], object], times: int) -> float:
    """Return the seconds that one act takes."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(times):
            act()
        best = min(best, (time.process_time() - begun) / times)
    return best


def _suggesting(state: AgentState) -> Callable[[], object]:
    rng = random.Random(0)
    links = {
        source: [Link(source, target, rng.random(), 0.0) for target in rng.sample(range(1, PLACES + 1), 64)]
        for source in range(1, PLACES + 1)
    }
    uses, frequent = dict.fromkeys(links, 3.0), dict.fromkeys(range(1, 65), 1.0)
    focus = state.focus()

    def act() -> object:
        started = [link for place in seeds_of(focus) for link in links[place]]
        return next_places(focus, started, uses, frequent, state.at, 20)

    return act


def _recalling() -> Callable[[], object]:
    rng = np.random.default_rng(0)
    buffer = EpisodicBuffer(256, 1_024)
    for number in range(1_024):
        buffer.write(rng.normal(size=256), Episode(str(number), (number,), 1.0, float(number)))
    asked = rng.normal(size=256)
    return lambda: buffer.recall(asked, 8)


def _searching() -> Callable[[], object]:
    timeline, state = Timeline(lambda after, until: (), every=1), sketch.empty()
    for number in range(10_000):
        state = sketch.observe(state, {NAMES[number % PLACES]: 1})
        timeline.keep(number + 1, state)
    return lambda: timeline.search(state, 5)


def _largest() -> AgentState:
    """Return a state as large as one can be: a full context and a full stretch of work, ids of nine digits."""
    state, sequence = AgentState(), 0
    for session in range(2):
        for number in range(256):
            sequence += 1
            place = 10**9 - 300 * session - number
            state, _ = state.after(Event(sequence, f"s-{session:016}", 1.8e9 + sequence, place, f"f{number}.py", 0.123))
    return state


def _importing() -> float:
    """Return the processor seconds that importing the core takes in a process of its own, less the start of Python."""
    script = "import time; a = time.process_time(); import cistron.memory_core.core; print(time.process_time() - a)"
    times = [
        float(subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout)
        for _ in range(5)
    ]
    return min(times)


if __name__ == "__main__":
    sys.exit(main())
