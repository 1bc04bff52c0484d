"""Vectors of passages by sentence encoders: which encoders there are, what each has made, what it lacks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import apsw

from .embeddings import Missing

ENCODERS_KEPT = 2


@dataclass(frozen=True, slots=True)
class Known:
    """An encoder that has vectors here. `ready` says that everything had one once."""

    id: int
    name: str
    dimensions: int
    place: str
    ready: bool


def known(connection: apsw.Connection) -> list[Known]:
    """Return the encoders that have vectors here, the one used last first."""
    sql = "select id, name, dimensions, place, ready from encoder order by used_at desc, id desc"
    return [Known(number, name, dimensions, place, bool(ready))
            for number, name, dimensions, place, ready in connection.execute(sql)]  # fmt: skip


def add(writer: apsw.Connection, name: str, dimensions: int, place: str, now: float) -> int:
    """Return the id of an encoder, which is the one used last from now on.

    Args:
        writer: A writing connection.
        name: Of the model, by its content.
        dimensions: Length of its vectors.
        place: Where the model is.
        now: Seconds since the epoch.
    """
    sql = """
        insert into encoder (name, dimensions, place, used_at)
        values (?, ?, ?, ?)
        on conflict (name) do update
        set dimensions = excluded.dimensions, place = excluded.place, used_at = excluded.used_at
        returning id
    """
    return writer.execute(sql, (name, dimensions, place, now)).get


def set_ready(writer: apsw.Connection, encoder: int) -> None:
    """Say that everything has a vector of an encoder."""
    writer.execute("update encoder set ready = 1 where id = ?", (encoder,))


def lacking(connection: apsw.Connection, encoder: int | None, size: int, limit: int) -> list[int]:
    """Return the passages that stand somewhere now and have no vector of an encoder, of files changed last first.

    Args:
        connection: A reading connection.
        encoder: None for one that has made none.
        size: Bytes of a vector; one of another size is none.
        limit: Most passages to return.
    """
    sql = """
        select l.passage
        from source s
        join place l on l.content = s.content
        where s.state = 'live'
        and not exists (
            select 1
            from encoding e
            where e.passage = l.passage and e.encoder is ? and octet_length(e.vector) = ?
        )
        order by s.mtime_ns desc, s.path, s.id, l.ordinal
        limit ?
    """
    return list(dict.fromkeys(passage for (passage,) in connection.execute(sql, (encoder, size, limit))))


def still_lacking(connection: apsw.Connection, encoder: int, size: int, passages: Sequence[int]) -> list[Missing]:
    """Return those of these passages that have no vector of an encoder, in their order, as they are to be encoded."""
    sql = """
        select p.id, coalesce(p.symbol, ''), coalesce(p.heading, ''), c.text, coalesce((
            select min(s.path)
            from place l
            join source s on s.content = l.content
            where l.passage = p.id
        ), '')
        from json_each(?) w
        join passage p on p.id = w.value
        join chunk c on c.id = p.chunk
        where not exists (
            select 1
            from encoding e
            where e.passage = p.id and e.encoder = ? and octet_length(e.vector) = ?
        )
        order by w.key
    """
    return [Missing(*row) for row in connection.execute(sql, (json.dumps(list(passages)), encoder, size))]


def keep(writer: apsw.Connection, encoder: int, vectors: Iterable[tuple[int, bytes]]) -> None:
    """Keep vectors by passage in place of those that are there; a passage that went in the meantime is passed over."""
    sql = """
        insert into encoding (passage, encoder, vector)
        select id, ?2, ?3
        from passage
        where id = ?1
        on conflict (passage, encoder) do update set vector = excluded.vector
    """
    writer.executemany(sql, ((passage, encoder, vector) for passage, vector in vectors))


def of(connection: apsw.Connection, encoder: int, passages: Iterable[int], size: int) -> dict[int, bytes]:
    """Return the vectors of passages by an encoder; those that have none, or one of another size, are left out."""
    sql = """
        select e.passage, e.vector
        from json_each(?) w
        join encoding e on e.passage = w.value and e.encoder = ?
        where octet_length(e.vector) = ?
    """
    rows = connection.execute(sql, (json.dumps(sorted(passages)), encoder, size))
    return dict(rows)  # type: ignore[arg-type]  # two columns


def count(connection: apsw.Connection, encoder: int) -> int:
    """Return how many vectors an encoder has made that are there."""
    return connection.execute("select count(*) from encoding where encoder = ?", (encoder,)).get


def forget_others(writer: apsw.Connection) -> None:
    """Forget all encoders but the two used last, with what they made."""
    old = "select id from encoder order by used_at desc, id desc limit -1 offset ?"
    writer.execute(f"delete from encoder where id in ({old})", (ENCODERS_KEPT,))  # noqa: S608  a constant above
