"""What a store holds, seen from afar: how many files of which language, and the newest notes."""

from __future__ import annotations

from collections.abc import Sequence

import apsw

from . import notes
from .notes import Note


def languages(connection: apsw.Connection, roots: Sequence[int]) -> list[tuple[str, int]]:
    """Return how many live files there are of each language, most first; what has none counts as its kind."""
    sql = """
        select coalesce(c.language, c.kind), count(*)
        from source s
        join content c on c.id = s.content
        where s.root = ? and s.state = 'live'
        group by 1
    """
    counts: dict[str, int] = {}
    for root in roots:
        for language, count in connection.execute(sql, (root,)):
            counts[language] = counts.get(language, 0) + count
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def newest_notes(connection: apsw.Connection, limit: int) -> list[Note]:
    """Return the live notes that somebody remembered last, decisions first."""
    sql = """
        select id from note
        where state = 'live' and origin is null
        order by kind = 'decision' desc, id desc
        limit ?
    """
    rows = connection.execute(sql, (limit,)).fetchall()
    return [note for (id_,) in rows if isinstance(id_, int) and (note := notes.get(connection, id_)) is not None]
