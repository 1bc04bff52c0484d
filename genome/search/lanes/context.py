"""Context: a place whose file belongs to what the caller did before is likelier than a stranger."""

from __future__ import annotations

from collections.abc import Sequence

from ..past import belonging
from ..query import Query
from .lane import Candidate, Context, Lane


def weigh(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return how much each candidate is in the caller's focus, its temporal context."""
    return belonging(context, candidates, context.past.focus)


LANE = Lane("context", weigh=weigh)
