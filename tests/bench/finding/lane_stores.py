"""The packages of the questions, indexed and embedded once, and asked through the search itself with any lanes."""

import tempfile
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import questions
from questions import Question
from shared.report import say
from shared.scores import Ranked, Ranking, Scored, score

from cistron.genome.records import Root
from cistron.genome.search.dense import Near
from cistron.genome.search.fuse import Hit
from cistron.genome.search.lanes.lane import Context, Lane
from cistron.genome.search.lexical import Idf
from cistron.genome.search.query import Query, parse
from cistron.genome.search.rank import Ranking as LaneRanking
from cistron.genome.search.rank import explain
from cistron.tools.services import Services

TOP = 10
EMBED_S = 120.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A question at an open store, with what every choice of lanes shares."""

    question: Question
    query: Query
    context: Context

    def rank(self, lanes: Sequence[Lane]) -> LaneRanking:
        """Return what these lanes find."""
        near = self.context.near if any(lane.name in ("dense", "structure") for lane in lanes) else Near()
        context = Context(self.context.connection, self.context.roots, self.context.idf, near)
        return explain(self.query, context, lanes)

    def score(self, hits: Sequence[Hit]) -> Scored:
        """Score the first places by file and span."""
        places = [_ranked(hit) for hit in hits if not hit.gone][:TOP]
        return score(self.question.answers, Ranking(places, 0), 0.0)


def asked(split: str, only: Sequence[str] = ()) -> Iterator[tuple[str, list[Asked]]]:
    """Yield each package of a split with its questions; its store is open until the next is asked for."""
    held = questions.questions(split)
    for name in sorted({question.package for question in held}):
        if only and name not in only:
            continue
        with opened(name) as services:
            database = services.engine().database
            roots: dict[int, Root] = {root.id: root for root in services.roots()}
            with database.snapshot() as connection:
                found: list[Asked] = []
                for question in held:
                    if question.package == name:
                        query = parse(question.text)
                        near = services.engine().embedder.near(connection, query.text)
                        context = Context(connection, roots, Idf(connection, query.terms), near)
                        found.append(Asked(question, query, context))
                yield name, found


@contextmanager
def opened(name: str) -> Generator[Services]:
    """Yield services over a package, indexed and embedded."""
    tree = questions.corpus(name)
    with tempfile.TemporaryDirectory() as folder:
        services = Services(Path(folder) / "genome.db", [tree])
        took = settled(services)
        say(f"{name}: indexed and embedded in {took:.1f} s")
        try:
            yield services
        finally:
            services.close()


def settled(services: Services) -> float:
    """Read the only root in and wait for its vectors; return the seconds that it took."""
    begun = time.perf_counter()
    services.start()
    services.ingest_work(services.roots()[0], None)(lambda _: None, lambda: False)
    embedder = services.engine().embedder
    while not embedder.is_complete and time.perf_counter() - begun < EMBED_S:
        embedder.settle()
    return time.perf_counter() - begun


def _ranked(hit: Hit) -> Ranked:
    if hit.fact is not None:
        return Ranked(hit.source.path, hit.fact.line, hit.fact.line, 0)
    return Ranked(hit.source.path, hit.place.start_line, hit.place.end_line, 0)
