"""What an agent is in the middle of: a context that drifts with every session, at four speeds.

Each place that is used enters the context; what was there fades by the factor of its band. The sum of the bands ranks
what is needed next and tells how much two moments have in common.

Source: the temporal context model (Howard and Kahana 2002), kept sparse and at several time constants.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import nsmallest

import numpy as np
import numpy.typing as npt

BANDS = (0.5, 0.8, 0.95, 0.999)  # what a session leaves of the context before it
SHARES = (2.0, 1.5, 1.0, 0.5)  # of the bands in the focus; measured on four public histories
MOST_PLACES = 256
_LEAST = 1e-3  # a place below this in every band is forgotten
_FADES, _SHARES = np.array(BANDS, np.float32), np.array(SHARES, np.float32)
_HEADER = struct.Struct("<4sII")
_MAGIC = b"CTX1"

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Context:
    """An agent's context: ids of places, (n,), and their strengths in each band, (n, len(BANDS)); never changed."""

    places: npt.NDArray[np.int64]
    strengths: Floats

    @classmethod
    def empty(cls) -> Context:
        """Return the context before the first session."""
        return cls(np.empty(0, np.int64), np.empty((0, len(BANDS)), np.float32))

    def after(self, used: Iterable[int]) -> Context:
        """Return the context after a session that used these places; none used leaves it as it is."""
        entering = np.array(sorted(set(used)), np.int64)
        if not entering.size:
            return self
        at = self.places.searchsorted(entering)
        known = np.zeros(entering.size, np.bool_)
        inside = at < self.places.size
        known[inside] = self.places[at[inside]] == entering[inside]
        places, strengths = self.places, self.strengths * _FADES
        if not known.all():
            new = entering[~known]
            places = np.concatenate([places, new])
            strengths = np.concatenate([strengths, np.zeros((new.size, len(BANDS)), np.float32)])
            order = places.argsort()
            places, strengths = places[order], strengths[order]
        strengths[places.searchsorted(entering)] += (1 - _FADES) / np.float32(np.sqrt(entering.size))
        return _kept(places, strengths)

    def weights(self) -> Floats:
        """Return how strong each place is, (n,): the bands summed."""
        return self.strengths @ _SHARES

    def merged(self, other: Context) -> Context:
        """Return the context that holds each place as strongly as the one of both that holds it more."""
        places = np.union1d(self.places, other.places)
        strengths = np.zeros((places.size, len(BANDS)), np.float32)
        for one in (self, other):
            at = np.searchsorted(places, one.places)
            strengths[at] = np.maximum(strengths[at], one.strengths)
        return _kept(places, strengths)

    def focus(self) -> dict[int, float]:
        """Return how much each place is in focus: the bands summed, of length one, by id."""
        weights = self.weights()
        length = float(np.sqrt((weights**2).sum()))
        if length == 0.0:
            return {}
        return dict(zip(self.places.tolist(), (weights.astype(np.float64) / length).tolist(), strict=True))

    def likeness(self, other: Context) -> float:
        """Return the cosine of two contexts in [0, 1]; 0 where one is empty."""
        _, mine, theirs = np.intersect1d(self.places, other.places, assume_unique=True, return_indices=True)
        one, two = self.weights(), other.weights()
        lengths = float(np.sqrt((one**2).sum() * (two**2).sum()))
        return float(one[mine] @ two[theirs]) / lengths if lengths else 0.0

    def without(self, places: Iterable[int]) -> Context:
        """Return the context without some places: forgotten ones."""
        kept = ~np.isin(self.places, np.fromiter(places, np.int64))
        return Context(self.places[kept], self.strengths[kept])

    def to_bytes(self) -> bytes:
        """Return the context as bytes, at most 6.2 KB; `from_bytes` gives it back bit by bit."""
        header = _HEADER.pack(_MAGIC, len(BANDS), self.places.size)
        return header + self.places.astype("<i8").tobytes() + self.strengths.astype("<f4").tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Context:
        """Return the context that `to_bytes` wrote.

        Raises:
            ValueError: The bytes are no context, of another version, or cut short.
        """
        if len(data) < _HEADER.size or data[:4] != _MAGIC:
            raise ValueError(f"no context: the bytes begin with {data[:4]!r}, not {_MAGIC!r}")
        _, bands, size = _HEADER.unpack_from(data)
        if bands != len(BANDS) or len(data) != _HEADER.size + size * (8 + 4 * bands):
            raise ValueError(f"a context of {bands} bands and {size} places cannot have {len(data)} bytes")
        places = np.frombuffer(data, "<i8", size, _HEADER.size).astype(np.int64)
        strengths = np.frombuffer(data, "<f4", size * bands, _HEADER.size + 8 * size).astype(np.float32)
        return cls(places, strengths.reshape(size, bands))


def blended(
    focus: Mapping[int, float],
    associated: Mapping[int, float],
    frequent: Mapping[int, float],
    k: int,
    shares: tuple[float, float, float],
) -> list[tuple[int, float]]:
    """Rank what is needed next by three sources, each scaled to its own largest value; ties by id.

    Args:
        focus: The context itself.
        associated: Where the links of the context lead.
        frequent: How often and how recently anybody used each place.
        k: Most to return.
        shares: Weights of the three.
    """
    scores: dict[int, float] = {}
    for part, weight in zip((focus, associated, frequent), shares, strict=True):
        largest = max(part.values(), default=0.0)
        if largest > 0.0:
            for place, value in part.items():
                scores[place] = scores.get(place, 0.0) + weight * value / largest
    return [(place, -least) for least, place in nsmallest(k, [(-score, place) for place, score in scores.items()])]


def _kept(places: npt.NDArray[np.int64], strengths: Floats) -> Context:
    """Return a context of the strongest places that are not forgotten."""
    kept = np.flatnonzero(strengths.max(axis=1, initial=0.0) >= _LEAST)
    if kept.size > MOST_PLACES:
        order = np.lexsort((places[kept], -(strengths[kept] @ _SHARES)))
        kept = np.sort(kept[order[:MOST_PLACES]])
    return Context(places[kept], strengths[kept])
