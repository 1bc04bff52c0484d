"""Docstring sentences as questions: each is answered by its definition, every docstring being gone from the store.

They stand for those who describe code without having read it closely. Packages are those that train the model of
confidence; none is among the questions' own.
"""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from finding.lane_stores import Asked, settled
from knowledge import suite
from knowledge.packages import TRAIN
from questions import Answer, Question
from shared.report import say

from cistron.genome.search.lanes.lane import Context
from cistron.genome.search.lexical import Idf
from cistron.genome.search.query import parse
from cistron.tools.services import Services

A_PACKAGE = 16  # of 24 packages: about as many as there are hand-written ones in the train half


def asked(only: Sequence[str] = ()) -> Iterator[tuple[str, list[Asked]]]:
    """Yield each package with its sentences; its store is open until the next is asked for."""
    for name, release in TRAIN.items():
        if only and name not in only:
            continue
        corpus = suite.load(name, release)
        sentences = corpus.about_kept["docstring"][:A_PACKAGE]
        with tempfile.TemporaryDirectory() as folder:
            services = _opened(corpus, Path(folder))
            roots = {root.id: root for root in services.roots()}
            with services.engine().database.snapshot() as connection:
                found: list[Asked] = []
                for number, sentence in enumerate(sentences):
                    answers = (Answer(sentence.path, sentence.start, sentence.end, ""),)
                    question = Question(f"{name}-{number}", name, "train", "docstring", sentence.text, answers)
                    query = parse(sentence.text)
                    near = services.engine().embedder.near(connection, query.text)
                    found.append(Asked(question, query, Context(connection, roots, Idf(connection, query.terms), near)))
                yield name, found
            services.close()


def _opened(corpus: suite.Corpus, folder: Path) -> Services:
    services = suite.open_store(corpus, folder)
    say(f"{corpus.name}: embedded in {settled(services):.1f} s")
    return services
