"""An agent's state through time: versions, what lies between two of them, and moments that were like now.

What happened is read from the log as long as the log explains a state to the last bit; else it is recovered from the
states alone, exactly or not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..genome.store import agent_versions, events, steps
from ..genome.store.agent_versions import VersionRow
from ..memory_core import sketch
from ..memory_core.timeline import Moment, Timeline
from ..memory_core.versioning import Version, Versions
from .folding import KINDS, RESTORING, USE, version_of

FELLOWS = 64  # other agents whose versions are seen
MOST_CANDIDATES = 10_000
RECENT = 32  # events that are still now, and no past moment
MOST_FRAMES = 10_000  # moments of a log that are compared
APART = 16  # events between two moments that are told


class History:
    """What is known of one agent's past, and of its fellows' versions.

    Args:
        connection: The store, for as long as this is used.
        agent: Whose.
    """

    def __init__(self, connection: Any, agent: int) -> None:
        self._connection = connection
        self._agent = agent
        self._names = {agent: events.agent_name(connection, agent) or ""}
        self._names |= dict(events.fellows(connection, agent, FELLOWS))
        rows = agent_versions.of_agents(connection, self._names)
        self.rows: dict[str, VersionRow] = {}
        for row in sorted(rows, key=lambda row: row.agent != agent):  # an own copy goes before a fellow's
            self.rows.setdefault(row.id, row)
        self.newest = list(dict.fromkeys(row.id for row in rows))
        self.versions = Versions(version(row) for row in rows)
        self.branches = agent_versions.branches(connection, agent)
        self._counts: dict[str, Counter[str] | None] = {}

    @property
    def name(self) -> str:
        """The agent as `participant/agent`."""
        return self._names[self._agent]

    @property
    def head(self) -> str | None:
        """The version that the current branch ends with; None before the first, and where it was forgotten."""
        return next((one.version for one in self.branches if one.current and one.version in self.rows), None)

    @property
    def branch(self) -> str:
        """The current branch."""
        return next((one.name for one in self.branches if one.current), "main")

    def find(self, name: str) -> Version:
        """Return the version that a branch, an id or the start of one names.

        Raises:
            UnknownVersion: None or several do.
        """
        held = next((one.version for one in self.branches if one.name == name), name)
        return self.versions.find(held)

    def difference(self, before: Version, after: Version) -> tuple[bool, str, Mapping[str, int]]:
        """Return whether it can be told how two versions differ, from what, and by which events, with counts.

        Raises:
            StateError: One of them is of another release, or was changed.
        """
        wanted = after.sketch() - before.sketch()
        one, other = self.counts(before), self.counts(after)
        if one is not None and other is not None:
            changes = {name: other[name] - one[name] for name in {*one, *other} if other[name] != one[name]}
            if np.array_equal(sketch.observe(sketch.empty(), changes), wanted):
                return True, "log", dict(sorted(changes.items()))
        found = sketch.difference(before.sketch(), after.sketch(), self._candidates())
        return found.ok, "decoded", dict(found.changes)

    def counts(self, of: Version) -> Counter[str] | None:
        """Return how often each event is in a version, by the log; None where the log does not explain it."""
        if of.id not in self._counts:
            self._counts[of.id] = None  # whoever comes back here goes in a circle
            found = self._merged(of) if len(of.parents) == 2 else self._logged(of)
            whole = found is not None and np.array_equal(sketch.observe(sketch.empty(), found), of.sketch())
            self._counts[of.id] = found if whole else None
        return self._counts[of.id]

    def _logged(self, of: Version) -> Counter[str] | None:
        agent = next((id_ for id_, name in self._names.items() if name == of.agent), None)
        if agent is None:
            return None
        start = steps.last_step(self._connection, agent, RESTORING, of.sequence)
        found, after = Counter[str](), 0
        if start is not None:
            row = agent_versions.get(self._connection, agent, start.detail)
            known = None if row is None else self.counts(version(row))
            if known is None:
                return None
            found, after = Counter(known), start.sequence
        for step in steps.steps(self._connection, agent, [USE], after):
            if step.sequence > of.sequence:
                break
            found[step.detail] += 1
        return found

    def _merged(self, of: Version) -> Counter[str] | None:
        if not all(parent in self.rows for parent in of.parents):
            return None
        one, other = (self.counts(self.versions.find(parent)) for parent in of.parents)
        base = self.versions.base(*of.parents)
        shared = Counter[str]() if base is None else self.counts(base)
        if one is None or other is None or shared is None:
            return None
        found = Counter(one)
        found.update(other)
        found.subtract(shared)
        return found

    def _candidates(self) -> list[str]:
        """Return events that may be what two states differ by: what was ever used here, then what could have been."""
        used = steps.used_names(self._connection, list(self._names), MOST_CANDIDATES)
        there = agent_versions.usable_names(self._connection, MOST_CANDIDATES)
        return list(dict.fromkeys([*used, *there]))[:MOST_CANDIDATES]


def version(row: VersionRow) -> Version:
    """Return a version as the memory core knows it."""
    return Version(row.id, row.label, row.sequence, row.at, row.message, row.parents, row.state)


def like(connection: Any, agent: int, state: sketch.Ints, k: int) -> list[Moment]:
    """Return the past moments of an agent most like a state, likest first; what happened just now is none.

    Raises:
        LogDamaged: A version that the log says was put in the state's place cannot be read.
    """
    told = [step for step in steps.steps(connection, agent, KINDS) if step.kind == USE or step.kind in RESTORING]
    past = told[: max(0, len(told) - RECENT)]
    numbers = [step.sequence for step in past]
    timeline = Timeline(_no_replay, 1 + len(past) // MOST_FRAMES)
    sums = sketch.empty()
    for number, step in enumerate(past, start=1):
        if step.kind == USE:
            sums = sums + sketch.frequencies(step.detail)
        else:
            sums = version_of(connection, agent, step.detail).sketch()
        timeline.keep(number, sums)
    chosen: list[Moment] = []
    for one in timeline.search(state, len(timeline)):
        if len(chosen) == k:
            break
        if all(abs(one.sequence - other.sequence) >= APART for other in chosen):
            chosen.append(one)
    return [Moment(numbers[one.sequence - 1], one.likeness) for one in chosen]


def _no_replay(after: int, until: int) -> Iterable[Mapping[str, int]]:
    """Give no events: only the frames are searched."""
    return ()
