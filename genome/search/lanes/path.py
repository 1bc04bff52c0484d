"""Path: the places of files that the question names by path or file name."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ...store import contents, sources
from ..candidates import Spot
from ..query import Query
from .lane import Candidate, Context, Lane, Proposed

PER_FILE = 24


def propose(query: Query, context: Context) -> Proposed:
    """Return the first places of files that the question names."""
    found: list[Spot] = []
    sql = f"""
        select {sources.COLUMNS}
        from source s
        where s.state = 'live' and s.root in (select value from json_each(?1))
        and (lower(s.path) = ?2 or substr(lower(s.path), -length(?2) - 1) = '/' || ?2)
        order by length(s.path), s.path
        limit 3
    """  # noqa: S608  a constant
    connection = context.connection
    for path in query.paths:
        for row in list(connection.execute(sql, (json.dumps(list(context.roots)), path))):
            source = sources.from_row(row)
            assert source.content is not None
            kind, generated = contents.kind_of(connection, source.content)
            places = contents.places(connection, source.content)[:PER_FILE]
            found += [Spot(context.roots[source.root], source, place, kind, generated, True) for place in places]
    return Proposed(spots=found)


def weigh(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return 1 for what stands in a file that the question names."""
    return [float(is_named(query, candidate.source.path)) for candidate in candidates]


def is_named(query: Query, path: str) -> bool:
    """Whether a question names a file by its path or the end of it."""
    lower = path.lower()
    return any(lower == asked or lower.endswith(f"/{asked}") for asked in query.paths)


LANE = Lane("path", propose, weigh)
