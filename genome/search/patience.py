"""Give up a lane whose time is over: an answer from the others is worth more than none."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import apsw

from .lanes.lane import Context

STEPS = 2_000  # of SQLite's machine between two looks at the clock, some ten microseconds


@contextmanager
def in_time(context: Context) -> Generator[None]:
    """Run a lane as long as there is time; what it has not found by then is left out without an error."""
    if context.deadline is None:
        yield
        return
    context.connection.set_progress_handler(lambda: context.is_late, STEPS, id=in_time)
    try:
        yield
    except apsw.InterruptError:
        if not context.is_late:
            raise
    finally:
        context.connection.set_progress_handler(None, STEPS, id=in_time)
