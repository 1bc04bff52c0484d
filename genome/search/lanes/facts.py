"""Facts: `key = value` with the sort of value that the question asks for."""

from __future__ import annotations

from collections.abc import Sequence

from ..facts import find_facts
from ..fuse import Hit
from ..query import Query
from .lane import Context, Lane, Proposed

FILES = 3  # that answer best, whose facts are looked through


def follow(query: Query, context: Context, hits: Sequence[Hit]) -> Proposed:
    """Return the facts that answer; none to a question that asks for no value."""
    files = list(dict.fromkeys(hit.place.content for hit in hits if not hit.gone))[:FILES]
    return Proposed(facts=find_facts(context.connection, query, context.idf, dict(context.roots), files))


LANE = Lane("facts", follow=follow)
