"""One agent's memory as a fold over its events: what happened goes in one by one, in the order of their numbers.

Places that are used within one stretch of work form a working set and are linked with one another; when the stretch
ends (another session, or `PAUSE_S` without use) the set enters the context, which drifts on. So the state after a
number of events is the same whoever folds them, in one process or several.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field, replace

import numpy as np

from . import sketch
from .coactivation import MOST_IN_SESSION, Link, Suggested, reasons, scored
from .context import Context, blended
from .outcome import Outcomes
from .resonance import Settled, settledness
from .sketch import Ints

PAUSE_S = 1_800.0
MOST_WORKING = 256  # places of one stretch; the newest
SEEDS = 16  # places of the focus that suggestions start from
# focus, links, frequency; measured on four public histories: where to take work up again, and what comes next in it
RESUMING, GOING_ON = (1.0, 0.5, 0.8), (0.3, 1.0, 0.3)
_MAGIC = b"AGT3"  # another model in resonance.json needs another: states hold what it told
_EARLIER = b"AGT2"
_DIGEST = 8
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
    settled: Settled = field(default_factory=Settled)

    def after(self, event: Event) -> tuple[AgentState, dict[tuple[int, int], float]]:
        """Return the state after an event, and how much each directed link between places gains by it.

        Raises:
            ValueError: The event is not later than the ones before, or its time or outcome is no number.
        """
        if event.sequence <= self.sequence:
            raise ValueError(f"event {event.sequence} comes after event {self.sequence} was taken in")
        outcomes = self.outcomes.after(event.at, event.outcome)
        if event.place is None:
            return replace(self, sequence=event.sequence, outcomes=outcomes), {}
        context, settled, before = self.context, self.settled, self.working
        if event.session != self.session or event.at - self.at > PAUSE_S:
            settled = settled.after_stretch(context, before)
            context, before = context.after(before), ()
            settled = settled.begun(context, event.at - self.at)
        working = before
        if event.place not in before:
            working = (*before, event.place)[-MOST_WORKING:]
            settled = settled.after_place(context, event.place)
        at, sums = max(event.at, self.at), self.sums + sketch.frequencies(event.name)
        # the constructor: `replace` takes five times as long, and every event comes through here
        state = AgentState(event.sequence, event.session, at, working, context, sums, outcomes, settled)
        return state, _gains(before, event.place)

    def restored(self, wanted: AgentState, sequence: int) -> AgentState:
        """Return the state after an event that put another state in this one's place.

        Raises:
            ValueError: The event is not later than the ones before.
        """
        if sequence <= self.sequence:
            raise ValueError(f"event {sequence} comes after event {self.sequence} was taken in")
        return replace(wanted, sequence=sequence)

    def merged(self, base: AgentState, other: AgentState) -> AgentState:
        """Return the state that holds what this one and another each added to the one they came from.

        The sums of events are exact. Each place is as much in focus as on the side that holds it more; what both sides
        cannot have at once, the stretch at hand and how the work goes, stays this one's.
        """
        sums = sketch.merged(base.sums, self.sums, other.sums)
        return replace(self, context=self.context.merged(other.context.after(other.working)), sums=sums)

    def settledness(self, now: float) -> float | None:
        """Return the probability that the next place needed is in focus already; None where it cannot be told."""
        settled = self.settled.after_stretch(self.context, self.working)
        return settledness(settled, self.context.after(self.working), now - self.at)

    @property
    def switched(self) -> bool:
        """Whether this stretch of work is about something else than the ones before."""
        return self.settled.switched == self.settled.stretches + 1

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
            "settled": astuple(self.settled),
        }  # fmt: skip
        header, context = json.dumps(fields, separators=(",", ":")).encode(), self.context.to_bytes()
        lengths = _LENGTHS.pack(_MAGIC, len(header), len(context))
        data = lengths + header + context + self.sums.astype("<i8").tobytes()
        return data + hashlib.blake2b(data, digest_size=_DIGEST).digest()

    @classmethod
    def from_bytes(cls, data: bytes, *, earlier: bool = False) -> AgentState:
        """Return the state that `to_bytes` wrote.

        Args:
            data: What it wrote.
            earlier: Whether a state of an earlier release will do: a version that was kept. Of the state at hand it
                will not, for a fold of the log gives another one now.

        Raises:
            StateError: The bytes are no state, of another version, cut short or changed.
        """
        if len(data) < _LENGTHS.size or data[:4] not in ((_MAGIC, _EARLIER) if earlier else (_MAGIC,)):
            raise StateError(f"no state of an agent: the bytes begin with {data[:4]!r}, not {_MAGIC!r}")
        _, header, context = _LENGTHS.unpack_from(data)
        start = _LENGTHS.size
        if len(data) != start + header + context + 8 * sketch.WIDTH + _DIGEST:
            raise StateError(f"a state cannot have {len(data)} bytes; it was cut short or changed")
        if hashlib.blake2b(data[:-_DIGEST], digest_size=_DIGEST).digest() != data[-_DIGEST:]:
            raise StateError("the state was changed: its bytes do not have the hash at their end")
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
                Settled.read(fields["settled"]),
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
    seeds: Mapping[int, float] | None = None,
) -> list[Suggested]:
    """Rank what an agent needs next: its context, where the links of the seeds lead, and what anybody uses often.

    Args:
        focus: How much each place is in focus.
        links: Every link that starts at a seed.
        uses: How often each seed was used, faded.
        frequent: How often and recently each place was used by anybody, faded.
        now: Seconds since the epoch.
        k: Most to return.
        seeds: Where the links start, for an agent in the middle of a stretch; None resumes from the focus itself.
    """
    shares = RESUMING if seeds is None else GOING_ON
    starts = seeds_of(focus) if seeds is None else seeds
    held = list(links)
    ranked = blended(focus, scored(starts, held, uses, now), frequent, k, shares)
    because = reasons({place for place, _ in ranked}, starts, held, uses, now)
    return [Suggested(place, score, because[place]) for place, score in ranked]


def _gains(before: tuple[int, ...], place: int) -> dict[tuple[int, int], float]:
    """Return the links that a place gains when it joins a working set; a sweep over many links nothing more."""
    if place in before or not before or len(before) >= MOST_IN_SESSION:
        return {}
    gain = 1.0 / math.sqrt(len(before))
    return {pair: gain for other in before for pair in ((other, place), (place, other))}
