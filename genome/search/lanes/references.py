"""References: definitions of names that the best candidates use, and what uses the names that they define."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..query import Query
from .best import best, defined, definitions, names_in
from .lane import Candidate, Context, Lane, Proposed

SEEDS = 8
LOOKED_UP, MOST = 3, 8  # candidates whose names are looked up, and definitions that are proposed


def expand(query: Query, context: Context, candidates: Sequence[Candidate]) -> Proposed:
    """Return the definitions of names that the very best candidates use."""
    names: set[str] = set()
    for seed, _ in best(context, candidates, LOOKED_UP):
        if seed.kind == "code":
            names |= names_in(seed.body) - {defined(seed)}
    known = {defined(each) for each in candidates}
    return Proposed(dict.fromkeys(definitions(context, names - known, MOST), 1.0))


def weigh(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return the strength of the best candidate that uses each, or that each uses; less where many have the name."""
    names = [defined(each) for each in candidates]
    bearers = Counter(names)
    found = [0.0] * len(candidates)
    for seed, strength in best(context, candidates, SEEDS):
        own, used = defined(seed), names_in(seed.body)
        for at, (each, name) in enumerate(zip(candidates, names, strict=True)):
            if each is seed or name == own:
                continue
            uses = name in used
            is_used = own != "" and own in each.body and own in names_in(each.body)
            value = max(strength / bearers[name] if uses else 0.0, strength / bearers[own] if is_used else 0.0)
            found[at] = max(found[at], value * each.prior)
    return found


LANE = Lane("references", weigh=weigh, expand=expand)
