"""How often the agents of a party pause, how many of the pauses a person answered, and how fast."""

from __future__ import annotations

from statistics import median
from typing import Any

from ..genome.store import hitl
from .models.hitl import AgentRate, HitlRates

SPAN_S = 7 * 86_400.0  # over which rates are told unless the caller says otherwise
MOST_DELAYS = 10_000  # the newest, for the median


def rates(reading: Any, party: int | None, since: float | None, now: float) -> HitlRates:
    """Return a party's rates from `since` on (seconds since the epoch); an hour is the shortest span of a rate.

    The events of an agent are counted an hour from its first one in the span to now.
    """
    start = now - SPAN_S if since is None else since
    counts = hitl.counts(reading, party, start)
    delays = hitl.delays(reading, party, start, MOST_DELAYS)
    total = sum(one.events for one in counts)
    return HitlRates(
        since=start,
        events=total,
        answered=round(sum(one.answered for one in counts) / total, 3) if total else 0.0,
        median_answer_s=round(median(delay for _, delay in delays), 3) if delays else None,
        by={name: sum(who == name for who, _ in delays) for name in sorted({name for name, _ in delays})},
        agents=[
            AgentRate(
                agent=one.agent,
                events=one.events,
                per_hour=round(one.events / max(1.0, (now - one.first_at) / 3600), 3),
                answered=round(one.answered / one.events, 3),
            )
            for one in counts
        ],
    )
