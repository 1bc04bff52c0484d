"""Switch branches under servers that share one store, and count answers that are another branch's.

Twenty branches, a main work tree and five linked ones, one server each, one store. Between questions work trees are
switched, detached, stashed and rebased at random; questions are about definitions whose text differs between branches.
A verified item is wrong if in the asker's own tree its lines do not hold what it says. Then: what twenty branches cost
in the store, and how soon after a checkout of 5,000 changed files the first item is right. Prints one line of JSON on
stdout and a table on stderr; exits 1 when a bar is missed.
"""

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from shared import corpora
from shared.branches_world import World, git
from shared.judge import define, is_held
from shared.report import percentiles, say, share, show

from cistron.genome.store import contents
from cistron.server.opening import open_services
from cistron.server.settings import Settings
from cistron.tools.models.packet import Item
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services

QUESTIONS = 10_000
BETWEEN = 25  # questions between two acts
FILES = 5_000
ROUNDS = 3
PATIENCE_S = 60.0
BARS = {"wrong_branch": 0, "storage_ratio": 1.25, "first_right_ms": 500}


@dataclass
class Counts:
    """What the questions gave."""

    questions: int = 0
    items: int = 0
    verified: int = 0
    first: int = 0
    wrong: list[dict[str, object]] = field(default_factory=list)
    acts: Counter[str] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)


def main() -> int:
    """Measure, print, and hold the figures against the bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    parser.add_argument("--files", type=int, default=FILES)
    asked = parser.parse_args()
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder).resolve()
        counts = _wrong_branch(base / "switching", asked.questions)
        say(f"{time.perf_counter() - begun:6.1f} s  {counts.questions} questions, {len(counts.wrong)} wrong")
        one, all_ = _storage(base / "storage")
        say(f"{time.perf_counter() - begun:6.1f} s  store {one} -> {all_} bytes")
        delays = _first_right(base / "checkout", asked.files)
    report: dict[str, object] = {
        "bench": "branches", "bars": BARS, "questions": counts.questions, "items": counts.items,
        "verified": counts.verified, "wrong_branch": len(counts.wrong),
        "first_right": share(counts.first, counts.questions), "acts": dict(sorted(counts.acts.items())),
        "ask_ms": percentiles(counts.milliseconds), "store_one_branch": one, "store_all_branches": all_,
        "storage_ratio": round(all_ / one, 3), "first_right_ms": round(statistics.median(delays)),
        "first_right_all_ms": [round(delay) for delay in delays], "seconds": round(time.perf_counter() - begun, 1),
    }  # fmt: skip
    missing = [f"{bar} {report[bar]} (<= {most})" for bar, most in BARS.items() if report[bar] > most]  # type: ignore[operator]
    report |= {"passed": not missing, "missing": missing}
    corpora.CACHE.mkdir(exist_ok=True)
    (corpora.CACHE / "branches.json").write_text(json.dumps(counts.wrong, indent=1))
    show(report, [["figure", "value", "bar"], *([bar, report[bar], f"<= {most}"] for bar, most in BARS.items())])
    say(f"ask ms {report['ask_ms']}, first item right {report['first_right']}, {counts.verified} items verified")
    for what in missing:
        say(f"bar missed: {what}")
    return 1 if missing else 0


def _wrong_branch(base: Path, questions: int) -> Counts:
    rng = random.Random(0)
    world = World(base, rng)
    servers = [_serve(tree) for tree in world.trees]
    counts = Counts()
    try:
        while counts.questions < questions:
            number = rng.randrange(len(servers))
            counts.acts[world.act(world.trees[number], rng)] += 1
            for n in range(min(BETWEEN, questions - counts.questions)):
                asker = number if n % 2 == 0 else rng.randrange(len(servers))
                _ask(world.trees[asker], servers[asker], rng.choice(world.differing), n, counts)
    finally:
        for services in servers:
            services.close()
    return counts


def _ask(tree: Path, services: Services, wanted: tuple[str, str], n: int, counts: Counts) -> None:
    path, symbol = wanted
    begun = time.perf_counter()
    packet = PacketTools(services).context_packet(f"{symbol} {path}", task_type=("explain", "edit")[n // 2 % 2])
    counts.milliseconds.append((time.perf_counter() - begun) * 1000)
    counts.questions += 1
    if packet.items and packet.items[0].symbol == symbol and packet.items[0].path == path:
        counts.first += _why_wrong(tree, services, packet.items[0]) is None
    for item in packet.items:
        counts.items += 1
        if item.status != "verified":
            continue
        counts.verified += 1
        why = _why_wrong(tree, services, item)
        if why is not None:
            counts.wrong.append(
                {"tree": tree.name, "query": packet.query, "item": item.model_dump(mode="json"), "why": why}
            )


def _why_wrong(tree: Path, services: Services, item: Item) -> str | None:
    """Say why an item is not true of a tree: its lines lack the symbol, or they are another version's."""
    try:
        data = (tree / item.path).read_bytes()
    except FileNotFoundError:
        return "this tree has no such file"
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    lines = text.split("\n")[item.start_line - 1 : item.end_line]
    if item.symbol is not None and item.path.endswith(".py"):
        places = define(text).get(item.symbol, [])
        if places and not any(is_held(place, item.start_line, item.end_line) for place in places):
            return "the lines do not hold the symbol"
        if not places and define(text):
            return "this tree's file does not define the symbol"
    _, content, ordinal = (int(part, 16) for part in item.id.split("."))
    reading = services.engine().database.reading()
    if contents.content_hash(reading, content) == contents.digest(data):
        return None
    place = contents.place(reading, content, ordinal)
    if place is not None and contents.passage_text(reading, place.passage).split() == "\n".join(lines).split():
        return None
    return "the item is of bytes that this tree does not have"


def _storage(base: Path) -> tuple[int, int]:
    """Return the store's size after one branch and after all, in bytes."""
    world = World(base, random.Random(1), linked=0)
    services = _serve(world.main)
    services.close()
    store = world.main / ".cistron" / "genome.db"
    one = store.stat().st_size
    services = _serve(world.main)
    for branch in world.branches:
        git(world.main, "checkout", "--quiet", branch)
        _catch_up(services)
    services.close()
    return one, store.stat().st_size


def _first_right(base: Path, files: int) -> list[float]:
    """Return how many milliseconds after a checkout the first item was right, for several checkouts."""
    tree = base / "tree"
    tree.mkdir(parents=True)
    git(tree, "init", "--quiet", "--initial-branch=old")
    (tree / ".gitignore").write_text(".cistron/\n")
    for branch in ("old", "new"):
        if branch == "new":
            git(tree, "checkout", "--quiet", "-b", branch)
        for n in range(files):
            path = tree / f"part{n // 100:02}" / f"module_{n}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(f'def handle_{n}(value):\n    """Handle {n}."""\n    return value, "{branch}", {n}\n')
        git(tree, "add", "--all")
        git(tree, "commit", "--quiet", f"--message={branch}")
    services = _serve(tree)
    delays: list[float] = []
    try:
        for branch in ("old", "new"):  # both are seen before anything is measured
            git(tree, "checkout", "--quiet", branch)
            _catch_up(services)
        time.sleep(2.2)  # stamps are proof only when they are older than this
        for number in range(ROUNDS):
            branch = ("old", "new")[number % 2]
            git(tree, "checkout", "--quiet", branch)
            delays.append(_until_right(tree, services, branch, files * (number + 1) // (ROUNDS + 1)))
            say(f"checkout of {files} files to {branch}: first right after {delays[-1]:.0f} ms")
            _catch_up(services)
    finally:
        services.close()
    return delays


def _until_right(tree: Path, services: Services, branch: str, n: int) -> float:
    begun = time.perf_counter()
    while time.perf_counter() - begun < PATIENCE_S:
        packet = PacketTools(services).context_packet(f"handle_{n}")
        took = (time.perf_counter() - begun) * 1000
        if packet.items and packet.items[0].status == "verified" and packet.items[0].symbol == f"handle_{n}":
            item = packet.items[0]
            lines = (tree / item.path).read_text().split("\n")[item.start_line - 1 : item.end_line]
            if any(f'"{branch}"' in line for line in lines) and _why_wrong(tree, services, item) is None:
                return took
    return PATIENCE_S * 1000


def _serve(tree: Path) -> Services:
    """Open the services that a server started in a work tree has, with the tree read in."""
    services = open_services(Settings(), tree, {})
    services.start()
    root = services.roots()[0]
    assert root.path == str(tree)
    services.ingest_work(root, None)(lambda _: None, lambda: False)
    return services


def _catch_up(services: Services) -> None:
    begun = time.monotonic()
    while services.engine().freshener.freshen(services.roots(), 5.0):
        if time.monotonic() - begun > 4 * PATIENCE_S:
            raise TimeoutError("the store does not catch up with the work tree")


if __name__ == "__main__":
    sys.exit(main())
