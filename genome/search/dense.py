"""The dense lane: passages whose vectors point where the question's does.

The vectors' truth is the table `embedding`. Each process holds the rows of its own model in memory, 300 bytes a passage
and no file of its own to keep in step. A question takes in what came since the last one, a batch at most; the rows of a
large store, which take seconds, are taken in by `update`, beside the questions.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

import apsw
import numpy as np
from numpy.typing import NDArray

from ..errors import ModelUnusable
from ..reading.vectors import Document, Encoder
from ..store import embeddings, sources
from ..store.boundary import first_seen
from ..store.database import Database
from .matrix import INT8, Matrix, dots

logger = logging.getLogger(__name__)
Passages = Collection[int]

BATCH = 256  # passages embedded in one transaction; the lock is held for some milliseconds
TAKEN_AT_ONCE = 16_384  # rows taken in by a question, in 40 ms
ROOM = 16  # rows looked at beyond the limit, for those that were forgotten


Vector = NDArray[np.float32]


def no_rows(passages: Passages) -> tuple[list[int], Vector]:
    """Return nothing: there are no vectors."""
    return [], np.zeros((0, 0), np.float32)


def no_cosines(passages: Passages) -> Mapping[int, float]:
    """Return nothing: there is no sentence encoder."""
    return {}


def filled(cosines: Mapping[int, float], passages: Iterable[int]) -> list[float]:
    """Return the cosine of each passage, the mean of all for one without: neither for nor against it."""
    middle = sum(cosines.values()) / len(cosines) if cosines else 0.0
    return [max(0.0, cosines.get(passage, middle)) for passage in passages]


@dataclass(frozen=True, slots=True)
class Near:
    """What vectors say of one question: the nearest passages with their cosines, and the vectors of any others.

    `query` is the question's own, None where there are none. `rows` gives those of these passages that have a vector,
    and the vectors, a row each. `encoded` gives the cosines by a sentence encoder.
    """

    found: Mapping[int, float] = field(default_factory=dict[int, float])
    query: Vector | None = None
    rows: Callable[[Passages], tuple[list[int], Vector]] = no_rows
    encoder: Encoder | None = None
    encoded: Callable[[Passages], Mapping[int, float]] = no_cosines

    def cosines(self, passages: Passages) -> dict[int, float]:
        """Return the cosines of those of these passages that have vectors."""
        held, rows = self.rows(passages)
        if not held or self.query is None:
            return {}
        return dict(zip(held, dots(rows, self.query).tolist(), strict=True))

    def vectors(self, passages: Passages) -> dict[int, Vector]:
        """Return the vectors of those of these passages that have one."""
        return dict(zip(*self.rows(passages), strict=True))


def load() -> Dense | None:
    """Return the lane over the shipped model; None where it cannot be read, and the log says why."""
    try:
        return Dense(Encoder())
    except ModelUnusable as error:
        logger.warning("%s", error)
        return None


class Dense:
    """The vectors of one store, in this process.

    Args:
        encoder: Makes vectors of questions and passages; rows of other models are left alone.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self._lock = threading.Lock()
        self._held = _Held(encoder)
        self._complete_at: int | None = None

    def propose(self, connection: apsw.Connection, text: str, limit: int) -> list[tuple[int, float]]:
        """Return the passages nearest to a question with their cosines in (0, 1], nearest first.

        Only passages with a vector of this model are found: none before the first `update`, all after it.

        Args:
            connection: A reading connection; hold it at one snapshot for the whole packet.
            text: The question.
            limit: Most passages to return.
        """
        return self._nearest(connection, self.encoder.encode_query(text), limit)

    def around(self, connection: apsw.Connection, passage: int, limit: int) -> list[tuple[int, float]]:
        """Return the passages nearest to a passage, itself among them, with their cosines; none if it has no vector."""
        held = embeddings.of_passage(connection, passage, self.encoder.model)
        if held is None or len(held) != self.encoder.dimensions:
            return []
        return self._nearest(connection, np.frombuffer(held, np.int8).astype(np.float32) / np.float32(INT8), limit)

    def _nearest(self, connection: apsw.Connection, query: NDArray[np.float32], limit: int) -> list[tuple[int, float]]:
        """Return the passages nearest to a unit vector, whatever is gone left out."""
        if not query.any():
            return []
        matrix = self._catch_up(connection)
        last = embeddings.last(connection)
        while True:
            positions, keys, cosines = matrix.search(query, limit + ROOM)
            numbers: list[int] = keys.tolist()
            there = embeddings.passages(connection, numbers)
            # what a newer transaction added is not there yet for this one, and stays
            gone = [at for at, number in enumerate(numbers) if number not in there and number <= last]
            if len(there) >= limit or not gone:
                break
            matrix.remove(positions[gone])
        pairs = zip(numbers, cosines.tolist(), strict=True)
        return [(there[number], cosine) for number, cosine in pairs if number in there][:limit]

    def near(self, connection: apsw.Connection, text: str, limit: int, least: float) -> Near:
        """Return the passages near to a question, and what gives the vector of any passage that has one.

        Args:
            connection: A reading connection, held at one snapshot as long as the answer is used.
            text: The question.
            limit: Most passages to propose.
            least: Cosine from which they are.
        """
        nearest = first_seen(connection, limit, lambda most: dict(self.propose(connection, text, most)))
        found = {passage: cosine for passage, cosine in nearest.items() if cosine >= least}
        query = self.encoder.encode_query(text)
        model = embeddings.model_id(connection, self.encoder.model)
        matrix = self._catch_up(connection)

        def rows(passages: Passages) -> tuple[list[int], Vector]:
            numbers = {} if model is None else embeddings.numbers(connection, model, passages)
            held, found = matrix.rows(list(numbers.values()))
            return [passage for passage, is_held in zip(numbers, held.tolist(), strict=True) if is_held], found

        return Near(found, query if query.any() else None, rows, self.encoder)

    def update(self, database: Database, should_stop: Callable[[], bool]) -> int:
        """Embed the passages that have no vector of this model, in small transactions.

        For a background thread: questions and other writers go on between two batches, what is done stays done.

        Returns:
            How many were embedded; 0 where the store cannot be written.

        Raises:
            StoreError: A batch could not be written; those before it are kept.
        """
        if not database.writable:
            return 0
        with database.snapshot() as connection:
            generation = sources.generation(connection)
        if generation == self._complete_at:
            return 0
        self._load(database, self._held, should_stop)
        done = after = 0
        while not should_stop():
            with database.snapshot() as connection:
                model = embeddings.model_id(connection, self.encoder.model)
                lacking = embeddings.missing(connection, model, after, BATCH)
            if not lacking:
                self._settle(database, done, should_stop)
                self._complete_at = generation
                break
            rows = self.encoder.encode_documents(
                Document(each.path, each.symbol, each.heading, each.text) for each in lacking
            )
            with database.writing() as writer:
                model = embeddings.add_model(writer, self.encoder.model)
                vectors = ((each.passage, row.tobytes()) for each, row in zip(lacking, rows, strict=True))
                embeddings.add(writer, model, vectors)
            after = lacking[-1].passage
            done += len(lacking)
        return done

    def _load(self, database: Database, held: _Held, should_stop: Callable[[], bool]) -> None:
        """Take in all rows there are, a batch at a time, so that questions go on between two."""
        while True:
            with database.snapshot() as connection, self._lock:
                is_whole = held.take(connection)
            if is_whole or should_stop():
                break

    def _settle(self, database: Database, done: int, should_stop: Callable[[], bool]) -> None:
        """Forget models of the past, and, once a quarter of the rows is gone, hold those alone that are there."""
        if done:
            with database.writing() as writer:
                embeddings.drop_old_models(writer)
            logger.info("embedded %d passages", done)
        with database.snapshot() as connection:
            model = embeddings.model_id(connection, self.encoder.model)
            held = 0 if model is None else embeddings.count(connection, model)
        fresh = _Held(self.encoder) if held < 0.75 * self._held.matrix.size else self._held
        self._load(database, fresh, should_stop)
        self._held = fresh

    def _catch_up(self, connection: apsw.Connection) -> Matrix:
        """Take in vectors that came since the last time, no more than a batch."""
        with self._lock:
            held = self._held
            held.take(connection)
            return held.matrix


class _Held:
    """The rows of one model, as far as they were taken in. Not safe for threads that take."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._seen = 0  # the number of the newest vector that was looked at
        self.matrix = Matrix(encoder.dimensions)

    def take(self, connection: apsw.Connection) -> bool:
        """Take in the next batch of rows; whether these were the last."""
        last = embeddings.last(connection)
        if last <= self._seen:
            return True
        model = embeddings.model_id(connection, self._encoder.model)
        size = self._encoder.dimensions
        rows = [] if model is None else embeddings.since(connection, model, self._seen, size, TAKEN_AT_ONCE)
        if rows:
            numbers, vectors = zip(*rows, strict=True)
            self.matrix.append(np.array(numbers, np.int64), np.frombuffer(b"".join(vectors), np.int8).reshape(-1, size))
        is_whole = len(rows) < TAKEN_AT_ONCE
        self._seen = last if is_whole else rows[-1][0]
        return is_whole
