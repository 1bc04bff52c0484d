"""Has an agent's focus settled? The probability that the next place it needs is in focus already, and task switches.

The probability is a logistic model of how often the focus held what was needed before, fitted on public histories by
`tests/bench/settling.py`, plus a bias of the agent's own: after every stretch it moves by what was told too high or too
low, in ever smaller steps. An agent of few stretches of work is told "unknown". A task switch is a cumulative sum of
surprise (Page 1954): places out of focus, one after the other, more than is usual for the agent.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from .context import Context

IN_FOCUS = 8  # places that count as the focus when it is asked whether it held what was needed
NEAR_FOCUS = 16  # a place beyond is a surprise
FAST, SLOW = 0.7, 0.95  # what a stretch leaves of the averages before it
LEAST_STRETCHES = 5
USUAL = 0.2  # surprises an event that are no sign of a switch
SWITCH = 2.0  # sum of surprise that is
NAMES = ("ever", "slow", "fast", "mass", "evenness", "pause", "last", "likeness", "known")
EVEN_STRETCHES, SLOW_STRETCHES = 5.0, 3.0  # what a short past is worth beside a half, and the last days beside it
LEAST_STEP = 0.05  # of the bias; the first are a quarter
_EARLIER = 10  # figures of a state before it had a bias


@dataclass(frozen=True, slots=True)
class Settled:
    """How well an agent's focus did so far.

    `fast` and `slow` are fading sums of the share of a stretch's places that the focus held before it, `known` of the
    share that the context held at all; `last`, `last_known`, `last_size` and `likeness` are of the last stretch alone.
    `surprise` is the sum that tells a switch, `switched` the number of the stretch, from 1, that was one last.
    `ever` is the sum of all shares that the focus held; `told` the log odds that the model gave the stretch at hand,
    None for the first; `bias` what the agent's past adds to them.
    """

    stretches: int = 0
    fast: float = 0.0
    slow: float = 0.0
    known: float = 0.0
    last: float = 0.0
    last_known: float = 0.0
    last_size: int = 0
    likeness: float = 0.0
    surprise: float = 0.0
    switched: int = 0
    ever: float = 0.0
    told: float | None = None
    bias: float = 0.0

    @classmethod
    def read(cls, figures: Sequence[float | None]) -> Settled:
        """Return the figures as they were written; those of an earlier release get what they can be told to have had.

        Raises:
            TypeError: They are none.
        """
        found = cls(*figures)  # type: ignore[arg-type]
        if len(figures) != _EARLIER or not found.stretches:
            return found
        return replace(found, ever=found.stretches * found.slow / (1 - SLOW**found.stretches))

    def begun(self, context: Context, pause_s: float) -> Settled:
        """Return the figures with what the model tells of a stretch that begins.

        Args:
            context: After the last stretch.
            pause_s: Seconds since it.
        """
        if not self.stretches:
            return self
        # rounded, so that machines whose logarithms differ in the last bit agree
        return replace(self, told=round(shipped().log_odds(features_of(self, context, pause_s)), 6))

    def after_stretch(self, context: Context, used: Sequence[int]) -> Settled:
        """Return the figures after a stretch of work.

        Args:
            context: As it was before the stretch.
            used: The places of the stretch; none leaves the figures as they are.
        """
        if not used:
            return self
        weights = context.weights()
        ranks = [_rank(context, weights, place) for place in used]
        held = sum(rank is not None and rank < IN_FOCUS for rank in ranks) / len(used)
        known = sum(rank is not None for rank in ranks) / len(used)
        return replace(
            self,
            stretches=self.stretches + 1,
            fast=FAST * self.fast + (1 - FAST) * held,
            slow=SLOW * self.slow + (1 - SLOW) * held,
            known=FAST * self.known + (1 - FAST) * known,
            last=held,
            last_known=known,
            last_size=len(used),
            likeness=_likeness(context, weights, used),
            ever=self.ever + held,
            told=None,
            bias=self.bias if self.told is None else corrected(self.bias, self.told, held, self.stretches),
        )

    def after_place(self, context: Context, place: int) -> Settled:
        """Return the figures after a place was used that was not yet in this stretch."""
        if not context.places.size:
            return self  # nothing was in focus that it could surprise
        rank = _rank(context, context.weights(), place)
        surprise = max(0.0, self.surprise + (rank is None or rank >= NEAR_FOCUS) - self._usual())
        if surprise == self.surprise:
            return self
        if surprise < SWITCH:
            return replace(self, surprise=surprise)
        return replace(self, surprise=0.0, switched=self.stretches + 1)

    def _usual(self) -> float:
        """Return the share of surprises that this agent's work has anyway, and some."""
        weight = 1 - SLOW**self.stretches
        return USUAL + (0.5 * (1 - self.slow / weight) if weight else 0.0)


@dataclass(frozen=True, slots=True)
class Model:
    """A logistic model: means and spreads of the features, their weights, the constant last."""

    means: tuple[float, ...]
    spreads: tuple[float, ...]
    weights: tuple[float, ...]

    def log_odds(self, features: Sequence[float]) -> float:
        """Return the logarithm of the odds for one row of features, in the order of `NAMES`."""
        parts = zip(features, self.means, self.spreads, self.weights[:-1], strict=True)
        return self.weights[-1] + sum(weight * (value - mean) / spread for value, mean, spread, weight in parts)

    def probability(self, features: Sequence[float], bias: float = 0.0) -> float:
        """Return the probability for one row of features, in the order of `NAMES`."""
        return _probability(self.log_odds(features) + bias)


def features_of(settled: Settled, context: Context, pause_s: float) -> list[float]:
    """Return what the probability is told from, in the order of `NAMES`.

    Args:
        settled: The figures after the last stretch.
        context: The context after the last stretch.
        pause_s: Seconds since it.
    """
    weights = np.sort(context.weights().astype(np.float64))[::-1]
    shares = weights / weights.sum() if weights.size else weights
    slow_stretches = (1 - SLOW**settled.stretches) / (1 - SLOW)
    fast_weight = 1 - FAST**settled.stretches
    ever = _shrunk(settled.ever, settled.stretches, 0.5, EVEN_STRETCHES)
    slow = _shrunk(settled.slow / (1 - SLOW), slow_stretches, 0.5, EVEN_STRETCHES)
    fast = _shrunk(settled.fast / (1 - FAST), fast_weight / (1 - FAST), slow, SLOW_STRETCHES)
    return [
        _log_odds(ever),
        _log_odds(slow) - _log_odds(ever),
        _log_odds(fast) - _log_odds(slow),
        float((weights[:IN_FOCUS] ** 2).sum() / (weights**2).sum()) if weights.size else 0.0,
        float(-(shares * np.log(shares)).sum()) / math.log(weights.size + 1) if weights.size else 0.0,
        math.log1p(max(0.0, pause_s) / 3600),
        settled.last - slow,
        settled.likeness,
        settled.known / fast_weight if fast_weight else 0.0,
    ]


def settledness(settled: Settled, context: Context, pause_s: float, model: Model | None = None) -> float | None:
    """Return the probability that the next place needed is among the `IN_FOCUS` first; None is "unknown"."""
    if settled.stretches < LEAST_STRETCHES:
        return None
    return (model or shipped()).probability(features_of(settled, context, pause_s), settled.bias)


def corrected(bias: float, told: float, held: float, stretches: int) -> float:
    """Return an agent's bias after a stretch of work.

    Args:
        bias: Before it.
        told: The log odds that the model gave it.
        held: The share of its places that the focus held.
        stretches: How many there were before it.

    Source: logistic regression by stochastic gradient, of the constant alone.
    """
    return bias + max(LEAST_STEP, 1 / (4 + stretches / 4)) * (held - _probability(told + bias))


def fitted(rows: Iterable[Sequence[float]], held: Iterable[bool], ridge: float = 3.0) -> Model:
    """Return the model that tells best what was held, by Newton's method with a quadratic penalty.

    Args:
        rows: Features, a row a question.
        held: Whether the focus held what was needed.
        ridge: Weight of the penalty.
    """
    table, wanted = np.array([*rows], np.float64), np.array([*held], np.float64)
    means, spreads = table.mean(axis=0), table.std(axis=0) + 1e-9
    inputs = np.hstack([(table - means) / spreads, np.ones((len(table), 1))])
    weights = np.zeros(inputs.shape[1])
    penalty = np.diag([ridge] * (weights.size - 1) + [0.0])
    for _ in range(30):
        told = 1 / (1 + np.exp(-inputs @ weights))
        slope = inputs.T @ (told - wanted) + penalty @ weights
        curve = (inputs * (told * (1 - told))[:, np.newaxis]).T @ inputs + penalty
        weights -= np.linalg.solve(curve, slope)
    return Model(tuple(means.tolist()), tuple(spreads.tolist()), tuple(weights.tolist()))


@lru_cache(maxsize=1)
def shipped() -> Model:
    """Return the model of this release."""
    text = resources.files("cistron.memory_core").joinpath("resonance.json").read_text(encoding="utf-8")
    held = json.loads(text)
    assert held["features"] == list(NAMES)
    return Model(tuple(held["means"]), tuple(held["spreads"]), tuple(held["weights"]))


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds))))


def _log_odds(share: float) -> float:
    share = max(0.02, min(0.98, share))
    return math.log(share / (1 - share))


def _shrunk(total: float, count: float, towards: float, worth: float) -> float:
    """Return a mean of so many shares, drawn towards another by what that is worth."""
    return (total + worth * towards) / (count + worth)


def _likeness(context: Context, weights: npt.NDArray[np.float32], used: Sequence[int]) -> float:
    """Return the cosine of a context with the one that these places alone would make."""
    at = context.places.searchsorted(used)
    held = at[at < context.places.size]
    known = held[context.places[held] == np.array(used)[at < context.places.size]]
    length = math.sqrt(float(weights @ weights) * len(used))
    return float(weights[known].sum()) / length if length else 0.0


def _rank(context: Context, weights: npt.NDArray[np.float32], place: int) -> int | None:
    """Return how many places are more in focus than one, ties by id; None where the context does not hold it."""
    at = int(context.places.searchsorted(place))
    if at == context.places.size or context.places[at] != place:
        return None
    return int(np.count_nonzero(weights > weights[at]) + np.count_nonzero(weights[:at] == weights[at]))
