"""How an agent's work is going: signed average of outcomes, and bursts of activity.

The seeds call it affect. Valence follows what went right or wrong (tests, accepted edits, answers of people), arousal
how much faster events come than usual. Both decode with their sign.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

MEMORY = 0.9  # what an outcome leaves of the ones before
FAST_S, SLOW_S = 120.0, 3_600.0  # spans over which the rates of events are told


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The state: a fading sum of outcomes and its weight, two fading counts of events, the times of first and last."""

    valence: float = 0.0
    weight: float = 0.0
    fast: float = 0.0
    slow: float = 0.0
    since: float | None = None
    at: float | None = None

    def after(self, at: float, outcome: float | None = None) -> Outcomes:
        """Return the state after an event.

        Args:
            at: Seconds since the epoch; earlier than the last event counts as the same moment.
            outcome: -1 for failed to +1 for succeeded; None for an event that says neither.

        Raises:
            ValueError: The outcome is not in [-1, 1] or the time is not finite.
        """
        if not math.isfinite(at) or (outcome is not None and not -1.0 <= outcome <= 1.0):
            raise ValueError(f"an outcome in [-1, 1] at a finite time is wanted, not {outcome} at {at}")
        now = at if self.at is None else max(at, self.at)
        elapsed = 0.0 if self.at is None else now - self.at
        fast = self.fast * math.exp(-elapsed / FAST_S) + 1.0
        slow = self.slow * math.exp(-elapsed / SLOW_S) + 1.0
        valence, weight = self.valence, self.weight
        if outcome is not None:
            valence, weight = MEMORY * valence + (1 - MEMORY) * outcome, MEMORY * weight + (1 - MEMORY)
        return Outcomes(valence, weight, fast, slow, now if self.since is None else self.since, now)

    @property
    def mood(self) -> float:
        """The mean outcome so far in [-1, 1], corrected for the short start; 0 before the first."""
        return self.valence / self.weight if self.weight else 0.0

    @property
    def arousal(self) -> float:
        """How much faster events came lately than before, in [0, 1]; 0 at the usual rate or below."""
        if self.at is None or self.since is None or self.at <= self.since:
            return 0.0
        age = self.at - self.since
        # events per second; half of the last event is not over yet
        lately = (self.fast - 0.5) / (FAST_S * -math.expm1(-age / FAST_S))
        usually = (self.slow - 0.5) / (SLOW_S * -math.expm1(-age / SLOW_S))
        return max(0.0, 1.0 - usually / max(lately, usually))

    @property
    def label(self) -> str:
        """One of nine words, the seeds': angry, alert, excited; sad, neutral, content; bored, calm, relaxed."""
        row = ("bored", "calm", "relaxed") if self.arousal < 0.2 else ("sad", "neutral", "content")
        row = ("angry", "alert", "excited") if self.arousal > 0.4 else row
        return row[0] if self.mood < -0.1 else row[2] if self.mood > 0.1 else row[1]
