"""Docstring sentences as questions: each is answered by its definition, every docstring being gone from the store.

They stand for those who describe code without having read it closely. Packages are those that train and test the
model of confidence.
"""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from finding.lane_stores import Asked, settled
from knowledge import suite
from knowledge.packages import TEST, TRAIN
from questions import Answer, Question
from shared.report import say

from cistron.genome.search.lanes.lane import Context
from cistron.genome.search.lexical import Idf
from cistron.genome.search.query import parse
from cistron.tools.services import Services

# Of each package so many; to train, as many as there are questions.
RELEASES = {"train": (TRAIN, 16), "test": (TEST, 120)}


def asked(split: str, only: Sequence[str] = ()) -> Iterator[tuple[str, list[Asked]]]:
    """Yield each package of a split with its sentences; its store is open until the next is asked for."""
    releases, most = RELEASES[split]
    for name, release in releases.items():
        if only and name not in only:
            continue
        corpus = suite.load(name, release)
        sentences = corpus.about_kept["docstring"][:most]
        with tempfile.TemporaryDirectory() as folder:
            services = _opened(corpus, Path(folder))
            roots = {root.id: root for root in services.roots()}
            with services.engine().database.snapshot() as connection:
                found: list[Asked] = []
                for number, sentence in enumerate(sentences):
                    answers = (Answer(sentence.path, sentence.start, sentence.end, ""),)
                    question = Question(f"{name}-{number}", name, split, "docstring", sentence.text, answers)
                    query = parse(sentence.text)
                    near = services.engine().embedder.near(connection, query.text)
                    found.append(Asked(question, query, Context(connection, roots, Idf(connection, query.terms), near)))
                yield name, found
            services.close()


def _opened(corpus: suite.Corpus, folder: Path) -> Services:
    services = suite.open_store(corpus, folder)
    say(f"{corpus.name}: embedded in {settled(services):.1f} s")
    return services
