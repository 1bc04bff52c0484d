"""Where a question's candidate passages stand: in the files now, and in what was ingested and has changed since."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from ..records import Place, Root, Source
from ..store import contents, sources
from ..store.boundary import first_seen
from .query import Query
from .rules import prior

PER_PASSAGE = 4  # files looked at for a text that stands in many
WEIGHED = 32  # passages whose text is read
MOST_NAMED = 48
MOST_SPOTS = 2_000
OF_A_NAMED_FILE = 24


@dataclass(frozen=True, slots=True)
class Spot:
    """A passage at a place: `current` where its file holds it now, else where it stood when ingested."""

    root: Root
    source: Source
    place: Place
    kind: str
    generated: bool
    current: bool


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
    priors: dict[int, float] = {}
    for passage, path, kind, generated in connection.execute(sql, (json.dumps(list(proposed)),)):
        readily = prior(query.form, path, kind, bool(generated), query.about_tests)
        priors[passage] = max(readily, priors.get(passage, 0.0))
    order = sorted(proposed, key=lambda passage: (-proposed[passage] * priors.get(passage, 1.0), passage))
    return order[:WEIGHED]


def named(connection: apsw.Connection, query: Query) -> list[int]:
    """Return the passages that define a symbol the question names or may name: one spelled as the question has it."""
    asked = sorted({*query.names, *(name.lower() for name in query.spelled)})
    if not asked:
        return []
    sql = "select id, name, symbol from passage where name in (select value from json_each(?)) order by id limit ?"
    words = json.dumps(asked)
    rows = first_seen(
        connection,
        4 * MOST_NAMED,
        lambda most: {id_: (name, symbol) for id_, name, symbol in connection.execute(sql, (words, most))},
    )
    fitting = [
        id_ for id_, (name, symbol) in rows.items() if name in query.names or symbol.rpartition(".")[2] in query.spelled
    ]
    return fitting[:MOST_NAMED]


def standing(connection: apsw.Connection, passages: Iterable[int], roots: dict[int, Root]) -> list[Spot]:
    """Return where passages stand: in the order of the passages, current places first, then by path."""
    order = {passage: number for number, passage in enumerate(passages)}
    columns = f"""
        {sources.COLUMNS}, l.content, l.ordinal, l.passage, l.form, l.part, l.nth, l.start_line, l.end_line,
        p.symbol, p.heading, c.kind, c.generated
    """
    sql = f"""
        with wanted (passage) as materialized (select value from json_each(?1)),
        spot as (
            select {columns}
            from wanted w
            join place l on l.passage = w.passage
            join source s on s.content = l.content
            join passage p on p.id = l.passage
            join content c on c.id = l.content
            where s.state = 'live' and s.root in (select value from json_each(?3))
            union all
            select {columns}
            from wanted w
            join place l on l.passage = w.passage
            join source s on s.ingested = l.content
            join passage p on p.id = l.passage
            join content c on c.id = l.content
            where s.content is not s.ingested and s.state in ('live', 'gone')
            and s.root in (select value from json_each(?3))
        )
        select * from spot limit ?2
    """  # noqa: S608  constants; the rows' width is fixed by `columns`
    found = [
        spot
        for row in connection.execute(sql, (json.dumps(list(order)), MOST_SPOTS, json.dumps(list(roots))))
        if (spot := _spot(row, roots)) is not None
    ]
    found.sort(
        key=lambda spot: (
            order[spot.place.passage],
            not spot.current,
            spot.root.name,
            spot.source.path,
            spot.place.ordinal,
        )
    )
    taken: dict[int, int] = {}
    kept: list[Spot] = []
    for spot in found:
        taken[spot.place.passage] = taken.get(spot.place.passage, 0) + 1
        if taken[spot.place.passage] <= PER_PASSAGE:
            kept.append(spot)
    return kept


def on_path(connection: apsw.Connection, query: Query, roots: dict[int, Root]) -> list[Spot]:
    """Return the first places of files that the question names by path or file name."""
    found: list[Spot] = []
    sql = f"""
        select {sources.COLUMNS}
        from source s
        where s.state = 'live' and s.root in (select value from json_each(?1))
        and (lower(s.path) = ?2 or substr(lower(s.path), -length(?2) - 1) = '/' || ?2)
        order by length(s.path), s.path
        limit 3
    """  # noqa: S608  a constant
    for path in query.paths:
        for row in list(connection.execute(sql, (json.dumps(list(roots)), path))):
            source = sources.from_row(row)
            assert source.content is not None
            kind, generated = contents.kind_of(connection, source.content)
            places = contents.places(connection, source.content)[:OF_A_NAMED_FILE]
            found += [Spot(roots[source.root], source, place, kind, generated, True) for place in places]
    return found


def _spot(row: Sequence[Any], roots: dict[int, Root]) -> Spot | None:
    source = sources.from_row(row[: sources.WIDTH])
    if source.root not in roots:
        return None
    *place, kind, generated = row[sources.WIDTH :]
    held = Place(*place)
    return Spot(roots[source.root], source, held, str(kind), bool(generated), source.content == held.content)
