"""Logistic regression, isotonic regression and the figures that judge probabilities, in numpy."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def logistic(rows: Array, labels: Array, weights: Array, ridge: float) -> Array:
    """Return the coefficients of a logistic regression, the intercept last, by Newton's method.

    Args:
        rows: (n, features), standardised.
        labels: (n,), 0 or 1.
        weights: (n,), of each row.
        ridge: Penalty on the square of each coefficient but the intercept.
    """
    design = np.column_stack([rows, np.ones(len(rows))])
    penalty = np.full(design.shape[1], ridge)
    penalty[-1] = 1e-6
    found = np.zeros(design.shape[1])
    for _ in range(50):
        p = sigmoid(design @ found)
        gradient = design.T @ (weights * (p - labels)) + penalty * found
        curvature = (design * (weights * p * (1 - p))[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        found = found - step
        if np.abs(step).max() < 1e-8:
            break
    return found


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)) without overflow."""
    return 1 / (1 + np.exp(-np.clip(x, -40, 40)))


def isotonic(x: Array, labels: Array, weights: Array) -> tuple[Array, Array]:
    """Return knots (x, y) of the non-decreasing step function nearest to the labels: pool adjacent violators."""
    order = np.argsort(x, kind="stable")
    blocks: list[list[float]] = []  # sum of weighted labels, weight, first x, last x
    for i in order:
        blocks.append([labels[i] * weights[i], weights[i], x[i], x[i]])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            total, weight, _, last = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += weight
            blocks[-1][3] = last
    return np.array([(b[2] + b[3]) / 2 for b in blocks]), np.array([b[0] / b[1] for b in blocks])


def auroc(scores: Array, labels: Array, weights: Array | None = None) -> float:
    """Return the probability that a positive scores above a negative; ties count half."""
    weights = np.ones(len(scores)) if weights is None else weights
    order = np.argsort(scores, kind="stable")
    s, y, w = scores[order], labels[order], weights[order]
    _, starts = np.unique(s, return_index=True)
    below = won = 0.0
    for a, b in zip(starts, [*starts[1:], len(s)], strict=True):
        positive = float((w[a:b] * y[a:b]).sum())
        negative = float((w[a:b] * (1 - y[a:b])).sum())
        won += positive * (below + negative / 2)
        below += negative
    return won / (float((w * y).sum()) * below)


def calibration(p: Array, labels: Array, weights: Array, bins: int = 15) -> list[tuple[float, float, float]]:
    """Return mean p, share of positives and mass of bins of equal mass, in order of p."""
    order = np.argsort(p, kind="stable")
    mass = np.cumsum(weights[order]) / weights.sum()
    bin_of = np.minimum((mass - 1e-9) * bins, bins - 1).astype(int)
    found: list[tuple[float, float, float]] = []
    for number in range(bins):
        chosen = order[bin_of == number]
        if len(chosen):
            w = weights[chosen]
            found.append((float(p[chosen] @ w / w.sum()), float(labels[chosen] @ w / w.sum()), float(w.sum())))
    return found


def ece(p: Array, labels: Array, weights: Array) -> float:
    """Return the expected calibration error: the mean distance of the bins from the diagonal."""
    bins = calibration(p, labels, weights)
    return sum(abs(mean - share) * mass for mean, share, mass in bins) / sum(mass for *_, mass in bins)


def false_abstention(scores: Array, labels: Array, refused: float = 0.95) -> tuple[float, float]:
    """Return the share of positives refused where this share of negatives is, and the threshold."""
    negatives = np.sort(scores[labels == 0])
    threshold = float(negatives[min(len(negatives) - 1, int(np.ceil(refused * len(negatives))))])
    return float((scores[labels == 1] < threshold).mean()), threshold


def balanced(labels: Array) -> Array:
    """Return weights that give both sides one half of the mass."""
    positive = labels.mean()
    return np.where(labels == 1, 0.5 / positive, 0.5 / (1 - positive))


def groups(names: Sequence[str]) -> Array:
    """Return a number for each distinct name, in order of first sight."""
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return np.array([numbers[name] for name in names], dtype=float)
