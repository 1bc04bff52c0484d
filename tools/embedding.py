"""Keep the vectors of a store up with its passages, in a thread of its own; where they lack, words answer alone."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from functools import lru_cache
from typing import Any

from ..genome.errors import GenomeError, ModelUnusable
from ..genome.reading.vectors import Encoder
from ..genome.search.dense import Dense, Near
from ..genome.store import sources
from ..genome.store.boundary import first_seen
from ..genome.store.database import Database
from .encoding import SecondStage

logger = logging.getLogger(__name__)
NEAR = 32  # passages that the vectors propose for a question
LEAST = 0.25  # cosine; questions of other matters stay below it, hand-written ones of the package rarely
PATIENCE_S = 0.15  # how long a question waits for vectors that were begun just now
RETRY_S = 5.0  # after a store that could not be written


class Embedder:
    """The dense lane of one server process. Safe to call from any thread.

    Args:
        database: The store.
        enabled: False leaves the lane out; nothing is loaded then.
        model: Where the second stage's model is; None for no second stage.
    """

    def __init__(self, database: Database, *, enabled: bool = True, model: str | None = None) -> None:
        self._database = database
        self.second = SecondStage(database, model)
        self._enabled = enabled
        self._dense: Dense | None = None
        self._done_at = -1  # the store's generation whose passages all have vectors
        self._begun: float | None = None
        self._changed = threading.Condition()
        self._wake = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None

    def near(self, connection: Any, text: str) -> Near:
        """Return what the vectors say of a question; nothing where there are none.

        Args:
            connection: Held at the packet's snapshot.
            text: The question.
        """
        dense = self._dense  # another thread may give it back
        near = Near() if dense is None else dense.near(connection, text, NEAR, LEAST)
        return replace(near, encoded=self.second.asked(connection, text)) if self.second.is_on else near

    @property
    def is_complete(self) -> bool:
        """Whether all that the store holds has vectors, or none will have any."""
        return not self._enabled or self._done_at >= sources.generation(self._database.reading())

    def nearest(self, connection: Any, text: str, limit: int) -> list[tuple[int, float]]:
        """Return the passages nearest to words with their cosines, nearest first, however far off."""
        dense = self._dense
        if dense is None:
            return []
        return list(first_seen(connection, limit, lambda most: dict(dense.propose(connection, text, most))).items())

    def around(self, connection: Any, passage: int, limit: int) -> list[tuple[int, float]]:
        """Return the passages nearest to a passage with their cosines, nearest first; none where there are none."""
        dense = self._dense
        if dense is None:
            return []
        return list(first_seen(connection, limit, lambda most: dict(dense.around(connection, passage, most))).items())

    @property
    def is_on(self) -> bool:
        """Whether the dense lane takes part."""
        return self._enabled

    def held(self) -> bool:
        """Whether the model and the vectors are in memory."""
        return self._dense is not None

    def release(self) -> None:
        """Give the model and the vectors in memory back; the next question has them read in again."""
        self.second.release()
        with self._changed:
            if self._begun is None and self._dense is not None:
                self._dense, self._done_at = None, -1
                encoder.cache_clear()

    def close(self) -> None:
        """Stop the thread."""
        self.second.close()
        self._closed = True
        self._wake.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def settle(self) -> None:
        """Have what the store holds now embedded; wait a moment, unless the thread has been at it for longer.

        Call it before a snapshot is opened, which would not see the new vectors.
        """
        self.second.kick()
        if not self._enabled or self._closed:
            return
        generation = sources.generation(self._database.reading())
        if self._done_at >= generation:
            return
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="cistron-embed", daemon=True)
                self._thread.start()
            begun = self._begun = self._begun or time.monotonic()
            self._wake.set()
            left = begun + PATIENCE_S - time.monotonic()
            if left > 0:
                self._changed.wait_for(lambda: self._closed or self._done_at >= generation, left)

    def _work(self) -> None:
        while not self._closed:
            self._wake.wait()
            self._wake.clear()
            if not self._closed and not self._embed():
                time.sleep(0 if self._closed else RETRY_S)

    def _embed(self) -> bool:
        """Embed what lacks a vector; whether that could be done."""
        try:
            dense = self._dense = self._dense or Dense(encoder())
            with self._database.snapshot() as connection:
                generation = sources.generation(connection)
            dense.update(self._database, lambda: self._closed)
        except ModelUnusable as error:
            logger.warning("questions are answered by words alone: %s", error)
            self._enabled = False
            return True
        except GenomeError as error:
            logger.info("vectors are put off: %s", error)
            return False
        with self._changed:
            self._done_at, self._begun = generation, None
            self._changed.notify_all()
        return True


@lru_cache(maxsize=1)
def encoder() -> Encoder:
    """Return the shipped model, loaded once a process.

    Raises:
        ModelUnusable: Its files are missing or damaged.
    """
    return Encoder()
