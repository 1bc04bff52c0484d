"""Encoder: how near a passage is to the question by a sentence encoder, where a person chose one and it has read it.

A question that names a thing or a file, or quotes an error, is found by its words: there the encoder gained nothing on
the train half (docs/models.md), and is not asked.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..dense import filled
from ..query import Query
from .lane import Candidate, Context, Lane


def weigh(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return the cosine of each passage and the question times its file's role; of one not yet read the mean."""
    if query.to_the_letter:
        return [0.0] * len(candidates)
    passages = [candidate.passage for candidate in candidates]
    cosines = context.near.encoded(passages)
    if not cosines:
        return [0.0] * len(candidates)
    values = filled(cosines, passages)
    return [value * candidate.prior for value, candidate in zip(values, candidates, strict=True)]


LANE = Lane("encoder", weigh=weigh)
