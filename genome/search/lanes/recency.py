"""Recency: files that were changed lately, by their commits, are asked about more."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from ..query import Query
from .lane import Candidate, Context, Lane

HALF_LIFE_S = 180 * 86_400.0  # by which the counts fade


def weigh(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return the logarithm of each file's faded count of commits, as a share of the largest."""
    if not context.connection.execute("select exists (select 1 from usage where kind = 'commit')").get:
        return [0.0] * len(candidates)
    files = sorted({(candidate.root.id, candidate.source.path) for candidate in candidates})
    sql = """
        select a.root, a.path, u.weight, u.at
        from json_each(?) w
        join anchor a on a.root = w.value ->> 0 and a.path = w.value ->> 1 and a.symbol is null and a.heading is null
        join usage u on u.anchor = a.id and u.kind = 'commit'
    """
    rows = list(context.connection.execute(sql, (json.dumps(files),)))
    latest = max((at for *_, at in rows), default=0.0)
    counted = {(root, path): weight * 0.5 ** ((latest - at) / HALF_LIFE_S) for root, path, weight, at in rows}
    most = math.log1p(max(counted.values(), default=0.0)) or 1.0
    return [math.log1p(counted.get((each.root.id, each.source.path), 0.0)) / most for each in candidates]


LANE = Lane("recency", weigh=weigh)
