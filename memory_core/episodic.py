"""What an agent asked lately and what came of it: a buffer of episodes, recalled by likeness to a question.

A full buffer gives up the episode of least priority; priority fades with every episode, new or used again, and is
refreshed by use, so what is asked again and again outlives what was asked once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SLOTS = 256
FADE = 0.98  # of every priority, an episode

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Episode:
    """A question, the places that answered it, how it went in [-1, 1], and when (seconds since the epoch)."""

    query: str
    places: tuple[int, ...]
    outcome: float
    at: float


@dataclass(frozen=True, slots=True)
class Recalled:
    """An episode that is like a question; `likeness` is a cosine."""

    slot: int
    episode: Episode
    likeness: float


class EpisodicBuffer:
    """Episodes of one agent, at most `slots`.

    Args:
        width: Numbers in a question's vector.
        slots: Most episodes.
    """

    def __init__(self, width: int, slots: int = SLOTS) -> None:
        self._vectors: Floats = np.zeros((slots, width), np.float32)
        self._priorities = np.full(slots, -1.0)  # below zero: free
        self._episodes: list[Episode | None] = [None] * slots
        self._written = np.zeros(slots, np.int64)
        self._clock = 0

    @classmethod
    def of(cls, vectors: Sequence[Sequence[float] | Floats], episodes: Sequence[Episode], width: int) -> EpisodicBuffer:
        """Return a full buffer of these episodes, the oldest first, as `write` would fill one of their number.

        Raises:
            ValueError: A vector has another width or is not finite.
        """
        buffer = cls(width, max(1, len(episodes)))
        for slot, (vector, episode) in enumerate(zip(vectors, episodes, strict=True)):
            buffer._vectors[slot] = buffer._unit(vector)
            buffer._episodes[slot] = episode
        buffer._clock = len(episodes)
        buffer._written[: len(episodes)] = np.arange(1, len(episodes) + 1)
        buffer._priorities[: len(episodes)] = FADE ** np.arange(len(episodes) - 1, -1, -1)
        return buffer

    def __len__(self) -> int:
        """How many episodes are held."""
        return int((self._priorities >= 0.0).sum())

    @property
    def width(self) -> int:
        """How many numbers a question's vector has."""
        return self._vectors.shape[1]

    def write(self, vector: Sequence[float] | Floats, episode: Episode, importance: float = 1.0) -> int:
        """Remember an episode, in place of the least one where the buffer is full, and return its slot.

        Raises:
            ValueError: The vector has another width or is not finite, or the importance is not positive.
        """
        unit = self._unit(vector)
        if not importance > 0.0:
            raise ValueError(f"importance must be positive, not {importance}")
        self._clock += 1
        self._fade()
        slot = int(np.lexsort((self._written, self._priorities))[0])
        self._vectors[slot] = unit
        self._priorities[slot] = importance
        self._episodes[slot] = episode
        self._written[slot] = self._clock
        return slot

    def touch(self, slots: Iterable[int], importance: float = 1.0) -> None:
        """Refresh episodes that were of use; all others fade."""
        self._fade()
        for slot in slots:
            if self._priorities[slot] >= 0.0:
                self._priorities[slot] += importance

    def recall(
        self, vector: Sequence[float] | Floats, k: int = 8, since: float | None = None, least: float = 0.0
    ) -> list[Recalled]:
        """Return the episodes most like a question, likest first; ties by the newer.

        Args:
            vector: (width,); without direction (zeros) it is like nothing.
            k: Most to return.
            since: Only episodes from then on, seconds since the epoch.
            least: Only episodes with a larger cosine.

        Raises:
            ValueError: The vector has another width or is not finite.
        """
        likeness = self._vectors @ self._unit(vector)  # (slots,)
        order = np.lexsort((-self._written, -likeness))
        found: list[Recalled] = []
        for slot in order[: len(order) if since is not None else k].tolist():
            episode = self._episodes[slot]
            if len(found) == k or likeness[slot] <= least:
                break
            if episode is not None and (since is None or episode.at >= since):
                found.append(Recalled(slot, episode, float(likeness[slot])))
        return found

    def _fade(self) -> None:
        self._priorities = np.where(self._priorities >= 0.0, self._priorities * FADE, -1.0)

    def _unit(self, vector: Sequence[float] | Floats) -> Floats:
        given = np.asarray(vector, np.float32)
        if given.shape != self._vectors.shape[1:] or not np.isfinite(given).all():
            raise ValueError(f"a finite vector of {self._vectors.shape[1]} numbers is wanted, not {given.shape}")
        length = float(np.linalg.norm(given))
        return given / length if length > 0.0 else given
