"""Exact look-ups: files by path, definitions by name, facts by key, and whether a word stands anywhere."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass

import apsw

from ..reading.terms import index_text
from ..records import Fact, Place, Source
from ..store import sources
from ..store.boundary import SEEN_ROOTS

MOST = 200


@dataclass(frozen=True, slots=True)
class Defined:
    """A definition and the file that holds it now."""

    source: Source
    place: Place


@dataclass(frozen=True, slots=True)
class Standing:
    """`key = value` in a file now; `value` is None where it was a secret."""

    source: Source
    fact: Fact


def holding(connection: apsw.Connection, content: int) -> list[Source]:
    """Return the files that hold these bytes now, by path."""
    sql = f"""
        select {sources.COLUMNS}
        from source s
        where s.content = ? and s.state = 'live' and s.root in ({SEEN_ROOTS})
        order by s.path, s.id
        limit 3
    """  # noqa: S608  constants
    return [sources.from_row(row) for row in connection.execute(sql, (content,))]


def ending(connection: apsw.Connection, path: str, roots: Collection[int]) -> list[Source]:
    """Return the live files whose path is this one or ends with it."""
    sql = f"""
        select {sources.COLUMNS}
        from source s
        where s.state = 'live' and s.root in (select value from json_each(?1))
        and (s.path = ?2 or substr(s.path, -length(?2) - 1) = '/' || ?2)
        order by length(s.path), s.path, s.id
        limit ?3
    """  # noqa: S608  a constant
    rows = connection.execute(sql, (json.dumps(sorted(roots)), path, MOST))
    return [sources.from_row(row) for row in rows]


def paths(connection: apsw.Connection, roots: Collection[int]) -> list[str]:
    """Return the paths of all live files."""
    sql = "select path from source where state = 'live' and root in (select value from json_each(?)) order by path"
    return [path for (path,) in connection.execute(sql, (json.dumps(sorted(roots)),))]


def was_there(connection: apsw.Connection, path: str, roots: Collection[int]) -> bool:
    """Whether the store knew a file of this path that is gone or has another name now."""
    sql = """
        select count(*) from source
        where root in (select value from json_each(?1))
        and ((path = ?2 and state = 'gone') or ingested_path = ?2)
    """
    return connection.execute(sql, (json.dumps(sorted(roots)), path)).get > 0


def definitions(connection: apsw.Connection, name: str, roots: Collection[int]) -> list[Defined]:
    """Return the definitions whose last name is this one, in any letters; first parts only."""
    columns = f"{sources.COLUMNS}, l.content, l.ordinal, l.passage, l.form, l.part, l.nth, l.start_line, l.end_line"
    sql = f"""
        select {columns}, p.symbol, p.heading
        from passage p
        join place l on l.passage = p.id
        join source s on s.content = l.content
        where p.name = ? and l.part = 0 and s.state = 'live' and s.root in (select value from json_each(?))
        order by s.path, l.ordinal, s.id
        limit ?
    """  # noqa: S608  constants
    rows = connection.execute(sql, (name.lower(), json.dumps(sorted(roots)), MOST))
    return [Defined(sources.from_row(row[: sources.WIDTH]), Place(*row[sources.WIDTH :])) for row in rows]


def names(connection: apsw.Connection, roots: Collection[int]) -> list[str]:
    """Return the symbols that are defined in live files, each once."""
    sql = """
        select distinct p.symbol
        from source s
        join place l on l.content = s.content
        join passage p on p.id = l.passage
        where s.state = 'live' and p.symbol is not null and s.root in (select value from json_each(?))
        order by p.symbol
    """
    return [symbol for (symbol,) in connection.execute(sql, (json.dumps(sorted(roots)),))]


def facts(connection: apsw.Connection, key: str, roots: Collection[int]) -> list[Standing]:
    """Return where a key stands with a value, in live files; what a document says of a value is not where it stands."""
    sql = f"""
        select {sources.COLUMNS}, f.key, f.value, f.line
        from fact f
        join source s on s.content = f.content
        join content c on c.id = f.content
        where f.key = ? and c.kind <> 'doc' and s.state = 'live' and s.root in (select value from json_each(?))
        order by s.path, f.line, s.id
        limit ?
    """  # noqa: S608  a constant
    rows = connection.execute(sql, (key, json.dumps(sorted(roots)), MOST))
    return [Standing(sources.from_row(row[: sources.WIDTH]), Fact(*row[sources.WIDTH :])) for row in rows]


def keys_ending(connection: apsw.Connection, tail: str, roots: Collection[int]) -> list[str]:
    """Return the dotted keys whose last part is this one, in live files that are no documents."""
    sql = """
        select distinct f.key
        from fact f
        join source s on s.content = f.content
        join content c on c.id = f.content
        where c.kind <> 'doc' and substr(f.key, -length(?1) - 1) = '.' || ?1 and s.state = 'live'
        and s.root in (select value from json_each(?2))
        order by f.key
        limit ?3
    """
    return [key for (key,) in connection.execute(sql, (tail, json.dumps(sorted(roots)), MOST))]


def facts_in(connection: apsw.Connection, content: int) -> list[Fact]:
    """Return the facts of one version of a file in line order."""
    sql = "select key, value, line from fact where content = ? order by line, rowid"
    return [Fact(*row) for row in connection.execute(sql, (content,))]


def texts_with(connection: apsw.Connection, word: str, roots: Collection[int]) -> list[tuple[str, str, str]]:
    """Return texts that may hold a word, with the path and the kind of their file; the caller looks closer."""
    terms = index_text(word).split()
    if not terms:
        return []
    match = f'"{terms[-1]}"' if len(terms) > 1 else f'"{terms[0]}"'
    sql = """
        select s.path, c.kind, h.text
        from text_search t
        join passage p on p.id = t.rowid
        join chunk h on h.id = p.chunk
        join place l on l.passage = p.id
        join source s on s.content = l.content
        join content c on c.id = l.content
        where t.text_search match ? and s.state = 'live' and s.root in (select value from json_each(?))
        limit ?
    """
    return list(connection.execute(sql, (match, json.dumps(sorted(roots)), 4 * MOST)))  # type: ignore[arg-type]
