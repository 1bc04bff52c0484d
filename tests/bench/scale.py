"""How long does a question take at ten thousand, a hundred thousand and a million chunks, with vectors and every lane?

The million are the large tree and eight copies of it in which a third of the words are others (`shared/replicas.py`):
written to the disk and read in like any tree, so that what is returned is proven. Stores are made once and kept in
`.bench/stores`; `--fresh` makes them anew. Each scale is measured in processes of its own: from opening the store to
the first answer and to the first with all vectors, one caller, four callers, and what is resident; of that, what is
the process's own (anonymous) is held against the bar, less what the same process has on a store of one file. Pages of
mapped files, which the system takes back at need, are told beside it. Prints one line of JSON on stdout and a table on
stderr; exits 1 when a bar is missed.
"""

import argparse
import ctypes
import gc
import json
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from shared import corpora, replicas
from shared.callers import together
from shared.edits import question, targets
from shared.report import percentiles, say, show

from cistron.genome.reading.reader import READER
from cistron.genome.store.migrate import latest
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services

SCALES = ("10k", "100k", "1M")
BARS_MS = {"10k": 15.0, "100k": 40.0, "1M": 120.0}  # p50 of one caller
BAR_FIRST_S = {"10k": 0.5, "100k": 0.5}
BAR_BYTES = 1_229  # of its own for each chunk
QUESTIONS = 120
STARTS = 5
SETTLED_S = 2.2
WAIT_S = 3_600.0


def main() -> int:
    """Measure, print, and hold the figures against the bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scales", nargs="+", choices=SCALES, default=list(SCALES))
    parser.add_argument("--rounds", type=int, default=3, help="how often each question is asked")
    parser.add_argument("--fresh", action="store_true", help="make the stores anew")
    parser.add_argument("--child", choices=["build", "first", "ask"], help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        child = {"build": _build, "first": _first, "ask": _ask}[asked.child]
        print(json.dumps(child(asked.scales[0], asked.rounds)))
        return 0
    scales: dict[str, dict[str, object]] = {}
    for scale in asked.scales:
        if asked.fresh:
            shutil.rmtree(_place(scale), ignore_errors=True)
        if not (_place(scale) / "built.json").exists():
            built = _child("build", scale, asked.rounds)
            (_place(scale) / "built.json").write_text(json.dumps(built), encoding="utf-8")
        starts = [_child("first", scale, asked.rounds) for _ in range(STARTS)]
        firsts = {key: round(statistics.median(each[key] for each in starts), 3) for key in starts[0]}
        built = json.loads((_place(scale) / "built.json").read_text(encoding="utf-8"))
        scales[scale] = {**_child("ask", scale, asked.rounds), **firsts, "built": built}
        say(f"{scale}: {scales[scale]}")
    missing = [what for scale, found in scales.items() for what in _misses(scale, found)]
    report = {"bench": "scale", "bars_ms": BARS_MS, "bar_first_s": BAR_FIRST_S, "bar_bytes": BAR_BYTES}
    show({**report, "passed": not missing, "missing": missing, "scales": scales}, _table(scales))
    for what in missing:
        say(f"bar missed: {what}")
    return 1 if missing else 0


def _place(scale: str) -> Path:
    return corpora.CACHE / "stores" / f"{scale}-{_tree(scale).name}-{latest()}-{READER}"


def _tree(scale: str) -> Path:
    if scale == "1M":
        return replicas.million()
    return corpora.large() / "sqlalchemy" if scale == "10k" else corpora.large()


def _child(what: str, scale: str, rounds: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--child", what, "--scales", scale, "--rounds", str(rounds)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def _build(scale: str, rounds: int) -> dict[str, float]:
    """Read the tree in, and give every passage its vector."""
    place = _place(scale)
    shutil.rmtree(place, ignore_errors=True)
    services = Services(place / "genome.db", [_tree(scale)])
    services.start()
    cpu, begun = time.process_time(), time.perf_counter()
    services.ingest_work(services.roots()[0], None)(lambda _: None, lambda: False)
    say(f"{scale}: read in within {time.perf_counter() - begun:.0f} s")
    _settle(services)
    took = {"build_cpu_s": round(time.process_time() - cpu, 1), "build_s": round(time.perf_counter() - begun, 1)}
    services.close()
    return {**took, "store_mb": round((place / "genome.db").stat().st_size / 1e6, 1)}


def _settle(services: Services) -> None:
    embedder = services.engine().embedder
    begun = time.perf_counter()
    while not embedder.is_complete and time.perf_counter() - begun < WAIT_S:
        embedder.settle()


def _first(scale: str, rounds: int) -> dict[str, float]:
    """Answer one question in a process that did nothing before, and tell when all vectors are there."""
    queries = _queries(scale)
    begun = time.perf_counter()
    services = Services(_place(scale) / "genome.db", [_tree(scale)])
    tools = PacketTools(services)
    packet = tools.context_packet(queries[0])
    first = time.perf_counter() - begun
    assert packet.items
    _settle(services)
    whole = time.perf_counter() - begun
    services.close()
    return {"first_answer_s": first, "all_vectors_s": whole}


def _ask(scale: str, rounds: int) -> dict[str, object]:
    """Ask one after another, then from four threads at once."""
    base = _base_bytes()
    services = Services(_place(scale) / "genome.db", [_tree(scale)])
    tools = PacketTools(services)
    _settle(services)
    queries = _queries(scale)
    for query in queries[:20]:
        tools.context_packet(query, session="warm")
    while tools.context_packet(queries[0], session="warm").store.indexed < 1.0:
        time.sleep(0.2)  # the file watcher's first look at the tree
    took: list[float] = []
    cpu: list[float] = []
    gc.collect()
    for number in range(rounds):
        for at, query in enumerate(queries):
            used, begun = time.thread_time(), time.perf_counter()
            tools.context_packet(query, task_type=("explain", "edit")[(at + number) % 2], session=f"s{at // 10}")
            took.append((time.perf_counter() - begun) * 1000)
            cpu.append((time.thread_time() - used) * 1000)
    chunks = services.engine().database.reading().execute("select count(*) from chunk").get
    own, mapped = _resident()
    found: dict[str, object] = {"chunks": chunks, "one_ms": percentiles(took), "one_cpu_ms": percentiles(cpu)}
    found |= together(tools, queries)
    found |= {"own_mb": round(own / 1e6, 1), "of_files_mb": round(mapped / 1e6, 1), "base_mb": round(base / 1e6, 1)}
    found["own_bytes_a_chunk"] = round((own - base) / chunks)
    found["peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    services.close()
    return found


def _base_bytes() -> int:
    """Return what this process has of its own after answering from a store of one file."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        (tree / "one.py").write_text("def one():\n    return 1\n", encoding="utf-8")
        services = Services(Path(folder) / "genome.db", [tree])
        services.start()
        services.ingest_work(services.roots()[0], None)(lambda _: None, lambda: False)
        _settle(services)
        PacketTools(services).context_packet("where is one")
        own, _ = _resident()
        services.close()
    return own


def _resident() -> tuple[int, int]:
    """Return what is resident of this process's own, and of files, in bytes; freed memory is given back before."""
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    rows = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()
    sizes = {row.split(":")[0]: int(row.split()[1]) * 1024 for row in rows[1:]}
    return sizes["Anonymous"], sizes["Rss"] - sizes["Anonymous"]


def _queries(scale: str) -> list[str]:
    """Return questions about definitions, from their docstrings; of the copies none, since their words are mixed."""
    kept = corpora.CACHE / "stores" / f"questions-{'10k' if scale == '10k' else '100k'}-{QUESTIONS}.json"
    if not kept.exists():
        tree = _tree("10k" if scale == "10k" else "100k")
        before = {str(path.relative_to(tree)): path.read_bytes() for path in corpora.files(tree)}
        chosen = targets(before, random.Random(scale), most=QUESTIONS)
        queries = [question(target, number) for number, target in enumerate(chosen)]
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(queries), encoding="utf-8")
    return json.loads(kept.read_text(encoding="utf-8"))


def _misses(scale: str, found: dict[str, object]) -> list[str]:
    one = found["one_ms"]
    assert isinstance(one, dict)
    bars = [
        ("p50 ms", one["p50"], BARS_MS[scale]),
        ("first answer s", found["first_answer_s"], BAR_FIRST_S.get(scale, float("inf"))),
        ("bytes of its own a chunk", found["own_bytes_a_chunk"], BAR_BYTES),
    ]
    return [f"{scale}: {name} {value:g}; at most {bar:g} wanted" for name, value, bar in bars if value > bar]


def _table(scales: dict[str, dict[str, object]]) -> list[list[object]]:
    rows: list[list[object]] = [["", *scales]]
    for key in next(iter(scales.values())):
        cells = [found[key] for found in scales.values()]
        rows.append([key, *(" / ".join(map(str, cell.values())) if isinstance(cell, dict) else cell for cell in cells)])
    return rows


if __name__ == "__main__":
    sys.exit(main())
