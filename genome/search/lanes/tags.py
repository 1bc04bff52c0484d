"""Tags: what a place is called by, its symbol, heading and path: the share of these words that the question has.

A symbol that the question names in words, as `entities` tells, counts as much as all of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..query import Query
from ..wanted import split
from .lane import Candidate, Context, Lane


def weigh(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return the share of the question's idf mass among each candidate's tags; 1 more where its symbol is linked."""
    weight, mass = context.idf.weight, context.idf.mass or 1.0
    found: list[float] = []
    for candidate in candidates:
        tags = split(candidate.place.symbol or "") | split(candidate.place.heading or "")
        tags |= split(candidate.source.path)
        is_linked = (candidate.place.symbol or "").rpartition(".")[2].lower() in context.linked
        found.append(sum(weight[term] for term in tags & weight.keys()) / mass + is_linked)
    return found


LANE = Lane("tags", weigh=weigh)
