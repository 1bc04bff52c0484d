"""How soon does a new workspace answer, how soon in full, and what do reading and embedding cost by then?

A server is opened on the large tree with an empty store, and asked from the first moment on, where names are defined,
four times a second: what an agent meets that is let loose on a workspace that nobody has indexed. Told are the seconds
to the first packet with an item, to the first whose first item is right, to all files read and to all vectors made,
and the CPU seconds of the thread that reads and the one that embeds. The lexical answer must not wait for the vectors.
The encoder of the second stage (docs/models.md), where it is installed, is timed on some hundred passages of the
store, and the time for all of them told from that. Prints one line of JSON on stdout and a table on stderr; exits 1
when a bar is missed.

    python tests/bench/ingest_vectors.py [--tree DIR] [--passages 500]
"""

import argparse
import random
import re
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from shared import corpora
from shared.report import say, show

from cistron.genome.errors import ModelUnusable
from cistron.genome.reading.encoders import PACKAGED, load
from cistron.genome.search.sentences import BATCH, Sentences
from cistron.genome.store import contents
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services

LEAST_MB = 20.0
LIMIT_S = 2.0  # of one answer, whatever goes on beside it
PAUSE_S = 0.25  # between questions
QUESTIONS = 100
GIVE_UP_S = 1_800.0
READS, EMBEDS = "cistron-job", "cistron-embed"  # the threads
DEFINED = re.compile(rb"^def ([a-z]\w{7,})\(", re.MULTILINE)


@dataclass
class Seen:
    """When what was first so, in seconds from the opening; CPU seconds by thread; how long each answer took."""

    at: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)
    cpu_to_answer: float = 0.0
    vectors_then: bool = False  # whether all vectors were there at the first answer

    def first(self, what: str, begun: float) -> None:
        """Note the time, if it is the first."""
        self.at.setdefault(what, round(time.perf_counter() - begun, 2))


def main() -> int:
    """Measure, print, and hold the figures against the bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tree", type=Path, help="another tree, of any size")
    parser.add_argument("--passages", type=int, default=500, help="so many for the second stage's rate")
    given = parser.parse_args()
    tree: Path = (given.tree or corpora.large()).resolve()
    paths = corpora.files(tree)
    mb = sum(path.stat().st_size for path in paths) / 1e6
    say(f"{len(paths)} files, {mb:.1f} MB: {corpora.shares(paths)}")
    wanted = _names(tree, paths)
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "genome.db"
        services, seen, process_s = _follow(store, tree, wanted)
        with services.engine().database.snapshot() as connection:
            held = contents.totals(connection)
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        second = _second_stage(services, given.passages)
        services.close()
        store_mb = store.stat().st_size / 1e6
    read_s, embed_s = seen.cpu.get(READS, 0.0), seen.cpu.get(EMBEDS, 0.0)
    report: dict[str, object] = {
        "bench": "ingest_vectors", "files": len(paths), "mb": round(mb, 2),
        "chunks": held.chunks, "places": held.places,
        **{f"{what}_s": seconds for what, seconds in seen.at.items()},
        "reading_cpu_s": round(read_s, 2), "reading_chunks_per_cpu_s": _rate(held.chunks, read_s),
        "reading_mb_per_cpu_s": _rate(mb, read_s), "embedding_cpu_s": round(embed_s, 2),
        "embedding_chunks_per_cpu_s": _rate(held.chunks, embed_s), "process_cpu_s": round(process_s, 2),
        "questions": len(seen.took), "answer_p50_s": round(statistics.median(seen.took), 3),
        "answer_max_s": round(max(seen.took), 3), "store_mb": round(store_mb, 1), "peak_mb": round(peak_mb, 1),
        "second_stage_chunks_per_cpu_s": second,
        "second_stage_all_cpu_s": round(held.chunks / second) if second else None,
    }  # fmt: skip
    missing = _misses(report, seen, given.tree is None)
    show({**report, "passed": not missing, "missing": missing}, [["", ""], *map(list, report.items())])
    for what in missing:
        say(f"bar missed: {what}")
    return 1 if missing else 0


def _names(tree: Path, paths: list[Path]) -> dict[str, str]:
    """Return functions that are defined once in the tree, and the file of each."""
    found = {path: DEFINED.findall(path.read_bytes()) for path in paths if path.suffix == ".py"}
    counts = Counter(name for names in found.values() for name in names)
    where = {
        name.decode(): path.relative_to(tree).as_posix()
        for path, names in found.items()
        for name in names
        if counts[name] == 1
    }
    chosen = random.Random(7).sample(sorted(where), min(QUESTIONS, len(where)))
    return {name: where[name] for name in chosen}


def _follow(store: Path, tree: Path, wanted: dict[str, str]) -> tuple[Services, Seen, float]:
    """Open a server on the tree and ask until everything is there; return it, what was seen, and its CPU seconds."""
    seen = Seen()
    names: Iterator[tuple[str, str]] = cycle(wanted.items())
    done = threading.Event()
    watch = threading.Thread(target=_watch, args=(seen, done), daemon=True)
    watch.start()
    used, begun = time.process_time(), time.perf_counter()
    services = Services(store, [tree])
    services.start()
    tools = PacketTools(services)
    while "all_vectors" not in seen.at and time.perf_counter() - begun < GIVE_UP_S:
        name, path = next(names)
        asked = time.perf_counter()
        packet = tools.context_packet(f"where is {name} defined")
        seen.took.append(time.perf_counter() - asked)
        is_complete = services.engine().embedder.is_complete
        if packet.items and "first_answer" not in seen.at:
            seen.vectors_then = is_complete
            seen.first("first_answer", begun)
        if packet.items and packet.items[0].path == path:
            seen.first("first_right", begun)
        if packet.store.indexed == 1.0:
            seen.first("indexed", begun)
            if is_complete:
                seen.first("all_vectors", begun)
        time.sleep(max(0.0, asked + PAUSE_S - time.perf_counter()))
    done.set()
    watch.join()
    return services, seen, time.process_time() - used


def _watch(seen: Seen, done: threading.Event) -> None:
    """Read the clocks of the threads (Linux) as long as they run: that of one that has ended cannot be read."""
    while not done.wait(0.02):
        for thread in threading.enumerate():
            for name in (READS, EMBEDS):
                if thread.name.startswith(name):
                    with suppress(OSError):  # it ended this moment
                        clock = Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text(encoding="ascii")
                        seen.cpu[name] = int(clock.split()[0]) / 1e9


def _second_stage(services: Services, most: int) -> float | None:
    """Return how many passages, spread over the store, the packaged encoder takes in a CPU second; None without it."""
    try:
        stage = Sentences(load(PACKAGED), PACKAGED)
    except ModelUnusable as error:
        say(f"no second stage: {error}")
        return None
    database = services.engine().database
    number = stage.begin(database)
    with database.snapshot() as connection:
        plan = stage.plan(connection)
    taken = plan[:: max(1, len(plan) // most)][:most]
    used, done = time.process_time(), 0
    for start in range(0, len(taken), BATCH):
        done += stage.advance(database, number, taken[start : start + BATCH])
    return _rate(done, time.process_time() - used)


def _rate(count: float, seconds: float) -> float | None:
    return round(count / seconds, 1) if seconds else None


def _misses(report: dict[str, object], seen: Seen, is_large: bool) -> list[str]:
    awaited = ("first_answer", "first_right", "indexed", "all_vectors")
    found = [f"{what} did not come in {GIVE_UP_S:.0f} s" for what in awaited if what not in seen.at]
    if is_large and (seen.vectors_then or "first_answer" not in seen.at):
        found.append("no answer before all vectors were made")  # a small tree is whole before a question is answered
    if max(seen.took) > LIMIT_S:
        found.append(f"an answer took {max(seen.took):.2f} s (<= {LIMIT_S:g})")
    if is_large and report["mb"] < LEAST_MB:  # type: ignore[operator]
        found.append(f"only {report['mb']} MB (>= {LEAST_MB:g})")
    return found


if __name__ == "__main__":
    sys.exit(main())
