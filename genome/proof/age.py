"""What age says of a source that cannot be checked. Used for nothing else: a file on disk is proven, not aged.

Source: the half-lives, authority and specificity figures of the packet idea this server grew from (helix-context).
"""

from __future__ import annotations

import math
from typing import Literal

TAU_S = {"stable": 7 * 86_400.0, "medium": 12 * 3_600.0, "hot": 15 * 60.0}
AUTHORITY = {"primary": 1.0, "derived": 0.75, "inferred": 0.45}

Status = Literal["verified", "stale_risk", "needs_refresh"]


def freshness(age_s: float, volatility: str) -> float:
    """Return exp(-age / tau) in [0, 1]; an age below zero (a clock set back) counts as zero.

    >>> round(freshness(12 * 3600, "medium"), 3)
    0.368
    """
    return math.exp(-max(0.0, age_s) / TAU_S[volatility])


def status(fresh: float, authority: str, upper: float, lower: float, *, strict: bool) -> Status:
    """Return the verdict that age gives under a task's two thresholds.

    With `strict`, what was only inferred is never verified.
    """
    if fresh >= upper:
        return "stale_risk" if strict and authority == "inferred" else "verified"
    return "stale_risk" if fresh >= lower else "needs_refresh"
