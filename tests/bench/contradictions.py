"""Are contradictions claimed where two places disagree, and nowhere else?

Natural: source releases with their documents at pinned versions; every contradiction found in them is printed, to be
judged by hand (`docs/facts.md` has the list as it was judged). Injected: for each pact whose places agree, the value at
one of them is changed in the file, the file is read in again, and the pact has to be reported. Prints one line of JSON
on stdout and a table on stderr; exits 1 when a bar is missed.
"""

import argparse
import random
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from shared import corpora
from shared.report import percentiles, say, share, show

from cistron.genome.proof.contradictions import Pact, Stand, contradictions, pacts
from cistron.tools.services import Services

SDISTS = (
    "flask-3.1.1 requests-2.32.4 httpx-0.28.1 uvicorn-0.35.0 gunicorn-23.0.0 scrapy-2.13.3 celery-5.5.3 tox-4.28.4"
    " mkdocs-1.6.1 redis-6.2.0 tornado-6.5.1 urllib3-2.5.0 locust-2.37.14 hypercorn-0.17.3 pelican-4.11.0 twine-6.1.0"
    " black-25.1.0 huey-2.5.3 kombu-5.5.4 aiohttp-3.12.15 supervisor-4.2.5 dramatiq-1.18.0 flask-limiter-3.12"
    " pip-tools-7.5.0 django-5.2.1 djangorestframework-3.16.0 sanic-25.3.0 rq-2.4.0 flask-caching-2.3.1"
    " django-debug-toolbar-5.2.0 paramiko-3.5.1 loguru-0.7.3 structlog-25.4.0 marshmallow-4.0.0 trio-0.30.0 anyio-4.9.0"
    " nox-2025.5.1 httpie-3.2.4 bottle-0.13.4 starlette-0.46.2 tqdm-4.67.1 arrow-1.3.0 pyramid-2.0.2"
    " waitress-3.0.2"
).split()
MOST_INJECTED = 24  # a package, so that one with many settings does not stand for all
BAR_RECALL = 0.8
FEWEST = 100


def main() -> int:
    """Look, inject, print, and hold the recall against its bar."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", default=SDISTS)
    names = parser.parse_args().only
    rows: list[list[object]] = [["release", "pacts", "natural", "injected", "found"]]
    kinds: Counter[tuple[str, bool]] = Counter()
    natural: list[dict[str, object]] = []
    took: list[float] = []
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            row = _package(name, Path(folder), natural, kinds, took)
            rows.append(row)
    injected, found = sum(kinds.values()), sum(n for (_, is_found), n in kinds.items() if is_found)
    recall = share(found, injected)
    missing = [f"recall {recall}"] if recall is None or recall < BAR_RECALL else []
    missing += [f"only {injected} injected"] if injected < FEWEST and names == SDISTS else []
    by_kind = {kind: [kinds[kind, True], kinds[kind, True] + kinds[kind, False]] for kind, _ in sorted(kinds)}
    report = {
        "bench": "contradictions",
        "passed": not missing,
        "missing": missing,
        "recall": recall,
        "injected": injected,
    }
    show({**report, "kinds": by_kind, "whole_tree_ms": percentiles(took), "natural": natural}, rows)
    for what in missing:
        say(f"bar missed: {what}")
    return 1 if missing else 0


def _package(
    name: str, folder: Path, natural: list[dict[str, object]], kinds: Counter[tuple[str, bool]], took: list[float]
) -> list[object]:
    tree = folder / "tree"
    shutil.copytree(corpora.sdist(*name.rsplit("-", 1)), tree)
    services = Services(folder / "genome.db", [tree])
    root = services.roots()[0]
    services.ingest_work(root, None)(lambda _: None, lambda: False)
    every = _canons(services)
    with services.engine().database.snapshot() as reading:
        begun = time.perf_counter()
        made = pacts(reading, every, [root.id])
        took.append((time.perf_counter() - begun) * 1000)
    for pact in made:
        if pact.is_broken:
            places = [f"{stand.path}:{stand.line} {value}" for stand, value in zip(pact.stands, pact.said, strict=True)]
            natural.append({"release": name, "key": pact.key, "places": places})
            say(f"{name}: {pact.key}: {'; '.join(places)}")
    rng = random.Random(name)
    agreed = [pact for pact in made if not pact.is_broken]
    chosen = rng.sample(agreed, min(MOST_INJECTED, len(agreed)))
    injected = found = 0
    for pact, stand in [(each, stand) for each in chosen for stand in (each.stands[0], each.stands[-1])]:
        result = _inject(services, tree, pact, stand)
        if result is not None:
            injected, found = injected + 1, found + result
            kinds[_kind(pact), result] += 1
            if not result:
                say(f"{name}: missed {pact.key} at {stand.path}:{stand.line}")
    services.close()
    return [name, len(made), sum(pact.is_broken for pact in made), injected, found]


def _kind(pact: Pact) -> str:
    if pact.key in ("version", "requires-python", "port"):
        return pact.key
    return "setting and document" if any(stand.is_doc for stand in pact.stands) else "environment"


def _canons(services: Services) -> list[str]:
    sql = "select distinct canon from fact_name where canon is not null order by canon"
    return [canon for (canon,) in services.engine().database.reading().execute(sql)]


def _inject(services: Services, tree: Path, pact: Pact, stand: Stand) -> bool | None:
    """Change a value in its file and say whether the pact is reported; None where it could not be changed."""
    file = tree / stand.path
    before = file.read_bytes()
    lines = before.decode().split("\n")
    changed = _another(lines[stand.line - 1], stand.value)
    if changed is None:
        return None
    lines[stand.line - 1] = changed
    file.write_text("\n".join(lines))
    root = services.roots()[0]
    services.engine().ingester.absorb(root, stand.path)
    every = _canons(services)
    with services.engine().database.snapshot() as reading:
        found = contradictions(reading, every, [root.id])
    is_found = any(each.key == pact.key and stand.path in {one.path for one in each.stands} for each in found)
    file.write_bytes(before)
    services.engine().ingester.absorb(root, stand.path)
    return is_found


def _another(line: str, value: str) -> str | None:
    """Return a line with another value of the same sort in place of its own."""
    core = value.removeprefix(">=") if value.startswith(">=") and value not in line else value
    at = line.find(core, max(0, line.find("=")))
    at = line.rfind(core) if at < 0 else at
    if at < 0:
        return None
    flips = {"True": "False", "False": "True", "true": "false", "false": "true", "None": "17"}
    numbers = re.findall(r"\d+", core)
    other = flips.get(core) or (re.sub(r"(\d+)(?!.*\d)", lambda m: str(int(m[1]) + 3), core) if numbers else f"{core}x")
    return line[:at] + other + line[at + len(core) :]


if __name__ == "__main__":
    sys.exit(main())
