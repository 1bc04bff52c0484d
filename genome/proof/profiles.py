"""What each type of task asks of a proof: thresholds of freshness, whether a stamp suffices, weight of a refresh."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """One task type. `upper` and `lower` are freshness thresholds for sources that cannot be checked."""

    upper: float
    lower: float
    need_bytes: bool
    base: float  # priority of a refresh, before the loss


PROFILES = {
    "plan": Profile(0.35, 0.12, False, 0.30),
    "explain": Profile(0.35, 0.12, False, 0.45),
    "review": Profile(0.55, 0.20, False, 0.60),
    "edit": Profile(0.70, 0.35, True, 0.85),
    "debug": Profile(0.70, 0.35, True, 0.90),
    "ops": Profile(0.70, 0.35, True, 1.0),
    "quote": Profile(0.70, 0.35, True, 0.95),
}
