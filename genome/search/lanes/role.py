"""Role: code before prose, a project's own files before tests, examples and what programs wrote."""

from __future__ import annotations

from collections.abc import Sequence

from ..query import Query
from .lane import Candidate, Context, Lane


def weigh(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return how readily each candidate's file is offered, whatever it says."""
    return [candidate.prior for candidate in candidates]


LANE = Lane("role", weigh=weigh)
