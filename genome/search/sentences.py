"""The second stage: how near passages are to a question by a sentence encoder, read from vectors made beforehand.

Making a vector takes some tens of milliseconds, so none is made while somebody waits: `advance` makes them in small
batches, and a question is compared with what is there. All vectors of one answer are of one encoder.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import apsw
import numpy as np

from ..errors import ModelUnusable
from ..reading.encoders import SentenceEncoder, load
from ..reading.vectors import Document
from ..store import encodings
from ..store.database import Database
from ..store.encodings import Known
from .dense import Passages

logger = logging.getLogger(__name__)

BATCH = 8  # passages encoded in one transaction: half a second, in which a close or a question may come
PLANNED = 50_000  # passages whose turn is decided at once
Lacking = Callable[[Sequence[int]], None]


def load_known(known: Known, folders: Sequence[str]) -> SentenceEncoder | None:
    """Return an encoder that has vectors in a store, if it is still where it was and the same to the byte.

    Args:
        known: What the store says of it.
        folders: Indexed folders; a model inside one is left alone, since a store may have come with its project.
    """
    if any(Path(known.place).is_relative_to(folder) for folder in folders):
        return None
    try:
        found = load(known.place)
    except ModelUnusable as error:
        logger.info("the model before cannot serve: %s", error)
        return None
    return found if found.model == known.name else None


class Sentences:
    """The vectors that one encoder has made of a store's passages.

    Args:
        encoder: Makes vectors of questions and passages.
        place: Where it was found, for those who look for it later.
    """

    def __init__(self, encoder: SentenceEncoder, place: str) -> None:
        self.encoder = encoder
        self._place = place

    def known(self, connection: apsw.Connection) -> Known | None:
        """Return what a store knows of this encoder; None before its first vector."""
        return next((one for one in encodings.known(connection) if one.name == self.encoder.model), None)

    def former(self, connection: apsw.Connection) -> Known | None:
        """Return the encoder used last before this one that was ready; None where this one is, or none was."""
        others: list[Known] = []
        for one in encodings.known(connection):
            if one.name == self.encoder.model:
                if one.ready:
                    return None
            elif one.ready:
                others.append(one)
        return others[0] if others else None

    def cosines(self, connection: apsw.Connection, text: str, passages: Passages, lacks: Lacking) -> dict[int, float]:
        """Return how near to a question those of these passages are that have vectors.

        Args:
            connection: A reading connection, at the snapshot of the answer.
            text: The question.
            passages: What is asked about.
            lacks: Is told of those that have none.
        """
        known = self.known(connection)
        size = self.encoder.dimensions
        rows = {} if known is None else encodings.of(connection, known.id, passages, size)
        if len(rows) < len(passages):
            lacks([passage for passage in passages if passage not in rows])
        if not rows:
            return {}
        query = self.encoder.encode_query(text)
        if not query.any():
            return {}
        held = np.frombuffer(b"".join(rows.values()), np.int8).reshape(len(rows), size).astype(np.float32)
        lengths = np.linalg.norm(held, axis=1)
        products = np.divide(held @ query, lengths, out=np.zeros(len(rows), np.float32), where=lengths > 0)
        pairs = zip(rows, products.tolist(), lengths.tolist(), strict=True)
        return {passage: cosine for passage, cosine, length in pairs if length > 0}

    def plan(self, connection: apsw.Connection) -> list[int]:
        """Return passages that lack a vector, those of files that changed last first."""
        known = self.known(connection)
        return encodings.lacking(connection, known and known.id, self.encoder.dimensions, PLANNED)

    def begin(self, database: Database) -> int:
        """Return this encoder's number in a store, which takes it for the one used last."""
        with database.writing() as writer:
            return encodings.add(writer, self.encoder.model, self.encoder.dimensions, self._place, time.time())

    def advance(self, database: Database, number: int, passages: Sequence[int]) -> int:
        """Encode passages that lack a vector; return how many did.

        Raises:
            ModelUnusable: The encoder gave nothing finite.
            StoreError: What it gave could not be written.
        """
        with database.snapshot() as connection:
            lacking = encodings.still_lacking(connection, number, self.encoder.dimensions, passages)
        if not lacking:
            return 0
        rows = self.encoder.encode_documents(
            [Document(each.path, each.symbol, each.heading, each.text) for each in lacking]
        )
        with database.writing() as writer:
            vectors = ((each.passage, row.tobytes()) for each, row in zip(lacking, rows, strict=True))
            encodings.keep(writer, number, vectors)
        return len(lacking)

    def finish(self, database: Database) -> None:
        """Note, the first time, that everything has a vector, and forget encoders of the past."""
        with database.snapshot() as connection:
            known = self.known(connection)
        if known is not None and not known.ready:
            with database.writing() as writer:
                encodings.set_ready(writer, known.id)
                encodings.forget_others(writer)
