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

    def run_in(self, group: TaskGroup) -> None:
        """Make calls in a task group that outlives them; until then they are not bounded."""
        self._group = group

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
        try:
            with anyio.move_on_after(self._limit_s):
                await done.wait()
        finally:
            if not done.is_set():
                scope.cancel()
        if not outcome:
            return self._too_long()
        if isinstance(outcome[0], Exception):
            raise outcome[0]
        return outcome[0]

    def _too_long(self) -> CallToolResult:
        logger.warning("a call was given up after %.0f s", self._limit_s)
        text = f"the call took longer than {self._limit_s:g} s and was given up; ask for less, or again in a while"
        return CallToolResult(content=[TextContent(type="text", text=text)], is_error=True)
