"""What a source held until a moment: kept when it comes to hold something else."""

from __future__ import annotations

from collections.abc import Iterable

import apsw


def keep(connection: apsw.Connection, rows: Iterable[tuple[int, str, int | None]], until: float) -> None:
    """Keep what paths held so far, where they are to hold something else; a path that is new has held nothing.

    Args:
        connection: The writer.
        rows: Root, path, and the content it is to hold, None where it is to hold none.
        until: Seconds since the epoch.
    """
    sql = """
        insert into version (source, content, until)
        select id, content, ?
        from source
        where root = ? and path = ? and content is not ?
    """
    connection.executemany(sql, [(until, *row) for row in rows])


def retract(connection: apsw.Connection, source: int, content: int | None) -> bool:
    """Take back that a source ceased to hold a content, if that is the last that is kept of it."""
    sql = """
        delete from version
        where content = ? and id = (select max(id) from version where source = ?)
    """
    connection.execute(sql, (content, source))
    return connection.changes() > 0


def changed_since(connection: apsw.Connection, at: float) -> dict[int, list[tuple[float, int | None]]]:
    """Return, of each source whose content has changed since a moment, what it held until when, oldest first.

    The first entry later than a moment is what the source held at that moment; None where it was not there.
    """
    sql = "select source, until, content from version where until > ? order by source, until, id"
    found: dict[int, list[tuple[float, int | None]]] = {}
    for source, until, content in connection.execute(sql, (at,)):
        found.setdefault(source, []).append((until, content))
    return found


def was_changed(connection: apsw.Connection, source: int, at: float) -> bool:
    """Whether a source has held something else at a moment or later."""
    sql = "select count(*) from version where source = ? and until >= ? and content is not null"
    return connection.execute(sql, (source, at)).get > 0


def expire(connection: apsw.Connection, before: float) -> None:
    """Forget what sources held until `before`."""
    connection.execute("delete from version where until < ?", (before,))
