"""When nobody has asked for a while, memory is given back."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager

import anyio

logger = logging.getLogger(__name__)
IDLE_S = 300.0
LOOKS = 10  # times that the clock is looked at while that passes


class Idle:
    """How long ago a server was asked something last."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self._asked = self._busy = 0

    @contextmanager
    def asking(self) -> Generator[None]:
        """Say that somebody asks, from beginning to end."""
        self._asked += 1
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1
            self._last = time.monotonic()

    async def watch(self, rest: Callable[[], Awaitable[bool]]) -> None:
        """Call `rest` once in each stretch of `IDLE_S` seconds in which nobody asked; runs until it is cancelled."""
        rested = 0
        while True:
            await anyio.sleep(IDLE_S / LOOKS)
            is_idle = not self._busy and time.monotonic() - self._last >= IDLE_S
            if is_idle and self._asked != rested and await rest():
                rested = self._asked
                logger.info("nobody has asked for %.0f s: memory is given back", IDLE_S)
