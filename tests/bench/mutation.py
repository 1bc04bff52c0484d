"""Edit real trees in known ways, ask directly after each edit, and judge every item that comes back.

Nothing is ingested between an edit and the question, so noticing, healing and proving are what is measured. Prints one
line of JSON on stdout and a table on stderr; exits 1 when a bar is missed. Failures go to `.bench/mutation.json`.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from shared import corpora
from shared.asking import Place, Tally
from shared.edits import EDITS, Edit, Expected, Target, Tree, question, targets
from shared.report import say, share, show

EXPLAIN = ("explain", "plan", "review")
EDIT = ("edit", "debug", "quote", "ops")
FIRST = ("new file", "moved symbol")  # kinds where another file holds the better answer
CHECKOUT, RESTORED = "checkout", "put back"
SETTLED_S = 2.2  # a stamp is proof only when it is older than this at its proof
NOBODY = 65534
BARS = {
    "crashed": 0,
    "missed": 0,
    "false_alarm": 0.01,
    "pointer_right": 0.99,
    "first_right": 0.95,
    "coverage": 0.90,
    "judged": 500,
}


def main() -> int:
    """Measure, print, and hold the figures against the bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--targets", type=int, default=60, help="definitions asked for, a kind and package")
    parser.add_argument("--only", help="one kind of edit")
    parser.add_argument("--packages", nargs="+", default=list(corpora.RELEASES))
    asked = parser.parse_args()
    kinds = [kind for kind in [*EDITS, CHECKOUT] if asked.only in (None, kind)]
    tallies = {kind: Tally(kind) for kind in [*kinds, RESTORED]}
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        base.chmod(0o755)
        places = _prepared(base, kinds, asked.packages)
        time.sleep(SETTLED_S)
        for kind in kinds:
            for package in asked.packages:
                _measure(kind, package, places[kind, package], asked.targets, tallies)
            say(f"{time.perf_counter() - begun:6.1f} s  {kind}: {tallies[kind].judged} items")
    return _report(tallies, asked.only is None, time.perf_counter() - begun)


def _prepared(base: Path, kinds: Sequence[str], packages: Sequence[str]) -> dict[tuple[str, str], Path]:
    found: dict[tuple[str, str], Path] = {}
    for kind in kinds:
        for package in packages:
            place = found[kind, package] = base / kind.replace(" ", "-").replace(",", "") / package
            for number in range(3 if kind == CHECKOUT else 1):
                old, _ = corpora.RELEASES[package]
                shutil.copytree(corpora.package(package, old), place / f"tree{number}")
    return found


def _measure(kind: str, package: str, place: Path, most: int, tallies: dict[str, Tally]) -> None:
    rng = random.Random(f"{kind} {package}")
    if kind == CHECKOUT:
        for number in range(3):
            _checkout(package, place / f"tree{number}", number, rng, tallies[kind])
    elif kind == "no permission":
        with _unprivileged(place):
            _edited(kind, package, place / "tree0", most, rng, tallies)
    else:
        _edited(kind, package, place / "tree0", most, rng, tallies)


def _edited(kind: str, package: str, root: Path, most: int, rng: random.Random, tallies: dict[str, Tally]) -> None:
    """Edit, ask, put back, for each target; every fourth edit happens while no server runs."""
    held = _held_out(root, rng, most // 2) if kind == "new file" else []
    chosen = targets(Tree(root).before, rng, most=most - len(held), top_only=kind in FIRST)
    place = Place(root, package)
    try:
        for number, target in enumerate(chosen):
            _one(place, kind, EDITS[kind], target, number, rng, tallies)
        for number, (target, data) in enumerate(held):
            _one(place, kind, _writing(data), target, number, rng, tallies)
    finally:
        place.tree.restore()
        place.close()


def _held_out(root: Path, rng: random.Random, most: int) -> list[tuple[Target, bytes]]:
    """Take some files out of the tree before it is indexed; they are the new files of later."""
    before = Tree(root).before
    paths = sorted({target.path for target in targets(before, rng, most=400, top_only=True)})
    out = rng.sample(paths, max(3, len(paths) // 4))
    found = targets({path: before[path] for path in out}, rng, most=most, top_only=True)
    for path in out:
        (root / path).unlink()
    return [(target, before[target.path]) for target in found]


def _writing(data: bytes) -> Edit:
    def write(tree: Tree, target: Target, rng: random.Random, number: int) -> Expected | None:
        tree.write(target.path, data, swap=number % 2 == 1)
        return Expected(target.path, target.symbol)

    return write


def _one(
    place: Place, kind: str, edit: Edit, target: Target, number: int, rng: random.Random, tallies: dict[str, Tally]
) -> None:
    tree, tally = place.tree, tallies[kind]
    is_first = kind in FIRST
    asked = target.symbol if kind == "new file" else None
    query = question(target, number % 3 if is_first else number)
    group = EXPLAIN if number % 2 else EDIT
    task = group[(number // 2) % len(group)]
    session = f"{kind} {number} {target.path}"
    shown = number % 4 in (0, 3)  # whether the asking session was shown the old version
    before = place.ask(query, task, session if shown else f"{session} before")
    restarts = number % 4 == 3
    if kind == "same size, same second":
        tree.write(target.path, tree.before[target.path])
        place.ingest(target.path)
    elif restarts:
        place.close()
    expected = edit(tree, target, rng, number)
    if expected is not None:
        if kind == "same size, same second" and restarts:
            place.close()
        if asked and expected.symbol != asked:
            query = query.replace(target.name, expected.symbol)
        after = place.ask(query, task, session)
        unknowable = kind == "no permission" and number % 3 == 2  # edited and closed: nothing can find it
        tally.take(place, after, None if unknowable else expected, target, first=is_first)
        tally.compare(place, before, target if kind != "new file" else None)
        if shown and kind in ("edit inside", "delete symbol", "delete file", "insert above", "rename file"):
            tally.tell(before, after, target, expected)
    seen = tree.touched()
    tree.restore()
    if number % 3 == 0 and kind not in FIRST:
        wanted = Expected(target.path, target.symbol)
        tallies[RESTORED].take(place, place.ask(query, task, session), wanted, target, since=seen)


def _checkout(package: str, root: Path, number: int, rng: random.Random, tally: Tally) -> None:
    """Swap all files for another release's and back: by git in the first tree, else file by file with mixed times."""
    _, new = corpora.RELEASES[package]
    other = corpora.package(package, new)
    versions = {"old": Tree(root).before, "new": Tree(other).before}
    if number == 0:
        _commit(root, versions["new"])
    place = Place(root, package)
    try:
        for flip in range(2):
            version = "old" if flip else "new"
            seen = {
                path: versions["new" if flip else "old"].get(path) for path in {**versions["old"], **versions["new"]}
            }
            chosen = targets(versions[version], rng, most=12)
            for n, target in enumerate(chosen[:2]):
                place.ask(question(target, n), "explain", f"{number} {flip}")
            if number == 0:
                subprocess.run(["git", "-C", str(root), "checkout", "--quiet", version], check=True)
            else:
                _swap(root, versions["old" if version == "new" else "new"], versions[version], rng)
            for n, target in enumerate(chosen):
                task = (EXPLAIN if n % 2 else EDIT)[(n // 2) % 3]
                packet = place.ask(question(target, n), task, f"{number} {flip}")
                wanted = Expected(target.path, target.symbol)
                tally.take(place, packet, wanted, target, opening=n == 0, since=seen)
    finally:
        place.close()


def _commit(root: Path, new: dict[str, bytes]) -> None:
    """Make a repository with one branch a release; the older one is checked out."""
    git = ["git", "-C", str(root), "-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    old = Tree(root).before
    subprocess.run([*git, "init", "--quiet", "--initial-branch=old"], check=True)
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message=old"], check=True)
    subprocess.run([*git, "checkout", "--quiet", "-b", "new"], check=True)
    _swap(root, old, new, random.Random(0))
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message=new"], check=True)
    subprocess.run([*git, "checkout", "--quiet", "old"], check=True)
    time.sleep(SETTLED_S)


def _swap(root: Path, old: dict[str, bytes], new: dict[str, bytes], rng: random.Random) -> None:
    for path in old.keys() - new.keys():
        (root / path).unlink()
    for path, data in sorted(new.items()):
        full = root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        times = full.stat() if full.exists() else None
        full.write_bytes(data)
        match rng.randrange(3):
            case 0:
                os.utime(full, (1_600_000_000, 1_600_000_000))
            case 1 if times is not None:
                os.utime(full, ns=(times.st_atime_ns, times.st_mtime_ns))


@contextmanager
def _unprivileged(place: Path) -> Iterator[None]:
    """Act as nobody while this lasts: root may read what has no permission at all."""
    if os.geteuid() != 0:
        yield
        return
    warm = Place(place / "warm", "warm", {"warm.py": b"def warm():\n    return 1\n"})
    warm.ask("warm", "explain", "warm")  # what is imported late must be imported before
    warm.close()
    for path in [place, *place.rglob("*")]:
        os.chown(path, NOBODY, NOBODY)
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def _report(tallies: dict[str, Tally], complete: bool, seconds: float) -> int:
    kinds = {kind: tally.figures() for kind, tally in tallies.items()}
    failures = [failure for tally in tallies.values() for failure in tally.failures]
    corpora.CACHE.mkdir(exist_ok=True)
    (corpora.CACHE / "mutation.json").write_text(json.dumps(failures, indent=1))
    missing = [f"{kind}: {what}" for kind, figures in kinds.items() for what in _misses(figures, complete)]
    totals = {
        "judged": sum(tally.judged for tally in tallies.values()),
        "missed": sum(tally.missed for tally in tallies.values()),
        "false_alarm": share(sum(t.alarms for t in tallies.values()), sum(t.unchanged for t in tallies.values())),
        "pointer_right": share(sum(t.right for t in tallies.values()), sum(t.pointers for t in tallies.values())),
        "first_right": share(sum(t.first for t in tallies.values()), sum(t.first_asked for t in tallies.values())),
        "coverage": share(sum(t.covered for t in tallies.values()), sum(t.asked for t in tallies.values())),
        "trust_missed": share(sum(t.trust_missed for t in tallies.values()), sum(t.held for t in tallies.values())),
        "hash_alarm": share(sum(t.hash_alarms for t in tallies.values()), sum(t.hash_same for t in tallies.values())),
        "ask_ms_p50": round(statistics.median(ms for t in tallies.values() for ms in t.milliseconds), 1),
    }
    report = {"bench": "mutation", "bars": BARS, "passed": not missing, "missing": missing, **totals, "kinds": kinds}
    report["seconds"] = round(seconds, 1)
    columns = list(next(iter(kinds.values())))
    rows = [[kind, *(figures[column] for column in columns)] for kind, figures in kinds.items()]
    show(report, [["kind", *(column.replace("_", " ") for column in columns)], *rows])
    for what in missing:
        say(f"bar missed: {what}")
    return 1 if missing else 0


def _misses(figures: dict[str, object], complete: bool) -> list[str]:
    found: list[str] = []
    for bar, value in BARS.items():
        figure = figures[bar]
        most = bar in ("crashed", "missed", "false_alarm")
        if figure is None or (bar == "judged" and not complete):
            continue
        assert isinstance(figure, int | float)
        if figure > value if most else figure < value:
            found.append(f"{bar} {figure} ({'<=' if most else '>='} {value})")
    return found + ([f"longest span {figures['longest']}"] if figures["longest"] > 120 else [])  # type: ignore[operator]


if __name__ == "__main__":
    sys.exit(main())
