"""One agent's memory as a fold over its events: what happened goes in one by one, in the order of their numbers.

Places that are used within one stretch of work form a working set and are linked with one another; when the stretch
ends (another session, or `PAUSE_S` without use) the set enters the context, which drifts on. So the state after a
number of events is the same whoever folds them, in one process or several.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from . import sketch
from .coactivation import MOST_IN_SESSION, Link, Suggested, suggest
from .context import Context, blended
from .outcome import Outcomes
from .sketch import Ints

PAUSE_S = 1_800.0
SEEDS = 16  # places of the focus that suggestions start from
_MAGIC = b"AGT1"
_LENGTHS = struct.Struct("<4sII")


class StateError(ValueError):
    """Bytes that are no state of an agent, of another version, or changed."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something an agent did.

    `sequence` is its number in the log, `place` the spot's id and `name` what it is called on any machine; `outcome` in
    [-1, 1] says how it went, where it says so. Times are seconds since the epoch.
    """

    sequence: int
    session: str
    at: float
    place: int | None = None
    name: str = ""
    outcome: float | None = None


@dataclass(frozen=True, slots=True)
class AgentState:
    """What an agent's events have added up to, after the one numbered `sequence`."""

    sequence: int = 0
    session: str = ""
    at: float = 0.0
    working: tuple[int, ...] = ()
    context: Context = field(default_factory=Context.empty)
    sums: Ints = field(default_factory=sketch.empty)
    outcomes: Outcomes = field(default_factory=Outcomes)

    def after(self, event: Event) -> tuple[AgentState, dict[tuple[int, int], float]]:
        """Return the state after an event, and how much each directed link between places gains by it.

        Raises:
            ValueError: The event is not later than the ones before, or its time or outcome is no number.
        """
        if event.sequence <= self.sequence:
            raise ValueError(f"event {event.sequence} comes after event {self.sequence} was taken in")
        outcomes = self.outcomes.after(event.at, event.outcome)
        state = replace(self, sequence=event.sequence, outcomes=outcomes)
        if event.place is None:
            return state, {}
        goes_on = event.session == self.session and event.at - self.at <= PAUSE_S
        context = self.context if goes_on else self.context.after(self.working)
        before = self.working if goes_on else ()
        working = before if event.place in before else (*before, event.place)
        sums = sketch.observe(self.sums, {event.name: 1})
        state = replace(
            state, session=event.session, at=max(event.at, self.at), working=working, context=context, sums=sums
        )
        return state, _gains(before, event.place)

    def focus(self) -> dict[int, float]:
        """Return how much each place is in focus now, the working set with it, by id."""
        return self.context.after(self.working).focus()

    def to_bytes(self) -> bytes:
        """Return the state as bytes, at most 16 KB; `from_bytes` gives it back bit by bit."""
        outcomes = self.outcomes
        fields = {
            "sequence": self.sequence,
            "session": self.session,
            "at": self.at,
            "working": self.working,
            "outcomes": [
                outcomes.valence, outcomes.weight, outcomes.fast, outcomes.slow, outcomes.since, outcomes.at,
            ],
        }  # fmt: skip
        header, context = json.dumps(fields, separators=(",", ":")).encode(), self.context.to_bytes()
        return _LENGTHS.pack(_MAGIC, len(header), len(context)) + header + context + self.sums.astype("<i8").tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> AgentState:
        """Return the state that `to_bytes` wrote.

        Raises:
            StateError: The bytes are no state, of another version, cut short or changed.
        """
        if len(data) < _LENGTHS.size or data[:4] != _MAGIC:
            raise StateError(f"no state of an agent: the bytes begin with {data[:4]!r}, not {_MAGIC!r}")
        _, header, context = _LENGTHS.unpack_from(data)
        start = _LENGTHS.size
        if len(data) != start + header + context + 8 * sketch.WIDTH:
            raise StateError(f"a state cannot have {len(data)} bytes; it was cut short or changed")
        try:
            fields = json.loads(data[start : start + header])
            return cls(
                int(fields["sequence"]),
                str(fields["session"]),
                float(fields["at"]),
                tuple(int(place) for place in fields["working"]),
                Context.from_bytes(data[start + header : start + header + context]),
                np.frombuffer(data, "<i8", sketch.WIDTH, start + header + context).astype(np.int64),
                Outcomes(*fields["outcomes"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise StateError(f"the state was changed: {error}") from error


def seeds_of(focus: Mapping[int, float]) -> dict[int, float]:
    """Return the places most in focus, where suggestions start from."""
    return dict(sorted(focus.items(), key=lambda one: (-one[1], one[0]))[:SEEDS])


def next_places(
    focus: Mapping[int, float],
    links: Iterable[Link],
    uses: Mapping[int, float],
    frequent: Mapping[int, float],
    now: float,
    k: int,
) -> list[Suggested]:
    """Rank what an agent needs next: its context, where the links of the context lead, and what anybody uses often.

    Args:
        focus: How much each place is in focus.
        links: Every link that starts at one of `seeds_of(focus)`.
        uses: How often each seed was used, faded.
        frequent: How often and recently each place was used by anybody, faded.
        now: Seconds since the epoch.
        k: Most to return.
    """
    linked = {one.place: one for one in suggest(seeds_of(focus), links, uses, now, 8 * k, with_seeds=True)}
    ranked = blended(focus, {place: one.score for place, one in linked.items()}, frequent, k)
    return [Suggested(place, score, linked[place].because if place in linked else ()) for place, score in ranked]


def _gains(before: tuple[int, ...], place: int) -> dict[tuple[int, int], float]:
    """Return the links that a place gains when it joins a working set; a sweep over many links nothing more."""
    if place in before or not before or len(before) >= MOST_IN_SESSION:
        return {}
    gain = 1.0 / math.sqrt(len(before))
    return {pair: gain for other in before for pair in ((other, place), (place, other))}
