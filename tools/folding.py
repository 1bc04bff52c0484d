"""An agent's state is the fold over its committed log: how an event enters both, and how the log gives the state.

Every step of the log carries a hash that follows from the steps before it. The state that is stored beside the log is
only a short cut: where it cannot be read it is folded again, from the last event that put a whole version in its place.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable
from typing import Any

from ..genome.store import agent_versions, events, links, steps
from ..genome.store.steps import Step
from ..memory_core.core import AgentState, Event, StateError
from ..memory_core.versioning import Version, is_whole
from .errors import ToolsError

logger = logging.getLogger(__name__)
USE, JUDGED = "use", "outcome"
RESTORING = ("rollback", "merge")  # events that put a version in the state's place; their detail is its id
KINDS = (USE, JUDGED, *RESTORING)
START = bytes(16)


class LogDamaged(ToolsError):
    """An agent's log is not what was written: a step is missing or was changed."""


def entered(writer: Any, agent: int, kind: str, at: float, session: str, anchor: int | None, detail: str) -> int:
    """Append a step to an agent's log, chained to the ones before, and return its number."""
    before = START if kind in RESTORING else steps.head(writer, agent) or START
    chain = chained(before, kind, session, at, detail)
    return events.log(writer, agent, kind, at, session=session, anchor=anchor, detail=detail, chain=chain)


def chained(before: bytes, kind: str, session: str, at: float, detail: str) -> bytes:
    """Return the hash of a step after the one with the hash `before`.

    A step that restores a version begins anew: it needs nothing of what was before it.
    """
    text = json.dumps([kind, session, at, detail], separators=(",", ":"))
    return hashlib.blake2b(before + text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def after(connection: Any, agent: int, state: AgentState, step: Step) -> AgentState:
    """Return an agent's state after a step that teaches nothing to others: a verdict, or a version put back.

    Raises:
        LogDamaged: The version is missing, or something was changed.
    """
    if step.kind in RESTORING:
        return AgentState().restored(_restored(connection, agent, step.detail), step.sequence)
    return state.after(event_of(step))[0]


def event_of(step: Step) -> Event:
    """Return a step as the fold takes it.

    Raises:
        LogDamaged: It is a verdict that is no number.
    """
    try:
        outcome = float(step.detail) if step.kind == JUDGED else None
    except ValueError as error:
        raise LogDamaged(f"event {step.sequence} was changed: {step.detail!r} is no outcome") from error
    return Event(step.sequence, step.session, step.at, step.anchor, step.detail, outcome)


def state_of(connection: Any, agent: int) -> AgentState:
    """Return an agent's state as it is stored, or folded from its log where that cannot be read.

    Raises:
        LogDamaged: It cannot be read, and neither can the log.
    """
    data = links.state(connection, agent)
    if data is not None:
        try:
            return AgentState.from_bytes(data)
        except StateError as error:
            logger.warning("the state of agent %d is folded from its log again: %s", agent, error)
    return folded(connection, agent)


def folded(connection: Any, agent: int) -> AgentState:
    """Return what an agent's log adds up to.

    Raises:
        LogDamaged: A step is missing or was changed.
    """
    start = steps.last_step(connection, agent, RESTORING)
    state, before = AgentState(), START
    if start is not None:
        if start.chain is None or start.chain != chained(START, start.kind, start.session, start.at, start.detail):
            raise _damaged(start)
        state = AgentState().restored(_restored(connection, agent, start.detail), start.sequence)
        before = start.chain
    for step in _unbroken(steps.steps(connection, agent, KINDS, 0 if start is None else start.sequence), before):
        state, _ = state.after(event_of(step))
    written = links.state_sequence(connection, agent)
    if written is not None and state.sequence < written:
        raise LogDamaged(f"the log ends at event {state.sequence}, but event {written} was committed; {_ADVICE}")
    return state


def version_of(connection: Any, agent: int, id_: str) -> Version:
    """Return one of an agent's versions.

    Raises:
        LogDamaged: It is missing or was changed.
    """
    row = agent_versions.get(connection, agent, id_)
    if row is None:
        raise LogDamaged(f"version {id_} is missing; {_ADVICE}")
    version = Version(row.id, row.label, row.sequence, row.at, row.message, row.parents, row.state)
    if not is_whole(version):
        raise LogDamaged(f"version {id_} was changed; {_ADVICE}")
    return version


def rechain(writer: Any, agent: int) -> None:
    """Chain an agent's log anew, after events were taken out or brought back by whoever may do so.

    The state is not touched: store what `folded` gives in the same transaction.
    """
    before, chains = START, list[tuple[int, bytes]]()
    for step in steps.steps(writer, agent, KINDS):
        start = START if step.kind in RESTORING else before
        before = chained(start, step.kind, step.session, step.at, step.detail)
        chains.append((step.sequence, before))
    steps.set_chains(writer, chains)


def _restored(connection: Any, agent: int, id_: str) -> AgentState:
    try:
        return version_of(connection, agent, id_).restored()
    except StateError as error:
        raise LogDamaged(f"version {id_} cannot be read: {error}; {_ADVICE}") from error


def checked(connection: Any, agent: int, most: int | None = None) -> int:
    """Follow the chain of an agent's log to its end and return how many steps were followed.

    Args:
        connection: The store.
        agent: Whose log.
        most: Only so many steps, the last ones; None for all.

    Raises:
        LogDamaged: A step is missing or was changed.
    """
    start = None if most is None else steps.last_step(connection, agent, KINDS, skip=most)
    count, last = 0, 0 if start is None else start.sequence
    before = START if start is None or start.chain is None else start.chain
    for step in _unbroken(steps.steps(connection, agent, KINDS, last), before):
        count, last = count + 1, step.sequence
    written = links.state_sequence(connection, agent)
    if written is not None and last < written:
        raise LogDamaged(f"the log ends at event {last}, but event {written} was committed; {_ADVICE}")
    return count


def _unbroken(told: Iterable[Step], before: bytes) -> Iterable[Step]:
    """Yield steps as long as each follows from the one before; those of releases without chains are taken as they are.

    Raises:
        LogDamaged: One does not follow.
    """
    for step in told:
        if step.chain is not None:
            start = START if step.kind in RESTORING else before
            if step.chain != chained(start, step.kind, step.session, step.at, step.detail):
                raise _damaged(step)
            before = step.chain
        yield step


_ADVICE = "`agent_state(action='rollback', name=VERSION)` goes on from a version that is whole"


def _damaged(step: Step) -> LogDamaged:
    return LogDamaged(f"event {step.sequence} does not follow from the one before it: the log was changed; {_ADVICE}")
