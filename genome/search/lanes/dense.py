"""Dense: passages whose vectors point where the question's does."""

from __future__ import annotations

from collections.abc import Sequence

from ..query import Query
from .lane import Candidate, Context, Lane, Proposed


def propose(query: Query, context: Context) -> Proposed:
    """Return what the vectors found before the ranking began."""
    return Proposed(context.near)


def weigh(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return the cosine of each passage's vector and the question's, where that proposed it."""
    return [context.near.get(candidate.passage, 0.0) for candidate in candidates]


LANE = Lane("dense", propose, weigh)
