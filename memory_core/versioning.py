"""Versions of an agent's state: commit, log, difference, branch and merge, like those of a text.

A version is named by the hash of what it holds and of its parents, so a history shows if it was touched. What counts
the events is a sum, so a merge is arithmetic and has no conflicts: both sides' events count.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from . import sketch
from .core import AgentState
from .sketch import Difference, Ints


class UnknownVersion(LookupError):
    """There is no such version, or a name that several begin with."""


@dataclass(frozen=True, slots=True)
class Version:
    """One committed state: whose, after which event, when (seconds since the epoch), why, and what it came from."""

    id: str
    agent: str
    sequence: int
    at: float
    message: str
    parents: tuple[str, ...]
    state: bytes

    def restored(self) -> AgentState:
        """Return the state.

        Raises:
            StateError: It is of another version, or was changed.
        """
        return AgentState.from_bytes(self.state, earlier=True)

    def sketch(self) -> Ints:
        """Return the sum of the state's events, (sketch.WIDTH,)."""
        return self.restored().sums


class Versions:
    """The versions that are known, of one agent or of several whose states are merged."""

    def __init__(self, known: Iterable[Version] = ()) -> None:
        self._known = {version.id: version for version in known}

    def commit(
        self, agent: str, state: AgentState, at: float, message: str = "", parents: Iterable[str] = ()
    ) -> Version:
        """Keep a state as a version and return it; the same commit twice is one version.

        Raises:
            UnknownVersion: A parent is not known.
        """
        above = tuple(self.find(parent).id for parent in parents)
        version = made(agent, state.sequence, at, message, above, state.to_bytes())
        self._known[version.id] = version
        return version

    def find(self, name: str) -> Version:
        """Return the version with this id, or the only one whose id begins so.

        Raises:
            UnknownVersion: None or several do.
        """
        if name in self._known:
            return self._known[name]
        found = sorted(id_ for id_ in self._known if name and id_.startswith(name))
        if len(found) != 1:
            what = "no version" if not found else f"several versions ({', '.join(found[:3])})"
            raise UnknownVersion(f"{what} named {name!r}; log lists them")
        return self._known[found[0]]

    def log(self, name: str) -> Iterator[Version]:
        """Yield a version and what it came from, newest first; parents that are not known are passed over."""
        waiting, seen = [self.find(name)], set[str]()
        while waiting:
            waiting.sort(key=lambda version: (version.sequence, version.at, version.id))
            version = waiting.pop()
            if version.id not in seen:
                seen.add(version.id)
                yield version
                waiting += [self._known[parent] for parent in version.parents if parent in self._known]

    def difference(self, before: str, after: str, candidates: Iterable[str]) -> Difference:
        """Return the events by which two versions differ, decoded from the states alone; see `sketch.difference`."""
        return sketch.difference(self.find(before).sketch(), self.find(after).sketch(), candidates)

    def base(self, one: str, other: str) -> Version | None:
        """Return the newest version that both came from; None where they share nothing."""
        above = self._above(self.find(one).id)
        return next((version for version in self.log(other) if version.id in above), None)

    def merge(self, one: str, other: str, agent: str, at: float, message: str = "") -> Version:
        """Commit the state that holds what both versions added to the one they came from; see `AgentState.merged`.

        Raises:
            UnknownVersion: One is not known.
        """
        base = self.base(one, other)
        start = AgentState() if base is None else base.restored()
        state = self.find(one).restored().merged(start, self.find(other).restored())
        return self.commit(agent, state, at, message, (one, other))

    def broken(self) -> list[str]:
        """Return the ids of versions that are not what their name says, or whose parents are missing."""
        return sorted(version.id for version in self._known.values() if not self._holds(version))

    def _holds(self, version: Version) -> bool:
        if any(parent not in self._known for parent in version.parents):
            return False
        return is_whole(version)

    def _above(self, name: str) -> Mapping[str, None]:
        found: dict[str, None] = {}
        waiting = deque([name])
        while waiting:
            id_ = waiting.popleft()
            if id_ not in found:
                found[id_] = None
                waiting.extend(parent for parent in self.find(id_).parents if parent in self._known)
        return found


def made(agent: str, sequence: int, at: float, message: str, parents: tuple[str, ...], state: bytes) -> Version:
    """Return the version with the name that what it holds gives it."""
    fields = json.dumps([agent, sequence, at, message, parents], separators=(",", ":")).encode()
    name = hashlib.blake2b(fields + b"\0" + state, digest_size=10).hexdigest()
    return Version(name, agent, sequence, at, message, parents, state)


def is_whole(version: Version) -> bool:
    """Return whether a version is what its name says."""
    again = made(version.agent, version.sequence, version.at, version.message, version.parents, version.state)
    return again.id == version.id
