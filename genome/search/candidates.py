"""Where a question's candidate passages stand: in the files now, and in what was ingested and has changed since."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from ..records import Place, Root, Source
from ..store import sources

PER_PASSAGE = 4  # files looked at for a text that stands in many
MOST_SPOTS = 2_000


@dataclass(frozen=True, slots=True)
class Spot:
    """A passage at a place: `current` where its file holds it now, else where it stood when ingested."""

    root: Root
    source: Source
    place: Place
    kind: str
    generated: bool
    current: bool


def standing(connection: apsw.Connection, passages: Iterable[int], roots: Mapping[int, Root]) -> list[Spot]:
    """Return where passages stand: in the order of the passages, current places first, then by path."""
    order = {passage: number for number, passage in enumerate(passages)}
    columns = f"""
        {sources.COLUMNS}, l.content, l.ordinal, l.passage, l.form, l.part, l.nth, l.start_line, l.end_line,
        p.symbol, p.heading, c.kind, c.generated
    """
    past = f"""
            union all
            select {columns}
            from wanted w
            join place l on l.passage = w.passage
            join source s on s.ingested = l.content
            join passage p on p.id = l.passage
            join content c on c.id = l.content
            where s.content is not s.ingested and s.state in ('live', 'gone')
            and s.root in (select value from json_each(?3))
    """  # noqa: S608  constants
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
            {past if sources.any_drifted(connection) else ""}
        )
        select * from spot limit ?2
    """  # noqa: S608  constants; the rows' width is fixed by `columns`
    known: dict[int, Source] = {}
    found = [
        spot
        for row in connection.execute(sql, (json.dumps(list(order)), MOST_SPOTS, json.dumps(list(roots))))
        if (spot := _spot(row, roots, known)) is not None
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


def _spot(row: Sequence[Any], roots: Mapping[int, Root], known: dict[int, Source]) -> Spot | None:
    source = known.get(row[0])
    if source is None:
        source = known[row[0]] = sources.from_row(row[: sources.WIDTH])
    if source.root not in roots:
        return None
    *place, kind, generated = row[sources.WIDTH :]
    held = Place(*place)
    return Spot(roots[source.root], source, held, str(kind), bool(generated), source.content == held.content)
