"""Facts: `key = value` with the sort of value that the question asks for."""

from __future__ import annotations

from ..facts import find_facts
from ..query import Query
from .lane import Context, Lane, Proposed


def propose(query: Query, context: Context) -> Proposed:
    """Return the facts that answer; none to a question that asks for no value."""
    return Proposed(facts=find_facts(context.connection, query, context.idf, dict(context.roots)))


LANE = Lane("facts", propose)
