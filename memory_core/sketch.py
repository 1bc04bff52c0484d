"""What an agent has been doing, as a sum: a linear sketch of its events that can be compared, merged and taken apart.

Every event has a fixed vector of frequencies, made from its name alone; the state is the integer sum of the vectors of
all events so far, each as often as it happened. So two states of one machine or two are merged, subtracted and compared
bit by bit, in any order; the cosine of their difference is a kernel of the difference of the event counts; and a
difference of few events can be decoded to exactly these events.

Sources: random Fourier features (Rahimi and Recht 2007), compressed sensing by orthogonal matching pursuit
(Tropp and Gilbert 2007).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

WIDTH = 256  # numbers in a state: 2 KB
UNIT = 1 << 20  # integer steps to one radian
SPREAD = 0.177  # standard deviation of a frequency, radians: the kernel of the first harmonic spans about 30 events
HARMONICS = (1, 2, 4, 8)
MOST_CHANGES = 64  # columns a decoding may try; about half as many changes are found reliably

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Difference:
    """The events by which two states differ, with signed counts; `ok` is false where they could not be told."""

    ok: bool
    changes: tuple[tuple[str, int], ...] = ()


@lru_cache(maxsize=8_192)
def frequencies(event: str) -> Ints:
    """Return an event's vector, (WIDTH,): the same numbers on every machine, in an order that its name decides.

    All vectors hold the quantiles of one normal distribution, which makes the kernel of two states that differ in one
    event exact, and of few events less noisy than with independent draws.
    """
    drawn = hashlib.shake_128(event.encode("utf-8", "surrogatepass")).digest(8 * WIDTH)
    vector = _quantiles()[np.argsort(np.frombuffer(drawn, dtype="<u8"), kind="stable")]
    vector.flags.writeable = False
    return vector


def empty() -> Ints:
    """Return the state before the first event, (WIDTH,)."""
    return np.zeros(WIDTH, dtype=np.int64)


def observe(state: Ints, counts: Mapping[str, int]) -> Ints:
    """Return the state after these events happened so often; a negative count takes them back. The input stays.

    Args:
        state: (WIDTH,).
        counts: How often each event happened.
    """
    after = state.copy()
    for event, count in counts.items():
        after += count * frequencies(event)
    return after


def merged(base: Ints, one: Ints, other: Ints) -> Ints:
    """Return the state that holds what two descendants of one state each added to it."""
    return one + other - base


def features(state: Ints) -> Floats:
    """Return cosine and sine of the state at every harmonic, (2 * len(HARMONICS) * WIDTH,), of length one.

    The product of two such vectors is the mean of `similarity` over the harmonics.
    """
    angles = np.outer(HARMONICS, state / UNIT).ravel()
    found: Floats = np.concatenate([np.cos(angles), np.sin(angles)])
    return found / np.sqrt(len(HARMONICS) * WIDTH)


def similarity(one: Ints, other: Ints, harmonic: int = 1) -> float:
    """Return how alike two states are, 1 for equal ones.

    It estimates exp(-(harmonic * SPREAD)**2 * d / 2), where d is the sum of the squared differences of event counts;
    that is never negative, so neither is the estimate.
    """
    return max(0.0, float(np.cos(harmonic * ((one - other) / UNIT)).mean()))


def expected_similarity(squared_distance: float, harmonic: int = 1) -> float:
    """Return the kernel that `similarity` estimates."""
    return float(np.exp(-((harmonic * SPREAD) ** 2) * squared_distance / 2))


def difference(before: Ints, after: Ints, candidates: Iterable[str], most: int = MOST_CHANGES) -> Difference:
    """Return the events that lead from one state to another, with how often.

    Exact or nothing: a solution counts only if it explains every number of the difference to the last bit.

    Args:
        before: (WIDTH,).
        after: (WIDTH,).
        candidates: Events that may have happened; one that is missing here cannot be told.
        most: Most distinct events to try.
    """
    wanted = after - before
    if not wanted.any():
        return Difference(True)
    names = list(dict.fromkeys(candidates))
    if not names:
        return Difference(False)
    table = np.stack([frequencies(name) for name in names])  # (candidates, WIDTH)
    return _decoded(wanted, names, table, min(most, WIDTH, len(names)))


def _decoded(wanted: Ints, names: Sequence[str], table: Ints, most: int) -> Difference:
    """Choose the candidate that explains most of what is left, solve for all chosen ones, round, and check."""
    vectors = table.astype(np.float64)
    target = wanted.astype(np.float64)
    chosen: list[int] = []
    rest = target
    for _ in range(most):
        scores = np.abs(vectors @ rest)
        scores[chosen] = -1.0
        chosen.append(int(np.argmax(scores)))
        solution, *_ = np.linalg.lstsq(vectors[chosen].T, target, rcond=None)
        counts = np.rint(solution).astype(np.int64)
        if np.array_equal(counts @ table[chosen], wanted):
            changes = {names[index]: int(count) for index, count in zip(chosen, counts, strict=True) if count}
            return Difference(True, tuple(sorted(changes.items())))
        rest = target - solution @ vectors[chosen]
    return Difference(False)


@lru_cache(maxsize=1)
def _quantiles() -> Ints:
    normal = NormalDist(0.0, SPREAD)
    values = np.array([normal.inv_cdf((rank + 0.5) / WIDTH) for rank in range(WIDTH)])
    values *= SPREAD / values.std()  # the ends of a finite set of quantiles fall short
    return np.rint(values * UNIT).astype(np.int64)
