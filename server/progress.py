"""Run long work on a worker thread, say how far it is, and ask it to stop when the caller has gone."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
import anyio.lowlevel
import anyio.to_thread

from ..tools.ingest import Progress

REPORT_EVERY_S = 0.1  # a client draws a bar, it does not need every file

Answer = TypeVar("Answer")
Work = Callable[[Callable[[Progress], None], Callable[[], bool]], Answer]


async def run_reporting(work: Work[Answer], report: Callable[[Progress], Awaitable[None]]) -> Answer:
    """Return what `work(progress, should_stop)` returns.

    `work` may call `progress` from any thread and as often as it likes: the newest value is passed to `report` now
    and then, and the last one before this returns. When this is cancelled, `should_stop()` becomes true, and the
    cancellation goes on as soon as `work` has returned.
    """
    stop = threading.Event()
    latest: list[Progress] = []

    async def report_newest() -> None:
        if latest:
            newest = latest[-1]
            latest.clear()
            await report(newest)

    async def keep_reporting() -> None:
        try:
            while True:
                await anyio.sleep(REPORT_EVERY_S)
                await report_newest()
        finally:
            stop.set()

    def keep(progress: Progress) -> None:
        latest[:] = [progress]

    answers: list[Answer] = []
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(keep_reporting)
            answers.append(await anyio.to_thread.run_sync(work, keep, stop.is_set))
            group.cancel_scope.cancel()
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None  # what `work` raised, as it raised it
    await report_newest()
    await anyio.lowlevel.checkpoint_if_cancelled()
    return answers[0]
