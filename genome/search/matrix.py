"""Exact nearest rows by dot product; above some thousand rows, exact among those whose signs agree most.

A sign code of one bit a dimension orders rows nearly as their vectors do (Charikar 2002): counting differing bits is
ten to twenty times cheaper than multiplying, and the two thousand rows that pass are multiplied.
`tests/bench/dense.py` shows what either way costs and how many of the true nearest the second way misses.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

EXACT_ROWS = 8_000  # up to here every row is multiplied, in half a millisecond
RESCORED = 2_000  # rows that pass the sign codes, and those level with the last of them
BLOCK = 2_048  # rows multiplied at once: they stay in the processor's cache
STACKED = 32  # rows that BLAS is given at a time: few enough for it to stay on one thread
INT8 = 127.0


class Matrix:
    """Rows of int8 in order of arrival, each a unit vector times 127, under a key; rows can be taken out.

    Not safe for threads that write; a `search` may run while another thread appends, and sees the rows of its start.
    """

    def __init__(self, dimensions: int) -> None:
        if dimensions % 64:
            raise ValueError(f"{dimensions} dimensions; a multiple of 64 is needed for the sign codes")
        self.dimensions = dimensions
        self.size = 0
        self.removed = 0
        self._rows = np.zeros((0, dimensions), np.int8)
        self._codes = np.zeros((dimensions // 64, 0), np.uint64)  # a row a word, so that one pass reads one word
        self._live = np.zeros(0, np.bool_)
        self._keys = np.zeros(0, np.int64)

    def append(self, keys: NDArray[np.int64], rows: NDArray[np.int8]) -> None:
        """Add rows: (count, dimensions).

        Raises:
            ValueError: The rows have another width, or there is not a key for each.
        """
        if rows.ndim != 2 or rows.shape[1] != self.dimensions or len(keys) != len(rows):
            raise ValueError(f"rows of shape {rows.shape} with {len(keys)} keys; (keys, {self.dimensions}) is needed")
        end = self.size + len(rows)
        if end > len(self._rows):
            self._grow(max(end, len(self._rows) * 3 // 2))
        self._rows[self.size : end] = rows
        self._codes[:, self.size : end] = signs(rows).T
        self._keys[self.size : end] = keys
        self._live[self.size : end] = True
        self.size = end

    def remove(self, positions: NDArray[np.intp]) -> None:
        """Take rows out by their positions; the others keep theirs."""
        self.removed += int(np.count_nonzero(self._live[positions]))
        self._live[positions] = False

    def rows(self, keys: Sequence[int]) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
        """Return which of these keys are held, and their unit vectors: (held, dimensions).

        Keys must have been appended in ascending order.
        """
        size = self.size
        asked = np.asarray(keys, np.int64)
        at = np.searchsorted(self._keys[:size], asked)
        held = at < size
        held[held] = self._keys[at[held]] == asked[held]
        return held, self._rows[at[held]].astype(np.float32) / np.float32(INT8)

    def search(
        self, query: NDArray[np.float32], limit: int, *, exact: bool = False
    ) -> tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.float32]]:
        """Return positions, keys and cosines of the nearest rows, nearest first, level ones by key.

        Rows at right angles to the query or beyond are no answer, so fewer than `limit` may come back.

        Args:
            query: (dimensions,), unit length; zeros find nothing.
            limit: Most rows to return.
            exact: Multiply every row, however many there are.
        """
        size, rows, keys, live = self.size, self._rows, self._keys, self._live
        if exact or size <= EXACT_ROWS:
            chosen = None
            scores = _products(rows[:size], query)
        else:
            chosen = self._nearest_signs(query, size, max(RESCORED, limit))
            scores = _products(rows[chosen], query)
        scores = np.where(live[:size] if chosen is None else live[chosen], scores, np.float32(0))
        best = _largest(scores, limit)
        positions = best if chosen is None else chosen[best]
        order = np.lexsort((keys[positions], -scores[best]))[:limit]
        return positions[order], keys[positions[order]], (scores[best][order] / INT8).astype(np.float32)

    def _nearest_signs(self, query: NDArray[np.float32], size: int, count: int) -> NDArray[np.intp]:
        codes = self._codes
        asked = signs(query[None])[0]
        apart = np.zeros(size, np.uint16)
        for word, code in zip(codes, asked, strict=True):
            apart += np.bitwise_count(word[:size] ^ code)
        within = np.cumsum(np.bincount(apart, minlength=self.dimensions + 1))
        return np.flatnonzero(apart <= np.searchsorted(within, count))

    def _grow(self, capacity: int) -> None:
        size = self.size
        rows, codes = np.zeros((capacity, self.dimensions), np.int8), np.zeros((len(self._codes), capacity), np.uint64)
        live, keys = np.zeros(capacity, np.bool_), np.zeros(capacity, np.int64)
        rows[:size], codes[:, :size] = self._rows[:size], self._codes[:, :size]
        live[:size], keys[:size] = self._live[:size], self._keys[:size]
        self._rows, self._codes, self._live, self._keys = rows, codes, live, keys


def signs(rows: NDArray[np.int8] | NDArray[np.float32]) -> NDArray[np.uint64]:
    """Return one bit a dimension: (rows, dimensions / 64)."""
    return np.packbits(rows > 0, axis=1).view(np.uint64)


def dots(rows: NDArray[np.float32], query: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the dot product of each row with the query, on this thread alone: (rows,).

    BLAS shares a larger product among its own threads, and on a busy machine waits for them for tens of milliseconds.
    """
    whole = len(rows) // STACKED * STACKED
    stacked = rows[:whole].reshape(-1, STACKED, len(query))
    return np.concatenate((np.matmul(stacked, query).reshape(-1), rows[whole:] @ query))


def _products(rows: NDArray[np.int8], query: NDArray[np.float32]) -> NDArray[np.float32]:
    products = np.empty(len(rows), np.float32)
    widened = np.empty((min(BLOCK, len(rows)), len(query)), np.float32)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        np.copyto(widened[: len(block)], block)
        products[start : start + len(block)] = dots(widened[: len(block)], query)
    return products


def _largest(scores: NDArray[np.float32], limit: int) -> NDArray[np.intp]:
    """Return the positions of the largest scores above zero, and of those level with the last of them."""
    above = np.flatnonzero(scores > 0)
    if len(above) <= limit:
        return above
    least = np.partition(scores[above], len(above) - limit)[len(above) - limit]
    return above[scores[above] >= least]
