"""Who a store belongs to and who acts on it: org (trust domain), party (device), participant (human), agent (software).

A layer called `local` was named by nobody. An unnamed org or party is the store's own: a container that has another
host name at every start keeps its memory.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import apsw

from ..errors import OtherOrg
from ..records import Identity

UNNAMED = Identity().party
UNNAMED_AGENT = Identity().agent


@dataclass(frozen=True, slots=True)
class Home:
    """The trust domain that a store is of, and the party that opened it first."""

    party: int
    party_name: str
    org: int
    org_name: str


@dataclass(frozen=True, slots=True)
class Actor:
    """An agent in the layers above it."""

    id: int
    agent: str
    participant: str
    party: str
    org: str


def home(connection: apsw.Connection) -> Home | None:
    """Return whose a store is; None of one that nobody has opened with a server or a command."""
    sql = """
        select p.id, p.name, o.id, o.name
        from home h
        join party p on p.id = h.party
        join org o on o.id = p.org
    """
    for row in connection.execute(sql):
        return Home(*row)
    return None


def settle(connection: apsw.Connection, identity: Identity, host: str) -> Home:
    """Make a store its first user's, where it is nobody's, and return whose it is.

    Args:
        connection: The writer.
        identity: Who opens it.
        host: What the party is called if the identity names none.
    """
    known = home(connection)
    if known is not None:
        return known
    named = replace(identity, party=host) if identity.party == UNNAMED else identity
    party = _party(connection, _org(connection, named.org), named.party)
    connection.execute("insert into home (id, party) values (1, ?) on conflict do nothing", (party,))
    connection.execute("update root set party = (select party from home) where kind = 'virtual' and party is null")
    made = home(connection)
    assert made is not None
    return made


def check_org(home: Home, identity: Identity, path: object) -> None:
    """Let callers of another trust domain have nothing of a store, not even statistics.

    Raises:
        OtherOrg: The identity names another org than the store's.
    """
    if identity.org not in (UNNAMED, home.org_name):
        raise OtherOrg(
            f"{path} belongs to another org than {identity.org!r}; name a file of its own with --genome or"
            " CISTRON_GENOME, or leave the org unset"
        )


def known_party(connection: apsw.Connection, identity: Identity) -> int | None:
    """Return the id of an identity's party: the store's own for one that names none, None for one that is new."""
    own = home(connection)
    if own is not None and identity.party in (UNNAMED, own.party_name):
        return own.party
    org = None if own is None else own.org
    sql = "select id from party where org is ? and name = ?"
    return connection.execute(sql, (org, identity.party)).get


def party_id(connection: apsw.Connection, identity: Identity) -> int:
    """Return the id of an identity's party, made where it is new: who comes first is believed."""
    known = known_party(connection, identity)
    if known is not None:
        return known
    own = home(connection)
    return _party(connection, _org(connection, identity.org) if own is None else own.org, identity.party)


def agent_id(connection: apsw.Connection, identity: Identity) -> int:
    """Return the id of an agent, with every layer above it, made where it is new."""
    party = party_id(connection, identity)
    sql = "insert into participant (party, name) values (?, ?) on conflict do update set name = name returning id"
    participant: int = connection.execute(sql, (party, identity.participant)).get
    sql = "insert into agent (participant, name) values (?, ?) on conflict do update set name = name returning id"
    return connection.execute(sql, (participant, identity.agent)).get


def actor(connection: apsw.Connection, agent: int) -> Actor | None:
    """Return an agent with its layers."""
    sql = """
        select a.id, a.name, h.name, p.name, o.name
        from agent a
        join participant h on h.id = a.participant
        join party p on p.id = h.party
        join org o on o.id = p.org
        where a.id = ?
    """
    for row in connection.execute(sql, (agent,)):
        return Actor(*row)
    return None


def agents(connection: apsw.Connection, party: int) -> list[int]:
    """Return the agents of a party."""
    sql = "select a.id from participant p join agent a on a.participant = p.id where p.party = ? order by a.id"
    return [id_ for (id_,) in connection.execute(sql, (party,))]


def _org(connection: apsw.Connection, name: str) -> int:
    sql = "insert into org (name) values (?) on conflict do update set name = name returning id"
    return connection.execute(sql, (name,)).get


def _party(connection: apsw.Connection, org: int, name: str) -> int:
    sql = "insert into party (org, name) values (?, ?) on conflict do update set name = name returning id"
    return connection.execute(sql, (org, name)).get
