"""What a tool may use: the store, what keeps it fresh, the background jobs, and the roots that were granted."""

from __future__ import annotations

import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..genome.errors import GenomeError, StoreError
from ..genome.reading import git
from ..genome.reading.report import Progress, Report
from ..genome.records import Identity, Root
from ..genome.search.entities import Linker
from ..genome.search.lanes.lane import Lane
from ..genome.search.lanes.table import chosen
from ..genome.search.synonyms import Synonyms
from ..genome.search.synonyms import synonyms as synonyms_of
from ..genome.store import events, sources
from ..genome.store.database import Database
from ..genome.store.identity import UNNAMED
from ..genome.store.lock import indexer_lock
from .caller import Caller, current
from .engine import Engine, engine_of
from .errors import NotReady, UsageError
from .folders import located, real_folder
from .jobs import Job, Jobs, Work
from .kept import KeptPackets
from .metering import Meter
from .parties import Parties
from .plain import quoted

logger = logging.getLogger(__name__)
OPEN_TIMEOUT_S = 30.0
OPENER = "cistron-open"  # the thread that opens the store
AGENT_PATIENCE_MS = 2_000
FIRST_WAIT_S = 1.0  # how long the first question in a new workspace waits for its index


class Services:
    """One store and its roots, shared by every tool of a server.

    Making it opens nothing: `start` does, in the background, so that a client's first message is answered at once.

    Args:
        genome: The store's file; made where there is none.
        roots: Folders that a person named.
        identity: On whose behalf this process acts, where the front door names nobody else for a call.
        host: What the party is called that opens a store for the first time, where `identity` does not name it.
        clock: Seconds since the epoch.
        max_file_bytes: Larger files are not read.
        vectors: Whether the dense lane takes part.
        lanes: By a lane's name whether it takes part, where that is not as usual.
        model: Of the second stage: a folder, or `minilm`; None for no second stage.
        network: Whether kept web pages may be compared with their servers.
        network_hosts: Hosts that may have private addresses.
        synonyms: A word, and other words that mean the same in a question.
    """

    def __init__(
        self,
        genome: Path,
        roots: Sequence[Path] = (),
        *,
        identity: Identity | None = None,
        host: str = UNNAMED,
        clock: Callable[[], float] = time.time,
        max_file_bytes: int = 1 << 20,
        vectors: bool = True,
        lanes: Mapping[str, bool] | None = None,
        model: str | None = None,
        network: bool = False,
        network_hosts: Sequence[str] = (),
        synonyms: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.synonyms = _alike(synonyms or {})
        self.network = network
        self.network_hosts = frozenset(network_hosts)
        self.genome = genome
        self.clock = clock
        self.jobs = Jobs()
        self.meter = Meter()
        self.packets = KeptPackets()
        self._own_caller = Caller(identity or Identity(), f"s-{secrets.token_hex(8)}")
        self._host = host
        self._parties: Parties | None = None
        self._agents: dict[Identity, int] = {}
        self.max_file_bytes = max_file_bytes
        self.lanes = _chosen({**(lanes or {}), **({} if vectors else {"dense": False})})
        self.linker = Linker(synonyms) if any(lane.name == "tags" for lane in self.lanes) else None
        self._model = model if any(lane.name == "encoder" for lane in self.lanes) else None
        self._wanted = list(roots)
        self._own = {os.path.realpath(root) for root in roots}  # started here
        self._engine: Engine | None = None
        self._failure: GenomeError | NotReady | None = None
        self._opened = threading.Event()
        self._lock = threading.Lock()
        self._started = self._closed = False
        self.before_close: list[Callable[[], None]] = []  # what a front door runs beside the tools is stopped first

    def start(self) -> None:
        """Open the store in the background. Calling it again, or once closed, does nothing."""
        with self._lock:
            if self._started or self._closed:
                return
            self._started = True
        threading.Thread(target=self._open, name=OPENER, daemon=True).start()

    def engine(self) -> Engine:
        """Return the open parts to a caller who may use them, waiting for them with a bound.

        Raises:
            GenomeError: The store cannot be used, or belongs to another org than the caller.
            NotReady: It is still being opened, could not be for a reason of ours, or was closed.
        """
        self.start()
        if self._closed:
            raise NotReady("the server is closing; start it again")
        if not self._opened.wait(OPEN_TIMEOUT_S):
            raise NotReady(
                f"the store is still being opened after {OPEN_TIMEOUT_S:.0f} s; ask again, or run `cistron doctor`"
            )
        if self._failure is not None:
            raise self._failure.with_traceback(None)  # it is raised again and again
        assert self._engine is not None
        assert self._parties is not None
        self._parties.enter((current() or self._own_caller).identity)
        return self._engine

    def viewer(self) -> int | None:
        """Return the party whose texts the call at hand may see; None while the store is being opened."""
        return None if self._parties is None else self._parties.of((current() or self._own_caller).identity)

    @property
    def own_identity(self) -> Identity:
        """On whose behalf this process acts, as it was made; known before the store is open."""
        return self._own_caller.identity

    @property
    def caller(self) -> Caller:
        """On whose behalf the call at hand is made; an org and a party that it leaves open are the store's own."""
        caller = current() or self._own_caller
        if self._parties is None and threading.current_thread().name != OPENER:
            self.start()
            self._opened.wait(OPEN_TIMEOUT_S)
        return caller if self._parties is None else replace(caller, identity=self._parties.named(caller.identity))

    @property
    def session(self) -> str:
        """The session of the connection that the call at hand came over."""
        return self.caller.session

    def heard(self, session: str | None, questions: int = 0) -> str:
        """Return the name that the session of a call is kept under, and take the call for a sign of life.

        Args:
            session: As the caller gave it; None for its connection's own.
            questions: How many questions the call is.
        """
        return self.engine().presence.heard(self.caller, session, questions)

    def agent(self) -> int | None:
        """Return the calling agent's id; None where it cannot be written, which costs its log and no answer."""
        identity = self.caller.identity
        if identity not in self._agents:
            database = self.engine().database
            if not database.writable:
                return None
            try:
                with database.writing(AGENT_PATIENCE_MS) as writer:
                    self._agents[identity] = events.agent_id(writer, identity)
            except StoreError as error:
                logger.warning("what this agent does is not logged: %s", error)
                return None
        return self._agents[identity]

    def grant(self, path: Path) -> Root:
        """Add a root that a person named, and return it.

        Raises:
            RootMissing: There is no such folder.
        """
        return self._grant(self.engine().database, path)

    def _grant(self, database: Database, path: Path) -> Root:
        folder = real_folder(path)
        with database.snapshot() as reading:
            granted = sources.roots(reading)
        for root in granted:
            if root.path == str(folder):
                return root
        is_top = git.work_tree(folder) == folder
        shared = git.common_dir(folder) if is_top else None
        with database.writing() as writer:
            kind = "git" if is_top else "folder"
            return sources.add_root(writer, str(folder), kind, self.clock(), str(shared) if shared else None)

    def roots(self, names: Sequence[str] | None = None) -> list[Root]:
        """Return the granted roots, or those of them that are named by name or path.

        Other work trees of a repository that this server was started in stay out unless they are named: they hold
        other branches of the same files.

        Raises:
            UsageError: A name is no root's.
        """
        with self.engine().database.snapshot() as reading:
            granted = sources.roots(reading)
        if not names:
            own = {root.git_dir for root in granted if root.path in self._own and root.git_dir}
            return [root for root in granted if root.path in self._own or root.git_dir not in own]
        chosen = [root for root in granted if root.name in names or root.path in names]
        unknown = [
            name for name in names if name not in {root.name for root in chosen} | {root.path for root in chosen}
        ]
        if unknown:
            known = ", ".join(root.name for root in granted) or "none yet"
            raise UsageError(f"no root {quoted(unknown[0])}; the roots are: {known}")
        return chosen

    def locate(self, path: str) -> tuple[Root, str]:
        """Return the root that holds a path, and the path relative to it.

        Args:
            path: Absolute, relative to a root, or with a root's name before it.

        Raises:
            RootNotGranted: It lies in no root.
        """
        roots = self.roots()
        with self.engine().database.snapshot() as reading:
            return located(path, roots, lambda root, inside: sources.by_path(reading, root.id, inside) is not None)

    def begin_indexing(self, roots: Sequence[Root]) -> list[Job]:
        """Start to read in the roots that were never read to the end, and return the jobs at it."""
        engine = self.engine()
        if not engine.database.writable:
            return []
        incomplete = [root for root in roots if not root.complete and root.kind != "virtual"]
        return [self.jobs.start(root.path, self.ingest_work(root, None)) for root in incomplete]

    def ingest_work(self, root: Root, within: str | None) -> Work:
        """Return the work of one ingest, for `Jobs.start` or to be called at once."""
        engine = self.engine()

        def work(progress: Callable[[Progress], None], should_stop: Callable[[], bool]) -> Report:
            with indexer_lock(self.genome, should_stop):
                return engine.ingester.ingest(root, within, progress=progress, should_stop=should_stop)

        return work

    def indexed(self, roots: Sequence[Root], pending: int) -> float:
        """Return how much of these roots has been read in, in [0, 1]."""
        running = {job.path: job.share for job in self.jobs.all() if not job.ended.is_set()}
        shares = [1.0 if root.complete else running.get(root.path, 0.0) for root in roots if root.kind != "virtual"]
        share = sum(shares) / len(shares) if shares else 1.0
        if pending:
            with self.engine().database.snapshot() as reading:
                files = sum(sources.count(reading, root.id, "live") for root in roots)
            share *= max(0.0, 1 - pending / max(pending, files))
        return share

    def close(self) -> None:
        """Stop the background work, write what is queued, and close the store. Calling it again does nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        for stop in self.before_close:
            stop()
        if self._started:
            self._opened.wait(OPEN_TIMEOUT_S)
        self.jobs.close()
        if self._engine is not None:
            self._engine.close(self.meter)

    def _open(self) -> None:
        try:
            self._engine = self._opened_engine()
        except GenomeError as error:
            self._failure = error
        except Exception:  # whoever asks must hear of it, and this thread's end tells nobody
            logger.exception("opening %s failed", self.genome)
            self._failure = NotReady("internal error while opening; see the server's log")
        finally:
            self._opened.set()

    def _opened_engine(self) -> Engine:
        database = Database(self.genome, self.viewer)
        try:
            self._parties = Parties(database, self._own_caller.identity, self._host)
            for path in self._wanted:
                self._grant(database, path)
            with_vectors = any(lane.name == "dense" for lane in self.lanes)
            return engine_of(database, self.clock, self.max_file_bytes, with_vectors=with_vectors, model=self._model)
        except BaseException:  # half an engine is of no use, but would hold the file
            database.close()
            raise


def _chosen(switches: Mapping[str, bool]) -> tuple[Lane, ...]:
    try:
        return chosen(switches)
    except ValueError as error:
        raise UsageError(f"{error}; set them as `lanes = {{dense = false}}`") from error


def _alike(groups: Mapping[str, Sequence[str]]) -> Synonyms:
    try:
        return synonyms_of(groups)
    except ValueError as error:
        raise UsageError(f'{error}; set them as `synonyms = {{db = ["database"]}}`') from error
