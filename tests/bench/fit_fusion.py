"""What weights should the lanes beside the words have? Fitted on the train half and on as many docstring sentences.

A question's right place is modelled as a choice among its candidates (conditional logit, McFadden 1974): the odds of a
place are exp of its weighed sum, so that the weights are those of `genome/search/fuse.py` up to one factor, and the
words' is set to 1. The gain over weights of nothing but words and vectors is told with every package judged by weights
that were fitted on the others; then the points of `shape`, fitted in its place; then, one by one, what each lane that
is off would have for a weight, and would gain beside the others. Prints one line of JSON on stdout and a table on
stderr; exits 1 where the weights in force are further than half of themselves from the fitted ones.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from finding import sentences
from finding.lane_stores import Asked, asked
from numpy.typing import NDArray
from shared.report import show
from shared.scores import Scored, interval

from cistron.genome.search import fuse
from cistron.genome.search.fuse import Hit
from cistron.genome.search.lanes import shape
from cistron.genome.search.lanes.table import LANES, NAMES, OFF, chosen

# silent here: without a model (second_stage.py chooses its weight), without a past (history_lanes.py does)
APART = ("encoder", "coactivation")
FITTED = ("words", "file", *(name for name in fuse.WEIGHTS if name in NAMES and name not in (*OFF, *APART)))
TRIED = tuple(lane.name for lane in LANES if lane.name in OFF)
BEFORE = {"words": 1.0, "file": 0.15, "dense": 0.5}  # words and vectors alone
STEPS, RATE, SHRINK = 250, 0.05, 0.3
FAR = 0.5
RESAMPLES = 40
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Choice:
    """One question: its hits, the unweighed parts of each, and which of them are right."""

    package: str
    asked: Asked
    hits: list[Hit]
    parts: dict[str, Values]  # of each lane, unweighed
    right: NDArray[np.bool_]


def main() -> int:
    """Fit, cross-validate, print, and hold the weights in force against the fitted ones."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", metavar="PACKAGE", default=())
    only = parser.parse_args().only
    written = [_choice(name, one) for name, held in asked("train", only) for one in held]
    drawn_up = [_choice(name, one) for name, held in sentences.asked("train", only) for one in held]
    choices = [*written, *drawn_up]
    suites = {"questions": slice(0, len(written)), "sentences": slice(len(written), None)}
    fitted = fit(choices)
    drawn = np.random.default_rng(0).integers(0, len(choices), (RESAMPLES, len(choices)))
    spread = np.percentile([list(fit([choices[at] for at in row]).values()) for row in drawn], [2.5, 97.5], axis=0)
    scored = {
        "before": [_score(one, BEFORE) for one in choices],
        "in force": [_score(one, IN_FORCE) for one in choices],
    }
    scored["fitted, cross-validated"] = _across(choices)
    fair, before = scored["fitted, cross-validated"], scored["before"]
    gains = {
        suite: {what: _gain(fair[part], before[part], what) for what in ("file", "span")}
        for suite, part in suites.items()
    }
    far = {name: (IN_FORCE[name], round(weight, 3)) for name, weight in fitted.items() if _is_far(name, weight)}
    report = {"bench": "fit_fusion", "passed": not far, "questions": len(choices), "gains": gains, "far": far}
    report["fitted"] = {name: round(weight, 3) for name, weight in fitted.items()}
    rows: list[list[object]] = [["lane", "in force", "fitted", "95 %"]]
    for name, low, high in zip(fitted, *spread, strict=True):
        rows.append([name, IN_FORCE[name], round(fitted[name], 2), f"[{low:.2f}, {high:.2f}]"])
    for suite, part in suites.items():
        rows.append([suite, "file", "span", ""])
        rows += [[name, *(round(float(np.mean([getattr(one, what) for one in held[part]])), 4)
                 for what in ("file", "span")), ""] for name, held in scored.items()]  # fmt: skip
    points = fit(choices, (*(name for name in FITTED if name != "shape"), *shape.POINTS))
    rows += [[f"shape: {trait}", point, round(points[trait], 2), ""] for trait, point in shape.POINTS.items()]
    report["shape"] = {trait: round(points[trait], 3) for trait in shape.POINTS}
    rows.append(["tried beside these", "weight", "file", "span"])
    tried: dict[str, object] = {}
    for name in TRIED:
        with_it = _across(choices, (*FITTED, name))
        gain = {what: _gain(with_it, fair, what) for what in ("file", "span")}
        weight = round(fit(choices, (*FITTED, name))[name], 3)
        tried[name] = {"weight": weight, **gain}
        rows.append([name, weight, *("{:+.3f} [{:+.3f}, {:+.3f}]".format(*gain[what]) for what in ("file", "span"))])
    show({**report, "tried": tried}, rows)
    return 1 if far else 0


IN_FORCE = {"words": 1.0, **{name: fuse.WEIGHTS[name] for name in FITTED[1:]}}


def fit(choices: Sequence[Choice], names: Sequence[str] = FITTED) -> dict[str, float]:
    """Return the weights that make the right places likeliest, the words' set to 1."""
    held = [one for one in choices if one.right.any()]
    rows = np.concatenate([np.stack([one.parts[name] for name in names], axis=1) for one in held])
    right = np.concatenate([one.right for one in held])
    starts = np.cumsum([0, *(len(one.right) for one in held)])[:-1]
    of = np.repeat(np.arange(len(held)), [len(one.right) for one in held])
    spread = rows.std(axis=0) + 1e-9
    rows = rows / spread
    weights = np.zeros(rows.shape[1])
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, STEPS + 1):  # Adam (Kingma and Ba 2015)
        scores = rows @ weights
        odds = np.exp(scores - np.maximum.reduceat(scores, starts)[of])
        among_all = odds / np.add.reduceat(odds, starts)[of]
        among_right = odds * right / np.add.reduceat(odds * right, starts)[of]
        slope = rows.T @ (among_all - among_right) / len(held) + SHRINK * weights / len(held)
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope**2
        weights -= RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    weights /= spread
    return dict(zip(names, (weights / weights[0]).tolist(), strict=True))


def _choice(package: str, one: Asked) -> Choice:
    ranking = one.rank(chosen(dict.fromkeys(TRIED, True)))
    hits = [hit for hit in ranking.hits if hit.fact is None and not hit.gone]
    found = [fuse.parts(hit, ranking.by) for hit in hits]
    parts = {
        name: np.array([part.get(name, 0.0) for part in found]) / fuse.WEIGHTS.get(name, 1.0)
        for name in (*FITTED, *TRIED)
    }
    shown = [shape.traits(one.query, hit.place.symbol, hit.body) if hit.kind == "code" else {} for hit in hits]
    parts |= {trait: np.array([float(each.get(trait, False)) for each in shown]) for trait in shape.POINTS}
    right = np.array([one.score([hit]).span_rank == 1 for hit in hits], bool)
    return Choice(package, one, hits, parts, right)


def _score(one: Choice, weights: Mapping[str, float]) -> Scored:
    """Score a question's hits in the order of these weights; facts are left aside."""
    totals = sum((weight * one.parts[name] for name, weight in weights.items()), np.zeros(len(one.hits)))
    order = [one.hits[at] for at in np.argsort(-np.round(totals, 9), kind="stable")]
    taken: dict[int, int] = {}
    first: list[Hit] = []
    for hit in order:
        taken[hit.source.id] = taken.get(hit.source.id, 0) + 1
        if taken[hit.source.id] <= fuse.PER_FILE:
            first.append(hit)
    return one.asked.score(first)


def _across(choices: Sequence[Choice], names: Sequence[str] = FITTED) -> list[Scored]:
    """Score each package's questions by weights that were fitted on the others."""
    by_package = {
        package: fit([one for one in choices if one.package != package], names)
        for package in {one.package for one in choices}
    }
    return [_score(one, by_package[one.package]) for one in choices]


def _gain(ours: Sequence[Scored], theirs: Sequence[Scored], what: str) -> tuple[float, float, float]:
    return interval([getattr(one, what) - getattr(other, what) for one, other in zip(ours, theirs, strict=True)])


def _is_far(name: str, fitted: float) -> bool:
    return abs(fitted - IN_FORCE[name]) > max(0.1, FAR * abs(IN_FORCE[name]))


if __name__ == "__main__":
    sys.exit(main())
