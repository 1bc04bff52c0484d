"""How good a ranked answer is: where the first right place stands, and what it costs to get there.

Any one of a question's labelled places counts, so that they are one relevant item and NDCG is 1 / log2(1 + rank). A
file is right if a label lies in it. A span is right if it touches a label and at least half of its lines are the
label's, or if it holds all of the label's first twenty lines: a long definition need not come whole, and a chunk much
larger than what it was found for must hold it from its start. The mildest measure stands beside it: a touch is any
shared line.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from questions import Answer
from shared.report import percentiles

TOP = 10
HEAD = 20  # lines of a label that are enough
BUDGET = 2_000  # tokens that an agent spends on reading
RESAMPLES = 2_000


@dataclass(frozen=True, slots=True)
class Ranked:
    """A place of an answer; `tokens` is what it costs to be told of it and to read it."""

    path: str
    start: int
    end: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """A system's answer, best first; `tokens` is its own text, before anything is opened."""

    places: list[Ranked]
    tokens: int


@dataclass(frozen=True, slots=True)
class Scored:
    """One answer, scored. Ranks are from 1, None where nothing right is among the first ten."""

    file_rank: int | None
    span_rank: int | None
    touch_rank: int | None
    tokens: int
    tokens_to_first: int | None
    recall: float  # of the best label's first lines, in [0, 1], within the budget
    milliseconds: float

    @property
    def file(self) -> float:
        """NDCG@10 by file."""
        return ndcg(self.file_rank)

    @property
    def span(self) -> float:
        """NDCG@10 by span."""
        return ndcg(self.span_rank)

    @property
    def touch(self) -> float:
        """NDCG@10 by any shared line."""
        return ndcg(self.touch_rank)


def score(labels: Sequence[Answer], ranking: Ranking, milliseconds: float) -> Scored:
    """Score one answer against its labels."""
    places = ranking.places
    files = list(dict.fromkeys(place.path for place in places))[:TOP]
    paths = {label.path for label in labels}
    right = [any(is_right(place, label) for label in labels) for place in places]
    spent = np.cumsum([place.tokens for place in places]).tolist()
    return Scored(
        file_rank=next((rank for rank, path in enumerate(files, 1) if path in paths), None),
        span_rank=_first(right),
        touch_rank=_first([any(_shared(place, label) > 0 for label in labels) for place in places]),
        tokens=ranking.tokens,
        tokens_to_first=next((cost for cost, found in zip(spent, right, strict=True) if found), None),
        recall=max(_recall(places, label) for label in labels),
        milliseconds=milliseconds,
    )


def is_right(place: Ranked, label: Answer) -> bool:
    """Whether a place answers: half of it lies in the label, or it holds the label's first lines."""
    shared = _shared(place, label)
    if shared == 0:
        return False
    if 2 * shared >= place.end - place.start + 1:
        return True
    return place.start <= label.start and place.end >= min(label.end, label.start + HEAD - 1)


def ndcg(rank: int | None) -> float:
    """Return the gain of the first right place."""
    return 0.0 if rank is None else 1 / math.log2(1 + rank)


def figures(scored: Sequence[Scored]) -> dict[str, object]:
    """Return the means over questions; of tokens and milliseconds, medians."""
    found: dict[str, object] = {"questions": len(scored)}
    for what in ("file", "span", "touch"):
        ranks = [getattr(one, f"{what}_rank") for one in scored]
        found[f"{what}_ndcg"] = _mean([ndcg(rank) for rank in ranks])
        for most in (1, 5, 10):
            found[f"{what}_hit_{most}"] = _mean([rank is not None and rank <= most for rank in ranks])
        found[f"{what}_mrr"] = _mean([0.0 if rank is None else 1 / rank for rank in ranks])
    first = [one.tokens_to_first for one in scored if one.tokens_to_first is not None]
    found["recall_2000"] = _mean([one.recall for one in scored])
    found["tokens"] = int(np.median([one.tokens for one in scored]))
    found["tokens_to_first"] = int(np.median(first)) if first else None
    times = percentiles([one.milliseconds for one in scored])
    return {**found, "p50_ms": round(times["p50"], 2), "p95_ms": round(times["p95"], 2)}


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Return a mean and the ends of its 95 % interval, by bootstrap over questions with a fixed seed."""
    held = np.asarray(values, dtype=float)
    drawn = np.random.default_rng(0).integers(0, len(held), (RESAMPLES, len(held)))
    low, high = np.percentile(held[drawn].mean(axis=1), [2.5, 97.5])
    return round(float(held.mean()), 4), round(float(low), 4), round(float(high), 4)


def _shared(place: Ranked, label: Answer) -> int:
    """Return how many lines two places share."""
    if place.path != label.path:
        return 0
    return max(0, min(place.end, label.end) - max(place.start, label.start) + 1)


def _first(right: Sequence[bool]) -> int | None:
    return next((rank for rank, found in enumerate(right[:TOP], 1) if found), None)


def _recall(places: Sequence[Ranked], label: Answer) -> float:
    """Return how much of twenty of the label's lines is read, in the order given, until the budget is spent."""
    held: set[int] = set()
    left = BUDGET
    for place in places:
        lines = place.end - place.start + 1
        affordable = min(lines, int(lines * left / place.tokens)) if place.tokens else lines
        if place.path == label.path:
            last = min(place.start + affordable - 1, label.end)
            held.update(range(max(place.start, label.start), last + 1))
        left -= place.tokens
        if left <= 0:
            break
    return min(1.0, len(held) / min(HEAD, label.end - label.start + 1))


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 4)
