"""One order out of what the lanes say.

Words come first: what the terms weigh, grown by the pieces that stand word for word, by the name and by the path that
the question gives. To their score, as a share of the best, the lanes beside the words add theirs: a weighed sum.
`tests/bench/fit_fusion.py` fits the weights, docs/lanes.md shows what each is worth.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ..proof.age import AUTHORITY, SPECIFICITY, specificity
from ..records import Fact, Place, Root, Source
from .lexical import Weighed
from .query import Query

GROWTH = {"symbol": 1.0, "path": 0.35, "phrase": 1.0}  # of a place's own score, at a value of 1
WEIGHTS = {
    "file": 0.1, "dense": 1.4, "structure": 0.35, "size": 0.7, "shape": 1.0, "role": 0.75,  # the words have 1
    "expansion": 0.7, "tags": 0.2, "pathkey": 0.4, "coordinates": 0.1, "resonance": 0.25, "transport": 4.7,
    "links": 0.2, "successor": 0.2, "recency": 0.2, "encoder": 1.0,
    "references": 0.02, "imports": 0.05, "test-of": 0.4, "doc-of": 0.05,
    "coactivation": 0.8, "context": 0.2, "episodes": 0.4,
}  # fmt: skip
RELATIVE = {"dense": "dense", "structure": "dense", "encoder": "encoder"}  # values are shares of a lane's best value
TO_THE_LETTER = 0.6  # of the vectors' weights, where the question names a thing or quotes an error
SPEAKING = ("dense", "references", "imports", "test-of", "doc-of")  # lanes that may bring a place without a word
PER_FILE = 4  # hits of one file that come before other files' hits
NOTHING = Weighed(0.0, 0.0, ())


@dataclass(frozen=True, slots=True)
class Hit:
    """A place that may answer.

    `place` is where it stands now; with `gone` true it is where it stood, and nothing stands there any more.
    `replaced` is true where the text that matched has given way to this one under the same symbol. With a `fact` it
    is that fact's line that answers, and `place` is what stands around it. `score` is what the words say of it,
    `values` what each lane does.
    """

    root: Root
    source: Source
    place: Place
    score: float
    share: float
    exact: bool
    why: str
    kind: str
    gone: bool = False
    replaced: bool = False
    fact: Fact | None = None
    weighed: Weighed = NOTHING
    body: str = ""  # the text that matched
    prior: float = 1.0
    values: tuple[tuple[str, float], ...] = ()
    later: Hit | None = None  # the turn that says now what this one said once

    def value(self, lane: str) -> float:
        """Return what a lane says of it; 0 where that took no part."""
        for name, value in self.values:
            if name == lane:
                return value
        return 0.0


def of_words(values: Mapping[str, float], prior: float) -> float:
    """Return the score that words, name and path give a place.

    Where the lane of text is off, a place that another of them found has the score of one ordinary word.
    """
    grown = 1 + values.get("phrase", 0.0) * GROWTH["phrase"]
    named = 1 + GROWTH["symbol"] * values.get("symbol", 0.0) + GROWTH["path"] * values.get("path", 0.0)
    if "text" not in values:
        return (grown * named - 1) * prior
    return values["text"] * grown * prior * named


@dataclass(frozen=True, slots=True)
class Scale:
    """What the scores of one question's hits are measured by."""

    best: float  # score of the best hit
    support: Mapping[int, float]  # of the best hits of each file
    weights: Mapping[str, float]  # of the lanes beside the words, by what their values are divided by


def scale(query: Query, hits: Sequence[Hit], lanes: Collection[str]) -> Scale:
    """Return the measures for one question's hits, given the names of the lanes that took part."""
    by_file: dict[int, list[float]] = {}
    for hit in hits:
        by_file.setdefault(hit.source.id, []).append(hit.score)
    support = {source: sum(sorted(scores, reverse=True)[:3]) for source, scores in by_file.items()}
    best = max((hit.score for hit in hits), default=0.0) or 1.0
    most = {name: max((hit.value(name) for hit in hits), default=0.0) or 1.0 for name in set(RELATIVE.values())}
    share = TO_THE_LETTER if query.to_the_letter else 1.0
    weights = {
        name: weight * share / most[RELATIVE[name]] if name in RELATIVE else weight
        for name, weight in WEIGHTS.items()
        if name in lanes
    }
    return Scale(best, support, weights)


def parts(hit: Hit, by: Scale) -> dict[str, float]:
    """Return what each lane adds to a hit's place in the order; `file` is what else of its file matched."""
    file = WEIGHTS["file"] * (by.support[hit.source.id] - hit.score) / by.best
    found = {"words": hit.score / by.best, "file": file}
    for name, value in hit.values:
        if name in by.weights:
            found[name] = by.weights[name] * value
    return found


def total(hit: Hit, by: Scale) -> float:
    """Return the sum of a hit's parts."""
    found = hit.score / by.best + WEIGHTS["file"] * (by.support[hit.source.id] - hit.score) / by.best
    weights = by.weights
    for name, value in hit.values:
        if name in weights:
            found += weights[name] * value
    return found


def explained(hit: Hit, by: Scale) -> dict[str, float]:
    """Return the parts with the words' divided among the lanes of words, in the order in which they grow."""
    found = parts(hit, by)
    words = found.pop("words")
    values = dict(hit.values)
    names = [name for name in ("text", "phrase", "symbol", "path") if name in values]
    grown: dict[str, float] = {}
    so_far: dict[str, float] = {}
    before = 0.0
    for name in names:
        so_far[name] = values[name]
        now = of_words(so_far, hit.prior)
        grown[name] = now - before
        before = now
    whole = before or 1.0
    return {name: words * grown[name] / whole for name in names} | found


def order(hits: list[Hit], by: Scale) -> list[Hit]:
    """Order hits, no more than some of a file before those of others; ties by path and line."""

    def key(hit: Hit) -> tuple[float, float, str, str, int, int]:
        source = hit.source
        return (-round(total(hit, by), 9), _unproven(hit), hit.root.name, source.path, hit.place.start_line, source.id)

    first: list[Hit] = []
    later: list[Hit] = []
    taken: dict[int, int] = {}
    for hit in sorted(hits, key=key):
        taken[hit.source.id] = taken.get(hit.source.id, 0) + 1
        (first if taken[hit.source.id] <= PER_FILE else later).append(hit)
    return first + later


def _unproven(hit: Hit) -> float:
    """Return how little speaks for a text that nothing can prove, in [0, 1]; 0 for a file. It breaks ties alone."""
    if hit.root.kind != "virtual":
        return 0.0
    return 1.0 - AUTHORITY[hit.source.authority] * SPECIFICITY[specificity(hit.kind)]
