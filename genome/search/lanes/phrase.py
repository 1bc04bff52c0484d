"""Phrase: places where pieces of the question stand word for word."""

from __future__ import annotations

from collections.abc import Sequence

from ..query import Query
from ..rules import verbatim
from .lane import Candidate, Context, Lane


def weigh(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return how long a piece of the question stands in each text as it is."""
    return [verbatim(query.form, candidate.body) for candidate in candidates]


LANE = Lane("phrase", weigh=weigh)
