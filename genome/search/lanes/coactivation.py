"""Co-activation: places that were used together with what the caller has in hand now.

`links` starts from the places that the words find; this lane starts from what the caller used last.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..past import belonging
from ..query import Query
from .lane import Candidate, Context, Lane


def weigh(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return how strongly what the caller has in hand is linked to each candidate."""
    return belonging(context, candidates, context.past.linked)


LANE = Lane("coactivation", weigh=weigh)
