"""Point many paths at once at contents that are known already, as after a checkout: one transaction, nothing read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

import apsw

from ..reading.terms import index_text
from . import versions


def head(connection: apsw.Connection, root: int) -> str | None:
    """Return the commit that was checked out when a root was last brought up to date."""
    return connection.execute("select head from root where id = ?", (root,)).get


def set_head(connection: apsw.Connection, root: int, commit: str | None) -> None:
    """Record the commit that a root is up to date with."""
    connection.execute("update root set head = ? where id = ?", (commit, root))


def states(connection: apsw.Connection, root: int, paths: Iterable[str]) -> dict[str, str]:
    """Return the state of those of these paths that are known: live, gone or skipped."""
    sql = "select path, state from source where root = ? and path in (select value from json_each(?))"
    return dict(connection.execute(sql, (root, json.dumps(list(paths)))))


def by_blob(connection: apsw.Connection, blobs: Iterable[str], reader: str) -> dict[tuple[str, str], int]:
    """Return the contents with these git ids by (id, mode), as far as this version of the reader divided them."""
    sql = """
        select c.blob, c.mode, c.id
        from json_each(?) w
        join content c on c.blob = w.value
        where c.reader = ?
    """
    return {(blob, mode): id_ for blob, mode, id_ in connection.execute(sql, (json.dumps(sorted(set(blobs))), reader))}


def adopt(connection: apsw.Connection, root: int, contents: Mapping[str, int], fresh: Iterable[str], at: float) -> None:
    """Point paths of a root at contents by git's word alone: their stamps stay empty, so no proof rests on it.

    Args:
        connection: The writer.
        root: The root's id.
        contents: What each path is said to hold.
        fresh: Those of the paths that were not live before.
        at: Seconds since the epoch.
    """
    rows = [(root, path, content) for path, content in contents.items()]
    versions.keep(connection, rows, at)
    sql = """
        insert into source (root, path, state, content, ingested, size, mtime_ns, ctime_ns, inode, device, proven_at,
            volatility, authority)
        values (?, ?, 'live', ?, null, 0, 0, 0, 0, 0, 0, 'medium', 'primary')
        on conflict (root, path) do update set state = 'live', reason = null, content = excluded.content,
            size = 0, mtime_ns = 0, ctime_ns = 0, inode = 0, device = 0, proven_at = 0
    """
    connection.executemany(sql, rows)
    connection.execute(
        "update content set used_at = ? where id in (select value from json_each(?))",
        (at, json.dumps(sorted(set(contents.values())))),
    )
    sql = "insert or replace into path_search (rowid, path) select id, ? from source where root = ? and path = ?"
    connection.executemany(sql, [(index_text(path), root, path) for path in sorted(fresh)])


def mark_all_gone(connection: apsw.Connection, root: int, paths: Sequence[str], at: float) -> None:
    """Record that these files are no longer there; what they held when ingested is kept."""
    versions.keep(connection, [(root, path, None) for path in paths], at)
    rows = [(root, path) for path in paths]
    sql = "delete from path_search where rowid in (select id from source where root = ? and path = ?)"
    connection.executemany(sql, rows)
    sql = "update source set state = 'gone', reason = null, content = null where root = ? and path = ?"
    connection.executemany(sql, rows)
