"""`cistron ingest PATH`: read a file or folder in, with a bar for people and a report for everyone."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from ...genome.errors import RootMissing, RootNotGranted
from ...tools.ingest import IngestTools, Progress
from ...tools.models.work import IngestReport
from ...tools.services import Services
from .main import DONE, PROBLEMS
from .opened import opened


def run(arguments: argparse.Namespace) -> int:
    """Open the path to questions, read it in and say what was done."""
    with opened(arguments) as services:
        _grant_unless_inside(services, arguments.path.absolute())
        report = ingest_with_bar(services, arguments.path)
    if arguments.json:
        print(report.model_dump_json())
    else:
        print("\n".join(lines(report)))
    return DONE if report.state == "done" else PROBLEMS


def ingest_with_bar(services: Services, path: Path) -> IngestReport:
    """Read a path in; where stderr is a terminal it shows how far that is."""
    with _bar() as show:
        return IngestTools(services).ingest(path=str(path.absolute()), progress=show)


def lines(report: IngestReport) -> list[str]:
    r"""Say what an ingest did, for a person.

    >>> report = IngestReport(state="done", path="/src", seen=3, read=1, unchanged=1, gone=0, places=7, seconds=0.5,
    ...     bytes_read=2_000_000, skipped=[{"reason": "binary", "count": 1, "examples": ["logo.png"]}])
    >>> print("\n".join(lines(report)))
    /src: 3 files seen, 1 read, 1 unchanged, 0 gone
    7 places from 2.0 MB in 0.5 s (4.0 MB/s, 2 files/s)
    skipped 1: binary (logo.png)
    """
    took = max(report.seconds, 0.001)
    renamed = f", {report.renamed} renamed" if report.renamed else ""
    said = [
        f"{report.path}: {report.seen} files seen, {report.read} read, {report.unchanged} unchanged,"
        f" {report.gone} gone{renamed}"
    ]
    if report.read:
        size = report.bytes_read / 1e6
        rate = f"{size / took:.1f} MB/s, {report.read / took:.0f} files/s"
        said.append(f"{report.places} places from {size:.1f} MB in {report.seconds:.1f} s ({rate})")
    said += [f"skipped {some.count}: {some.reason} ({', '.join(some.examples)})" for some in report.skipped]
    if report.error:
        said.append(f"{report.state}: {report.error}")
    return said


def _grant_unless_inside(services: Services, path: Path) -> None:
    """Make a path a root of its own where no root holds it.

    Raises:
        RootMissing: nothing stands there.
    """
    if not os.path.lexists(path):
        raise RootMissing(f"{path} is not there; name a folder, or a file in one that was ingested")
    try:
        services.locate(str(path))
    except RootNotGranted:
        services.grant(path)


@contextmanager
def _bar() -> Generator[Callable[[Progress], None] | None]:
    """Yield what to call with each progress, or None where nobody would see the bar."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("reading"), BarColumn(), TaskProgressColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, TextColumn("{task.fields[rate]}"), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, rate="")

        def show(progress: Progress) -> None:
            took = bar.tasks[0].elapsed or 0.0
            rate = f"{progress.bytes_read / 1e6 / took:.1f} MB/s" if took > 0.5 else ""
            bar.update(task, completed=progress.done, total=progress.total or None, rate=rate)

        yield show
