"""Links: places that were used or changed together with the places that the words find.

`links` takes one step from them, `successor` as many as matter (the successor representation, Dayan 1993). Both look
at no more than so many links a place and never at the whole graph.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ..query import Query
from .lane import Candidate, Context, Lane

SEEDS = 8  # of the best candidates
MOST_LINKS = 64  # read from one place, the strongest
DISCOUNT, STEPS = 0.85, 4
Walk = dict[int, float]


def weigh_links(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return how strongly each candidate's file is linked to the best others."""
    return _reached(context, candidates, steps=1)


def weigh_successor(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return the discounted visits to each candidate's file on walks from the best."""
    return _reached(context, candidates, steps=STEPS)


def _reached(context: Context, candidates: Sequence[Candidate], steps: int) -> Sequence[float]:
    if not context.connection.execute("select exists (select 1 from link)").get:
        return [0.0] * len(candidates)
    anchors = _anchors(context, candidates)
    of_file = {file: set(held) for file, held in anchors.items()}
    best = sorted(candidates, key=lambda candidate: (-candidate.weighed.score * candidate.prior, candidate.source.id))
    files = list(dict.fromkeys((each.root.id, each.source.path) for each in best if each.weighed.score > 0))[:SEEDS]
    at: Walk = {}
    for number, file in enumerate(files):
        for anchor in of_file.get(file, ()):
            at[anchor] = at.get(anchor, 0.0) + 1 / (1 + number)
    own = dict(at)
    visits: Walk = {}
    for step in range(steps):
        if context.is_late:
            break
        at = _stepped(context, at)
        for anchor, mass in at.items():
            visits[anchor] = visits.get(anchor, 0.0) + DISCOUNT**step * mass
    found = [
        sum(
            visits.get(anchor, 0.0) for anchor in of_file.get((each.root.id, each.source.path), ()) if anchor not in own
        )
        for each in candidates
    ]
    most = max(found, default=0.0) or 1.0
    return [value / most for value in found]


def _stepped(context: Context, at: Mapping[int, float]) -> Walk:
    """Return where one step along the strongest links leads, each place's mass shared by their weights."""
    sql = "select target, weight from link where source = ? order by weight desc, target limit ?"
    moved: Walk = {}
    for anchor, mass in at.items():
        rows = list(context.connection.execute(sql, (anchor, MOST_LINKS)))
        total = sum(weight for _, weight in rows)
        for target, weight in rows:
            moved[target] = moved.get(target, 0.0) + mass * weight / total
    return moved


def _anchors(context: Context, candidates: Sequence[Candidate]) -> dict[tuple[int, str], list[int]]:
    files = sorted({(candidate.root.id, candidate.source.path) for candidate in candidates})
    sql = """
        select a.root, a.path, a.id
        from json_each(?) w
        join anchor a on a.root = w.value ->> 0 and a.path = w.value ->> 1
    """
    found: dict[tuple[int, str], list[int]] = {}
    for root, path, anchor in context.connection.execute(sql, (json.dumps(files),)):
        found.setdefault((root, path), []).append(anchor)
    return found


LINKS = Lane("links", weigh=weigh_links)
SUCCESSOR = Lane("successor", weigh=weigh_successor)
