"""Read files into the store. The only writer of contents and sources; one transaction a file.

An *ingest* is asked for: what it reads becomes the version that later changes are told against. A file that is
*absorbed* was noticed to have changed between questions: the store follows it, and remembers what was ingested.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

import apsw

from ..errors import NotNow, RootMissing
from ..records import Kind, Reading, Root, Source, Stamp
from ..store import branches, contents, events, forgetting, sources, versions
from ..store.boundary import own_root
from ..store.database import BUSY_TIMEOUT_MS, Database
from . import git, pdf
from .discover import Listing, discover
from .load import Loaded, is_clean, is_out_of_reach, is_present, load, stamp_of
from .reader import READER, mode, read
from .renames import join_renames
from .report import Progress, Report

MAX_FILE_BYTES = 1 << 20
RETAIN_S = 14 * 24 * 3600.0  # how long a content that nothing points at is kept, for a branch that comes back

VERSIONS_S = 7 * 24 * 3600.0  # how long is kept what a file held before
UNDO_S = 24 * 3600.0  # what was forgotten of an agent
DELIVERIES_S = 14 * 24 * 3600.0  # and what a session was shown


class Outcome(StrEnum):
    """What became of one file."""

    UNCHANGED = "unchanged"
    READ = "read"
    SKIPPED = "skipped"
    UNREADABLE = "unreadable"
    GONE = "gone"
    LATER = "later"  # a document that takes longer to read than its caller has time for


class Ingester:
    """Reads files of roots into one store.

    Args:
        database: Where to.
        clock: Seconds since the epoch.
        max_file_bytes: Larger files are skipped, with the reason recorded.
    """

    def __init__(
        self, database: Database, clock: Callable[[], float] = time.time, max_file_bytes: int = MAX_FILE_BYTES
    ) -> None:
        self.database = database
        self._clock = clock
        self._max_file_bytes = max_file_bytes

    def ingest(
        self,
        root: Root,
        within: str | None = None,
        *,
        progress: Callable[[Progress], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Report:
        """Read a root, or one file or folder in it, and take what stands there now as the ingested version.

        Raises:
            RootMissing: The root's folder is not there, or went away in the meantime.
        """
        started = time.perf_counter()
        report = Report()
        with self.database.explained():
            self._ingest(root, within, report, progress or (lambda _: None), should_stop or (lambda: False))
        report.seconds = time.perf_counter() - started
        return report

    def keep(self, name: str, text: str, kind: str, volatility: str) -> Report:
        """Keep a text that is no file under a name of its own; the same name replaces it.

        Args:
            name: For example its URL.
            text: What to keep; secret values in it are not kept.
            kind: A value of `Kind`.
            volatility: How fast it ages: stable, medium or hot.
        """
        data = text.encode("utf-8", "replace")
        reading = read(name, data)
        if reading is None:
            return Report(seen=1, skipped=[("binary", 1, [name])])
        reading = replace(reading, kind=Kind(kind))
        with self.database.writing() as writer:
            _, report = self.keep_within(writer, name, data, reading, volatility)
        return report

    def keep_within(
        self, writer: apsw.Connection, name: str, data: bytes, reading: Reading, volatility: str
    ) -> tuple[int, Report]:
        """Do what `keep` does with a text that has been read, inside the caller's transaction.

        Returns:
            The source's id, and what was done.
        """
        now = self._clock()
        hash_, how = contents.digest(data), f"{reading.kind}:{mode(name)}"
        report = Report(seen=1, bytes_read=len(data))
        root = own_root(writer, now)
        before = sources.by_path(writer, root, name)
        content = contents.find(writer, hash_, how, READER)
        if content is None:
            content, _ = contents.add(writer, data, how, reading, READER, now)
        if before is not None and before.state == "live" and before.content == content:
            report.unchanged = 1
        else:  # also where another party keeps the very text: nobody is told
            report.read, report.places = 1, len(contents.places(writer, content))
        stamp = Stamp(len(data), int(now * 1e9), int(now * 1e9), 0, 0)
        source = sources.point(writer, root, name, content, stamp, now, ingested=True, volatility=volatility)
        sources.attribute(writer, source, "inferred" if reading.kind == Kind.NOTE else "primary")
        sources.mark_complete(writer, root, now)
        sources.bump(writer)
        return source, report

    def absorb(self, root: Root, path: str, patience_ms: int = BUSY_TIMEOUT_MS) -> Outcome:
        """Follow one file that may have changed, appeared or gone since it was read.

        Raises:
            StoreError: It could not be written; a question passes little patience and goes on without.
        """
        with self.database.explained():
            source = sources.by_path(self.database.reading(), root.id, path)
            try:
                outcome, _ = self._follow(root, path, source, ingested=not root.complete, patience_ms=patience_ms)
            except NotNow:
                return Outcome.LATER
        return outcome

    def read_ahead(self, root: Root, path: str) -> None:
        """Read a document that takes long and store nothing, so that `absorb` finds it read if it is still the same."""
        loaded = load(root.path, path, self._max_file_bytes)
        if loaded is not None and loaded.data is not None and pdf.is_pdf(path, loaded.data):
            pdf.pages(loaded.data)

    def drop(self, source: Source, patience_ms: int = BUSY_TIMEOUT_MS) -> None:
        """Forget a file that is there but no longer to be read: an ignore rule came."""
        with self.database.writing(patience_ms) as writer:
            sources.forget(writer, [source.id])
            sources.bump(writer)

    def match_renames(
        self, root: Root, gone: Iterable[str], fresh: Iterable[str], patience_ms: int = BUSY_TIMEOUT_MS
    ) -> int:
        """Join files that went to the files that they live on as; see `renames`.

        Returns:
            How many were joined.
        """
        return join_renames(self.database, root, gone, fresh, patience_ms)

    def _ingest(
        self,
        root: Root,
        within: str | None,
        report: Report,
        progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> None:
        head = git.head(Path(root.path))  # before the files: a checkout meanwhile is followed once more
        listing = self._listing(root)
        listed = [path for path in listing.files if _is_within(path, within)]
        known = self._known(root, within)
        fresh: list[str] = []
        for number, path in enumerate(listed):
            if should_stop():
                report.stopped = True
                break
            if self._visit(root, path, known.get(path), report) is Outcome.READ and path not in known:
                fresh.append(path)
            progress(Progress(number + 1, len(listed), path, report.bytes_read))
        if not report.stopped:
            self._finish(root, within, known, set(listed), fresh, report)
            if within is None:
                with self.database.writing() as writer:
                    branches.set_head(writer, root.id, head)
            by_name = [(each.path, each.reason) for each in listing.skipped if _is_within(each.path, within)]
            report.skipped = self._skipped_files(root, by_name)

    def _listing(self, root: Root) -> Listing:
        if not is_present(root.path):
            raise RootMissing(f"{root.path} is not a folder that can be read; check the path")
        return discover(Path(root.path))

    def _known(self, root: Root, within: str | None) -> dict[str, Source]:
        known = sources.of_root(self.database.reading(), root.id)
        return {path: source for path, source in known.items() if _is_within(path, within)}

    def _visit(self, root: Root, path: str, source: Source | None, report: Report) -> Outcome:
        report.seen += 1
        if source is not None and source.state != "gone":
            stamp = stamp_of(os.path.join(root.path, path))
            if stamp == source.stamp and is_clean(source.stamp, source.proven_at) and self._is_current(source):
                report.unchanged += 1
                return Outcome.UNCHANGED
        outcome, places = self._follow(root, path, source, ingested=True, report=report)
        if outcome is Outcome.READ:
            report.read += 1
            report.places += places
        elif outcome in (Outcome.UNCHANGED, Outcome.UNREADABLE):
            report.unchanged += 1
        return outcome

    def _holds(self, source: Source, hash_: bytes) -> bool:
        if source.content is None or not self._is_current(source):
            return False
        return contents.content_hash(self.database.reading(), source.content) == hash_

    def _is_current(self, source: Source) -> bool:
        """Whether the file was divided by this release's reader."""
        if source.content is None:
            waits = source.path[-4:].lower() == ".pdf" and pdf.is_readable()
            return not waits or sources.reason_of(self.database.reading(), source.id) != pdf.WAITS
        return contents.reader_of(self.database.reading(), source.content) == READER

    def _follow(
        self,
        root: Root,
        path: str,
        source: Source | None,
        *,
        ingested: bool,
        patience_ms: int = BUSY_TIMEOUT_MS,
        report: Report | None = None,
    ) -> tuple[Outcome, int]:
        """Compare one file with the store and write what differs."""
        now = self._clock()
        loaded = load(root.path, path, self._max_file_bytes)
        if loaded is None:
            return self._gone(root, source, patience_ms), 0
        if loaded.data is None and loaded.unreachable and source is not None and source.content is not None:
            return Outcome.UNREADABLE, 0  # what is known of it stays, and ages
        if loaded.data is None:
            return self._skipped(root, path, loaded.reason or "unreadable", loaded.stamp, now, source, patience_ms), 0
        hash_ = contents.digest(loaded.data)
        if source is not None and self._holds(source, hash_):
            self._touch(source, loaded.stamp, now, patience_ms)
            return Outcome.UNCHANGED, 0
        if report is not None:
            report.bytes_read += len(loaded.data)
        return self._store(root, path, loaded, hash_, now, source, ingested=ingested, patience_ms=patience_ms)

    def _store(
        self,
        root: Root,
        path: str,
        loaded: Loaded,
        hash_: bytes,
        now: float,
        source: Source | None,
        *,
        ingested: bool,
        patience_ms: int,
    ) -> tuple[Outcome, int]:
        assert loaded.data is not None
        places = 0
        content = contents.find(self.database.reading(), hash_, mode(path), READER)
        reading = None if content is not None else read(path, loaded.data)
        if content is None and reading is None:
            return self._skipped(root, path, "binary", loaded.stamp, now, source, patience_ms), 0
        if reading is not None and reading.unfit is not None:
            return self._skipped(root, path, reading.unfit, loaded.stamp, now, source, patience_ms), 0
        with self.database.writing(patience_ms) as writer:
            if content is None or not contents.exists(writer, content):
                reading = reading or read(path, loaded.data)
                assert reading is not None
                content, places = contents.add(writer, loaded.data, mode(path), reading, READER, now)
            else:
                contents.use(writer, content, now)
            sources.point(writer, root.id, path, content, loaded.stamp, now, ingested=ingested)
            sources.bump(writer)
        return Outcome.READ, places

    def _gone(self, root: Root, source: Source | None, patience_ms: int) -> Outcome:
        if not is_present(root.path):
            return Outcome.UNREADABLE  # the whole root went: that says nothing about its files
        if source is not None and source.state != "gone":
            with self.database.writing(patience_ms) as writer:
                sources.mark_gone(writer, source.id, self._clock())
                sources.bump(writer)
        return Outcome.GONE

    def _skipped(
        self, root: Root, path: str, reason: str, stamp: Stamp, now: float, source: Source | None, patience_ms: int
    ) -> Outcome:
        with self.database.writing(patience_ms) as writer:
            sources.skip(writer, root.id, path, reason, stamp, now)
            if source is not None and source.state == "live":
                sources.bump(writer)
        return Outcome.SKIPPED

    def _touch(self, source: Source, stamp: Stamp, now: float, patience_ms: int) -> None:
        if source.stamp != stamp or not is_clean(source.stamp, source.proven_at):
            with self.database.writing(patience_ms) as writer:
                sources.touch(writer, source.id, source.content, stamp, now)

    def _finish(
        self,
        root: Root,
        within: str | None,
        known: dict[str, Source],
        listed: set[str],
        fresh: list[str],
        report: Report,
    ) -> None:
        """Settle what went, what was renamed, and what is now the ingested version."""
        unlisted = [
            source
            for path, source in known.items()
            if path not in listed and not is_out_of_reach(root.path, path)  # what cannot be seen stays, and ages
        ]
        if not is_present(root.path):
            raise RootMissing(f"{root.path} went away while it was read in; bring it back and ingest again")
        for source in unlisted:
            if source.state == "gone":
                continue
            with self.database.writing() as writer:
                if source.state == "skipped":
                    sources.forget(writer, [source.id])
                else:
                    sources.mark_gone(writer, source.id, self._clock())
                    report.gone += 1
                sources.bump(writer)
        went = [source.path for source in unlisted if source.state != "skipped"]
        report.renamed = self.match_renames(root, went, fresh)
        report.gone -= report.renamed
        now = self._clock()
        with self.database.writing() as writer:
            settled = sources.settle(writer, root.id, within)
            versions.expire(writer, now - VERSIONS_S)
            events.expire(writer, now - DELIVERIES_S)
            forgetting.purge(writer, now - UNDO_S)
            contents.prune(writer, now - RETAIN_S)
            if within is None and not root.complete:
                sources.mark_complete(writer, root.id, now)
            if settled or not root.complete:
                sources.bump(writer)

    def _skipped_files(self, root: Root, by_name: list[tuple[str, str]]) -> list[tuple[str, int, list[str]]]:
        """Return why files were passed over, by name or once they were opened: reason, count, three examples."""
        found: dict[str, list[str]] = {}
        for path, reason in [*by_name, *sources.skipped(self.database.reading(), root.id)]:
            found.setdefault(reason, []).append(path)
        return [(reason, len(paths), sorted(paths)[:3]) for reason, paths in sorted(found.items())]


def _is_within(path: str, within: str | None) -> bool:
    return within is None or path == within or path.startswith(f"{within}/")
