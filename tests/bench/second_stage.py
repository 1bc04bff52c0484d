"""Does a sentence encoder behind the other lanes find more, and what does it cost? Over the packages of the questions.

Every candidate of every question is encoded as the server does it, then the questions are asked with the lane
`encoder` and without it. `--weights` tries weights, on the train half. No model is taken up by itself, because the
gain's interval held zero on the test half: exits 1 where that is so no longer. Prints one line of JSON on stdout and a
table on stderr. Vectors are kept in `.bench/encodings`: the first run takes some twenty minutes, and alone says how
fast they are made.

    python tests/bench/second_stage.py [--model minilm|DIR] [--split train --weights 0.25 0.5 1] [--only PACKAGE ...]
"""

import argparse
import hashlib
import resource
import sqlite3
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import questions
from finding.lane_stores import Asked, opened
from shared.report import percentiles, say, show
from shared.scores import Scored, interval

from cistron.genome.reading.encoders import as_text, load
from cistron.genome.reading.vectors import Document
from cistron.genome.search import fuse
from cistron.genome.search.dense import Near, no_cosines
from cistron.genome.search.fuse import Hit
from cistron.genome.search.lanes.lane import Context
from cistron.genome.search.lanes.table import chosen
from cistron.genome.search.lexical import Idf
from cistron.genome.search.query import parse
from cistron.genome.search.sentences import Sentences
from cistron.genome.store import encodings
from cistron.tools.services import Services

MEASURES = ("file", "span")
USUAL = chosen({"encoder": False})
BEHIND = chosen({"encoder": True})
TAKEN = 64


@dataclass
class Found:
    """What was asked so far: scores by weight, None for without; times and counts."""

    scores: dict[float | None, list[Scored]] = field(default_factory=lambda: defaultdict(list))
    kinds: list[str] = field(default_factory=list)
    with_ms: list[float] = field(default_factory=list)
    without_ms: list[float] = field(default_factory=list)
    encoded: int = 0
    encode_s: float = 0.0  # of CPU, as the other times: the machine may be shared


def main() -> int:
    """Encode, ask, print, and hold the gain against zero."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="minilm")
    parser.add_argument("--split", choices=questions.SPLITS, default="test")
    parser.add_argument("--weights", nargs="+", type=float, default=[fuse.WEIGHTS["encoder"]])
    parser.add_argument("--only", nargs="+", metavar="PACKAGE", default=())
    given = parser.parse_args()
    before = _resident()
    stage = Sentences(load(given.model), given.model)
    loaded = _resident()
    kept = _Kept(questions.CACHE / "encodings" / f"{stage.encoder.model}.db")
    found = Found()
    held = questions.questions(given.split)
    for name in sorted({question.package for question in held}):
        if not given.only or name in given.only:
            with opened(name) as services:
                mine = [question for question in held if question.package == name]
                _encode(services, stage, kept, mine, found)
                _ask(services, stage, mine, given.weights, found)
    return _report(given, stage, found, {"before": before, "loaded": loaded, "at most": _most_resident()})


def _encode(
    services: Services, stage: Sentences, kept: "_Kept", held: Sequence[questions.Question], found: Found
) -> None:
    """Put the vectors of all candidates of all questions into the store."""
    database = services.engine().database
    documents: dict[int, Document] = {}
    with database.snapshot() as connection:
        for question in held:
            for hit in _asked(services, connection, question, None).rank(USUAL).hits:
                if hit.fact is None:
                    heading = hit.place.heading or ""
                    documents[hit.place.passage] = Document(hit.source.path, hit.place.symbol or "", heading, hit.body)
    rows = {passage: kept.get(document) for passage, document in documents.items()}
    todo = [passage for passage, row in rows.items() if row is None]
    begun = time.thread_time()
    for start in range(0, len(todo), TAKEN):
        part = todo[start : start + TAKEN]
        made = stage.encoder.encode_documents([documents[passage] for passage in part])
        for passage, row in zip(part, made, strict=True):
            rows[passage] = row.tobytes()
            kept.add(documents[passage], row.tobytes())
    found.encoded += len(todo)
    found.encode_s += time.thread_time() - begun
    number = stage.begin(database)
    with database.writing() as writer:
        encodings.keep(writer, number, ((passage, row) for passage, row in rows.items() if row is not None))


def _ask(
    services: Services, stage: Sentences, held: Sequence[questions.Question], weights: Sequence[float], found: Found
) -> None:
    with services.engine().database.snapshot() as connection:
        for question in held:
            found.kinds.append(question.kind)
            one = _asked(services, connection, question, stage)
            begun = time.thread_time()
            usual = one.rank(USUAL)
            found.without_ms.append(1000 * (time.thread_time() - begun))
            found.scores[None].append(one.score(usual.hits))
            begun = time.thread_time()
            behind = one.rank(BEHIND)
            found.with_ms.append(1000 * (time.thread_time() - begun))
            for weight in weights:
                found.scores[weight].append(one.score(_ordered(behind.hits, behind.by, weight)))


def _asked(services: Services, connection, question: questions.Question, stage: Sentences | None) -> Asked:
    query = parse(question.text)
    near: Near = services.engine().embedder.near(connection, query.text)
    if stage is not None:
        near = replace(near, encoded=lambda passages: stage.cosines(connection, query.text, passages, lambda _: None))
    else:
        near = replace(near, encoded=no_cosines)
    roots = {root.id: root for root in services.roots()}
    return Asked(question, query, Context(connection, roots, Idf(connection, query.terms), near))


def _ordered(hits: Sequence[Hit], by: fuse.Scale, weight: float) -> list[Hit]:
    """Return hits in the order that another weight of the encoder gives; facts stay where they are."""
    factor = weight / fuse.WEIGHTS["encoder"]
    there = {**by.weights, "encoder": by.weights["encoder"] * factor}
    places = iter(fuse.order([hit for hit in hits if hit.fact is None], replace(by, weights=there)))
    return [hit if hit.fact is not None else next(places) for hit in hits]


class _Kept:
    """Vectors by the text that they are of, on disk."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("create table if not exists v (k blob primary key, r blob) without rowid")

    def get(self, document: Document) -> bytes | None:
        row = self._connection.execute("select r from v where k = ?", (_key(document),)).fetchone()
        return None if row is None else row[0]

    def add(self, document: Document, row: bytes) -> None:
        self._connection.execute("insert or ignore into v values (?, ?)", (_key(document), row))


def _key(document: Document) -> bytes:
    return hashlib.blake2b(as_text(document).encode(), digest_size=16).digest()


def _report(given: argparse.Namespace, stage: Sentences, found: Found, resident: dict[str, int]) -> int:
    usual = found.scores[None]
    rows: list[list[object]] = [["weight", "file", "span", "adds by file", "adds by span"]]
    rows.append(["without", *(_mean(usual, what) for what in MEASURES), "", ""])
    gains: dict[float, dict[str, tuple[float, float, float]]] = {}
    for weight in given.weights:
        scored = found.scores[weight]
        gains[weight] = {what: _gain(scored, usual, what) for what in MEASURES}
        shown = [f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]" for mean, low, high in gains[weight].values()]
        rows.append([weight, *(_mean(scored, what) for what in MEASURES), *shown])
    best = given.weights[0]
    for kind in sorted(set(found.kinds)):
        at = [row for row, one in enumerate(found.kinds) if one == kind]
        cells = [_gain([found.scores[best][i] for i in at], [usual[i] for i in at], what) for what in MEASURES]
        rows.append([f"{kind} at {best}", len(at), "", *("{:+.3f} [{:+.3f}, {:+.3f}]".format(*cell) for cell in cells)])
    proven = any(gains[best][what][1] > 0 for what in MEASURES)
    rate = round(found.encoded / found.encode_s, 1) if found.encoded else None
    report = {
        "bench": "second_stage", "split": given.split, "questions": len(usual), "model": stage.encoder.model,
        "passed": given.split != "test" or not proven, "proven": proven, "gains": gains,
        "rank_ms": {"without": percentiles(found.without_ms), "with": percentiles(found.with_ms)},
        "encoded": found.encoded, "passages_a_cpu_second": rate, "resident_mb": resident,
    }  # fmt: skip
    show(report, rows)
    without, behind = (percentiles(times)["p50"] for times in (found.without_ms, found.with_ms))
    say(f"a ranking takes {without} ms of CPU without, {behind} ms with it (p50)")
    say(f"{found.encoded} passages encoded, {rate} a CPU second; resident MB {resident}")
    return 0 if report["passed"] else 1


def _mean(scored: Sequence[Scored], what: str) -> float:
    return round(sum(getattr(one, what) for one in scored) / max(1, len(scored)), 4)


def _gain(more: Sequence[Scored], less: Sequence[Scored], what: str) -> tuple[float, float, float]:
    return interval([getattr(one, what) - getattr(other, what) for one, other in zip(more, less, strict=True)])


def _resident() -> int:
    """Return this process's resident memory in MB (Linux)."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize() >> 20


def _most_resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


if __name__ == "__main__":
    sys.exit(main())
