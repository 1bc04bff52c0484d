"""Doc-of: what the best documentation names in backticks; asked for prose, what documents the best definitions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from ..query import Query
from .best import best, defined, definitions, names_in
from .lane import Candidate, Context, Lane, Proposed

SEEDS, LOOKED_UP, MOST = 8, 3, 6
_QUOTED = re.compile(r"`+([^`\n]{2,80})`+")


def expand(query: Query, context: Context, candidates: Sequence[Candidate]) -> Proposed:
    """Return the definitions of what the best documentation names."""
    names: set[str] = set()
    if not query.form.prose:
        for seed, _ in best(context, candidates, LOOKED_UP, any_role=True):
            if seed.kind == "doc":
                names |= _named(seed.body)
    return Proposed(dict.fromkeys(definitions(context, names, MOST), 1.0))


def weigh(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return the strength of the best documentation that names each, or, asked for prose, of what each names."""
    found = [0.0] * len(candidates)
    for seed, strength in best(context, candidates, SEEDS, any_role=True):
        if (seed.kind == "doc") == query.form.prose:
            continue
        for at, each in enumerate(candidates):
            if (each.kind == "doc") != query.form.prose or each.root.id != seed.root.id:
                continue
            doc, subject = (each, seed) if query.form.prose else (seed, each)
            name = defined(subject)
            if name and name in _named(doc.body):
                found[at] = max(found[at], strength)
    return found


@lru_cache(maxsize=1_024)
def _named(text: str) -> frozenset[str]:
    """Return the names in a text's backticks.

    >>> sorted(_named("Call `Client.send(body)` or ``retry``, not fail."))
    ['Client', 'body', 'retry', 'send']
    """
    return names_in("\n".join(_QUOTED.findall(text)))


LANE = Lane("doc-of", weigh=weigh, expand=expand)
