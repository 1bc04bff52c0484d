"""How fast is source read into the store, how large does the store get, and what does looking again cost?

Prints one line of JSON on stdout and a table on stderr; exits 1 when a bar is missed. Each figure is of a process of
its own and counts its CPU seconds (the clock of a shared machine says little); the median of the runs is reported. The
baseline reads and hashes the same files and puts windows of 25 lines into a bare FTS5 table.
"""

import argparse
import hashlib
import json
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from shared import corpora
from shared.report import say, show

PACKAGES = ("sqlalchemy", "django", "bokeh", "cython", "numpy", "werkzeug", "jinja2", "aiohttp", "mkdocs")
BARS = {"mb_per_cpu_s": 2.0, "store_per_text": 4.0, "again_s": 1.0}
WINDOW = 25
AGAIN_FILES = 5000


def main() -> int:
    """Measure, print, and hold the figures against the bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--child", choices=["ours", "bare", "again"], help=argparse.SUPPRESS)
    parser.add_argument("--profile", type=Path, help="write a cProfile of one ingest to this file and stop")
    asked = parser.parse_args()
    if asked.child:
        print(json.dumps({"ours": _ours, "bare": _bare, "again": _again}[asked.child]()))
        return 0
    if asked.profile:
        return _profile(asked.profile)
    paths = corpora.files(_tree())
    size = sum(path.stat().st_size for path in paths)
    say(f"{len(paths)} files, {size / 1e6:.1f} MB: {corpora.shares(paths)}")
    runs: dict[str, list[dict[str, float]]] = {"ours": [], "bare": []}
    for _ in range(asked.runs):
        for name, found in runs.items():
            found.append(_child(name))
            say(f"{name}: {found[-1]}")
    again = _child("again")
    report: dict[str, object] = {"bench": "ingest", "bars": BARS, "files": len(paths), "mb": round(size / 1e6, 2)}
    report["mb_by_language"] = corpora.shares(paths)
    for name, found in runs.items():
        median = {key: statistics.median(run[key] for run in found) for key in found[0]}
        report[f"{name}_mb_per_cpu_s"] = round(size / 1e6 / median["cpu_s"], 3)
        report[f"{name}_files_per_cpu_s"] = round(len(paths) / median["cpu_s"], 1)
        report[f"{name}_chunks_per_cpu_s"] = round(median["chunks"] / median["cpu_s"], 1)
        report[f"{name}_chunks"] = int(median["chunks"])
        report[f"{name}_store_per_byte"] = round(median["store"] / size, 3)
        report[f"{name}_peak_mb"] = round(median["peak_mb"], 1)
        report[f"{name}_cpu_s"] = round(median["cpu_s"], 3)
        report[f"{name}_wall_s"] = round(median["wall_s"], 3)
    report |= again
    report["missing"] = _misses(report)
    report["passed"] = not report["missing"]
    names = (
        "mb_per_cpu_s",
        "files_per_cpu_s",
        "chunks_per_cpu_s",
        "chunks",
        "store_per_byte",
        "peak_mb",
        "cpu_s",
        "wall_s",
    )
    rows = [["", "ours", "bare FTS5"], *([name, report[f"ours_{name}"], report[f"bare_{name}"]] for name in names)]
    show(report, [*rows, *([key, value, None] for key, value in again.items())])
    for what in _misses(report):
        say(f"bar missed: {what}")
    return 0 if report["passed"] else 1


def _misses(report: dict[str, object]) -> list[str]:
    found: list[str] = []
    if report["ours_mb_per_cpu_s"] < BARS["mb_per_cpu_s"]:  # type: ignore[operator]
        found.append(f"{report['ours_mb_per_cpu_s']} MB a CPU second (>= {BARS['mb_per_cpu_s']})")
    if report["ours_store_per_byte"] > BARS["store_per_text"]:  # type: ignore[operator]
        found.append(f"store {report['ours_store_per_byte']} times the text (<= {BARS['store_per_text']})")
    if report["again_cpu_s"] > BARS["again_s"]:  # type: ignore[operator]
        found.append(f"unchanged tree again in {report['again_cpu_s']} s (<= {BARS['again_s']})")
    return found


def _tree() -> Path:
    """Return the tree that is ingested: a part of the large one."""
    place = corpora.CACHE / "trees" / "ingest"
    if not place.is_dir():
        building = place.with_name("ingest.part")
        shutil.rmtree(building, ignore_errors=True)
        for name in PACKAGES:
            shutil.copytree(corpora.large() / name, building / name)
        building.rename(place)
    return place


def _child(name: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--child", name]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def _ours() -> dict[str, float]:
    """Ingest the tree; what is imported and opened before counts too."""
    from cistron.genome.store import contents
    from cistron.tools.services import Services

    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "genome.db"
        services = Services(store, [_tree()])
        engine = services.engine()
        begun, wall = time.process_time(), time.perf_counter()
        services.ingest_work(services.roots()[0], None)(lambda _: None, lambda: False)
        used, took = time.process_time() - begun, time.perf_counter() - wall
        chunks = contents.totals(engine.database.reading()).chunks
        services.close()
        return _figures(used, took, chunks, store)


def _bare() -> dict[str, float]:
    """Read and hash every file, and put windows of lines into FTS5: the least that a text index does."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "bare.db"
        database = sqlite3.connect(store, isolation_level=None)
        database.execute("pragma journal_mode = wal")
        database.execute("create virtual table window using fts5 (text)")
        begun, wall = time.process_time(), time.perf_counter()
        chunks = 0
        for path in corpora.files(_tree()):
            data = path.read_bytes()
            hashlib.blake2b(data, digest_size=20).digest()
            rows = data.decode(errors="replace").split("\n")
            windows = [("\n".join(rows[at : at + WINDOW]),) for at in range(0, len(rows), WINDOW)]
            database.execute("begin")
            database.executemany("insert into window (text) values (?)", windows)
            database.execute("commit")
            chunks += len(windows)
        used, took = time.process_time() - begun, time.perf_counter() - wall
        database.execute("pragma wal_checkpoint(truncate)")
        database.close()
        return _figures(used, took, chunks, store)


def _again() -> dict[str, float]:
    """Ingest a tree of many small files twice without a change between; the second is measured."""
    from cistron.tools.services import Services

    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        for number, path in enumerate(sorted(corpora.files(corpora.large()), key=os.path.getsize)[:AGAIN_FILES]):
            target = tree / path.parent.relative_to(corpora.large()) / f"{path.stem}_{number}{path.suffix}"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
        time.sleep(2.2)  # a stamp is proof only when it is older than this
        services = Services(Path(folder) / "genome.db", [tree])
        root = services.roots()[0]
        services.ingest_work(root, None)(lambda _: None, lambda: False)
        used: list[tuple[float, float]] = []
        for _ in range(5):
            begun, wall = time.process_time(), time.perf_counter()
            report = services.ingest_work(root, None)(lambda _: None, lambda: False)
            used.append((time.process_time() - begun, time.perf_counter() - wall))
            assert report.read == 0
        services.close()
        return {
            "again_files": report.seen,
            "again_cpu_s": round(statistics.median(cpu for cpu, _ in used), 3),
            "again_wall_s": round(statistics.median(took for _, took in used), 3),
        }


def _figures(used: float, took: float, chunks: int, store: Path) -> dict[str, float]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"cpu_s": used, "wall_s": took, "chunks": chunks, "store": store.stat().st_size, "peak_mb": peak}


def _profile(target: Path) -> int:
    import cProfile  # only when asked for

    profile = cProfile.Profile()
    profile.runcall(_ours)
    profile.dump_stats(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
