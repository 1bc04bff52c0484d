"""Fit the two models of `genome/search/confidence.py` to what was collected of the training packages."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from knowledge.collect import Seen
from knowledge.fit import Array, balanced, groups, logistic, sigmoid

from cistron.genome.search.confidence import of_logits, regime_of, with_context
from cistron.genome.search.features import Features

SORTS = ("plain", "named", "message")
REGIMES = (*SORTS, *(f"{sort}, words alone" for sort in SORTS))
RIDGE = 3.0
FOLDS = 5  # by package: the second model must not see what the first has learned by heart


@dataclass(frozen=True)
class Fitted:
    """A model as it is written: names of features and coefficients for each sort of question, intercept last."""

    features: list[str]
    coefficients: dict[str, list[float]]

    def logits(self, rows: Sequence[Features], regimes: Sequence[str]) -> Array:
        """Return the log odds of rows."""
        values = np.array([[row[name] for name in self.features] for row in rows])
        slopes = np.array([self.coefficients[regime] for regime in regimes])
        return (values * slopes[:, :-1]).sum(axis=1) + slopes[:, -1]


def train(seen: Sequence[Seen]) -> dict[str, Fitted]:
    """Fit both models; answerable and unanswerable questions weigh the same in sum."""
    answerable = np.array([float(one.case.absent is None) for one in seen])
    weights = balanced(answerable)
    weights /= weights.mean()
    regimes = [regime_of(one.packet) for one in seen]
    owner = np.array([number for number, one in enumerate(seen) for _ in one.items])
    rows = [with_context(item, one.packet) for one in seen for item in one.items]
    covers = np.array([float(held) for one in seen for held in one.covers])
    of_row = [regimes[number] for number in owner]
    folds = groups([one.case.package for one in seen]) % FOLDS
    logits = np.zeros(len(rows))
    for fold in range(FOLDS):
        out = folds[owner] == fold
        kept = [row for row, left in zip(rows, out, strict=True) if not left]
        kept_regimes = [regime for regime, left in zip(of_row, out, strict=True) if not left]
        model = fit(kept, kept_regimes, covers[~out], weights[owner][~out])
        chosen = np.flatnonzero(out)
        logits[chosen] = model.logits([rows[n] for n in chosen], [of_row[n] for n in chosen])
    item = fit(rows, of_row, covers, weights[owner])
    packets = [one.packet | of_logits(logits[owner == number].tolist()) for number, one in enumerate(seen)]
    delivered = np.array([float(any(one.covers)) for one in seen])
    return {"item": item, "packet": fit(packets, regimes, delivered, weights)}


def fit(rows: Sequence[Features], regimes: Sequence[str], labels: Array, weights: Array) -> Fitted:
    """Fit one regression: coefficients common to all questions, and what those that name or quote differ by."""
    names = sorted(rows[0])
    values = np.array([[row[name] for name in names] for row in rows])
    blocks = [values] + [values * _is(regimes, regime)[:, None] for regime in REGIMES[1:]]
    blocks += [_is(regimes, regime)[:, None] for regime in REGIMES[1:]]
    design = np.hstack(blocks)
    mean, scale = design.mean(axis=0), design.std(axis=0)
    scale[scale < 1e-9] = 1.0
    found = logistic((design - mean) / scale, labels, weights, RIDGE)
    slopes = found[:-1] / scale
    intercept = float(found[-1] - slopes @ mean)
    count = len(names)
    coefficients: dict[str, list[float]] = {}
    for number, regime in enumerate(REGIMES):
        own = slopes[number * count : (number + 1) * count] if number else np.zeros(count)
        offset = float(slopes[len(REGIMES) * count + number - 1]) if number else 0.0
        coefficients[regime] = [round(float(x), 5) for x in [*(slopes[:count] + own), intercept + offset]]
    return Fitted(names, coefficients)


def predicted(models: dict[str, Fitted], seen: Sequence[Seen]) -> tuple[Array, Array]:
    """Return the probabilities of packets and, in one row, of their items."""
    regimes = [regime_of(one.packet) for one in seen]
    items = [
        models["item"].logits([with_context(item, one.packet) for item in one.items], [regime] * len(one.items))
        if one.items
        else np.zeros(0)
        for one, regime in zip(seen, regimes, strict=True)
    ]
    packets = [one.packet | of_logits(logits.tolist()) for one, logits in zip(seen, items, strict=True)]
    p = sigmoid(models["packet"].logits(packets, regimes))
    return np.where([bool(one.items) for one in seen], p, 0.0), sigmoid(np.concatenate(items))


def written(models: dict[str, Fitted], report: dict[str, object]) -> str:
    """Return what `confidence.json` holds."""
    parts = {name: {"features": model.features, "coefficients": model.coefficients} for name, model in models.items()}
    return json.dumps({"report": report, **parts}, indent=1).replace("\n    ", " ").replace("\n   ]", "]") + "\n"


def _is(regimes: Sequence[str], regime: str) -> Array:
    return np.array([float(one == regime) for one in regimes])
