"""Roots and the files in them: what stands in each work tree now, and what stood there when it was ingested."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Any

import apsw

from ..reading.terms import index_text
from ..records import Root, Source, Stamp
from . import versions
from .boundary import SEEN_ROOTS

COLUMNS = """
    s.id, s.root, s.path, s.state, s.content, s.ingested, s.ingested_path,
    s.size, s.mtime_ns, s.ctime_ns, s.inode, s.device, s.proven_at, s.authority, s.volatility
"""
WIDTH = 15  # of COLUMNS


def from_row(row: Sequence[Any]) -> Source:
    """Return the source that a row of `COLUMNS` describes."""
    id_, root, path, state, content, ingested, ingested_path, *stamp, proven_at, authority, volatility = row
    return Source(
        id_,
        root,
        path,
        state,
        content,
        ingested,
        ingested_path,
        Stamp(*stamp),
        proven_at,
        authority,
        volatility,
    )


def roots(connection: apsw.Connection) -> list[Root]:
    """Return the granted roots and that of the viewer's own texts, oldest first."""
    sql = f"""
        select id, path, name, kind, complete_at is not null, git_dir
        from root
        where id in ({SEEN_ROOTS})
        order by id
    """  # noqa: S608  a constant
    return [
        Root(id_, path, name, kind, bool(complete), git_dir)
        for id_, path, name, kind, complete, git_dir in connection.execute(sql)
    ]


def add_root(connection: apsw.Connection, path: str, kind: str, at: float, git_dir: str | None = None) -> Root:
    """Grant a root, or return it as it is; its name is its folder's, numbered where two share one."""
    for root in roots(connection):
        if root.path == path:
            return root
    taken = {root.name for root in roots(connection)}
    base = PurePosixPath(path).name or "root"
    name = next(name for name in (base, *(f"{base}-{n}" for n in range(2, 10_000))) if name not in taken)
    sql = "insert into root (path, name, kind, git_dir, added_at) values (?, ?, ?, ?, ?) returning id"
    id_: int = connection.execute(sql, (path, name, kind, git_dir, at)).get
    return Root(id_, path, name, kind, False, git_dir)


def drop_root(connection: apsw.Connection, root: int) -> None:
    """Take a root back with everything that was known of its files; what was learned of their spots goes with it."""
    forget(connection, [source.id for source in of_root(connection, root).values()])
    connection.execute("delete from root where id = ?", (root,))
    bump(connection)


def move_root(connection: apsw.Connection, root: Root, path: str) -> None:
    """Say that a root's folder stands elsewhere now; what was learned of its files stays."""
    name = PurePosixPath(path).name or root.name
    taken = any(other.name == name and other.id != root.id for other in roots(connection))
    connection.execute("update root set path = ?, name = ? where id = ?", (path, root.name if taken else name, root.id))
    bump(connection)


def settle_clock(connection: apsw.Connection, now: float) -> int:
    """Have the files asked again whose last proof lies in the future, and return how many those are."""
    connection.execute("update source set proven_at = 0 where proven_at > ?", (now,))
    return connection.changes()


def mark_complete(connection: apsw.Connection, root: int, at: float) -> None:
    """Say that every file of a root has been looked at."""
    connection.execute("update root set complete_at = ? where id = ?", (at, root))


def of_root(connection: apsw.Connection, root: int) -> dict[str, Source]:
    """Return every source of a root by its path, skipped and gone ones too."""
    sql = f"select {COLUMNS} from source s where s.root = ?"  # noqa: S608  a constant
    return {source.path: source for source in map(from_row, connection.execute(sql, (root,)))}


def get(connection: apsw.Connection, source: int) -> Source | None:
    """Return a source by its id, as if it were not there where it is another party's."""
    sql = f"select {COLUMNS} from source s where s.id = ? and s.root in ({SEEN_ROOTS})"  # noqa: S608  constants
    for row in connection.execute(sql, (source,)):
        return from_row(row)
    return None


def standing(connection: apsw.Connection, ids: Iterable[int]) -> dict[int, tuple[int | None, str]]:
    """Return what each of these sources holds now, and where it stands; those that are known no more are left out."""
    sql = "select id, content, path from source where id in (select value from json_each(?))"
    return {id_: (content, path) for id_, content, path in connection.execute(sql, (json.dumps(sorted(ids)),))}


def live_paths(connection: apsw.Connection, ids: Iterable[int]) -> list[str]:
    """Return the paths of those of these sources that are there, in order."""
    sql = "select path from source where id in (select value from json_each(?)) and state = 'live' order by path"
    return [path for (path,) in connection.execute(sql, (json.dumps(sorted(ids)),))]


def located(connection: apsw.Connection, ids: Iterable[int]) -> dict[int, tuple[int, str, int | None, int | None]]:
    """Return the root, path, content now and content as ingested of each of these sources."""
    sql = "select id, root, path, content, ingested from source where id in (select value from json_each(?))"
    rows = connection.execute(sql, (json.dumps(sorted(ids)),))
    return {id_: (root, path, content, ingested) for id_, root, path, content, ingested in rows}


def defining(connection: apsw.Connection, name: str, most: int) -> list[int]:
    """Return the source of each definition that stands now and whose last part is `name` (lower case)."""
    sql = f"""
        select s.id
        from passage p
        join place l on l.passage = p.id
        join source s on s.content = l.content
        where p.name = ? and l.part = 0 and s.root in ({SEEN_ROOTS})
        limit ?
    """  # noqa: S608  a constant
    return [id_ for (id_,) in connection.execute(sql, (name, most))]


def is_standing(connection: apsw.Connection, passage: int) -> bool:
    """Whether a text under its name stands in any file now."""
    sql = f"""
        select count(*)
        from place l
        join source s on s.content = l.content
        where l.passage = ? and s.root in ({SEEN_ROOTS})
    """  # noqa: S608  a constant
    return connection.execute(sql, (passage,)).get > 0


def by_path(connection: apsw.Connection, root: int, path: str) -> Source | None:
    """Return the source at a path of a root."""
    sql = f"select {COLUMNS} from source s where s.root = ? and s.path = ?"  # noqa: S608  a constant
    for row in connection.execute(sql, (root, path)):
        return from_row(row)
    return None


def drifted(connection: apsw.Connection, root: int) -> list[Source]:
    """Return the sources of a root that have changed or gone since they were ingested on request."""
    sql = f"""
        select {COLUMNS}
        from source s
        where s.root = ? and s.state in ('live', 'gone', 'skipped')
        and (s.content is not s.ingested or s.ingested_path is not null)
        order by s.path
    """  # noqa: S608  a constant
    return [from_row(row) for row in connection.execute(sql, (root,))]


def any_drifted(connection: apsw.Connection) -> bool:
    """Whether any source has changed, gone or moved since it was ingested on request."""
    sql = "select exists (select 1 from source where content is not ingested or ingested_path is not null)"
    return bool(connection.execute(sql).get)


def point(
    connection: apsw.Connection,
    root: int,
    path: str,
    content: int,
    stamp: Stamp,
    proven_at: float,
    *,
    ingested: bool,
    volatility: str = "medium",
) -> int:
    """Point a path at what it holds now; `ingested` also makes that the version it was ingested at.

    Returns:
        The source's id.
    """
    base = content if ingested else None
    versions.keep(connection, [(root, path, content)], proven_at)
    values = (root, path, content, base, *_stamp_values(stamp), proven_at, volatility)
    sql = """
        insert into source (root, path, state, content, ingested, size, mtime_ns, ctime_ns, inode, device, proven_at,
            volatility, authority)
        values (?, ?, 'live', ?, ?, ?, ?, ?, ?, ?, ?, ?, 'primary')
        on conflict (root, path) do update set state = 'live', reason = null, content = excluded.content,
            size = excluded.size, mtime_ns = excluded.mtime_ns, ctime_ns = excluded.ctime_ns, inode = excluded.inode,
            device = excluded.device, proven_at = excluded.proven_at, volatility = excluded.volatility
        returning id
    """
    source: int = connection.execute(sql, values).get
    if ingested:
        connection.execute("update source set ingested = content, ingested_path = null where id = ?", (source,))
    index_path(connection, source, path)
    return source


def attribute(connection: apsw.Connection, source: int, authority: str) -> None:
    """Record on whose word a source stands: primary for what was read, derived or inferred for conclusions."""
    connection.execute("update source set authority = ? where id = ?", (authority, source))


def skip(connection: apsw.Connection, root: int, path: str, reason: str, stamp: Stamp, proven_at: float) -> None:
    """Record that a path is passed over, so that it is not opened again until it changes."""
    sql = """
        insert into source (root, path, state, reason, size, mtime_ns, ctime_ns, inode, device, proven_at, volatility,
            authority)
        values (?, ?, 'skipped', ?, ?, ?, ?, ?, ?, ?, 'medium', 'primary')
        on conflict (root, path) do update set state = 'skipped', reason = excluded.reason, content = null,
            size = excluded.size, mtime_ns = excluded.mtime_ns, ctime_ns = excluded.ctime_ns, inode = excluded.inode,
            device = excluded.device, proven_at = excluded.proven_at
        returning id
    """
    versions.keep(connection, [(root, path, None)], proven_at)
    source: int = connection.execute(sql, (root, path, reason, *_stamp_values(stamp), proven_at)).get
    connection.execute("delete from path_search where rowid = ?", (source,))


def touch(connection: apsw.Connection, source: int, content: int | None, stamp: Stamp, proven_at: float) -> None:
    """Record that the bytes were compared and are still this content's; nothing if another process was faster."""
    sql = """
        update source
        set size = ?, mtime_ns = ?, ctime_ns = ?, inode = ?, device = ?, proven_at = ?
        where id = ? and content is ?
    """
    connection.execute(sql, (*_stamp_values(stamp), proven_at, source, content))


def mark_gone(connection: apsw.Connection, source: int, at: float) -> None:
    """Record that a file is no longer there; what it held when ingested is kept."""
    sql = "select root, path, null from source where id = ?"
    versions.keep(connection, list(connection.execute(sql, (source,))), at)
    connection.execute("update source set state = 'gone', reason = null, content = null where id = ?", (source,))
    connection.execute("delete from path_search where rowid = ?", (source,))


def rename(connection: apsw.Connection, source: Source, now: Source) -> None:
    """Let a source that went live on as the one that came: one row, with what was learned about its spots."""
    connection.execute("delete from path_search where rowid = ?", (now.id,))
    connection.execute("delete from source where id = ?", (now.id,))
    if not versions.retract(connection, source.id, now.content):  # else it never ceased to hold it
        versions.keep(connection, [(source.root, source.path, now.content)], now.proven_at)
    before = source.ingested_path or source.path
    sql = """
        update source
        set path = ?, state = 'live', reason = null, content = ?, ingested_path = ?,
            size = ?, mtime_ns = ?, ctime_ns = ?, inode = ?, device = ?, proven_at = ?
        where id = ?
    """
    renamed_from = before if before != now.path else None
    connection.execute(sql, (now.path, now.content, renamed_from, *_stamp_values(now.stamp), now.proven_at, source.id))
    sql = "update or replace anchor set path = ? where root = ? and path = ?"
    connection.execute(sql, (now.path, source.root, source.path))
    connection.execute("update receipt set path = ? where root = ? and path = ?", (now.path, source.root, source.path))
    index_path(connection, source.id, now.path)


def settle(connection: apsw.Connection, root: int, within: str | None) -> int:
    """Take what stands now as ingested, for a whole root or one path or folder in it; forget files that are gone.

    Returns:
        How many files were forgotten or settled.
    """
    scope, values = _scope(root, within)
    connection.execute(f"delete from source where state = 'gone' and {scope}", values)  # noqa: S608  a constant
    forgotten = connection.changes()
    sql = f"""
        update source
        set ingested = content, ingested_path = null
        where (content is not ingested or ingested_path is not null) and {scope}
    """  # noqa: S608  a constant
    connection.execute(sql, values)
    return forgotten + connection.changes()


def bump(connection: apsw.Connection) -> None:
    """Raise the store's generation: something an answer may depend on has changed."""
    connection.execute("update counter set value = value + 1 where name = 'generation'")


def generation(connection: apsw.Connection) -> int:
    """Return the store's generation."""
    return connection.execute("select value from counter where name = 'generation'").get


def skipped(connection: apsw.Connection, root: int) -> list[tuple[str, str]]:
    """Return the files of a root that were opened and passed over, with the reason."""
    sql = "select path, reason from source where root = ? and state = 'skipped' order by path"
    return [(path, reason) for path, reason in connection.execute(sql, (root,))]


def reason_of(connection: apsw.Connection, source: int) -> str | None:
    """Return why a source is passed over, None for one that is not."""
    return connection.execute("select reason from source where id = ? and state = 'skipped'", (source,)).get


def count(connection: apsw.Connection, root: int, state: str) -> int:
    """Return how many sources of a root are in a state."""
    return connection.execute("select count(*) from source where root = ? and state = ?", (root, state)).get


def forget(connection: apsw.Connection, ids: Iterable[int]) -> None:
    """Drop sources altogether: files that are no longer to be read."""
    for source in ids:
        connection.execute("delete from path_search where rowid = ?", (source,))
        connection.execute("delete from source where id = ?", (source,))


def index_path(connection: apsw.Connection, source: int, path: str) -> None:
    """Let a source be found by its path."""
    connection.execute("delete from path_search where rowid = ?", (source,))
    connection.execute("insert into path_search (rowid, path) values (?, ?)", (source, index_text(path)))


def _scope(root: int, within: str | None) -> tuple[str, tuple[object, ...]]:
    if within is None:
        return "root = ?", (root,)
    return "root = ? and (path = ? or substr(path, 1, length(?)) = ?)", (root, within, f"{within}/", f"{within}/")


def _stamp_values(stamp: Stamp) -> tuple[int, int, int, int, int]:
    return stamp.size, stamp.mtime_ns, stamp.ctime_ns, stamp.inode, stamp.device
