"""Keep the second stage's vectors up with the store, in a thread of low priority of the one process that does it.

Nothing waits for it: a question takes what is there. Passages that questions came upon are encoded first, then those of
the files that changed last. A process that is killed leaves what it had written; the next one goes on from there.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..genome.errors import GenomeError, ModelUnusable
from ..genome.reading.encoders import PACKAGED, load
from ..genome.search.dense import Passages, no_cosines
from ..genome.search.sentences import BATCH, Sentences, load_known
from ..genome.store import encodings, sources
from ..genome.store.database import Database
from ..genome.store.lock import encoder_role
from .restraint import lower_priority, on_battery

logger = logging.getLogger(__name__)
QUIET_S = 0.5  # after a question, in which no passage is encoded
LONGEST_QUIET_S = 10.0  # however many questions come
RETRY_S = 5.0  # after a store that could not be written, or while another process does the work
RETRY_BATTERY_S = 60.0  # until then passages that questions come upon are encoded, and no others
REPLAN_S = 30.0  # files that changed in the meantime come first from then on
RETRY_MODEL_S = 60.0  # after a model that could not be read: it may have been repaired
WANTED = 512  # passages remembered that questions came upon


@dataclass(frozen=True, slots=True)
class SecondState:
    """How far the second stage is: its kind of model, the vectors there are, and what is wrong with it, if anything."""

    kind: str | None
    model: str | None
    vectors: int
    is_ready: bool
    serves: str | None
    problem: str | None


class SecondStage:
    """The sentence encoder of one server process. Safe to call from any thread.

    Args:
        database: The store.
        place: A folder with a model, or `minilm`; None for none, which costs nothing.
    """

    def __init__(self, database: Database, place: str | None) -> None:
        self._database = database
        self._place = place
        self._current: Sentences | None = None
        self._former: Sentences | None = None
        self._problem: str | None = None
        self._failed_at = 0.0
        self._done_at = -1  # the store's generation whose passages all have vectors
        self._asked_at = 0.0
        self._wanted: dict[int, None] = {}  # oldest first
        self._lock = threading.Lock()
        self._wake, self._stop = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_on(self) -> bool:
        """Whether a model was chosen."""
        return self._place is not None

    @property
    def is_loaded(self) -> bool:
        """Whether the model is in memory."""
        return self._current is not None

    def asked(self, connection: Any, text: str) -> Callable[[Passages], Mapping[int, float]]:
        """Return what gives the cosines of passages and a question, all by one encoder.

        Args:
            connection: Held at the packet's snapshot.
            text: The question.
        """
        if self._place is None:
            return no_cosines
        current, former = self._current, self._former

        def encoded(passages: Passages) -> Mapping[int, float]:
            if current is None:  # it is being read in, and will begin with these
                self._want(list(passages))
                return {}
            stage = current if former is None or current.former(connection) is None else former
            lacks = self._want if stage is current else _ignored
            if stage is not current:
                self._want(list(passages))
            try:
                return stage.cosines(connection, text, passages, lacks)
            except ModelUnusable as error:
                self._fail(error)
                return {}

        return encoded

    def kick(self) -> None:
        """Have what the store holds now encoded some time, and hold back for the question that is at hand."""
        if self._place is None or self._stop.is_set():
            return
        self._asked_at = time.monotonic()
        if self._current is not None and self._done_at >= sources.generation(self._database.reading()):
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="cistron-encode", daemon=True)
                self._thread.start()
                atexit.register(self.close)  # the runtime aborts a process that ends under it
        self._wake.set()

    def state(self) -> SecondState | None:
        """Return how far it is; None where no model was chosen."""
        if self._place is None:
            return None
        current = self._current
        with self._database.snapshot() as connection:
            known = None if current is None else current.known(connection)
            waits = current is not None and self._former is not None and current.former(connection) is not None
            vectors = 0 if known is None else encodings.count(connection, known.id)
        serving = self._former if waits else current
        return SecondState(
            kind=None if current is None else PACKAGED if self._place == PACKAGED else current.encoder.kind,
            model=None if current is None else current.encoder.model,
            vectors=vectors,
            is_ready=known is not None and known.ready,
            serves=None if serving is None else serving.encoder.model,
            problem=self._problem,
        )

    def release(self) -> None:
        """Give the models back, unless passages wait to be encoded; the next question has them read in again."""
        if self._done_at >= 0:
            self._current = self._former = None
            self._done_at = -1

    def close(self) -> None:
        """Stop the thread after the batch in hand."""
        self._stop.set()
        self._wake.set()
        atexit.unregister(self.close)
        if self._thread is not None:
            self._thread.join(timeout=10)

    def _want(self, passages: Sequence[int]) -> None:
        with self._lock:
            for passage in reversed(passages):  # the best one last, which is the first to be taken
                self._wanted.pop(passage, None)
                self._wanted[passage] = None
            while len(self._wanted) > WANTED:
                del self._wanted[next(iter(self._wanted))]
        self._done_at = -1
        self._wake.set()

    def _take_wanted(self) -> list[int]:
        with self._lock:
            taken = list(reversed(self._wanted))[:BATCH]
            for passage in taken:
                del self._wanted[passage]
        return taken

    def _work(self) -> None:
        lowered = lower_priority()
        while not self._stop.is_set():
            self._wake.wait()
            self._wake.clear()
            self._stop.wait(max(0.0, self._failed_at - time.monotonic() + RETRY_MODEL_S) if self._problem else 0.0)
            if self._stop.is_set():
                return
            try:
                wait_s = self._encode(lowered)
            except ModelUnusable as error:
                self._fail(error)
                continue
            except GenomeError as error:
                logger.info("the second stage is put off: %s", error)
                wait_s = RETRY_S
            if wait_s and not self._stop.is_set():
                self._wake.wait(wait_s)
                self._wake.set()

    def _fail(self, error: ModelUnusable) -> None:
        """Go on without the encoder, and say so once."""
        if str(error) != self._problem:
            logger.warning("questions go on without the second stage: %s", error)
        self._problem, self._failed_at = str(error), time.monotonic()
        self._current = self._former = None

    def _loaded(self) -> Sentences:
        """Return the chosen encoder, read in if need be, and find the one that serves in its place for now."""
        assert self._place is not None
        stage = self._current
        if stage is None:
            stage = Sentences(load(self._place), self._place)
            with self._database.snapshot() as connection:
                former = stage.former(connection)
                folders = [root.path for root in sources.roots(connection) if root.kind != "virtual"]
            if former is not None:
                encoder = load_known(former, folders)
                self._former = None if encoder is None else Sentences(encoder, former.place)
            self._current, self._problem = stage, None
        return stage

    def _encode(self, lowered: bool) -> float:
        """Encode what lacks a vector, unless another process is at it; return after how long to look again."""
        if self._current is None:
            self._wait_for_quiet()  # a command that asks once ends before, and pays nothing
        if self._stop.is_set():
            return 0.0
        stage = self._loaded()
        if not self._database.writable:
            self._done_at = sources.generation(self._database.reading())
            return 0.0
        with encoder_role(self._database.path) as is_ours:
            return self._drain(stage, lowered) if is_ours else RETRY_S

    def _drain(self, stage: Sentences, lowered: bool) -> float:
        plan: list[int] = []
        number: int | None = None
        planned_at = planned_for = -1.0
        done = 0
        while not self._stop.is_set():
            with self._database.snapshot() as connection:
                generation = sources.generation(connection)
                if not plan or (generation != planned_for and time.monotonic() - planned_at > REPLAN_S):
                    plan, planned_for, planned_at = stage.plan(connection), generation, time.monotonic()
            if not plan and not self._wanted:
                stage.finish(self._database)
                self._former, self._done_at = None, generation
                if done:
                    logger.info("encoded %d passages", done)
                return 0.0
            if not self._wanted and on_battery():
                return RETRY_BATTERY_S
            number = stage.begin(self._database) if number is None else number
            begun = self._wait_for_quiet()
            if self._stop.is_set():
                break
            turn = self._take_wanted() or plan[:BATCH]
            plan = [passage for passage in plan if passage not in turn] if turn else plan
            done += stage.advance(self._database, number, turn)
            if not lowered:  # half a core at most, where no priority could be set
                self._stop.wait(time.monotonic() - begun)
        return 0.0

    def _wait_for_quiet(self) -> float:
        """Wait while questions come, with a bound; return when that was over, on the monotonic clock."""
        begun = time.monotonic()
        while not self._stop.is_set():
            now = time.monotonic()
            if now - self._asked_at >= QUIET_S or now - begun >= LONGEST_QUIET_S:
                break
            self._stop.wait(0.05)
        return time.monotonic()


def _ignored(passages: Sequence[int]) -> None:
    """Leave passages without a vector of a model that makes no more."""
