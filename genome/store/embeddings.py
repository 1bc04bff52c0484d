"""Vectors of passages: which are missing, which came since, which are still there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import apsw

MODELS_KEPT = 2


@dataclass(frozen=True, slots=True)
class Missing:
    """A passage without a vector, as it is to be embedded."""

    passage: int
    symbol: str
    heading: str
    text: str
    path: str  # the first, of the files that hold it


def model_id(connection: apsw.Connection, name: str) -> int | None:
    """Return the id of a model that has vectors here."""
    return connection.execute("select id from embedding_model where name = ?", (name,)).get


def add_model(connection: apsw.Connection, name: str) -> int:
    """Return the id of a model, which is the newest from now on if it had none."""
    connection.execute("insert into embedding_model (name) values (?) on conflict do nothing", (name,))
    known = model_id(connection, name)
    assert known is not None
    return known


def missing(connection: apsw.Connection, model: int | None, after: int, limit: int) -> list[Missing]:
    """Return passages without a vector of a model, in the order of their ids.

    Args:
        connection: A reading connection.
        model: None for a model that has no vectors here.
        after: The last passage that was looked at.
        limit: Most passages to return.
    """
    sql = """
        select p.id, coalesce(p.symbol, ''), coalesce(p.heading, ''), c.text, coalesce((
            select min(s.path)
            from place l
            join source s on s.content = l.content
            where l.passage = p.id
        ), '')
        from passage p
        join chunk c on c.id = p.chunk
        where p.id > ?
        and not exists (select 1 from embedding e where e.passage = p.id and e.model is ?)
        order by p.id
        limit ?
    """
    return [Missing(*row) for row in connection.execute(sql, (after, model, limit))]


def add(connection: apsw.Connection, model: int, vectors: Iterable[tuple[int, bytes]]) -> None:
    """Keep vectors by passage; a passage that went in the meantime, or has one by now, is passed over."""
    sql = """
        insert into embedding (passage, model, vector)
        select id, ?2, ?3
        from passage
        where id = ?1
        on conflict do nothing
    """
    connection.executemany(sql, ((passage, model, vector) for passage, vector in vectors))


def last(connection: apsw.Connection) -> int:
    """Return the number of the newest vector; 0 of none."""
    return connection.execute("select coalesce(max(seq), 0) from embedding").get


def since(connection: apsw.Connection, model: int, after: int, size: int, limit: int) -> list[tuple[int, bytes]]:
    """Return (number, vector) of what came after a number, oldest first; vectors of another size are left."""
    sql = """
        select seq, vector
        from embedding
        where seq > ? and model = ? and octet_length(vector) = ?
        order by seq
        limit ?
    """
    return list(connection.execute(sql, (after, model, size, limit)))  # type: ignore[arg-type]  # two columns


def numbers(connection: apsw.Connection, model: int, passages: Iterable[int]) -> dict[int, int]:
    """Return the numbers of the vectors that a model made of passages, out of an index alone."""
    sql = "select w.value, e.seq from json_each(?) w join embedding e on e.passage = w.value and e.model = ?"
    return dict(connection.execute(sql, (json.dumps(sorted(passages)), model)))  # type: ignore[arg-type]  # two columns


def passages(connection: apsw.Connection, numbers: Sequence[int]) -> dict[int, int]:
    """Return the passages of those of these vectors that are there, by number."""
    sql = "select e.seq, e.passage from json_each(?) w join embedding e on e.seq = w.value"
    return dict(connection.execute(sql, (json.dumps(list(numbers)),)))  # type: ignore[arg-type]  # two columns


def of_passage(connection: apsw.Connection, passage: int, model: str) -> bytes | None:
    """Return the vector that a model made of a passage; None where it has none yet."""
    sql = """
        select e.vector
        from embedding e
        join embedding_model m on m.id = e.model
        where e.passage = ? and m.name = ?
    """
    return connection.execute(sql, (passage, model)).get


def count(connection: apsw.Connection, model: int) -> int:
    """Return how many vectors of a model are there."""
    return connection.execute("select count(*) from embedding where model = ?", (model,)).get


def drop_old_models(connection: apsw.Connection) -> None:
    """Forget the vectors of all models but the newest two."""
    old = "select id from embedding_model order by id desc limit -1 offset ?"
    if connection.execute(old, (MODELS_KEPT,)).get is not None:
        connection.execute(f"delete from embedding where model in ({old})", (MODELS_KEPT,))  # noqa: S608  a constant above
        connection.execute(f"delete from embedding_model where id in ({old})", (MODELS_KEPT,))  # noqa: S608  a constant above
