"""Contents and what they are made of: chunks of text, the passages they are indexed as, places and facts."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import apsw

from ..reading.canon import canonical
from ..reading.terms import index_text
from ..records import Fact, Kind, Place, Reading, Span
from . import boundary


@dataclass(frozen=True, slots=True)
class Totals:
    """How much a store holds."""

    chunks: int
    places: int
    facts: int
    text_bytes: int


@dataclass(frozen=True, slots=True)
class Content:
    """One version of a file's bytes."""

    id: int
    size: int
    lines: int
    language: str | None
    kind: Kind
    generated: bool


def digest(data: bytes) -> bytes:
    """Return the 20-byte name of these bytes."""
    return hashlib.blake2b(data, digest_size=20).digest()


def blob_id(data: bytes) -> str:
    """Return the name that git gives a file with exactly these bytes: SHA-1 over a header and them, in hex."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def find(connection: apsw.Connection, hash_: bytes, mode: str, reader: str) -> int | None:
    """Return the content with this hash that was read in this mode by this version of the reader."""
    sql = "select id from content where hash = ? and mode = ? and reader = ?"
    return connection.execute(sql, (hash_, mode, reader)).get


def exists(connection: apsw.Connection, content: int) -> bool:
    """Whether a content is (still) known."""
    return connection.execute("select count(*) from content where id = ?", (content,)).get == 1


def use(connection: apsw.Connection, content: int, at: float) -> None:
    """Record that a content was found in a file again."""
    connection.execute("update content set used_at = ? where id = ?", (at, content))


def reader_of(connection: apsw.Connection, content: int) -> str | None:
    """Return the version of the reader that divided a content."""
    return connection.execute("select reader from content where id = ?", (content,)).get


def content_hash(connection: apsw.Connection, content: int) -> bytes:
    """Return the hash that a content was stored under."""
    return connection.execute("select hash from content where id = ?", (content,)).get


def blob_of(connection: apsw.Connection, content: int) -> str | None:
    """Return git's id of a content's bytes; None for what was stored before it was noted."""
    return connection.execute("select blob from content where id = ?", (content,)).get


def kind_of(connection: apsw.Connection, content: int) -> tuple[str, bool]:
    """Return a content's kind, and whether a program wrote it."""
    for kind, generated in connection.execute("select kind, generated from content where id = ?", (content,)):
        return kind, bool(generated)
    raise LookupError(content)


def get(connection: apsw.Connection, content: int) -> Content:
    """Return a content by its id."""
    sql = "select id, size, lines, language, kind, generated from content where id = ?"
    for id_, size, lines, language, kind, generated in connection.execute(sql, (content,)):
        return Content(id_, size, lines, language, Kind(kind), bool(generated))
    raise LookupError(content)


def add(
    connection: apsw.Connection, data: bytes, mode: str, reading: Reading, reader: str, at: float
) -> tuple[int, int]:
    """Store what was read out of these bytes under their hash and mode; replace what an older reader made of them.

    Returns:
        The content's id and the number of its places.
    """
    row = (
        digest(data),
        blob_id(data),
        mode,
        len(data),
        reading.text.count("\n") + 1,
        reading.language,
        reading.kind,
        reading.generated,
        reading.redacted,
        reader,
        at,
    )
    sql = """
        insert into content (hash, blob, mode, size, lines, language, kind, generated, redacted, reader, used_at)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        on conflict (hash, mode) do update set blob = excluded.blob, reader = excluded.reader, lines = excluded.lines,
            language = excluded.language, kind = excluded.kind, generated = excluded.generated,
            redacted = excluded.redacted
        returning id
    """
    content: int = connection.execute(sql, row).get
    connection.execute("delete from place where content = ?", (content,))
    connection.execute("delete from fact where content = ?", (content,))
    _add_places(connection, content, reading)
    _add_facts(connection, content, reading)
    return content, len(reading.spans)


def places(connection: apsw.Connection, content: int) -> list[Place]:
    """Return the places of a content in reading order."""
    sql = """
        select l.content, l.ordinal, l.passage, l.form, l.part, l.nth, l.start_line, l.end_line, p.symbol, p.heading
        from place l
        join passage p on p.id = l.passage
        where l.content = ?
        order by l.ordinal
    """
    return [Place(*row) for row in connection.execute(sql, (content,))]


def place(connection: apsw.Connection, content: int, ordinal: int) -> Place | None:
    """Return one place, if it is (still) known."""
    sql = """
        select l.content, l.ordinal, l.passage, l.form, l.part, l.nth, l.start_line, l.end_line, p.symbol, p.heading
        from place l
        join passage p on p.id = l.passage
        where l.content = ? and l.ordinal = ?
    """
    for row in connection.execute(sql, (content, ordinal)):
        return Place(*row)
    return None


def place_around(connection: apsw.Connection, content: int, line: int) -> Place | None:
    """Return the smallest place that holds a line of a content."""
    sql = """
        select ordinal
        from place
        where content = ? and start_line <= ? and end_line >= ?
        order by end_line - start_line, ordinal
        limit 1
    """
    ordinal = connection.execute(sql, (content, line, line)).get
    return None if ordinal is None else place(connection, content, ordinal)


def facts_of(connection: apsw.Connection, content: int, key: str) -> list[Fact]:
    """Return the facts of a content that have this key, in line order."""
    sql = "select key, value, line from fact where content = ? and key = ? order by line, rowid"
    return [Fact(*row) for row in connection.execute(sql, (content, key))]


def namesakes(connection: apsw.Connection, content: int, symbol: str | None, heading: str | None) -> list[Place]:
    """Return the places of a content that have this symbol and heading."""
    return [place for place in places(connection, content) if (place.symbol, place.heading) == (symbol, heading)]


def names(connection: apsw.Connection, content: int) -> set[str | None]:
    """Return the symbols and headings of a content."""
    return {place.symbol or place.heading for place in places(connection, content)}


def passage_text(connection: apsw.Connection, passage: int) -> str:
    """Return the text that a passage is indexed by."""
    return connection.execute(
        "select c.text from passage p join chunk c on c.id = p.chunk where p.id = ?", (passage,)
    ).get


def text_of(connection: apsw.Connection, content: int) -> str:
    """Return the text of a content, put together from its places (secrets redacted)."""
    sql = """
        select c.text
        from place l
        join passage p on p.id = l.passage
        join chunk c on c.id = p.chunk
        where l.content = ?
        order by l.ordinal
    """
    return "".join(row[0] for row in connection.execute(sql, (content,)))


def weights(connection: apsw.Connection, content: int) -> dict[int, int]:
    """Return the chunks of a content with their bytes; blank ones say nothing and are left out."""
    sql = """
        select p.chunk, octet_length(c.text)
        from place l
        join passage p on p.id = l.passage
        join chunk c on c.id = p.chunk
        where l.content = ? and trim(c.text, char(9, 10, 32)) <> ''
    """
    return dict(connection.execute(sql, (content,)))


def size_of_lines(connection: apsw.Connection, content: int, start: int, end: int) -> int | None:
    """Return the bytes of some lines of a content, exact where places begin and end with them; None beyond its end."""
    sql = """
        select start_line, end_line, start_byte, end_byte
        from place
        where content = ? and start_line <= ? and end_line >= ?
    """
    size = 0.0
    last = 0
    for first, final, begin, stop in connection.execute(sql, (content, end, start)):
        share = (min(end, final) - max(start, first) + 1) / (final - first + 1)
        size += share * (stop - begin)
        last = max(last, final)
    return round(size) if last >= end else None


def totals(connection: apsw.Connection) -> Totals:
    """Return how much the store holds of what the viewer may see."""
    if boundary.has_others(connection):
        chunks, places, facts, text_bytes = boundary.totals(connection)
        return Totals(chunks, places, facts, text_bytes)
    chunks, text_bytes = next(
        iter(connection.execute("select count(*), coalesce(sum(octet_length(text)), 0) from chunk"))
    )
    places: int = connection.execute("select count(*) from place").get
    facts: int = connection.execute("select count(*) from fact").get
    return Totals(chunks, places, facts, text_bytes)


def prune(connection: apsw.Connection, before: float) -> int:
    """Forget contents that no file, version, delivery or receipt points at and that were last used before `before`.

    Returns:
        How many were forgotten.
    """
    sql = """
        delete from content
        where used_at < ?
        and not exists (select 1 from source where source.content = content.id)
        and not exists (select 1 from source where source.ingested = content.id)
        and not exists (select 1 from delivery where delivery.content = content.id)
        and not exists (select 1 from version where version.content = content.id)
        and not exists (select 1 from receipt where receipt.content = content.id)
    """
    connection.execute(sql, (before,))
    forgotten = connection.changes()
    if forgotten:
        drop_orphans(connection)
    return forgotten


def drop_orphans(connection: apsw.Connection) -> int:
    """Forget texts and names that nothing points at any more, and return how many texts that were."""
    orphans = "select id from passage where not exists (select 1 from place where place.passage = passage.id)"
    kept = """
        not exists (select 1 from delivery where delivery.passage = passage.id)
        and not exists (select 1 from receipt where receipt.passage = passage.id)
    """
    connection.execute(f"delete from text_search where rowid in ({orphans} and {kept})")  # noqa: S608  both are constants above
    connection.execute(f"delete from passage where id in ({orphans} and {kept})")  # noqa: S608  both are constants above
    dropped = connection.changes()
    connection.execute("delete from chunk where not exists (select 1 from passage where passage.chunk = chunk.id)")
    _prune_names(connection)
    return dropped


def _prune_names(connection: apsw.Connection) -> None:
    unused = "select id from fact_name where not exists (select 1 from fact where fact.name = fact_name.id)"
    connection.execute(f"delete from fact_search where rowid in ({unused})")  # noqa: S608  a constant
    connection.execute(f"delete from fact_name where id in ({unused})")  # noqa: S608  a constant


def _add_places(connection: apsw.Connection, content: int, reading: Reading) -> None:
    data = reading.text.encode()
    seen: Counter[tuple[str | None, str | None, int]] = Counter()
    rows: list[tuple[object, ...]] = []
    indexed: list[tuple[object, ...]] = []
    for ordinal, span in enumerate(reading.spans):
        text = data[span.start_byte : span.end_byte]
        passage, is_new = _passage(connection, text, span)
        if is_new:
            keys = " ".join(fact.key for fact in _facts_within(reading.facts, span))
            names = (index_text(span.symbol or ""), index_text(span.heading or ""))
            indexed.append((passage, *names, index_text(text.decode()), index_text(keys)))
        spot = (span.symbol, span.heading, span.part)
        lines = (span.start_line, span.end_line, span.start_byte, span.end_byte)
        rows.append((content, ordinal, passage, span.form, span.part, seen[spot], *lines))
        seen[spot] += 1
    sql = """
        insert into place (content, ordinal, passage, form, part, nth, start_line, end_line, start_byte, end_byte)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """
    connection.executemany(sql, rows)
    sql = "insert into text_search (rowid, symbol, heading, body, facts) values (?, ?, ?, ?, ?)"
    connection.executemany(sql, indexed)


def _add_facts(connection: apsw.Connection, content: int, reading: Reading) -> None:
    """Store the facts of a content under their names; the name of a fact is its key with the definition around it."""
    scopes = _scopes(reading) if reading.facts and reading.kind is not Kind.CONFIG else {}
    ids: dict[tuple[str, str], int] = {}
    rows: list[tuple[object, ...]] = []
    for fact in reading.facts:
        name = (fact.key, scopes.get(fact.line, ""))
        if name not in ids:
            ids[name] = _fact_name(connection, *name)
        rows.append((content, fact.line, fact.key, fact.value, ids[name]))
    connection.executemany("insert into fact (content, line, key, value, name) values (?, ?, ?, ?, ?)", rows)


def _fact_name(connection: apsw.Connection, key: str, scope: str) -> int:
    known = connection.execute("select id from fact_name where key = ? and scope = ?", (key, scope)).get
    if known is not None:
        return known
    sql = "insert into fact_name (key, scope, canon) values (?, ?, ?) returning id"
    id_: int = connection.execute(sql, (key, scope, canonical(key))).get
    sql = "insert into fact_search (rowid, key, scope) values (?, ?, ?)"
    connection.execute(sql, (id_, index_text(key), index_text(scope)))
    return id_


def _scopes(reading: Reading) -> dict[int, str]:
    """Return the name around each fact's line: the innermost span's."""
    found: dict[int, str] = {}
    lines = sorted({fact.line for fact in reading.facts})
    for span in sorted(reading.spans, key=lambda span: span.start_line - span.end_line):
        around = span.symbol or span.heading or ""
        for line in lines[bisect_left(lines, span.start_line) : bisect_right(lines, span.end_line)]:
            found[line] = around
    return found


def _passage(connection: apsw.Connection, text: bytes, span: Span) -> tuple[int, bool]:
    """Return the id of this text under this name, and whether it is new and to be indexed."""
    hash_ = digest(text)
    chunk = connection.execute("select id from chunk where hash = ?", (hash_,)).get
    if chunk is None:
        sql = "insert into chunk (hash, text, tokens) values (?, ?, ?) returning id"
        chunk = connection.execute(sql, (hash_, text.decode(), -(-len(text) // 4))).get
    else:
        sql = "select id from passage where chunk = ? and coalesce(symbol, '') = ? and coalesce(heading, '') = ?"
        known = connection.execute(sql, (chunk, span.symbol or "", span.heading or "")).get
        if known is not None:
            return known, False
    name = span.symbol.rpartition(".")[2].lower() if span.symbol else None
    sql = "insert into passage (chunk, symbol, heading, name) values (?, ?, ?, ?) returning id"
    return connection.execute(sql, (chunk, span.symbol, span.heading, name)).get, True


def _facts_within(facts: Sequence[Fact], span: Span) -> list[Fact]:
    return [fact for fact in facts if span.start_line <= fact.line <= span.end_line]
