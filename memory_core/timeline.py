"""The exact state of an agent at any past event: key frames, and a replay of the events after the nearest one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import sketch
from .sketch import Ints

EVERY = 64  # events between two frames
HARMONIC = 2  # of the features that moments are compared by: half a dozen events apart is still alike

Replay = Callable[[int, int], Iterable[Mapping[str, int]]]


@dataclass(frozen=True, slots=True)
class Moment:
    """A past moment that was like a state: number of the last event before it, and the likeness in [0, 1]."""

    sequence: int
    likeness: float


class Timeline:
    """Frames of one agent's sketch, in the order of its events.

    Args:
        replay: Gives the counts of the events after one sequence number up to and with another, from the log.
        every: Least distance of two frames, in sequence numbers.
    """

    def __init__(self, replay: Replay, every: int = EVERY) -> None:
        self._replay = replay
        self._every = every
        self._sequences: list[int] = []
        self._states: list[Ints] = []
        self._features: npt.NDArray[np.float32] = np.empty((64, 2 * sketch.WIDTH), np.float32)  # the first are filled

    def __len__(self) -> int:
        """How many frames are kept."""
        return len(self._sequences)

    def keep(self, sequence: int, state: Ints) -> bool:
        """Keep a frame if enough events lie between it and the last one.

        Raises:
            ValueError: The event is not later than the last frame's.
        """
        if self._sequences and sequence <= self._sequences[-1]:
            raise ValueError(f"event {sequence} is not after the last frame's, {self._sequences[-1]}")
        if self._sequences and sequence - self._sequences[-1] < self._every:
            return False
        count = len(self._sequences)
        if count == len(self._features):
            self._features = np.vstack([self._features, np.empty_like(self._features)])
        self._features[count] = _features(state)[0]
        self._sequences.append(sequence)
        self._states.append(state.copy())
        return True

    def at(self, sequence: int) -> Ints:
        """Return the state right after an event, (sketch.WIDTH,), bit by bit as it was."""
        frame = bisect_right(self._sequences, sequence) - 1
        start, state = (self._sequences[frame], self._states[frame]) if frame >= 0 else (0, sketch.empty())
        for counts in self._replay(start, sequence):
            state = sketch.observe(state, counts)
        return state.copy()

    def search(self, state: Ints, k: int = 5) -> list[Moment]:
        """Return the kept moments most like a state, likest first, of equal ones the newer."""
        if not self._sequences:
            return []
        likeness = np.maximum(self._features[: len(self)] @ _features(state)[0], 0.0)
        order = np.lexsort((-np.arange(likeness.size), -likeness))[:k]
        return [Moment(self._sequences[index], float(likeness[index])) for index in order.tolist()]


def _features(state: Ints) -> npt.NDArray[np.float32]:
    """Return cosine and sine at one harmonic as a row of length one, (1, 2 * WIDTH)."""
    angles = HARMONIC * (state / sketch.UNIT)
    row = np.concatenate([np.cos(angles), np.sin(angles)]) / np.sqrt(sketch.WIDTH)
    return row[np.newaxis].astype(np.float32)
