"""Keep the store up with the work trees between questions: find what was touched, read it in, within a time budget.

Where the kernel tells what was touched (see `watch`) an unchanged tree costs nothing; elsewhere every known file is
asked for its stamp. What the budget does not cover goes on in the background, one thread a process.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import GenomeError
from ..records import Root, Source
from ..store import sources
from ..store.database import Database
from .discover import discover, is_listed
from .ingest import Ingester, Outcome
from .load import is_clean, is_present, stamp_of
from .watch import Watch

logger = logging.getLogger(__name__)
RULE_FILES = (".gitignore", ".cistronignore")


@dataclass(slots=True)
class _Tree:
    """What is known of one root between questions."""

    root: Root
    watch: Watch
    looked_through: bool = False  # every file was compared once since the watch was set
    pending: dict[str, None] = field(default_factory=lambda: {})  # touched, not yet read; in order
    gone: list[str] = field(default_factory=lambda: [])
    fresh: list[str] = field(default_factory=lambda: [])
    unlisted: set[str] = field(default_factory=lambda: set())  # touched, but not the root's to read


class Freshener:
    """Follows the roots of one store. Safe to call from any thread; one of them works at a time."""

    def __init__(self, database: Database, ingester: Ingester, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._ingester = ingester
        self._clock = clock
        self._trees: dict[int, _Tree] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closed = False
        self._worker: threading.Thread | None = None

    def freshen(self, roots: list[Root], budget_s: float) -> int:
        """Bring the store up to what stands in these roots now, as far as the budget goes.

        Returns:
            How many touched files are still to be read; they are read in the background.
        """
        deadline = time.monotonic() + budget_s
        if not self._lock.acquire(timeout=max(0.0, budget_s)):
            return 1  # another caller is at work on the same trees and has used up this one's time too
        try:
            left = sum(self._freshen_root(root, deadline) for root in roots if root.complete and root.kind != "virtual")
        finally:
            self._lock.release()
        if left:
            self._continue()
        return left

    def pending(self) -> int:
        """Return how many touched files are still to be read."""
        return sum(len(tree.pending) + (not tree.looked_through) for tree in self._trees.values())

    def close(self) -> None:
        """Stop the background work and the watches."""
        self._closed = True
        self._wake.set()
        if self._worker is not None:
            self._worker.join(timeout=10)
        with self._lock:
            for tree in self._trees.values():
                tree.watch.close()
            self._trees.clear()

    def _freshen_root(self, root: Root, deadline: float) -> int:
        tree = self._trees.get(root.id)
        if tree is None:
            tree = self._trees[root.id] = _Tree(root, Watch(root.path))
        tree.root = root
        self._look(tree, deadline)
        self._absorb(tree, deadline)
        return len(tree.pending) + (not tree.looked_through)

    def _look(self, tree: _Tree, deadline: float) -> None:
        """Add to the pending paths what was touched since the last look."""
        if not is_present(tree.root.path):
            return  # an unplugged disk is not a tree whose files have gone
        if not tree.watch.armed:
            tree.looked_through = False
        elif tree.looked_through:
            touched = tree.watch.take()
            rules = any(path.rpartition("/")[2] in RULE_FILES for path in touched.paths)
            if not (touched.lost or touched.folders or rules):
                self._sift(tree, sorted(touched.paths))
                return
            tree.looked_through = False
        self._look_through(tree, deadline)

    def _sift(self, tree: _Tree, paths: list[str]) -> None:
        """Queue those of the touched paths that are known or belong to the root."""
        if not paths:
            return
        reading = self._database.reading()
        unknown: list[str] = []
        for path in paths:
            source = sources.by_path(reading, tree.root.id, path)
            if source is None or source.state == "gone":
                unknown.append(path)
            elif stamp_of(os.path.join(tree.root.path, path)) != source.stamp or not is_clean(
                source.stamp, source.proven_at
            ):
                tree.pending[path] = None
        asked = [
            path
            for path in unknown
            if path not in tree.unlisted and stamp_of(os.path.join(tree.root.path, path)) is not None
        ]
        listed = is_listed(Path(tree.root.path), asked) if asked else set[str]()
        tree.pending.update(dict.fromkeys(sorted(listed)))
        tree.unlisted.update(set(asked) - listed)

    def _look_through(self, tree: _Tree, deadline: float) -> None:
        """Compare every file of the root with the store."""
        if tree.watch.armed:
            tree.watch.take()  # what happened until now is seen below anyhow
        tree.unlisted.clear()
        listing = discover(Path(tree.root.path))
        if tree.watch.armed:
            tree.watch.add(listing.folders)
        known = sources.of_root(self._database.reading(), tree.root.id)
        for number, path in enumerate(listing.files):
            if number % 256 == 0 and time.monotonic() > deadline and self._worker is not threading.current_thread():
                return  # the background looks through all of it
            source = known.get(path)
            if source is None or self._differs(tree.root, source):
                tree.pending[path] = None
        listed = set(listing.files)
        for path, source in known.items():
            if path in listed or source.state == "gone":
                continue
            if stamp_of(os.path.join(tree.root.path, path)) is None:
                tree.pending[path] = None
            else:
                self._ingester.drop(source)
        tree.looked_through = True

    def _differs(self, root: Root, source: Source) -> bool:
        stamp = stamp_of(os.path.join(root.path, source.path))
        if source.state == "gone":
            return stamp is not None
        return stamp != source.stamp or not is_clean(source.stamp, source.proven_at)

    def _absorb(self, tree: _Tree, deadline: float) -> None:
        """Read the pending files until the time is up; then join those that were only renamed."""
        reading = self._database.reading()
        while tree.pending and time.monotonic() < deadline and not self._closed:
            path = next(iter(tree.pending))
            known = sources.by_path(reading, tree.root.id, path)
            outcome = self._ingester.absorb(tree.root, path)
            tree.pending.pop(path)
            if outcome is Outcome.GONE:
                tree.gone.append(path)
            elif outcome is Outcome.READ and known is None:
                tree.fresh.append(path)
        if not tree.pending and tree.looked_through:
            if tree.gone and tree.fresh:
                self._ingester.match_renames(tree.root, tree.gone, tree.fresh)
            tree.gone.clear()
            tree.fresh.clear()

    def _continue(self) -> None:
        if self._worker is None or not self._worker.is_alive():
            self._worker = threading.Thread(target=self._work, name="cistron-freshen", daemon=True)
            self._worker.start()
        self._wake.set()

    def _work(self) -> None:
        """Finish what questions had no time for, in slices, so that a question never waits long."""
        while not self._closed:
            self._wake.wait()
            self._wake.clear()
            while not self._closed and self.pending():
                try:
                    with self._lock:
                        for tree in list(self._trees.values()):
                            self._freshen_root(tree.root, time.monotonic() + 0.05)
                except GenomeError as error:
                    logger.warning("background reading stopped: %s", error)
                    break
                time.sleep(0.001)  # locks are not fair: let a waiting question in
