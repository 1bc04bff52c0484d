"""A tool call that takes too long is answered with an error, while what it began comes to its end unseen."""

from __future__ import annotations

import logging

import anyio
from anyio.abc import TaskGroup
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp_types import CallToolResult, TextContent

logger = logging.getLogger(__name__)


class CallLimit:
    """A middleware of the MCP server that bounds tool calls.

    A worker thread cannot be cancelled, so each call runs in a task of its own, which is left behind when the time is
    up: asked to stop, and no longer waited for.

    Args:
        limit_s: How long a call may take.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._group: TaskGroup | None = None
        self._awaited: set[anyio.Event] = set()
        self._closing = False

    def run_in(self, group: TaskGroup) -> None:
        """Make calls in a task group that outlives them; until then they are not bounded."""
        self._group = group

    def give_up(self) -> None:
        """Answer the calls that are under way with an error: the server is closing."""
        self._closing = True
        for done in self._awaited:
            done.set()

    async def __call__(self, ctx: ServerRequestContext[None], call_next: CallNext) -> HandlerResult:
        """Answer a message, a tool call within its time."""
        if ctx.method != "tools/call" or self._group is None:
            return await call_next(ctx)
        outcome: list[HandlerResult | Exception] = []
        done, scope = anyio.Event(), anyio.CancelScope()

        async def call() -> None:
            with scope:
                try:
                    outcome.append(await call_next(ctx))
                except Exception as error:  # raised again where the caller waits
                    outcome.append(error)
                finally:
                    done.set()

        self._group.start_soon(call)
        self._awaited.add(done)
        try:
            with anyio.move_on_after(self._limit_s):
                await done.wait()
        finally:
            self._awaited.discard(done)
            if not outcome:
                scope.cancel()
        if not outcome:
            return self._given_up()
        if isinstance(outcome[0], Exception):
            raise outcome[0]
        return outcome[0]

    def _given_up(self) -> CallToolResult:
        text = f"the call took longer than {self._limit_s:g} s and was given up; ask for less, or again in a while"
        if self._closing:
            text = "the server is closing and gave the call up; ask again in a moment"
        logger.warning("%s", text.partition(";")[0])
        return CallToolResult(content=[TextContent(type="text", text=text)], is_error=True)
