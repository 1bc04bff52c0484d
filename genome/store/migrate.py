"""Bring a store's schema up to date: numbered SQL files, each applied in one transaction with its number."""

from __future__ import annotations

import re
from importlib import resources

import apsw

from ..errors import StoreTooNew, StoreUnusable
from ..reading.canon import canonical
from ..reading.terms import index_text

APPLICATION_ID = 0x43495354  # "CIST": tells our files from any other SQLite database


def steps() -> dict[int, str]:
    """Return the SQL of every migration by its number, in order."""
    found: dict[int, str] = {}
    for entry in resources.files("cistron.genome.store.migrations").iterdir():
        if match := re.fullmatch(r"(\d{4})_\w+\.sql", entry.name):
            found[int(match[1])] = entry.read_text(encoding="utf-8")
    return dict(sorted(found.items()))


def latest() -> int:
    """Return the schema version this release writes."""
    return max(steps())


def check(connection: apsw.Connection, path: object) -> int:
    """Return the schema version of an open file.

    Raises:
        StoreTooNew: The file was written by a newer release.
        StoreUnusable: The file is SQLite, but another program's.
    """
    version = connection.pragma("user_version")
    known = latest()
    if version > known:
        raise StoreTooNew(
            f"{path} has schema {version}, newer than {known}; upgrade cistron-mcp, or name another file with --genome"
        )
    tables = connection.execute("select count(*) from sqlite_schema").get
    if tables and connection.pragma("application_id") != APPLICATION_ID:
        raise StoreUnusable(f"{path} is another program's SQLite database; name another file with --genome")
    return version


def migrate(connection: apsw.Connection, path: object) -> int:
    """Apply the migrations that the open file lacks and return its version.

    Two processes may do this at once: the second waits for the first one's transaction and finds nothing to do.
    """
    if check(connection, path) == latest():
        return latest()
    connection.create_scalar_function("index_text", _index_text, 1, deterministic=True)
    connection.create_scalar_function("canonical", _canonical, 1, deterministic=True)
    for number, sql in steps().items():
        connection.execute("begin immediate")
        try:
            if check(connection, path) < number:
                connection.execute(sql)
                connection.pragma("user_version", number)
                connection.pragma("application_id", APPLICATION_ID)
            connection.execute("commit")
        except BaseException:  # whatever stopped it, the step must not stand half
            if connection.in_transaction:  # a full disk has ended it already
                connection.execute("rollback")
            raise
    return latest()


def _index_text(*text: object) -> str:
    return index_text(str(text[0]))


def _canonical(*key: object) -> str | None:
    return canonical(str(key[0]))
