"""Episodes: what this agent, or another of its party, used after a question like this one."""

from __future__ import annotations

from collections.abc import Sequence

from ..past import belonging
from ..query import Query
from .lane import Candidate, Context, Lane


def weigh(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return how like this question the likest one is after which each candidate was used."""
    return belonging(context, candidates, context.past.recalled)


LANE = Lane("episodes", weigh=weigh)
