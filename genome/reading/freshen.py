"""Keep the store up with the work trees between questions: find what was touched, read it in, within a time budget.

Where the kernel tells what was touched (see `watch`) an unchanged tree costs nothing; elsewhere every known file is
asked for its stamp. Looking through a whole tree, and what the budget does not cover, is the work of a background
thread, one a process; a question waits for it as long as its budget goes.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ..errors import GenomeError, StoreError
from ..records import Root, Source
from ..store import branches, sources
from ..store.database import QUESTION_PATIENCE_MS, Database
from . import git
from .checkout import adopt, changed_between
from .discover import discover, is_listed
from .ingest import Ingester, Outcome
from .load import is_clean, is_out_of_reach, is_present, stamp_of
from .pdf import QUESTION_S, within
from .tree import Tree
from .watch import Watch

logger = logging.getLogger(__name__)
RULE_FILES = (".gitignore", ".cistronignore")
SLICE_S = 0.05  # how long the background reads before it lets a question in
RETRY_S, RETRY_MOST_S = 0.1, 30.0  # after a try that came to nothing, doubled each time


class Freshener:
    """Follows the roots of one store. Safe to call from any thread; one of them works at a time."""

    def __init__(self, database: Database, ingester: Ingester, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._ingester = ingester
        self._clock = clock
        self._trees: dict[int, Tree] = {}
        self._turn = threading.Condition(threading.Lock())  # whoever works on the trees; told when a look is done
        self._wake = threading.Event()
        self._closed = False
        self._worker: threading.Thread | None = None

    def freshen(self, roots: list[Root], budget_s: float) -> int:
        """Bring the store up to what stands in these roots now, as far as the budget goes.

        A store that cannot be written now is logged, not raised: the background tries again.

        Returns:
            How many touched files are still to be read, one more for each tree that is still to be looked through.
        """
        started = time.monotonic()
        deadline = started + budget_s
        if not self._turn.acquire(timeout=max(0.0, budget_s)):
            return 1  # another caller is at work on the same trees and has used up this one's time too
        try:
            trees = [self._tree(root) for root in roots if root.complete and root.kind != "virtual"]
            with within(QUESTION_S):
                self._read_in(trees, started, deadline)
            left = sum(tree.unread + (not tree.is_looked_through(started)) for tree in trees)
            if left or any(tree.pending for tree in trees):
                self._continue()
            return left
        finally:
            self._turn.release()

    def leave(self, root: Root, path: str) -> None:
        """Let the background read a file that a question had no time for, unless others are at work on the trees."""
        if not self._turn.acquire(blocking=False):
            return
        try:
            self._tree(root).pending[path] = None
            self._continue()
        finally:
            self._turn.release()

    def pending(self) -> int:
        """Return how many touched files are still to be read."""
        return sum(len(tree.pending) + (tree.looked_at is None) for tree in list(self._trees.values()))

    def close(self) -> None:
        """Stop the background work and the watches."""
        with self._turn:
            self._closed = True
            self._turn.notify_all()
        self._wake.set()
        if self._worker is not None:
            self._worker.join(timeout=10)
        with self._turn:
            for tree in self._trees.values():
                tree.watch.close()
            self._trees.clear()

    def _tree(self, root: Root) -> Tree:
        tree = self._trees.get(root.id)
        if tree is None:
            tree = Tree(root, Watch(root.path))
            if self._closed:
                tree.watch.close()
            else:
                self._trees[root.id] = tree
        tree.root = root
        return tree

    def _read_in(self, trees: list[Tree], started: float, deadline: float) -> None:
        try:
            with self._database.explained():
                for tree in trees:
                    self._follow_checkout(tree)
                self._catch_up(trees, started, deadline)
                for tree in trees:
                    self._absorb(tree, deadline)
        except StoreError as error:
            logger.warning("what was touched is not read in yet: %s", error)

    def _follow_checkout(self, tree: Tree) -> None:
        """Where another commit is checked out than the store was last up to date with, take git's word for its files.

        So the next question is ranked over the right branch although thousands of files are still to be compared.
        """
        now = git.head(Path(tree.root.path)) if tree.root.kind == "git" and is_present(tree.root.path) else None
        before = tree.head or (branches.head(self._database.reading(), tree.root.id) if now else None)
        if now is None or before is None or before == now:
            tree.head = now
            return
        differing = changed_between(tree.root, before, now) or []
        known = branches.states(self._database.reading(), tree.root.id, differing)
        new = [path for path in differing if path not in known]
        touched = [*known, *sorted(is_listed(Path(tree.root.path), new))]
        done = adopt(self._database, tree.root, touched, self._clock(), QUESTION_PATIENCE_MS)
        left = [path for path in touched if path not in done.gone]
        # what has to be read first, then what is only to be compared, then what was waiting before
        tree.pending = dict.fromkeys([*(path for path in left if path not in done.pointed), *tree.pending, *left])
        tree.adopted.update(done.pointed)
        tree.gone += sorted(done.gone)
        tree.fresh += sorted(done.fresh)
        tree.head = now

    def _catch_up(self, trees: list[Tree], started: float, deadline: float) -> None:
        """Wait until every tree was looked through since it had to be, or the time is up."""
        while not self._closed:
            for tree in trees:
                self._notice(tree)
            behind = [
                tree for tree in trees if not tree.is_looked_through(started) and is_present(tree.root.path)
            ]  # an unplugged disk is not a tree whose files have gone
            if not behind:
                return
            for tree in behind:
                tree.looked_at = None
            self._continue()
            left = deadline - time.monotonic()
            if left <= 0 or all(tree.overdue for tree in behind):
                return
            if not self._turn.wait(left):
                for tree in behind:
                    tree.overdue = True
                return

    def _notice(self, tree: Tree) -> None:
        """Queue what the watch tells; where it cannot tell all, the whole tree is to be looked through."""
        if tree.looked_at is None or not tree.watch.armed or not is_present(tree.root.path):
            return
        looked_at, tree.looked_at = tree.looked_at, None  # an event is taken once: until it is queued nothing is known
        touched = tree.watch.take()
        rules = any(path.rpartition("/")[2] in RULE_FILES for path in touched.paths)
        if not (touched.lost or touched.folders or rules):
            self._sift(tree, sorted(touched.paths))
            tree.looked_at = looked_at

    def _sift(self, tree: Tree, paths: list[str]) -> None:
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

    def _look_through(self, tree: Tree) -> None:
        """Compare every file of the root with the store; nobody waits for it but those who want to."""
        started = time.monotonic()
        with self._turn:
            if tree.watch.armed:
                tree.watch.take()  # what happened until now is seen below anyhow
            tree.unlisted.clear()
        listing = discover(Path(tree.root.path))
        with self._turn:
            is_new = tree.watch.armed and tree.watch.add(listing.folders)
        if is_new:  # a file that came before its folder was watched left no event: list once more
            listing = discover(Path(tree.root.path))
        with self._database.snapshot() as reading:
            known = sources.of_root(reading, tree.root.id)
        touched = [path for path in listing.files if path not in known or self._differs(tree.root, known[path])]
        for path in sorted(known.keys() - set(listing.files)):
            if known[path].state == "gone" or is_out_of_reach(tree.root.path, path):
                continue
            if stamp_of(os.path.join(tree.root.path, path)) is None:
                touched.append(path)
            elif is_present(tree.root.path):
                self._ingester.drop(known[path], QUESTION_PATIENCE_MS)
        with self._turn:
            if is_present(tree.root.path):
                tree.pending.update(dict.fromkeys(touched))
                tree.looked_at, tree.overdue = started, False
            self._turn.notify_all()

    def _differs(self, root: Root, source: Source) -> bool:
        stamp = stamp_of(os.path.join(root.path, source.path))
        if source.state == "gone":
            return stamp is not None
        return stamp != source.stamp or not is_clean(source.stamp, source.proven_at)

    def _absorb(self, tree: Tree, deadline: float) -> bool:
        """Read the pending files until the time is up; then join those that were only renamed.

        Returns:
            Whether any was read.
        """
        reading, progress, later = self._database.reading(), False, set[str]()
        while tree.pending and time.monotonic() < deadline and not self._closed and is_present(tree.root.path):
            path = next(iter(tree.pending))
            if path in later:
                break  # and so are all behind it
            known = sources.by_path(reading, tree.root.id, path)
            outcome = self._ingester.absorb(tree.root, path, QUESTION_PATIENCE_MS)
            tree.pending.pop(path)
            if outcome is Outcome.LATER:
                tree.pending[path], tree.slow = None, path
                later.add(path)
                continue
            tree.adopted.discard(path)
            progress = True
            if outcome is Outcome.GONE:
                tree.gone.append(path)
            elif outcome is Outcome.READ and known is None:
                tree.fresh.append(path)
        if not tree.pending and tree.looked_at is not None:
            if tree.gone and tree.fresh:
                self._ingester.match_renames(tree.root, tree.gone, tree.fresh, QUESTION_PATIENCE_MS)
            tree.gone.clear()
            tree.fresh.clear()
            if tree.head is not None and tree.head != branches.head(reading, tree.root.id):
                with self._database.writing(QUESTION_PATIENCE_MS) as writer:
                    branches.set_head(writer, tree.root.id, tree.head)
        return progress

    def _continue(self) -> None:
        """Let the background go on; the caller has the turn."""
        if self._closed:
            return
        if self._worker is None or not self._worker.is_alive():
            self._worker = threading.Thread(target=self._work, name="cistron-freshen", daemon=True)
            self._worker.start()
        self._wake.set()

    def _work(self) -> None:
        """Look through trees and finish what questions had no time for, in slices, so that none waits long."""
        delay = RETRY_S
        while not self._closed:
            progress = False
            try:
                with self._database.explained():
                    progress = self._slice()
            except GenomeError as error:
                logger.warning("background reading is put off: %s", error)
            if progress:
                delay = RETRY_S
                time.sleep(0.001)  # locks are not fair: let a waiting question in
                continue
            self._wake.wait(delay if self.pending() else None)
            self._wake.clear()
            delay = min(2 * delay, RETRY_MOST_S)

    def _slice(self) -> bool:
        """Do a part of what is to be done; say whether there was any that could be."""
        with self._turn:
            trees = list(self._trees.values())
        progress = False
        for tree in trees:
            if tree.looked_at is None and is_present(tree.root.path):
                self._look_through(tree)
                progress = True
            with self._turn, within(SLICE_S):
                progress = self._absorb(tree, time.monotonic() + SLICE_S) or progress
                slow, tree.slow = tree.slow, None
            if slow is not None:  # while questions have their turn
                self._ingester.read_ahead(tree.root, slow)
                if self._closed:  # a command that asked once: the next one finds it read
                    self._ingester.absorb(tree.root, slow, QUESTION_PATIENCE_MS)
                progress = True
        return progress
