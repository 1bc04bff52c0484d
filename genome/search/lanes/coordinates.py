"""Coordinates: the cosine in 32 fixed random directions of our vectors, which is all that the seed's SEMA had at most.

Random projection keeps angles roughly (Johnson and Lindenstrauss 1984).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..query import Query
from .lane import Candidate, Context, Lane

DIMENSIONS = 32
SEED = 20


def weigh(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return the cosine of each passage and the question in the projection, its file's role in it."""
    asked = context.near.query
    if asked is None:
        return [0.0] * len(candidates)
    projection = _projection(len(asked))
    vectors = context.near.vectors({candidate.passage for candidate in candidates})
    aim = projection @ asked
    found: list[float] = []
    for candidate in candidates:
        vector = vectors.get(candidate.passage)
        at = None if vector is None else projection @ vector
        length = 0.0 if at is None else float(np.linalg.norm(at) * np.linalg.norm(aim))
        cosine = float(at @ aim) / length if at is not None and length else 0.0
        found.append(max(0.0, cosine) * candidate.prior)
    return found


@lru_cache(maxsize=1)
def _projection(dimensions: int) -> NDArray[np.float32]:
    return np.random.default_rng(SEED).standard_normal((DIMENSIONS, dimensions)).astype(np.float32)


LANE = Lane("coordinates", weigh=weigh)
