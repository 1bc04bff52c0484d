"""What a person may mean who has typed the beginning of a path or of a symbol."""

from __future__ import annotations

import json
from collections.abc import Sequence

import apsw

LAST = "\U0010ffff"  # sorts after every character that a name holds


def paths(connection: apsw.Connection, roots: Sequence[int], prefix: str, limit: int) -> list[tuple[int, str]]:
    """Return (root, path) of the files there now whose path, or else whose file name, begins so, sorted by path."""
    by_path = """
        select s.root, s.path
        from source s
        where s.root in (select value from json_each(?1)) and s.path >= ?2 and s.path < ?3 and s.state = 'live'
        order by s.path, s.root
        limit ?4
    """
    wanted = json.dumps(list(roots))
    found = list(connection.execute(by_path, (wanted, prefix, prefix + LAST, limit)))
    if not found and prefix and "/" not in prefix:
        by_name = """
            select s.root, s.path
            from source s
            where s.root in (select value from json_each(?1)) and s.state = 'live'
            and instr(lower(s.path), '/' || ?2) > 0
            and instr(substr(lower(s.path), instr(lower(s.path), '/' || ?2) + 1), '/') = 0
            order by s.path, s.root
            limit ?3
        """
        found = list(connection.execute(by_name, (wanted, prefix.lower(), limit)))
    return [(int(root), str(path)) for root, path in found]


def symbols(connection: apsw.Connection, roots: Sequence[int], prefix: str, path: str | None, limit: int) -> list[str]:
    """Return the symbols there now whose dotted name, or its last part, begins so, sorted; letters of either case.

    Args:
        connection: A reading connection.
        roots: Where to look.
        prefix: What was typed.
        path: Only those of this file; None for all.
        limit: Most symbols to return.
    """
    lower = prefix.lower()
    last = lower.rpartition(".")[2]
    sql = """
        select distinct p.symbol
        from passage p
        join place l on l.passage = p.id and l.part = 0
        join source s on s.content = l.content and s.state = 'live'
        where p.name >= ?1 and p.name < ?2
        and (?3 = ?1 or substr(lower(p.symbol), 1, length(?3)) = ?3)
        and s.root in (select value from json_each(?4)) and (?5 is null or s.path = ?5)
        order by p.symbol
        limit ?6
    """
    values = (last, last + LAST, lower, json.dumps(list(roots)), path, limit)
    return [str(symbol) for (symbol,) in connection.execute(sql, values)]
