"""Dense: passages whose vectors point where the question's does."""

from __future__ import annotations

from collections.abc import Sequence

from ..dense import filled
from ..query import Query
from .lane import Candidate, Context, Lane, Proposed


def propose(query: Query, context: Context) -> Proposed:
    """Return the passages nearest to the question."""
    return Proposed(context.near.found)


def weigh(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return the cosine of each passage's vector and the question's times its file's role; without one yet the mean."""
    passages = [candidate.passage for candidate in candidates]
    values = filled(context.near.cosines(set(passages)), passages)
    return [value * candidate.prior for value, candidate in zip(values, candidates, strict=True)]


LANE = Lane("dense", propose, weigh)
