"""Expansion: words near to the question's by our vectors count where its own are missing.

Each of the question's terms is met by the nearest term of a text, and the cosines are added up by what the terms tell
(late interaction, Khattab and Zaharia 2020, over the static rows of our model).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..lexical import terms_of
from ..query import Query
from .lane import Candidate, Context, Lane

LEAST = 0.35  # cosine below which two words have nothing to do with each other
MOST_TERMS = 24


def weigh(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return the share of the question's idf mass that each text holds, in its own words or near ones."""
    encoder = context.near.encoder
    asked = [term for term in query.terms if "_" not in term][:MOST_TERMS]
    if encoder is None or not asked or not candidates:
        return [0.0] * len(candidates)
    texts = [list(dict.fromkeys(terms_of(_text(candidate)).split())) for candidate in candidates]
    every = list(dict.fromkeys(term for terms in texts for term in terms))
    at = {term: number for number, term in enumerate(every)}
    near = encoder.term_vectors(every) @ encoder.term_vectors(asked).T  # (terms, asked)
    for number, term in enumerate(asked):
        if term in at:
            near[at[term], number] = 1.0
    near[near < LEAST] = 0.0
    weights = np.array([context.idf.weight[term] for term in asked], np.float32)
    mass = float(weights.sum()) or 1.0
    best = [near[[at[term] for term in terms]].max(axis=0) if terms else weights * 0 for terms in texts]
    shares = np.stack(best) @ weights / mass
    return [float(share) * candidate.prior for share, candidate in zip(shares, candidates, strict=True)]


def _text(candidate: Candidate) -> str:
    return f"{candidate.place.symbol or ''} {candidate.place.heading or ''} {candidate.body}"


LANE = Lane("expansion", weigh=weigh)
