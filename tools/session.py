"""`session`: who is at work on what, what they did, and who goes on where somebody stopped."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from ..genome.errors import StoreReadOnly
from ..genome.records import Root
from ..genome.store import events, sessions
from ..genome.store.sessions import Lease, Session, State
from .errors import UsageError
from .models.session import Action, At, Claimed, Deed, SessionReport
from .news import ago
from .packet import prefixes
from .plain import plain, quoted
from .presence import EXPIRES_S, KEPT_S, LEASE_S, status_of
from .services import Services
from .verify import VerifyTools
from .whose import going_on, live, named, stopped

HANDLE_BYTES = 12
TEXT_CHARS, NAME_CHARS, MOST_PATHS, MOST_SHOWN = 400, 40, 100, 100


class SessionTools:
    """The session tool of one server."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def session(
        self,
        action: Action,
        session: str | None = None,
        focus: str | None = None,
        blocked_on: str | None = None,
        in_flight: str | None = None,
        last_commit: str | None = None,
        paths: list[str] | None = None,
        of: Annotated[str | None, Field(description="another one's name; start continues it")] = None,
        name: str | None = None,
        k: int = 20,
    ) -> SessionReport:
        """Work beside other agents: see who is at what, claim paths before you edit.

        start gives a handle for `session` everywhere; resume says what changed of what you were shown.
        """
        if not 1 <= k <= MOST_SHOWN:
            raise UsageError(f"k is {k}; pass 1 to {MOST_SHOWN}")
        said = _said(focus, blocked_on, in_flight, last_commit)
        if action == "start":
            if session is not None:
                raise UsageError("start makes a handle and takes none; pass of=HANDLE to go on in place of a session")
            return self._start(said, None if name is None else _name(name), of)
        if action == "list":
            return self._list(k)
        if action in ("claim", "release"):
            located = [self._services.locate(path) for path in _paths(paths, needed=action == "claim")]
            return self._claim(session, located) if action == "claim" else self._release(session, located or None)
        if action in ("beat", "end"):
            return self._beat(session, said, ends=action == "end")
        return self._recent(session, of, k) if action == "recent" else self._resume(session, of, k)

    def _start(self, said: State, name: str | None, of: str | None) -> SessionReport:
        services, now = self._services, self._services.clock()
        identity = services.caller.identity
        services.engine().recorder.flush()  # what the session to be continued was shown last
        notes: list[str] = []
        with self._writing() as writer:
            sessions.expire(writer, now - KEPT_S)
            agent = events.agent_id(writer, identity)
            party = sessions.party_id(writer, identity)
            known = sessions.of_party(writer, party)
            old = None if of is None else stopped(known, of, now)
            mine = None if name is None or old is not None else going_on(known, agent, name, now)
            handle = mine.handle if mine else f"s-{secrets.token_hex(HANDLE_BYTES)}"
            sessions.touch(writer, handle, agent, now, minted=True, name=name)
            new = live(sessions.by_handle(writer, party, handle), handle, now)
            if mine is not None:
                notes.append(f"{quoted(mine.label)} goes on: it was started {ago(now - mine.started_at)} ago")
            if old is not None:
                leases = sessions.hand_over(writer, old, new, now)
                notes.append(f"goes on where {old.agent_name}/{old.label} stopped, with {leases} leases")
            sessions.say(writer, new.id, said)
        for each in [handle] if old is None else [handle, old.handle]:
            services.engine().recorder.drop(each)
            services.engine().presence.drop(each)
        listed = [each for each in self._sessions(handle) if each.you or each.status in ("active", "idle")]
        return SessionReport(action="start", handle=handle, expires_s=int(EXPIRES_S), sessions=listed, notes=notes)

    def _list(self, k: int) -> SessionReport:
        there = [each for each in self._sessions(self._services.session) if each.status not in ("gone", "ended")]
        left = [f"{len(there) - k} more; ask with a larger k"] if len(there) > k else []
        return SessionReport(action="list", sessions=there[:k], notes=left)

    def _beat(self, session: str | None, said: State, *, ends: bool) -> SessionReport:
        now = self._services.clock()
        with self._writing() as writer:
            mine = self._mine(writer, session)
            sessions.beat(writer, mine.handle, now)
            sessions.say(writer, mine.id, said)
            if ends:
                sessions.end(writer, mine, now)
        own = [each for each in self._sessions(mine.handle) if each.you]
        return SessionReport(action="end" if ends else "beat", sessions=own)

    def _claim(self, session: str | None, located: Sequence[tuple[Root, str]]) -> SessionReport:
        now = self._services.clock()
        claimed: list[Claimed] = []
        with self._writing() as writer:
            mine = self._mine(writer, session)
            sessions.beat(writer, mine.handle, now)
            party = self._party(writer)
            for root, path in located:
                held = sessions.claim(writer, party, mine.id, root.id, path, now, now - LEASE_S)
                claimed.append(self._claimed(root, path, held, now))
        return SessionReport(action="claim", claimed=claimed)

    def _claimed(self, root: Root, path: str, held: Lease | None, now: float) -> Claimed:
        prefix = prefixes(self._services.roots())[root.id]
        shown = prefix + path or root.name
        if held is None:
            return Claimed(path=shown, yours=True)
        theirs = prefix + held.path or root.name
        return Claimed(path=shown, yours=False, by=held.holder, held_path=theirs, since_s=int(now - held.at))

    def _release(self, session: str | None, located: Sequence[tuple[Root, str]] | None) -> SessionReport:
        paths = None if located is None else [(root.id, path) for root, path in located]
        with self._writing() as writer:
            mine = self._mine(writer, session)
            sessions.beat(writer, mine.handle, self._services.clock())
            return SessionReport(action="release", released=sessions.release(writer, mine.id, paths))

    def _recent(self, session: str | None, of: str | None, k: int) -> SessionReport:
        now = self._services.clock()
        whose, by_agent = self._whose(session, of)
        with self._services.engine().database.snapshot() as reading:
            done = sessions.deeds(reading, whose.agent, None if by_agent else whose.handle, k)
        did = [Deed(kind=kind, what=what, age_s=int(now - at)) for kind, what, at in done]
        agent = whose.agent if by_agent else None
        theirs = [at for at, each in self._rows(self._services.session) if each.id == whose.id or each.agent == agent]
        return SessionReport(action="recent", sessions=theirs[:k], did=did)

    def _resume(self, session: str | None, of: str | None, k: int) -> SessionReport:
        engine = self._services.engine()
        whose, _ = self._whose(session, of)
        prefix = prefixes(self._services.roots())
        if whose.handle not in (session, self._services.session):
            engine.recorder.drop(whose.handle)  # another process may have shown it more
        shown = [each for each in engine.recorder.shown(whose.handle).values() if each.root in prefix]
        shown.sort(key=lambda each: (-(each.at or 0.0), each.root, each.path, each.start_line))
        targets = [
            prefix[each.root]
            + (f"{each.path}::{each.symbol}" if each.symbol else f"{each.path}:{each.start_line}-{each.end_line}")
            for each in shown[:k]
        ]
        results, _ = VerifyTools(self._services).prove_all(list(dict.fromkeys(targets)), whose.handle)
        own = [at for at, each in self._rows(self._services.session) if each.id == whose.id]
        left = [f"{len(shown) - k} more were shown before; ask with a larger k"] if len(shown) > k else []
        brief = [each.model_copy(update={"diff": None}) for each in results]
        return SessionReport(action="resume", sessions=own, shown=brief, notes=left)

    def _whose(self, session: str | None, of: str | None) -> tuple[Session, bool]:
        """Return the session that is meant, and whether it was named by its agent."""
        services, now = self._services, self._services.clock()
        services.engine().recorder.flush()
        with services.engine().database.snapshot() as reading:
            known = sessions.of_party(reading, services.engine().presence.party(services.caller.identity))
        if of is not None:
            others = [each for each in known if each.handle not in (session, services.session)]
            found = named([*others, *known], of)
            return found, found.agent_name == of and found.label != of
        handle = plain(session or services.session)
        mine = next((each for each in known if each.handle == handle), None)
        if mine is None and session is None:  # a new connection: what its agent was at last
            agent = services.agent()
            mine = next((each for each in known if each.agent == agent), None)
            if mine is not None:
                return mine, False
        return live(mine, handle, now), False

    def _mine(self, writer: Any, session: str | None) -> Session:
        """Return the caller's session inside a transaction, its connection's own made where it is new."""
        services, now = self._services, self._services.clock()
        handle = plain(session or services.session)
        if handle == services.session:
            sessions.touch(writer, handle, events.agent_id(writer, services.caller.identity), now)
        return live(sessions.by_handle(writer, self._party(writer), handle), handle, now)

    def _party(self, writer: Any) -> int:
        party = sessions.party_id(writer, self._services.caller.identity)
        if party is None:
            raise UsageError("no session of yours; start one with action='start'")
        return party

    def _sessions(self, handle: str) -> list[At]:
        return [at for at, _ in self._rows(handle)]

    def _rows(self, handle: str) -> list[tuple[At, Session]]:
        """Return the sessions of the caller's party with their leases; `handle` is the caller's own."""
        services, now = self._services, self._services.clock()
        prefix = prefixes(services.roots())
        with services.engine().database.snapshot() as reading:
            party = services.engine().presence.party(services.caller.identity)
            held = sessions.leases(reading, party, now - LEASE_S)
            known = sessions.of_party(reading, party)
        leases: dict[int, list[str]] = {}
        for each in held:
            if each.root in prefix:
                leases.setdefault(each.session, []).append(prefix[each.root] + each.path or "everything")
        own = {handle, services.session}
        return [(_at(each, leases.get(each.id, []), each.handle in own, now), each) for each in known]

    def _writing(self) -> Any:
        database = self._services.engine().database
        if not database.writable:
            raise StoreReadOnly(f"{database.path} cannot be written, so no session is kept; check its permissions")
        return database.writing()


def _at(session: Session, leases: list[str], you: bool, now: float) -> At:
    return At(
        session=session.label,
        agent=session.agent_name,
        participant=session.participant,
        status=status_of(session, now),
        you=you,
        focus=session.focus,
        blocked_on=session.blocked_on,
        in_flight=session.in_flight,
        last_commit=session.last_commit,
        leases=leases,
        questions=session.questions,
        age_s=int(now - session.started_at),
        silent_s=max(0, int(now - session.seen_at)),
    )


def _said(focus: str | None, blocked_on: str | None, in_flight: str | None, last_commit: str | None) -> State:
    return State(
        _short("focus", focus),
        _short("blocked_on", blocked_on),
        _short("in_flight", in_flight),
        _short("last_commit", last_commit),
    )


def _short(argument: str, text: str | None) -> str | None:
    if text is not None and len(text) > TEXT_CHARS:
        raise UsageError(f"{argument} has {len(text):,} characters, {TEXT_CHARS} is the most; say it in a line")
    return None if text is None else plain(text)


def _name(name: str) -> str:
    if not 1 <= len(name.strip()) <= NAME_CHARS:
        raise UsageError(f"name {quoted(name)} is empty or long; pass 1 to {NAME_CHARS} characters")
    return plain(name.strip())


def _paths(paths: list[str] | None, *, needed: bool) -> list[str]:
    given = [plain(path) for path in paths or []]
    if needed and not given:
        raise UsageError("paths is empty; pass what you are about to edit: 'src/app.py', or a folder")
    if len(given) > MOST_PATHS:
        raise UsageError(f"paths has {len(given):,} entries, {MOST_PATHS} is the most; claim their folder")
    return given
