"""ETag and Last-Modified of kept pages, learned when a page was first compared with its server."""

from __future__ import annotations

from dataclasses import dataclass

import apsw

from ..records import Source


@dataclass(frozen=True, slots=True)
class Validator:
    """What a server named a page's version by; either may be missing."""

    etag: str | None = None
    modified: str | None = None


def get(connection: apsw.Connection, source: Source) -> Validator:
    """Return what is known of the version that a source holds; an empty one where nothing is."""
    sql = "select etag, modified from validator where source = ? and content = ?"
    for etag, modified in connection.execute(sql, (source.id, source.content)):
        return Validator(etag, modified)
    return Validator()


def confirm(connection: apsw.Connection, source: Source, validator: Validator, at: float) -> None:
    """Record that a source was compared with its server and is the same, and by what to ask the next time."""
    sql = "update source set proven_at = max(proven_at, ?) where id = ? and content is ?"
    connection.execute(sql, (at, source.id, source.content))
    sql = "insert or replace into validator (source, content, etag, modified) values (?, ?, ?, ?)"
    connection.execute(sql, (source.id, source.content, validator.etag, validator.modified))
