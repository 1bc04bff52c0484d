"""Numbers that only grow: what was counted since the store was made."""

from __future__ import annotations

from collections.abc import Mapping

import apsw


def grow(connection: apsw.Connection, gains: Mapping[str, int]) -> None:
    """Add to counters, made where they are new."""
    sql = """
        insert into counter (name, value) values (?, ?)
        on conflict (name) do update set value = value + excluded.value
    """
    connection.executemany(sql, sorted(gains.items()))


def starting(connection: apsw.Connection, prefix: str) -> dict[str, int]:
    """Return the counters whose names begin with a prefix, by what follows it, in order of their names."""
    sql = "select substr(name, length(?1) + 1), value from counter where substr(name, 1, length(?1)) = ?1 order by name"
    return {str(name): int(value) for name, value in connection.execute(sql, (prefix,))}
