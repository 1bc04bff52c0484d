"""`flag`: one-way flags of a party, chained by hashes, that survive everything short of deleting the store."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from ..genome.store import events, latches
from ..genome.store.latches import LatchRow
from ..memory_core.latch import Latch, broken_at, latched
from .errors import UsageError
from .models.agent import Flag, Flags
from .plain import plain, quoted
from .services import Services

LONGEST_NAME, LONGEST_REASON = 80, 400


class FlagsDamaged(UsageError):
    """The flags are not what was set: one was changed, put in or taken out."""


class FlagTools:
    """The flag tool of one server."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def flag(
        self,
        name: Annotated[str | None, Field(description="what to set, e.g. api-frozen; default: list them")] = None,
        reason: Annotated[str, Field(description="why, for those who find it")] = "",
    ) -> Flags:
        """Set a flag that everybody of your party sees from now on and nobody can unset, or list those that are set.

        For decisions that must hold: a freeze, a refusal, a verdict of a person.
        """
        agent = self._services.agent()
        engine = self._services.engine()
        if name is None:
            return _flags(listed(engine.database.reading(), agent))
        if agent is None:
            raise UsageError("no flag can be set: the store cannot be written")
        with engine.database.writing() as writer:
            session, now = self._services.session, self._services.clock()
            return _flags(set_flag(writer, agent, session, plain(name), plain(reason), now))


def set_flag(writer: Any, agent: int, session: str, name: str, reason: str, at: float) -> list[Latch]:
    """Set a flag in the caller's transaction and return all flags of the agent's party.

    Args:
        writer: The store's writer.
        agent: Who sets it.
        session: In which stretch of work.
        name: At most 80 characters.
        reason: Why; cut after 400 characters.
        at: Seconds since the epoch.

    Raises:
        UsageError: It is set already, or has no usable name.
        FlagsDamaged: The flags that are set were tampered with; none is added to them.
    """
    name = name.strip()
    if len(name) > LONGEST_NAME:
        raise UsageError(f"{quoted(name)} is longer than {LONGEST_NAME} characters; a flag's name is short")
    party = latches.party_of(writer, agent)
    if party is None:
        raise UsageError(f"there is no agent {agent}; ids come from `Services.agent`")
    known = _whole(writer, party)
    try:
        one = latched(known, name, events.agent_name(writer, agent) or "", at, reason[:LONGEST_REASON])
    except ValueError as error:
        raise UsageError(f"{error}; pass no name to list the flags") from error
    latches.add(writer, party, len(known) + 1, LatchRow(one.name, one.by, one.at, one.reason, one.chain))
    events.log(writer, agent, "flag", at, session=session, detail=one.name)
    return [*known, one]


def listed(connection: Any, agent: int | None) -> list[Latch]:
    """Return the flags of an agent's party in the order in which they were set.

    Raises:
        FlagsDamaged: They were tampered with.
    """
    party = None if agent is None else latches.party_of(connection, agent)
    return [] if party is None else _whole(connection, party)


def is_set(connection: Any, agent: int | None, name: str) -> bool:
    """Return whether a flag of an agent's party is set.

    Raises:
        FlagsDamaged: The flags were tampered with, so that nobody can tell.
    """
    return any(latch.name == name for latch in listed(connection, agent))


def _whole(connection: Any, party: int) -> list[Latch]:
    """Return a party's flags, all of them as they were set."""
    known = [Latch(row.name, row.by, row.at, row.reason, row.chain) for row in latches.all_of(connection, party)]
    wrong = broken_at(known)
    if wrong is not None:
        raise FlagsDamaged(
            f"the flags were changed from {quoted(known[wrong].name)} on: its hash does not follow from those before; "
            "restore the store from a copy"
        )
    lacking = sorted(latches.logged(connection, party) - {latch.name for latch in known})
    if lacking:
        raise FlagsDamaged(f"the flag {quoted(lacking[0])} was set and taken out; restore the store from a copy")
    return known


def _flags(known: list[Latch]) -> Flags:
    return Flags(flags=[Flag(name=one.name, by=one.by, at=round(one.at, 3), reason=one.reason) for one in known])
