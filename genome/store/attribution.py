"""Who wrote what: many authors for one spot or text, each with the tool and the session, and when it was last."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import apsw

from .boundary import SEEN_ROOTS


@dataclass(frozen=True, slots=True)
class Authorship:
    """One author of a spot or a text. `spot` is the symbol or heading in a file, None for all of it."""

    agent: int
    via: str
    session: str | None
    at: float
    spot: str | None = None


def credit_spots(
    connection: apsw.Connection, agent: int, via: str, session: str | None, at: float, anchors: Iterable[int]
) -> None:
    """Record that an agent worked on some spots."""
    _credit(connection, "anchor", agent, via, session, at, anchors)


def credit_text(connection: apsw.Connection, agent: int, via: str, session: str | None, at: float, source: int) -> None:
    """Record that an agent wrote a note or a text that is kept."""
    _credit(connection, "source", agent, via, session, at, [source])


def of_text(connection: apsw.Connection, source: int) -> list[Authorship]:
    """Return who wrote a text that the viewer may see, the last one first."""
    sql = f"""
        select t.agent, t.via, t.session, t.at
        from attribution t
        join source s on s.id = t.source
        where t.source = ? and s.root in ({SEEN_ROOTS})
        order by t.at desc, t.id desc
    """  # noqa: S608  a constant
    return [Authorship(*row) for row in connection.execute(sql, (source,))]


def of_file(connection: apsw.Connection, root: int, path: str, symbol: str | None = None) -> list[Authorship]:
    """Return who of the viewer's party worked on a file, or on one symbol or section in it, the last one first."""
    sql = """
        select t.agent, t.via, t.session, t.at, coalesce(a.symbol, a.heading)
        from anchor a
        join attribution t on t.anchor = a.id
        join agent g on g.id = t.agent
        join participant p on p.id = g.participant
        where a.root = ?1 and a.path = ?2 and (?3 is null or coalesce(a.symbol, a.heading) = ?3)
        and (p.party = viewer() or viewer() is null)
        order by t.at desc, t.id desc
    """
    return [Authorship(*row) for row in connection.execute(sql, (root, path, symbol))]


def last_texts(connection: apsw.Connection, agents: Iterable[int], since: float) -> list[int]:
    """Return the kept texts and notes whose last author is one of these agents, at or after a moment."""
    sql = """
        select t.source
        from attribution t
        join source s on s.id = t.source
        where s.state = 'live' and t.agent in (select value from json_each(?1)) and t.at >= ?2
        and t.id = (select l.id from attribution l where l.source = t.source order by l.at desc, l.id desc limit 1)
        order by t.source
    """
    return [source for (source,) in connection.execute(sql, (json.dumps(sorted(agents)), since))]


def _credit(
    connection: apsw.Connection,
    column: str,
    agent: int,
    via: str,
    session: str | None,
    at: float,
    targets: Iterable[int],
) -> None:
    assert column in ("anchor", "source")
    sql = f"""
        insert into attribution ({column}, agent, session, via, at) values (?, ?, ?, ?, ?)
        on conflict do update set at = max(at, excluded.at)
    """  # noqa: S608  one of two constants
    connection.executemany(sql, [(target, agent, session, via, at) for target in targets])
