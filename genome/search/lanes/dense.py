"""Dense: passages whose vectors point where the question's does."""

from __future__ import annotations

from collections.abc import Sequence

from ..query import Query
from .lane import Candidate, Context, Lane, Proposed


def propose(query: Query, context: Context) -> Proposed:
    """Return the passages nearest to the question."""
    return Proposed(context.near.found)


def weigh(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return the cosine of each passage's vector and the question's times its file's role."""
    cosines = context.near.cosines({candidate.passage for candidate in candidates})
    return [max(0.0, cosines.get(candidate.passage, 0.0)) * candidate.prior for candidate in candidates]


LANE = Lane("dense", propose, weigh)
