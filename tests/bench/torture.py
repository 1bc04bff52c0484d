"""Many processes with mixed calls on one store, killed at random: what was acknowledged must be there afterwards.

Sixteen processes call tools through `tools/`, others are real `cistron serve` processes driven over stdin and stdout;
every moment one of them gets a SIGKILL and another takes its place. Then the store is opened once more and everything
that a call said it had kept is looked for. Last, eight processes write and nothing else, for the latency of a write.
Prints one line of JSON on stdout and a table on stderr; exits 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from processes.living import Living
from processes.stdio import Front
from processes.worker import FILES
from shared.report import percentiles, say, show

from cistron.genome.store import contents, notes, sources
from cistron.genome.store.database import Database
from cistron.tools.services import Services

CALLS, STDIO_CALLS, PROCESSES, WRITERS = 200_000, 5_000, 16, 8
SHARE = 400  # calls of one process before it ends by itself
EVERY_S = (0.3, 1.5)  # between two kills
WRITE_MS = 100.0
HERE = Path(__file__).resolve().parent


@dataclass
class World:
    """The store, the tree it is of, and the logs of those who work on it."""

    folder: Path
    seeds: Iterator[int] = field(default_factory=lambda: iter(range(1, 1 << 30)))
    killed: int = 0
    crashed: list[str] = field(default_factory=list)
    returned: int = 0  # by processes that have ended

    @property
    def store(self) -> Path:
        return self.folder / "store" / "genome.db"

    @property
    def tree(self) -> Path:
        return self.folder / "tree"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    def make(self) -> None:
        """Write the tree, read it in, and close again."""
        for folder in (self.tree / "pkg", self.logs, self.store.parent):
            folder.mkdir(parents=True)
        for number in range(FILES):
            body = f"def compute_{number}(values):\n    return helper(values) + {number}\n\n\ndef helper(values):\n"
            (self.tree / "pkg" / f"m{number:02}.py").write_text(body + "    return sum(values)  # tally\n")
        services = Services(self.store, [self.tree])
        services.ingest_work(services.roots()[0], None)(lambda _: None, lambda: False)
        services.close()

    def worker(self, only: str = "", calls: int = SHARE) -> Living:
        """Start one more process of calls."""
        seed = next(self.seeds)
        return Living(self.logs / f"{only}{seed}.jsonl", (str(self.store), str(self.tree)), seed, calls, only)

    def lines(self, pattern: str = "*.jsonl") -> Iterator[dict[str, object]]:
        """Yield what all logs say, in no order that matters."""
        for log in sorted(self.logs.glob(pattern)):
            yield from map(json.loads, log.read_bytes().splitlines())


def main() -> int:
    """Torture, look, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--stdio-calls", type=int, default=STDIO_CALLS)
    parser.add_argument("--processes", type=int, default=PROCESSES)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = torture(Path(folder), asked.calls, asked.stdio_calls, asked.processes)
    rows: list[list[object]] = [["figure", "value", "bar"]]
    rows += [[name, json.dumps(value), bars(report).get(name, "")] for name, value in report.items()]
    show({"bench": "torture", "passed": not report["missing"], **report}, rows)
    return 1 if report["missing"] else 0


def bars(report: dict[str, object]) -> dict[str, str]:
    """Return what must hold, by figure."""
    zero = ("lost", "locked", "errors", "crashed", "processes_left", "files_left")
    return {**dict.fromkeys(zero, "0"), "integrity": "ok", "write_ms": f"p99 <= {WRITE_MS:g}"}


def torture(folder: Path, calls: int, stdio_calls: int, processes: int) -> dict[str, object]:
    """Do all of it in a folder and return the figures, with what missed its bar under `missing`."""
    world = World(folder)
    world.make()
    begun = time.perf_counter()
    through_tools(world, calls, processes)
    told = Counter(str(line["call"]) for line in world.lines())
    say(f"{sum(told.values())} calls, {world.killed} kills, {time.perf_counter() - begun:.0f} s")
    over_stdio = through_stdio(world, stdio_calls, min(8, processes))
    errors = [str(line["error"]) for line in world.lines() if "error" in line]
    writes = write_latency(world, max(20, min(200, calls // 100)))
    Front(world.store, world.tree, "last").end()  # the next server to start clears up after those that were killed
    lost, kept = missing_writes(world)
    report: dict[str, object] = {
        "calls": sum(told.values()), "stdio_calls": over_stdio, "kills": world.killed, "kept": kept, "lost": lost,
        "locked": sum("lock" in error.lower() or "busy" in error.lower() for error in errors), "errors": len(errors),
        "first_errors": errors[:3], "crashed": len(world.crashed), "first_crash": world.crashed[:1],
        "processes_left": processes_of(world), "files_left": files_left(world), "integrity": integrity(world),
        "write_ms": writes, "seconds": round(time.perf_counter() - begun),
    }  # fmt: skip
    report["missing"] = missed(report)
    return report


def missed(report: dict[str, object]) -> list[str]:
    """Return which bars were missed."""
    found = [
        name
        for name in ("lost", "locked", "errors", "crashed", "processes_left", "files_left")
        if report[name] not in (0, [])
    ]
    found += ["integrity"] if report["integrity"] != "ok" else []
    writes = report["write_ms"]
    assert isinstance(writes, dict)
    return found + (["write_ms"] if writes["p99"] > WRITE_MS else [])


def through_tools(world: World, calls: int, processes: int) -> None:
    """Keep so many processes at work until so many calls have returned; kill one of them every moment."""
    chance = random.Random(1)
    running = [world.worker() for _ in range(processes)]
    next_kill = time.monotonic() + chance.uniform(*EVERY_S)
    while world.returned + sum(process.returned() for process in running) < calls:
        time.sleep(0.1)
        if time.monotonic() >= next_kill:
            chance.choice(running).kill()
            next_kill = time.monotonic() + chance.uniform(*EVERY_S)
        for place, process in enumerate(running):
            if process.has_ended():
                ended(world, process)
                running[place] = world.worker()
    for process in running:
        process.kill()
        ended(world, process)


def ended(world: World, process: Living) -> None:
    """Wait for a process, and count how it ended."""
    status, err = process.end()
    world.returned += process.returned()
    if status == -9:
        world.killed += 1
    elif status != 0:
        world.crashed.append(err[-2_000:])


def through_stdio(world: World, calls: int, processes: int) -> int:
    """Drive real servers, kill one of them every moment, and return how many calls returned."""
    chance = random.Random(2)
    log = world.logs / "stdio.jsonl"
    fronts = [Front(world.store, world.tree, f"s{number}") for number in range(processes)]
    made = 0
    with log.open("ab", buffering=0) as out:
        while made < calls:
            number = chance.randrange(processes)
            for front in fronts:
                front.send(chance)
            killed = fronts[number] if chance.random() < 0.02 else None
            if killed is not None:
                killed.kill()
            for place, front in enumerate(fronts):
                answer = front.receive()
                if answer is None:
                    world.killed += front is killed
                    log_end = front.end()
                    world.crashed += [log_end] if front is not killed else []
                    fronts[place] = Front(world.store, world.tree, f"s{made}k{place}")
                    continue
                made += 1
                out.write(json.dumps(answer).encode() + b"\n")
    for front in fronts:
        front.end()
    return made


def write_latency(world: World, calls: int) -> dict[str, float]:
    """Return how long a write took, with eight processes that do nothing else."""
    running = [world.worker("remember", calls) for _ in range(WRITERS)]
    for process in running:
        ended(world, process)
    return percentiles([float(str(line["ms"])) for line in world.lines("remember*.jsonl")])


def missing_writes(world: World) -> tuple[list[str], int]:
    """Return what was acknowledged and is not there, and how many writes were."""
    database = Database(world.store)
    lost: list[str] = []
    kept = events = 0
    try:
        reading = database.reading()
        root = next(root for root in sources.roots(reading) if root.kind == "virtual")
        for line in world.lines():
            events += int(str(line.get("events", 0)))
            if "note" not in line and "source" not in line:
                continue
            kept += 1
            if "note" in line:
                note = notes.get(reading, int(str(line["note"]).removeprefix("n")))
                source = sources.get(reading, note.source) if note is not None else None
            else:
                source = sources.by_path(reading, root.id, str(line["source"]))
            content = source.content if source is not None else None
            if content is None or str(line["text"]) not in contents.text_of(reading, content):
                lost.append(str(line))
        there: int = reading.execute("select count(*) from event where kind = 'use'").get
        lost += [f"{events - there} use events"] if there < events else []
    finally:
        database.close()
    return lost, kept + events


def integrity(world: World) -> str:
    """Return what SQLite says of the file, its indexes and its keys."""
    database = Database(world.store)
    try:
        reading = database.reading()
        found = str(reading.execute("pragma integrity_check").get)
        orphans = list(reading.execute("pragma foreign_key_check"))
    finally:
        database.close()
    return found if not orphans else f"{found}; {len(orphans)} orphans"


def processes_of(world: World) -> int:
    """Return how many processes still run on the store: it is in their command line, or they have it open."""
    name, found = str(world.store).encode(), 0
    for process in Path("/proc").glob("[0-9]*"):
        if process.name == str(os.getpid()):
            continue
        try:
            opened = [os.readlink(handle).encode() for handle in (process / "fd").iterdir()]
            found += name in (process / "cmdline").read_bytes() or any(name in path for path in opened)
        except OSError:
            continue
    return found


def files_left(world: World) -> list[str]:
    """Return what stands beside the store that nobody needs once everyone has gone, and a lock that is still held."""
    known = {"brief.md", "genome.db", "genome.db-wal", "genome.db-shm", "genome.db.lock", ".gitignore"}
    left = [entry.name for entry in world.store.parent.iterdir() if entry.name not in known]
    lock = world.store.parent / "genome.db.lock"
    if lock.exists() and not is_free(lock):
        left.append("genome.db.lock is held")
    return left


def is_free(lock: Path) -> bool:
    """Whether nobody holds a file lock."""
    import fcntl

    handle = os.open(lock, os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


if __name__ == "__main__":
    sys.exit(main())
