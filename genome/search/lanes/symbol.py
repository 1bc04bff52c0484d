"""Symbol: definitions that the question names, in its own spelling or another."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ...records import Place
from ...store.boundary import first_seen
from ..query import Query
from .lane import Candidate, Context, Lane, Proposed

MOST = 48
OTHER_CASE = 0.4  # where the question spells the name another way


def propose(query: Query, context: Context) -> Proposed:
    """Return the passages that define a symbol the question names or may name: one spelled as the question has it."""
    asked = sorted({*query.names, *(name.lower() for name in query.spelled)})
    if not asked:
        return Proposed()
    sql = "select id, name, symbol from passage where name in (select value from json_each(?)) order by id limit ?"
    words = json.dumps(asked)
    rows = first_seen(
        context.connection,
        4 * MOST,
        lambda most: {id_: (name, symbol) for id_, name, symbol in context.connection.execute(sql, (words, most))},
    )
    fitting = [
        id_ for id_, (name, symbol) in rows.items() if name in query.names or symbol.rpartition(".")[2] in query.spelled
    ]
    return Proposed(dict.fromkeys(fitting[:MOST], 1.0))


def weigh(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return how surely the question names each definition."""
    return [names_it(query, candidate.place) for candidate in candidates]


def names_it(query: Query, place: Place) -> float:
    """Return how surely a question names this definition: 1 as it is spelled, less in other letters, 0 not at all."""
    if place.symbol is None or place.part > 0:
        return 0.0
    symbol = place.symbol.lower()
    name = place.symbol.rpartition(".")[2]
    if any(symbol == dotted or symbol.endswith(f".{dotted}") for dotted in query.dotted) or name in query.spelled:
        return 1.0
    return OTHER_CASE if name.lower() in query.names else 0.0


LANE = Lane("symbol", propose, weigh)
