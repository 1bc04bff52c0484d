"""Walks over links: personalised PageRank and the successor representation.

One step along the links does nearly all of the work on the histories measured, so neither is used by default.

Sources: Page et al. 1999; Dayan 1993.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Graph:
    """Weighted directed links as compressed sparse rows, each row summing to one.

    Args:
        links: (source, target, weight); weights of one pair add up, weights that are not positive are left out.
    """

    def __init__(self, links: Iterable[tuple[int, int, float]]) -> None:
        weights: dict[tuple[int, int], float] = {}
        for source, target, weight in links:
            if weight > 0.0:
                weights[source, target] = weights.get((source, target), 0.0) + weight
        self.places = sorted({place for pair in weights for place in pair})
        self._index = {place: number for number, place in enumerate(self.places)}
        pairs = sorted(weights)
        self._sources = np.array([self._index[source] for source, _ in pairs], np.int64)
        self._targets = np.array([self._index[target] for _, target in pairs], np.int64)
        values = np.array([weights[pair] for pair in pairs], np.float64)
        out = np.bincount(self._sources, values, len(self.places)) if pairs else np.zeros(0)
        self._values = values / out[self._sources] if pairs else values

    def pagerank(self, seeds: Mapping[int, float], restart: float = 0.5, steps: int = 12) -> dict[int, float]:
        """Return where a walk from the seeds spends its time when it returns to them with probability `restart`.

        The values sum to one; a walk that can go nowhere returns to the seeds. Seeds without links are left out.
        """
        start = np.zeros(len(self.places))
        for place, weight in seeds.items():
            if place in self._index and weight > 0.0:
                start[self._index[place]] += weight
        if not start.any():
            return {}
        start /= start.sum()
        rank = start
        for _ in range(steps):
            moved = self._step(rank)
            rank = (1 - restart) * (moved + (1.0 - moved.sum()) * start) + restart * start
        return {place: float(rank[number]) for number, place in enumerate(self.places) if rank[number] > 0.0}

    def successors(self, place: int, discount: float = 0.7, steps: int = 40) -> dict[int, float]:
        """Return the expected discounted visits to every place on a walk from one: sum of discount**t * P**t."""
        if place not in self._index:
            return {}
        state = np.zeros(len(self.places))
        state[self._index[place]] = 1.0
        total = state.copy()
        for _ in range(steps):
            state = discount * self._step(state)
            total += state
        return {place: float(total[number]) for number, place in enumerate(self.places) if total[number] > 0.0}

    def _step(self, state: Floats) -> Floats:
        moved: Floats = np.zeros(len(self.places))
        np.add.at(moved, self._targets, state[self._sources] * self._values)
        return moved
