"""Structure: a place whose neighbour in its file is near to what is asked is likelier than one among strangers."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ..dense import filled
from ..query import Query
from .lane import Candidate, Context, Lane

SHIFT = 24  # bits for the number of a place in its content, which has fewer bytes than that


def weigh(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return the cosine of the nearer one of the places before and after each, its file's role in it."""
    # content and ordinal in one number: json_each is slow at taking pairs apart
    asked = sorted({candidate.place.content << SHIFT | candidate.place.ordinal for candidate in candidates})
    sql = f"""
        select w.value, l.passage
        from json_each(?) w
        join place l on l.content = w.value >> {SHIFT}
        and l.ordinal in ((w.value & {(1 << SHIFT) - 1}) - 1, (w.value & {(1 << SHIFT) - 1}) + 1)
    """  # noqa: S608  constants
    beside: dict[int, list[int]] = {}
    for at, passage in context.connection.execute(sql, (json.dumps(asked),)):
        beside.setdefault(at, []).append(passage)
    near = sorted({passage for passages in beside.values() for passage in passages})
    cosines = dict(zip(near, filled(context.near.cosines(set(near)), near), strict=True))
    found: list[float] = []
    for candidate in candidates:
        passages = beside.get(candidate.place.content << SHIFT | candidate.place.ordinal, [])
        found.append(max((cosines[passage] for passage in passages), default=0.0) * candidate.prior)
    return found


LANE = Lane("structure", weigh=weigh)
