"""Text: passages that hold the question's rarest words, weighed by BM25 over their fields."""

from __future__ import annotations

import json
from collections.abc import Sequence

import apsw

from ..crowd import asks_for_notes
from ..crowd import propose as proposed_by_words
from ..query import Query
from ..rules import prior
from .lane import Candidate, Context, Lane, Proposed

WEIGHED = 32  # passages whose text is read
AT_ONCE = 48  # whose files are looked at


def propose(query: Query, context: Context) -> Proposed:
    """Return the passages worth weighing."""
    found = proposed_by_words(context.connection, context.idf, wants_notes=asks_for_notes(query.text))
    return Proposed(dict.fromkeys(likely(context.connection, found, query), 1.0))


def weigh(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return what the words say of each candidate, its file's role in it."""
    return [candidate.weighed.score for candidate in candidates]


def likely(connection: apsw.Connection, proposed: dict[int, float], query: Query) -> list[int]:
    """Return the passages worth weighing, best first: by their score and the role of the best file that holds them."""
    sql = """
        select w.value, s.path, iif(r.kind = 'virtual', 'note', c.kind), c.generated
        from json_each(?) w
        join place l on l.passage = w.value
        join content c on c.id = l.content
        join source s on s.content = l.content
        join root r on r.id = s.root
        where s.state = 'live' and (r.party is null or r.party = viewer() or viewer() is null)
    """
    left = sorted(proposed, key=lambda passage: (-proposed[passage], passage))
    values: dict[int, float] = {}
    while left:
        if len(values) >= WEIGHED and proposed[left[0]] < sorted(values.values(), reverse=True)[WEIGHED - 1]:
            break  # no role makes a score better
        batch, left = left[:AT_ONCE], left[AT_ONCE:]
        priors: dict[int, float] = {}
        for passage, path, kind, generated in connection.execute(sql, (json.dumps(batch),)):
            readily = prior(query.form, path, kind, bool(generated), query.about_tests)
            if readily > priors.get(passage, 0.0):
                priors[passage] = readily
        values |= {passage: proposed[passage] * priors.get(passage, 1.0) for passage in batch}
    return sorted(values, key=lambda passage: (-values[passage], passage))[:WEIGHED]


LANE = Lane("text", propose, weigh)
