"""`forget`: take away what an agent or a person wrote and taught, after a look at it, with a day to undo it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field

from ..genome.reading.ingest import UNDO_S
from ..genome.store import events, forgetting, identity, sources
from ..genome.store.forgetting import Written
from .errors import UsageError
from .models.attribution import Forgotten
from .noted import name_of
from .notes import writable
from .plain import plain, quoted
from .services import Services
from .why import time_of

_AGO = re.compile(r"(\d{1,6})\s*(s|min|m|h|d)")
_UNITS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86_400}
_ID = re.compile(r"f([1-9]\d{0,17})")


class ForgetTools:
    """The forget tool of one server."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def forget(
        self,
        agent: Annotated[str | None, Field(description="name, or participant/agent")] = None,
        participant: str | None = None,
        since: Annotated[str | None, Field(description="'2 h', '3 d' or an ISO time; default: ever")] = None,
        dry_run: Annotated[bool, Field(description="false: do it; it can be undone for 24 hours")] = True,
        undo: Annotated[str | None, Field(description="id of a forgetting to take back, e.g. f3")] = None,
    ) -> Forgotten:
        """Forget what an agent or a person of your party wrote (notes, texts) and taught (links, focus)."""
        services = self._services
        writable(services)
        if undo is not None:
            return self._undo(plain(undo))
        if agent is None and participant is None and since is None:
            raise UsageError("nothing to forget; pass agent, participant or since, or undo to bring something back")
        moment = None if since is None else _moment(plain(since), services.clock())
        with services.engine().database.snapshot() as reading:
            agents = self._agents(reading, agent, participant)
            found = forgetting.written(reading, agents, moment or 0.0)
            answer = _answer(reading, found, agents, moment)
        return answer if dry_run else self._forget(agents, moment)

    def _forget(self, agents: list[int], moment: float | None) -> Forgotten:
        services, by = self._services, self._caller()
        now, engine, party = services.clock(), services.engine(), services.viewer() or 0
        with engine.database.writing() as writer:
            forgetting.purge(writer, now - UNDO_S)
            found = forgetting.written(writer, agents, moment or 0.0)  # as it is now that nobody else writes
            answer = _answer(writer, found, agents, moment)
            id_ = forgetting.erase(writer, party, by, agents, moment or 0.0, found, now)
            engine.memory.relearn(writer, identity.agents(writer, party))
            events.log(writer, by, "forget", now, session=services.session, detail=f"f{id_}")
            sources.bump(writer)
        return answer.model_copy(update={"id": f"f{id_}", "state": "forgotten", "undo_until": time_of(now + UNDO_S)})

    def _undo(self, name: str) -> Forgotten:
        services, by = self._services, self._caller()
        now, engine, party = services.clock(), services.engine(), services.viewer() or 0
        match = _ID.fullmatch(name)
        with engine.database.writing() as writer:
            what = None if match is None else forgetting.get(writer, party, int(match[1]))
            if what is None:
                raise UsageError(f"undo: nothing was forgotten as {quoted(name)}; forget returns ids like f3")
            if what.undo is None or now - what.at > UNDO_S:
                raise UsageError(f"undo: {name} cannot be brought back: it was already, or 24 hours have passed")
            forgetting.restore(writer, what)
            engine.memory.relearn(writer, identity.agents(writer, party))
            events.log(writer, by, "unforget", now, session=services.session, detail=name)
            sources.bump(writer)
            paths = sources.live_paths(writer, what.texts)
        return Forgotten(
            id=name,
            state="restored",
            agents=[],
            since=None,
            notes=[path.removeprefix("note/") for path in paths if path.startswith("note/n")],
            texts=[path for path in paths if not path.startswith("note/n")],
            revived=[],
            events=0,
            uses=0,
            undo_until=None,
        )

    def _agents(self, reading: Any, agent: str | None, participant: str | None) -> list[int]:
        names = (None if agent is None else plain(agent), None if participant is None else plain(participant))
        found = forgetting.agents_of(reading, self._services.viewer() or 0, *names)
        if not found and any(names):
            what = " ".join(quoted(name) for name in names if name is not None)
            raise UsageError(f"nobody of your party is called {what}; `why` names the authors of what you see")
        return found

    def _caller(self) -> int:
        agent = self._services.agent()
        if agent is None:
            raise UsageError("who asks for it could not be recorded, so nothing was forgotten; try again")
        return agent


def _answer(reading: Any, found: Written, agents: list[int], since: float | None) -> Forgotten:
    known = [actor for id_ in agents if (actor := identity.actor(reading, id_)) is not None]
    return Forgotten(
        id=None,
        state="dry_run",
        agents=[f"{actor.participant}/{actor.agent}" for actor in known],
        since=None if since is None else time_of(since),
        notes=[name_of(note) for note, _ in found.notes],
        texts=sources.live_paths(reading, found.texts),
        revived=[name_of(note) for note, _ in found.revived],
        events=found.events,
        uses=found.uses,
        undo_until=None,
    )


def _moment(text: str, now: float) -> float:
    """Return the moment that a text names, seconds since the epoch.

    Raises:
        UsageError: It names none.

    >>> _moment("2 h", 10_000.0), _moment("1970-01-01T00:01:00", 0.0)
    (2800.0, 60.0)
    """
    if match := _AGO.fullmatch(text.strip()):
        return now - int(match[1]) * _UNITS[match[2]]
    try:
        named = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(f"since: {quoted(text)} is no time; pass '2 h', '3 d' or '2026-01-31T12:00'") from error
    return (named if named.tzinfo else named.replace(tzinfo=UTC)).timestamp()
