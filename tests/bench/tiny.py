"""What does a tree of two hundred thousand tiny files cost: to read in, to open again, and a question?

The files are written here: one function each, named by numbers of its own. A question asks for one of them by what its
docstring says; the bench fails where an answer takes two seconds or the function is not among the first eight. Prints
one line of JSON on stdout and a table on stderr.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from shared.report import percentiles, say, show

from cistron.tools.packet import PacketTools
from cistron.tools.services import Services

FOLDERS = 100  # files in each
LIMIT_S = 2.0
QUESTIONS = 60
THINGS = """invoice parcel ledger voucher beacon turbine orchard harbour quarry pantry glacier meadow lantern compass
anvil cradle furnace trellis spindle caravan gallery monsoon pebble saddle thimble""".split()
VERBS = """settle route balance redeem calibrate throttle harvest dock excavate restock measure mow trim orient forge
rock ignite train wind escort curate forecast polish fasten stitch""".split()


def main() -> int:
    """Write, read in, ask, open again."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=200_000)
    files = parser.parse_args().files
    with tempfile.TemporaryDirectory() as folder:
        tree, store = Path(folder) / "tree", Path(folder) / "genome.db"
        for number in range(files):
            path = tree / _path(number)
            if number % FOLDERS == 0:
                path.parent.mkdir(parents=True)
            path.write_text(_text(number), encoding="utf-8")
        say(f"{files:,} files written")
        report: dict[str, object] = {"bench": "tiny", "files": files}
        services = Services(store, [tree])
        services.start()
        cpu, begun = time.process_time(), time.perf_counter()
        services.ingest_work(services.roots()[0], None)(lambda _: None, lambda: False)
        report |= {"read_s": _since(begun), "read_cpu_s": round(time.process_time() - cpu, 1)}
        embedder = services.engine().embedder
        while not embedder.is_complete:
            embedder.settle()
        report |= {"vectors_s": _since(begun), "store_mb": round(store.stat().st_size / 1e6, 1)}
        services.close()
        report |= _again(store, tree, files)
    show(report, [["", "tiny files"], *([key, value] for key, value in report.items())])
    return 0 if report["passed"] else 1


def _again(store: Path, tree: Path, files: int) -> dict[str, object]:
    """Open the store anew and ask; the first answers come while the tree is still being looked through."""
    begun = time.perf_counter()
    services = Services(store, [tree])
    tools = PacketTools(services)
    took: list[float] = []
    found = 0
    for number in random.Random(0).sample(range(files), QUESTIONS):
        asked = time.perf_counter()
        packet = tools.context_packet(_question(number))
        took.append(time.perf_counter() - asked)
        if len(took) == 1:
            first = _since(begun)
        found += any(item.path == _path(number) for item in packet.items)
    while tools.context_packet("where is the first of all").store.indexed < 1.0:
        time.sleep(0.1)
    noticed = _since(begun)
    services.close()
    return {
        "first_answer_s": first,
        "looked_through_s": noticed,
        "questions": QUESTIONS,
        "found": found,
        "answer_ms": percentiles([each * 1000 for each in took]),
        "slowest_s": round(max(took), 3),
        "passed": found == QUESTIONS and max(took) < LIMIT_S,
    }


def _path(number: int) -> str:
    return f"part{number // FOLDERS:05}/unit{number:06}.py"


def _question(number: int) -> str:
    thing, verb = _words(number)
    return f"where do we {verb} the {thing} of depot{number}"


def _text(number: int) -> str:
    thing, verb = _words(number)
    head = f'def {verb}_{thing}_{number}():\n    """{verb.capitalize()} the {thing} of depot{number}."""\n'
    return f"{head}    return {number}\n"


def _words(number: int) -> tuple[str, str]:
    return THINGS[number % len(THINGS)], VERBS[number // len(THINGS) % len(VERBS)]


def _since(begun: float) -> float:
    return round(time.perf_counter() - begun, 2)


if __name__ == "__main__":
    sys.exit(main())
