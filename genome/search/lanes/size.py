"""Size: what answers a question is seldom a line or two, unless they are what the question names."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..query import Query
from .lane import Candidate, Context, Lane

WHOLE = math.log(100)  # lines from which more make no difference


def weigh(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return the logarithm of each place's lines, as a share of that of a hundred."""
    lines = (candidate.place.end_line - candidate.place.start_line + 1 for candidate in candidates)
    return [min(1.0, math.log(each) / WHOLE) for each in lines]


LANE = Lane("size", weigh=weigh)
