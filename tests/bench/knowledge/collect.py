"""What `knowing` sees of each question: features of the answer and its items, and which items hold the answer."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from finding.lane_stores import settled
from knowledge.suite import Case, Corpus, open_store, targets
from shared import corpora
from shared.report import say

from cistron.genome.search.confidence import ITEMS, RANKED, judge
from cistron.genome.search.dense import Near
from cistron.genome.search.features import Features, of_items, of_packet, subject
from cistron.genome.search.lexical import Idf
from cistron.genome.search.query import Query, parse
from cistron.genome.search.rank import Hit, rank
from cistron.tools.ask import BEYOND
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services


@dataclass(frozen=True)
class Seen:
    """One question with what came of it. `covers` says of each item whether it holds the answer."""

    case: Case
    packet: Features
    items: list[Features]
    covers: list[bool]


@dataclass(frozen=True)
class Told:
    """One question with the packet that was delivered. `covers` and `p` are of its items."""

    case: Case
    confidence: float
    known: str
    p: list[float]
    covers: list[bool]
    score: float  # BM25 of the best hit
    share: float  # of the question's idf mass in the best hit: the rule of before
    judging_ms: float  # of the processor's time, for features and models

    @property
    def delivered(self) -> bool:
        """Whether an item holds the answer."""
        return any(self.covers)


def background(packages: dict[str, str], most: int) -> dict[str, int]:
    """Count in how many passages of a million a term stands, the mean over packages; the most common terms of all."""
    shares: dict[str, float] = {}
    packages_with: dict[str, int] = {}
    for name, version in packages.items():
        with tempfile.TemporaryDirectory() as folder:
            services = Services(Path(folder) / "genome.db", [corpora.package(name, version)])
            services.start()
            services.ingest_work(services.roots()[0], None)(lambda _: None, lambda: False)
            with services.engine().database.snapshot() as reading:
                passages = reading.execute("select count(*) from passage").get
                for term, holding in reading.execute("select term, doc from text_term"):
                    shares[term] = shares.get(term, 0.0) + holding / passages / len(packages)
                    packages_with[term] = packages_with.get(term, 0) + 1
            services.close()
        say(f"background: {name}, {passages} passages")
    known = [term for term, n in packages_with.items() if n >= 3 and term.isascii() and len(term) < 24]
    known.sort(key=lambda term: (-packages_with[term], -shares[term], term))
    return {term: round(shares[term] * 1e6) for term in sorted(known[:most])}


def collect(stores: dict[str, tuple[Corpus, list[Case]]]) -> list[Seen]:
    """Ask every question of its store, with vectors and without, and note features and truth."""
    found: list[Seen] = []
    for corpus, cases in stores.values():
        begun = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            services = open_store(corpus, Path(folder))
            settled(services)
            found += [_seen(services, corpus, case, vectors) for case in cases for vectors in (True, False)]
            services.close()
        say(f"{corpus.name}: {len(cases)} questions, {time.perf_counter() - begun:.1f} s")
    return found


def ask(stores: dict[str, tuple[Corpus, list[Case]]]) -> list[Told]:
    """Ask every question through the tool and note what is said."""
    found: list[Told] = []
    for corpus, cases in stores.values():
        begun = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            services = open_store(corpus, Path(folder))
            settled(services)
            tools = PacketTools(services)
            found += [_told(services, tools, corpus, case) for case in cases]
            services.close()
        say(f"{corpus.name}: {len(cases)} questions, {time.perf_counter() - begun:.1f} s")
    return found


def holds(places: Sequence[tuple[str, int, int]], path: str, start: int, end: int) -> bool:
    """Whether lines of a file hold one of the places that answer."""
    return any(path == at and start <= last and end >= first for at, first, last in places)


def _seen(services: Services, corpus: Corpus, case: Case, vectors: bool) -> Seen:
    query = parse(case.question.text)
    idf, ranking = _ranked(services, query, vectors)
    hits = [hit for hit in ranking if not hit.gone][:ITEMS]
    asked = subject(query)
    items = of_items(asked, idf, hits)
    places = targets(corpus, case.question) if case.absent is None else []
    covers = [holds(places, hit.source.path, hit.place.start_line, hit.place.end_line) for hit in hits]
    return Seen(case, of_packet(asked, idf, ranking, hits, items), items, covers)


def _told(services: Services, tools: PacketTools, corpus: Corpus, case: Case) -> Told:
    packet = tools.context_packet(case.question.text, max_items=ITEMS)
    places = targets(corpus, case.question) if case.absent is None else []
    covers = [holds(places, item.path, item.start_line, item.end_line) for item in packet.items]
    query = parse(case.question.text)
    idf, ranking = _ranked(services, query)
    begun = time.thread_time()
    judge(subject(query), idf, ranking, ranking[: ITEMS + BEYOND])
    took = (time.thread_time() - begun) * 1000
    score = max((hit.score for hit in ranking), default=0.0)
    share = max((0.9 if hit.exact else hit.share for hit in ranking[:ITEMS]), default=0.0)
    return Told(
        case, packet.confidence, packet.known, [item.p for item in packet.items], covers, score, share, took
    )  # fmt: skip


def _ranked(services: Services, query: Query, vectors: bool = True) -> tuple[Idf, list[Hit]]:
    with services.engine().database.snapshot() as reading:
        idf = Idf(reading, query.terms)
        near = services.engine().embedder.near(reading, query.text) if vectors else Near()
        found = rank(reading, query, services.roots(), RANKED, idf, near, services.lanes)
        return idf, [hit for hit in found if hit.fact is None]
