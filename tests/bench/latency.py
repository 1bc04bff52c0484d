"""How long does a question take, at a thousand, ten thousand and a hundred thousand chunks?

Asked in process through the tool object: warm, as the first question after a start, and by four callers at once; each
question is paired with a bare FTS5 OR query over the text of the same chunks. Prints one line of JSON on stdout and a
table on stderr; exits 1 when a bar is missed.
"""

import argparse
import gc
import random
import re
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from shared import corpora
from shared.callers import together
from shared.edits import question, targets
from shared.report import percentiles, say, show

from cistron.genome.proof.profiles import PROFILES
from cistron.genome.proof.verdict import Prover
from cistron.genome.search.query import parse
from cistron.genome.search.rank import Hit, rank
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services

SCALES = {"1k": ("werkzeug",), "10k": ("sqlalchemy",), "100k": None}  # None: the whole large tree
BARS_MS = {"10k": 10.0, "100k": 40.0}
BAR_PROVE_MS = 1.0
PROVEN = 12
QUESTIONS = 120
STARTS = 5
SETTLED_S = 2.2


def main() -> int:
    """Measure, print, and hold the medians against the bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scales", nargs="+", choices=list(SCALES), default=list(SCALES))
    parser.add_argument("--rounds", type=int, default=3, help="how often each question is asked")
    asked = parser.parse_args()
    scales: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for scale in asked.scales:
            scales[scale] = _measure(Path(folder) / scale, SCALES[scale], asked.rounds)
    missing = [what for scale, found in scales.items() for what in _misses(scale, found)]
    report = {"bench": "latency", "bars_ms": BARS_MS, "bar_prove_ms": BAR_PROVE_MS, "passed": not missing}
    show({**report, "missing": missing, "scales": scales}, _table(scales))
    for what in missing:
        say(f"bar missed: {what}")
    return 1 if missing else 0


def _measure(place: Path, packages: Sequence[str] | None, rounds: int) -> dict[str, object]:
    tree, store = place / "tree", place / "genome.db"
    for name in packages or corpora.LARGE:
        shutil.copytree(corpora.large() / name, tree / name)
    time.sleep(SETTLED_S)  # a stamp is proof only when it is older than this
    services = Services(store, [tree])
    begun = time.process_time()
    services.ingest_work(services.roots()[0], None)(lambda _: None, lambda: False)
    say(f"{place.name}: indexed in {time.process_time() - begun:.1f} CPU s")
    bare = _bare(services, place / "bare.db")
    before = {str(path.relative_to(tree)): path.read_bytes() for path in corpora.files(tree)}
    chosen = targets(before, random.Random(place.name), most=QUESTIONS)
    questions = [question(target, number) for number, target in enumerate(chosen)]
    chunks = bare.execute("select count(*) from chunk").fetchone()[0]
    found: dict[str, object] = {"chunks": chunks, "questions": len(set(questions))}
    found |= _warm(services, bare, questions, rounds)
    found |= _prove(services, questions)
    found |= together(PacketTools(services), questions)
    services.close()
    found |= _first(store, tree, questions)
    bare.close()
    return found


def _bare(services: Services, target: Path) -> sqlite3.Connection:
    """Put the text of the same chunks into an FTS5 table of its own."""
    database = sqlite3.connect(target)
    database.execute("pragma cache_size = -32768")
    database.execute("pragma mmap_size = 268435456")
    database.execute("create virtual table chunk using fts5 (text)")
    rows = services.engine().database.reading().execute("select text from chunk")
    database.executemany("insert into chunk (text) values (?)", rows)
    database.commit()
    return database


def _ask_bare(database: sqlite3.Connection, query: str) -> None:
    words = dict.fromkeys(re.findall(r"\w+", query.lower()))
    expression = " OR ".join(f'"{word}"' for word in words)
    database.execute("select rowid from chunk where chunk match ? order by rank limit 10", (expression,)).fetchall()


def _warm(services: Services, bare: sqlite3.Connection, questions: list[str], rounds: int) -> dict[str, object]:
    tools = PacketTools(services)
    for query in questions[:20]:
        tools.context_packet(query, session="warm")
        _ask_bare(bare, query)
    times: dict[str, list[float]] = {"ours": [], "cpu": [], "bare": [], "edit": []}
    gc.collect()
    for number in range(rounds):
        for at, query in enumerate(questions):
            task = ("explain", "edit")[(at + number) % 2]
            cpu, begun = time.thread_time(), time.perf_counter()
            tools.context_packet(query, task_type=task, session=f"s{at // 10}")
            took = (time.perf_counter() - begun) * 1000
            times["cpu"].append((time.thread_time() - cpu) * 1000)
            times["ours"].append(took)
            if task == "edit":
                times["edit"].append(took)
            begun = time.perf_counter()
            _ask_bare(bare, query)
            times["bare"].append((time.perf_counter() - begun) * 1000)
    ratios = [ours / bare_ms for ours, bare_ms in zip(times["ours"], times["bare"], strict=True)]
    return {
        "warm_ms": percentiles(times["ours"]),
        "warm_cpu_ms": percentiles(times["cpu"]),
        "edit_ms": percentiles(times["edit"]),
        "bare_ms": percentiles(times["bare"]),
        "ratio": round(statistics.median(ratios), 3),
    }


def _prove(services: Services, questions: list[str]) -> dict[str, object]:
    """Prove twelve unchanged items of each question, by stamp and by bytes; the medians."""
    database = services.engine().database
    roots = services.roots()
    used: dict[str, list[float]] = {"explain": [], "edit": []}
    for query in questions:
        with database.snapshot() as connection:
            hits: list[Hit] = [hit for hit in rank(connection, parse(query), roots, 40) if not hit.gone][:PROVEN]
            if len(hits) < PROVEN:
                continue
            for task, found in used.items():
                prover = Prover(connection, PROFILES[task])
                begun = time.perf_counter()
                verdicts = [prover.prove(hit) for hit in hits]
                found.append((time.perf_counter() - begun) * 1000)
                assert all(verdict.status == "verified" for verdict in verdicts)
    return {
        "prove_12_ms": round(statistics.median(used["explain"]), 3),
        "prove_us_per_item": round(statistics.median(used["explain"]) / PROVEN * 1000, 1),
        "prove_12_bytes_ms": round(statistics.median(used["edit"]), 3),
    }


def _first(store: Path, tree: Path, questions: list[str]) -> dict[str, object]:
    """Ask one question of new services on the existing store."""
    opened: list[float] = []
    times: list[float] = []
    seconds: list[float] = []
    for number in range(STARTS):
        begun = time.perf_counter()
        services = Services(store, [tree])
        services.engine()
        opened.append((time.perf_counter() - begun) * 1000)
        tools = PacketTools(services)
        for found in (times, seconds):
            begun = time.perf_counter()
            tools.context_packet(questions[number])
            found.append((time.perf_counter() - begun) * 1000)
        services.close()
    return {
        "open_ms": round(statistics.median(opened), 1),
        "first_ms": percentiles(times),
        "second_ms": round(statistics.median(seconds), 1),
    }


def _misses(scale: str, found: dict[str, object]) -> list[str]:
    missing: list[str] = []
    warm = found["warm_ms"]
    assert isinstance(warm, dict)
    if scale in BARS_MS and warm["p50"] > BARS_MS[scale]:
        missing.append(f"{scale}: p50 {warm['p50']} ms (<= {BARS_MS[scale]})")
    if found["prove_12_ms"] > BAR_PROVE_MS:  # type: ignore[operator]
        missing.append(f"{scale}: 12 items proven in {found['prove_12_ms']} ms (<= {BAR_PROVE_MS})")
    return missing


def _table(scales: dict[str, dict[str, object]]) -> list[list[object]]:
    rows: list[list[object]] = [["", *scales]]
    for key in next(iter(scales.values())):
        cells = [found[key] for found in scales.values()]
        rows.append([key, *(" / ".join(map(str, cell.values())) if isinstance(cell, dict) else cell for cell in cells)])
    return rows


if __name__ == "__main__":
    sys.exit(main())
