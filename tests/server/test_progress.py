"""Long work on a worker thread."""

import threading
from collections.abc import Callable

import anyio
import pytest

from cistron.server.progress import run_reporting
from cistron.tools.ingest import Progress

pytestmark = pytest.mark.anyio


async def test_the_last_progress_is_always_reported() -> None:
    seen: list[int] = []

    def work(progress: Callable[[Progress], None], should_stop: Callable[[], bool]) -> str:
        for done in range(1, 101):
            progress(Progress(done, 100, "a.py", done))
        return "done"

    async def report(progress: Progress) -> None:
        seen.append(progress.done)

    with anyio.fail_after(5):
        assert await run_reporting(work, report) == "done"
    assert seen[-1] == 100


async def test_cancelling_asks_the_work_to_stop_and_waits_for_it() -> None:
    begun, ended = threading.Event(), threading.Event()

    def work(progress: Callable[[Progress], None], should_stop: Callable[[], bool]) -> None:
        begun.set()
        pause = threading.Event()
        while not should_stop():
            pause.wait(0.01)
        ended.set()

    async def report(progress: Progress) -> None:
        raise AssertionError("nothing was done")

    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(run_reporting, work, report)
            await anyio.to_thread.run_sync(begun.wait)
            group.cancel_scope.cancel()
    assert ended.is_set()
