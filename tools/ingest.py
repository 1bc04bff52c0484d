"""`ingest`: read files of a root in, or keep a text that is no file."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Annotated

from pydantic import Field

from ..genome.proof.age import volatility_of
from ..genome.reading.report import Progress, Report
from ..genome.records import Root
from ..genome.store import events, sources
from ..genome.store.notes import PREFIX
from .errors import UsageError
from .jobs import Job
from .models.work import IngestReport, Skipped
from .plain import plain, quoted
from .services import Services

KINDS = ("code", "doc", "config", "note")
VOLATILITIES = ("stable", "medium", "hot")
READ_DIRECTLY = ("http", "https", "db", "sql", "cmd", "tool")  # what such a name holds was read, not concluded
MAX_TEXT = 1 << 20
MAX_NAME = 500


class IngestTools:
    """The ingest tool of one server."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def ingest(
        self,
        path: Annotated[str | None, Field(description="file or folder inside a root")] = None,
        content: Annotated[str | None, Field(description="a text that is no file: tool output, a web page")] = None,
        source_id: Annotated[str | None, Field(description="its name, e.g. a URL; the same one replaces it")] = None,
        kind: Annotated[str | None, Field(description="of content: code, doc, config or note")] = None,
        volatility: Annotated[str | None, Field(description="of content: stable, medium or hot")] = None,
        wait: Annotated[bool, Field(description="false: return a job id at once")] = True,
        *,
        progress: Callable[[Progress], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> IngestReport:
        """Read a file or folder of the workspace in again, or keep a text under a name.

        Rarely needed: changed files are noticed by themselves. Paths outside the roots are refused; only a person can
        add a root.
        """
        if (path is None) == (content is None):
            raise UsageError("pass either path, or content with source_id")
        if content is not None:
            return self._text(plain(content), plain(source_id or ""), kind, volatility)
        assert path is not None
        path = plain(path)
        root, relative = self._services.locate(path)
        if not os.path.lexists(os.path.join(root.path, relative)) and not self._is_known(root, relative):
            raise UsageError(f"there is nothing at {quoted(path)}; check the spelling, paths are relative to a root")
        work = self._services.ingest_work(root, relative or None)
        if not wait:
            return job_report(self._services.jobs.start(f"{root.path}/{relative}".rstrip("/"), work))
        report = work(progress or (lambda _: None), should_stop or (lambda: False))
        self._log("ingest", path)
        return _report(report, path)

    def _is_known(self, root: Root, relative: str) -> bool:
        """Whether a file or folder that is not there any more is still in the store, to be forgotten by this ingest."""
        known = sources.of_root(self._services.engine().database.reading(), root.id)
        return any(path == relative or path.startswith(f"{relative}/") for path in known)

    def _text(self, content: str, source_id: str, kind: str | None, volatility: str | None) -> IngestReport:
        _check("kind", kind, KINDS)
        _check("volatility", volatility, VOLATILITIES)
        if not source_id or len(source_id) > MAX_NAME or "\0" in source_id:
            raise UsageError(f"source_id must be 1 to {MAX_NAME} characters that name the content, for example its URL")
        if source_id.startswith(PREFIX):
            raise UsageError(f"source_id {quoted(source_id)} is a note's; pass another name, or use remember")
        if len(content) > MAX_TEXT:
            raise UsageError(f"content has {len(content):,} characters, {MAX_TEXT:,} is the most; pass it in parts")
        engine = self._services.engine()
        scheme, has_scheme, _ = source_id.partition(":")
        read = "doc" if has_scheme and scheme.lower() in READ_DIRECTLY else "note"
        report = engine.ingester.keep(source_id, content, kind or read, volatility or volatility_of(source_id))
        self._log("ingest", source_id)
        return _report(report, source_id)

    def _log(self, kind: str, detail: str) -> None:
        services, agent = self._services, self._services.agent()
        if agent is not None:
            with services.engine().database.writing() as writer:
                events.log(writer, agent, kind, services.clock(), session=services.session, detail=detail)


def job_report(job: Job) -> IngestReport:
    """Return what is known of a background ingest."""
    if job.report is not None:
        return _report(job.report, job.path, job.id)
    progress = job.progress
    return IngestReport(
        state="failed" if job.error else "running",
        job=job.id,
        path=job.path,
        seen=progress.done if progress else 0,
        read=0,
        unchanged=0,
        gone=0,
        bytes_read=progress.bytes_read if progress else 0,
        skipped=[],
        error=job.error,
    )


def _report(report: Report, path: str, job: str | None = None) -> IngestReport:
    return IngestReport(
        state="failed" if report.stopped else "done",
        job=job,
        path=path,
        seen=report.seen,
        read=report.read,
        unchanged=report.unchanged,
        gone=report.gone,
        renamed=report.renamed,
        places=report.places,
        bytes_read=report.bytes_read,
        seconds=round(report.seconds, 3),
        skipped=[Skipped(reason=reason, count=count, examples=examples) for reason, count, examples in report.skipped],
        error="stopped before the end; what was read is kept, ingest again to go on" if report.stopped else None,
    )


def _check(name: str, value: str | None, allowed: tuple[str, ...]) -> None:
    if value is not None and value not in allowed:
        raise UsageError(f"no {name} {quoted(value)}; pass one of: {', '.join(allowed)}")
