"""The parts that exist once a store is open, put together and taken apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..genome.proof.commit import Commits
from ..genome.reading.freshen import Freshener
from ..genome.reading.ingest import Ingester
from ..genome.store.database import Database
from .embedding import Embedder
from .memory import Memory
from .metering import Meter
from .presence import Presence
from .recorder import Recorder
from .turns import Turns


@dataclass(frozen=True, slots=True)
class Engine:
    """The parts that exist once the store is open."""

    database: Database
    ingester: Ingester
    freshener: Freshener
    recorder: Recorder
    presence: Presence
    commits: Commits
    memory: Memory
    embedder: Embedder
    turns: Turns

    def close(self, meter: Meter) -> None:
        """Stop what runs in the background, write what is queued, and close the store."""
        self.freshener.close()
        self.embedder.close()
        self.presence.close()
        self.recorder.close()
        meter.flush(self.database)
        self.database.checkpoint()
        self.database.close()


def engine_of(
    database: Database,
    clock: Callable[[], float],
    max_file_bytes: int,
    *,
    with_vectors: bool = True,
    model: str | None = None,
) -> Engine:
    """Return the parts that work on an open store."""
    ingester = Ingester(database, clock, max_file_bytes)
    recorder = Recorder(database, clock)
    return Engine(
        database,
        ingester,
        Freshener(database, ingester),
        recorder,
        Presence(database, recorder, clock),
        Commits(),
        Memory(database, clock),
        Embedder(database, enabled=with_vectors, model=model),
        Turns(),
    )
