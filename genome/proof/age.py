"""What age says of a source that cannot be checked. Used for nothing else: a file on disk is proven, not aged.

Source: the half-lives, authority and specificity figures of the packet idea this server grew from (helix-context).
"""

from __future__ import annotations

import math
from typing import Literal

TAU_S = {"stable": 7 * 86_400.0, "medium": 12 * 3_600.0, "hot": 15 * 60.0}
AUTHORITY = {"primary": 1.0, "derived": 0.75, "inferred": 0.45}
SPECIFICITY = {"literal": 1.0, "span": 0.9, "doc": 0.75, "assertion": 0.45}
VOLATILE = {  # how fast a text ages whose name begins so, where nothing else is said
    "http": "medium",
    "https": "medium",
    "db": "hot",
    "sql": "hot",
    "cmd": "hot",
    "tool": "hot",
    "note": "stable",
}

Status = Literal["verified", "stale_risk", "needs_refresh"]


def volatility_of(name: str) -> str:
    """Return how fast a kept text ages by the scheme of its name; medium for a scheme that says nothing.

    >>> volatility_of("cmd:git status"), volatility_of("https://example.org/a"), volatility_of("note:style")
    ('hot', 'medium', 'stable')
    """
    return VOLATILE.get(name.partition(":")[0].lower(), "medium")


def specificity(kind: str) -> str:
    """Return how closely an item pins down what it says: a literal, a span of code, a document, a bare assertion."""
    return {"fact": "literal", "note": "assertion", "doc": "doc"}.get(kind, "span")


def action(name: str) -> str:
    """Return what makes a kept text current again.

    >>> action("cmd:pip list")
    'run `pip list` again and ingest its output under the same source_id'
    """
    scheme, _, rest = name.partition(":")
    match scheme.lower():
        case "http" | "https":
            return f"fetch {name} again and ingest it under the same source_id"
        case "cmd" | "tool":
            return f"run `{rest.strip()}` again and ingest its output under the same source_id"
        case "db" | "sql":
            return f"query {rest.strip('/ ')} again and ingest the result under the same source_id"
        case _:
            return f"ask for {name} again and ingest it under the same source_id"


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
