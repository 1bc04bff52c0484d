"""Does an agent that remembers find the next file it needs sooner? Agents at work over the in-memory MCP client.

Every commit is a task: an agent asks its subject, opens the files that were changed one after the other, says so with
`verify(used=...)`, and asks again before each. *off* is whether the next file is among the first eight of the packet,
*on* whether it is among the first five or the three that the memory names. A packet has them on top of its items, so
what counts is *eight and three* beside *eleven*, as many places without memory. The memory learns from the uses alone:
the tree is no work tree, so no commit is counted.

Real: the commits of a checkout (`--git DIR`, default this repository) over its tree as it was before them, three agents
in turn. Histories (`--history DIR`): the last commits of each, over files that hold nothing but their own names; asked
is the name of the first. Made: tasks whose files belong together and share no words. Rivals: three more places of the
packet (*eleven*), the three files used most by anybody (*popular*). Prints one line of JSON on stdout and a table on
stderr; exits 1 when a bar is missed.
"""

import argparse
import json
import logging
import random
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio
from finding import commits
from finding.commits import MOST_FILES
from mcp import Client
from shared.report import percentiles, say, show

from cistron.genome.records import Identity
from cistron.server.app import build
from cistron.tools.ingest import IngestTools
from cistron.tools.services import Services

BAR_P50_MS, BAR_P95_MS = 1.0, 3.0
ITEMS, KEPT = 8, 5  # of a packet; and beside three that the memory names
AGENTS = ("ann", "ben", "cid")
RESAMPLES = 1_000
ENOUGH = 200  # places asked for, below which nothing can be told


@dataclass(frozen=True)
class Task:
    """A question, the files that its work needs, who works, and the hours since the last one."""

    query: str
    needed: tuple[str, ...]
    agent: str
    hours: float


class Clock:
    """A clock that the bench moves."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def main() -> int:
    """Measure, print, and hold the figures against the bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--git", type=Path, default=Path(__file__).parents[2], help="a checkout")
    parser.add_argument("--history", type=Path, help="folder of NAME.jsonl: one commit a line, t, a, p")
    parser.add_argument("--most", type=int, default=150, help="tasks of each")
    given = parser.parse_args()
    logging.disable(logging.INFO)
    figures: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in ("real", "made", *(path.name for path in sorted((given.history or Path("-")).glob("*.jsonl")))):
            tree = Path(folder) / name / "tree"
            if name == "made":
                tasks = made(tree, random.Random(0))
            elif name == "real":
                tasks = real(given.git, given.most, tree)
            else:
                tasks = of_history(given.history / name, given.most, tree)
            figures[name] = anyio.run(_worked, tree, tasks)
            say(f"{name}: {figures[name]}")
    missing = [f"{name}: {what}" for name, found in figures.items() for what in _misses(found)]
    report = {"bench": "memory_agent", "bars_ms": [BAR_P50_MS, BAR_P95_MS], "passed": not missing}
    names = [
        "tasks",
        "agents",
        "days",
        "asked",
        "off",
        "on",
        "gain_95",
        "eleven",
        "popular",
        "eight_and_three",
        "over_popular_95",
        "extra_ms",
        "extra_cpu_ms",
    ]
    rows = [[name, *(found[key] for key in names)] for name, found in figures.items()]
    show({**report, "missing": missing, "figures": figures}, [["history", *names], *rows])
    return 1 if missing else 0


def real(repository: Path, most: int, tree: Path) -> list[Task]:
    """Return the tasks of a checkout, oldest first, and write its tree as it was before them."""
    have = int(commits._git(repository, "rev-list", "--first-parent", "--count", "HEAD"))
    found = commits.questions(repository, min(most, have * 3 // 4), tree)
    rng = random.Random(0)
    tasks: list[Task] = []
    for number, question in enumerate(reversed(found)):
        paths = list(dict.fromkeys(answer.path for answer in question.answers))
        rng.shuffle(paths)
        tasks.append(Task(question.text, tuple(paths), AGENTS[number // 8 % 3], 5.0))
    return tasks


def of_history(path: Path, most: int, tree: Path) -> list[Task]:
    """Return the last tasks of a history, and write files that say no more than their names."""
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    found = [one for one in found if 2 <= len(one["p"]) <= MOST_FILES and Path(one["p"][0]).suffix][-most:]
    rank = [author for author, _ in Counter(one["a"] for one in found).most_common()]
    rng, before = random.Random(0), found[0]["t"]
    tasks: list[Task] = []
    for one in found:
        for each in one["p"]:
            (tree / each).parent.mkdir(parents=True, exist_ok=True)
            words = " ".join(re.findall(r"[A-Za-z]+", each))
            (tree / each).write_text(f"# {words}\n\n{words}\n", encoding="utf-8")
        paths = rng.sample(one["p"], len(one["p"]))
        query = " ".join(re.findall(r"[A-Za-z]+", paths[0]))
        tasks.append(Task(query, tuple(paths), AGENTS[rank.index(one["a"]) % 3], max(0.0, one["t"] - before) / 3600))
        before = one["t"]
    return tasks


def made(tree: Path, rng: random.Random) -> list[Task]:
    """Return tasks over made files: four belong together, only the first answers what is asked."""
    words = [first + second for first in ("zeb", "kor", "mil", "fas") for second in ("ta", "lo", "run", "pim", "sk")]
    rng.shuffle(words)
    groups: list[tuple[str, ...]] = []
    for number, word in enumerate(words):
        others = [f"{kind}/{rng.randrange(10**6):06}.py" for kind in ("rows", "views", "checks")]
        for path, subject in zip((f"core/{word}.py", *others), (word, *others), strict=True):
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            name = subject if subject == word else f"part_{rng.randrange(10**6)}"
            (tree / path).write_text(f'def {name}_step(value):\n    """Work on the {name}."""\n    return value\n')
        groups.append((f"core/{word}.py", *others))
        assert number < len(words)
    tasks: list[Task] = []
    current = {agent: rng.randrange(len(groups)) for agent in AGENTS}
    for _ in range(150):
        agent = rng.choice(AGENTS)
        if rng.random() < 0.4:
            current[agent] = rng.randrange(len(groups))
        group = groups[current[agent]]
        needed = [group[0], *rng.sample(group[1:], 2)]
        subject = Path(group[0]).stem
        query = rng.choice(
            (f"how does the {subject} step work", f"change what {subject} returns", f"{subject} is wrong")
        )
        tasks.append(Task(query, tuple(needed), agent, rng.uniform(1, 20)))
    return tasks


async def _worked(tree: Path, tasks: Sequence[Task]) -> dict[str, object]:
    """Work through the tasks and return the figures."""
    clock, begun, store = Clock(), Clock.now, tree.parent / "store" / "genome.db"
    opened = {agent: Services(store, [tree], identity=Identity(agent=agent), clock=clock) for agent in AGENTS}
    first = opened[AGENTS[0]]
    assert IngestTools(first).ingest(path=str(tree)).state == "done"
    hits: list[tuple[bool, ...]] = []
    popular: Counter[str] = Counter()
    extra: list[tuple[float, float]] = []
    async with (
        Client(build(lambda: opened["ann"])) as ann,
        Client(build(lambda: opened["ben"])) as ben,
        Client(build(lambda: opened["cid"])) as cid,
    ):
        clients = dict(zip(AGENTS, (ann, ben, cid), strict=True))
        for number, task in enumerate(tasks):
            clock.now += 3600 * task.hours
            services = opened[task.agent]
            for place, wanted in enumerate(task.needed):
                clock.now += 60
                asked = {"query": task.query, "max_items": 30, "max_tokens": 20_000, "session": f"t{number}"}
                answer = (await clients[task.agent].call_tool("context_packet", asked)).structured_content
                assert answer is not None
                done = set(task.needed[:place])
                listed = [path for path in dict.fromkeys(item["path"] for item in answer["items"]) if path not in done]
                told = [note.split()[2] for note in answer["notes"] if note.startswith("likely next: ")]
                named = [path for path in told if path not in listed[:KEPT]]
                hits.append(
                    (
                        wanted in listed[:ITEMS],
                        wanted in (*listed[:KEPT], *named),
                        wanted in listed[: ITEMS + 3],
                        wanted in (*listed[:ITEMS], *told),
                        wanted in (*listed[:ITEMS], *_most(popular, {*done, *listed[:ITEMS]})),
                    )
                )
                popular[wanted] += 1
                if place == 0:
                    extra.append(_extra_ms(services, task.query))
                used = {"targets": [], "used": [wanted], "session": f"t{number}"}
                await clients[task.agent].call_tool("verify", used)
    for services in opened.values():
        services.close()
    shares = [round(statistics.fmean(one), 4) for one in zip(*hits, strict=True)]
    return {
        "tasks": len(tasks),
        "agents": len({task.agent for task in tasks}),
        "days": round((clock.now - begun) / 86_400, 1),
        "asked": len(hits),
        **dict(zip(("off", "on", "eleven", "eight_and_three", "popular"), shares, strict=True)),
        "gain_95": _interval([one[1] - one[0] for one in hits]),
        "over_eleven_95": _interval([one[3] - one[2] for one in hits]),
        "over_popular_95": _interval([one[3] - one[4] for one in hits]),
        "extra_ms": percentiles([wall for wall, _ in extra]),
        "extra_cpu_ms": percentiles([cpu for _, cpu in extra]),  # what a machine without other work would take
    }


def _extra_ms(services: Services, query: str) -> tuple[float, float]:
    """Return what the suggestion costs a packet, by the clock and in processor time: each the least of three."""
    from cistron.tools.ask import ask
    from cistron.tools.likely import likely_next
    from cistron.tools.packet import prefixes

    answer, prefix = ask(services, query, "explain", ITEMS, None), prefixes(services.roots())
    walls, cpus = list[float](), list[float]()
    for _ in range(3):
        begun, worked = time.perf_counter(), time.thread_time()
        likely_next(services, answer, prefix)
        walls.append(1000 * (time.perf_counter() - begun))
        cpus.append(1000 * (time.thread_time() - worked))
    return min(walls), min(cpus)


def _most(popular: Counter[str], without: set[str]) -> list[str]:
    ranked = sorted(((-count, path) for path, count in popular.items() if path not in without))
    return [path for _, path in ranked[:3]]


def _interval(gains: Sequence[int]) -> list[float]:
    rng = random.Random(0)
    means = sorted(statistics.fmean(rng.choices(gains, k=len(gains))) for _ in range(RESAMPLES))
    return [round(means[int(RESAMPLES * end)], 4) for end in (0.025, 0.975)]


def _misses(found: dict[str, object]) -> list[str]:
    missing: list[str] = []
    cost, gain, asked = found["extra_ms"], found["over_eleven_95"], found["asked"]
    assert isinstance(cost, dict)
    assert isinstance(gain, list)
    assert isinstance(asked, int)
    for name, bar in (("p50", BAR_P50_MS), ("p95", BAR_P95_MS)):
        if cost[name] > bar:
            missing.append(f"{name} of the extra time is {cost[name]} ms, above {bar}")
    if asked >= ENOUGH and gain[0] <= 0.0:
        missing.append(f"the gain over as many places without memory is not above nothing: 95 % interval {gain}")
    return missing


if __name__ == "__main__":
    sys.exit(main())
