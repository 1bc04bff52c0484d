"""What a lane is: a way to find places, and a say in their order.

A lane proposes passages or places, and gives every candidate, whoever proposed it, a value. Either may be nothing.
What is switched off is not called. `fuse.py` makes one order of the values.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import apsw

from ...records import Place, Root, Source
from ..candidates import Spot
from ..dense import Near
from ..facts import FactSpot
from ..fuse import Hit
from ..lexical import Idf, Weighed
from ..past import Past
from ..query import Query


@dataclass(frozen=True, slots=True)
class Context:
    """What a lane may use to answer one question.

    `near` is what the vectors say, `past` what the caller's own past says, `linked` the symbols that the question names
    in words. Optional work is left out from `deadline` on, in seconds of `time.monotonic`.
    """

    connection: apsw.Connection
    roots: Mapping[int, Root]
    idf: Idf
    near: Near = field(default_factory=Near)
    deadline: float | None = None
    past: Past = field(default_factory=Past)
    linked: frozenset[str] = frozenset()

    @property
    def is_late(self) -> bool:
        """Whether there is no time left for what is not needed."""
        return self.deadline is not None and time.monotonic() >= self.deadline


@dataclass(frozen=True, slots=True)
class Proposed:
    """Passages, best first, places whose passage does not matter, and facts."""

    passages: Mapping[int, float] = field(default_factory=dict[int, float])
    spots: Sequence[Spot] = ()
    facts: Sequence[FactSpot] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place to be weighed: where it stands now or, `gone`, where it stood.

    `passage` is what matched; with `replaced` another text stands under its name now. `prior` is how readily its file
    is offered, in (0, 1].
    """

    root: Root
    source: Source
    place: Place
    passage: int
    kind: str
    body: str
    weighed: Weighed
    prior: float
    current: bool
    gone: bool
    replaced: bool


Follow = Callable[[Query, Context, Sequence[Hit]], Proposed]
Propose = Callable[[Query, Context], Proposed]
Expand = Callable[[Query, Context, Sequence[Candidate]], Proposed]
Weigh = Callable[[Query, Context, Sequence[Candidate]], Sequence[float]]


def nothing(query: Query, context: Context) -> Proposed:
    """Propose nothing."""
    return Proposed()


def no_more(query: Query, context: Context, hits: Sequence[Hit]) -> Proposed:
    """Propose nothing once the order stands."""
    return Proposed()


def nothing_else(query: Query, context: Context, candidates: Sequence[Candidate]) -> Proposed:
    """Propose nothing once the candidates are known."""
    return Proposed()


def silent(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Give no candidate any value."""
    return [0.0] * len(candidates)


@dataclass(frozen=True, slots=True)
class Lane:
    """A way to find places.

    `propose` gives candidates, `expand` more of them, which those that are there lead to, `weigh` a value, 0 for none,
    to each of all candidates, in their order. `follow` gives facts, which stand beside the order, once that is known.
    """

    name: str
    propose: Propose = nothing
    weigh: Weigh = silent
    follow: Follow = no_more
    expand: Expand = nothing_else
