"""Path and key: one word of the question in the path and another in the name, as "port of helix" has them."""

from __future__ import annotations

from collections.abc import Sequence

from ..query import Query
from ..wanted import split
from .lane import Candidate, Context, Lane


def weigh(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return the smaller of the shares of the question's idf mass that path and name hold, neither counted twice."""
    weight, mass = context.idf.weight, context.idf.mass or 1.0
    found: list[float] = []
    for candidate in candidates:
        path = split(candidate.source.path) & weight.keys()
        name = (split(candidate.place.symbol or candidate.place.heading or "") & weight.keys()) - path
        found.append(2 * min(sum(weight[term] for term in path), sum(weight[term] for term in name)) / mass)
    return found


LANE = Lane("pathkey", weigh=weigh)
