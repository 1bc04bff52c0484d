"""What does the dense lane cost at ten thousand, a hundred thousand and a million passages?

Vectors of the large tree's own spans; for a million each is repeated with noise. Measured on one thread: a question
through `propose` (encoding, search, the check that what was found is still there), the search alone both ways, how many
of the true nearest the sign codes keep, the first answer after opening a store, and what it holds in memory. Reading
the same rows out of a memory-mapped file is timed beside it. Prints one line of JSON on stdout and a table on stderr;
exits 1 when a bar is missed.
"""

import argparse
import ctypes
import gc
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from shared import corpora
from shared.report import percentiles, say, show

from cistron.genome.reading.reader import read
from cistron.genome.reading.vectors import Document, Encoder
from cistron.genome.search.dense import Dense
from cistron.genome.store.database import Database

SCALES = {"10k": 10_000, "100k": 100_000, "1M": 1_000_000}
BARS_MS = {"10k": 1.0, "100k": 2.0, "1M": 15.0}  # p50 of `propose`: a small part of a packet's 15, 40 and 120
BAR_FIRST_S = {"10k": 0.5, "100k": 0.5}
BAR_BYTES = 1_229  # a passage, resident
BAR_RECALL = 0.95  # of the true nearest ten
BAR_CHUNKS_A_SECOND = 7_000
QUESTIONS = 60
LIMIT = 50
OPENINGS = 5


def main() -> int:
    """Measure, print, and hold the figures against the bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scales", nargs="+", choices=list(SCALES), default=list(SCALES))
    asked = parser.parse_args()
    encoder = Encoder()
    documents = _documents()
    begun = time.thread_time()
    rows = encoder.encode_documents(documents)
    rate = len(rows) / (time.thread_time() - begun)
    texts = [" ".join(document.text.split()[3:15]) for document in documents[:: len(documents) // QUESTIONS]]
    scales: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for scale in asked.scales:
            scales[scale] = _measure(Path(folder) / f"{scale}.db", encoder, _scaled(rows, SCALES[scale]), texts)
            say(f"{scale}: done")
    missing = [what for scale, found in scales.items() for what in _misses(scale, found)]
    if rate < BAR_CHUNKS_A_SECOND:
        missing.append(f"{rate:,.0f} chunks a second; {BAR_CHUNKS_A_SECOND:,} wanted")
    report = {"bench": "dense", "passed": not missing, "missing": missing, "model": encoder.model}
    table = [
        ["", *scales],
        *([name, *(found[name] for found in scales.values())] for name in next(iter(scales.values()))),
    ]
    show({**report, "chunks_a_second": round(rate), "scales": scales}, table)
    say(f"{len(rows):,} chunks embedded, {rate:,.0f} a CPU second")
    for what in missing:
        say(f"bar missed: {what}")
    return 1 if missing else 0


def _documents() -> list[Document]:
    found: list[Document] = []
    for path in corpora.files(corpora.large()):
        reading = read(path.name, path.read_bytes())
        if reading is None:
            continue
        data = reading.text.encode()
        for span in reading.spans:
            text = data[span.start_byte : span.end_byte].decode()
            found.append(Document(path.name, span.symbol or "", span.heading or "", text))
        if len(found) >= SCALES["100k"]:
            break
    return found


def _scaled(rows: np.ndarray, count: int) -> np.ndarray:
    if count <= len(rows):
        return rows[np.linspace(0, len(rows) - 1, count).astype(int)]
    random = np.random.default_rng(0)
    parts = [rows]
    while sum(map(len, parts)) < count:
        noise = random.integers(-6, 7, rows.shape, dtype=np.int8)
        parts.append(np.clip(rows.astype(np.int16) + noise, -127, 127).astype(np.int8))
    return np.concatenate(parts)[:count]


def _measure(path: Path, encoder: Encoder, rows: np.ndarray, texts: list[str]) -> dict[str, float]:
    _fill(path, encoder, rows)
    np.save(path.with_suffix(".npy"), rows)
    gc.collect()
    first = min(_first(path, encoder, texts[0]) for _ in range(OPENINGS))  # the least disturbed one
    _trim()
    before = _resident()
    database = Database(path)
    dense = Dense(encoder)
    dense.update(database, lambda: False)
    gc.collect()
    _trim()
    held = _resident() - before
    with database.snapshot() as connection:
        whole = _times(lambda text: dense.propose(connection, text, LIMIT), texts)
        matrix = dense._catch_up(connection)
    queries = [encoder.encode_query(text) for text in texts]
    coded = _times(lambda query: matrix.search(query, LIMIT), queries)
    every = _times(lambda query: matrix.search(query, LIMIT, exact=True), queries[:20])
    recall = {k: np.mean([_kept(matrix, query, k) for query in queries[:30]]) for k in (10, 50)}
    database.close()
    begun = time.perf_counter()
    mapped = np.load(path.with_suffix(".npy"), mmap_mode="r")
    mapped.max()
    return {
        "propose p50 ms": percentiles(whole)["p50"],
        "propose p95 ms": percentiles(whole)["p95"],
        "search p50 ms": percentiles(coded)["p50"],
        "exact p50 ms": percentiles(every)["p50"],
        "recall@10": round(float(recall[10]), 4),
        "recall@50": round(float(recall[50]), 4),
        "first answer s": round(first, 3),
        "mapped file read s": round(time.perf_counter() - begun, 3),
        "bytes a passage": round(held / len(rows)),
        "store MB": round(path.stat().st_size / 1e6, 1),
    }


def _first(path: Path, encoder: Encoder, text: str) -> float:
    begun = time.perf_counter()
    database = Database(path)
    dense = Dense(encoder)
    dense.update(database, lambda: False)  # takes in what is there
    with database.snapshot() as connection:
        dense.propose(connection, text, LIMIT)
    took = time.perf_counter() - begun
    database.close()
    return took


def _fill(path: Path, encoder: Encoder, rows: np.ndarray) -> None:
    database = Database(path)
    with database.writing() as writer:
        writer.execute("insert into chunk (id, hash, text, tokens) values (1, x'00', '', 0)")
        numbers = range(1, len(rows) + 1)
        writer.executemany("insert into passage (id, chunk, symbol) values (?, 1, ?)", ((n, str(n)) for n in numbers))
        writer.execute("insert into embedding_model (name) values (?)", (encoder.model,))
        vectors = ((number, row.tobytes()) for number, row in zip(numbers, rows, strict=True))
        writer.executemany("insert into embedding (passage, model, vector) values (?, 1, ?)", vectors)
    database.checkpoint()
    database.close()


def _times(ask: Callable[[Any], object], asked: list[Any]) -> list[float]:
    for each in asked[:5]:
        ask(each)
    found: list[float] = []
    for each in asked:
        begun = time.thread_time()
        ask(each)
        found.append((time.thread_time() - begun) * 1000)
    return found


def _kept(matrix, query: np.ndarray, count: int) -> float:
    true = matrix.search(query, count, exact=True)[2]
    got = matrix.search(query, count)[2]
    return float(np.mean(got >= true[-1] - 1e-6)) if len(true) else 1.0  # level rows are as good


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def _trim() -> None:
    """Give freed memory back, so that what is counted is held."""
    ctypes.CDLL("libc.so.6").malloc_trim(0)


def _misses(scale: str, found: dict[str, float]) -> list[str]:
    bars = [
        ("propose p50 ms", found["propose p50 ms"], BARS_MS[scale]),
        ("first answer s", found["first answer s"], BAR_FIRST_S.get(scale, float("inf"))),
        ("bytes a passage", found["bytes a passage"], BAR_BYTES),
        ("lost of the nearest ten", 1 - found["recall@10"], 1 - BAR_RECALL),
    ]
    return [f"{scale}: {name} {value:g}; at most {bar:g} wanted" for name, value, bar in bars if value > bar]


if __name__ == "__main__":
    sys.exit(main())
