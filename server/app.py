"""The MCP server: it greets the client at once and brings up the store and the tools behind that."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup
from mcp.server import CacheHint, MCPServer
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp_types import CallToolResult, InputRequiredResult
from mcp_types import Tool as ListedTool
from pydantic import ValidationError

from .logs import counts
from .surface import LISTS, LISTS_TTL_MS, Surface

if TYPE_CHECKING:
    from ..tools.services import Services

logger = logging.getLogger(__name__)

INSTRUCTIONS = """\
Cistron knows this workspace's code, docs and configuration, and proves every pointer it gives against the files as \
they are now.

- Before you grep, list folders or open files to find something, call context_packet with the question in your own \
words or with the identifier, and the task_type you are in (explain, edit, debug, plan, review, ops, quote). One call \
replaces several searches.
- Read `known` first. yes: the items answer; open them at their lines. partial: open the first items, expect gaps. \
no: the answer is probably not indexed here; go and look (escalate_to says how) and do not build on the items.
- Each item's status says whether the file holds the place now. verified: use path and lines as they are. stale_risk \
or needs_refresh: do the matching entry of refresh_targets before you rely on it.
- Before you edit, call refresh_targets for the cheapest list of reads that makes your picture current. After a \
pause, a checkout or someone else's edit, call verify with the ids or path:line of what you hold.
- After a decision or finding, call remember: it comes back with proof that what it rests on still stands. Pass what \
you opened or edited to verify(used=...).
- session: start one to be shown only what is new, to see who else works here, and to resume. hitl: put a risky or \
doubtful step to the human and wait.
- reason "indexing": the first pass is still running; use what is there and ask again. "outside_roots": no folder is \
open; a person has to name one.
- New and changed files are noticed by themselves; ingest is for text of your own.
"""


def build(
    opening: Callable[[], Services], *, tools: Literal["default", "full", "helix"] = "default", version: str = ""
) -> MCPServer[None]:
    """Return a server that offers the tools.

    Args:
        opening: gives what the tools use. It is called once, on a worker thread, after the client was greeted,
            because importing what it needs takes longer than a greeting may. The server starts what it gets
            and closes it with the session.
        tools: `full` adds the tools that look inside, `helix` the names of the seed for prompts that know those.
        version: what the server says its version is.
    """
    return _Server(opening, tools, version)


class _Server(Surface):
    """An MCPServer whose tools are made after the greeting."""

    def __init__(self, opening: Callable[[], Services], which: Literal["default", "full", "helix"], version: str):
        self._opening = opening
        self._which: Literal["default", "full", "helix"] = which
        self._services: Services | None = None
        self._made: dict[str, Tool] = {}
        self._making = anyio.Lock()
        self._warmed = False
        self._group: TaskGroup | None = None
        super().__init__(
            "cistron",
            title="Cistron",
            instructions=INSTRUCTIONS,
            version=version,
            lifespan=lambda _: self._living(),
            middleware=[self._warm_after_greeting],
            cache_hints=dict.fromkeys(LISTS, CacheHint(ttl_ms=LISTS_TTL_MS)),
        )
        self.offer_completions()

    async def services(self) -> Services:
        """Return what the tools use, started."""
        await self._tools()
        assert self._services is not None
        return self._services

    async def list_tools(self) -> list[ListedTool]:
        """List the tools, always in the same order."""
        return [
            ListedTool(
                name=tool.name,
                description=tool.description,
                input_schema=tool.parameters,
                output_schema=tool.output_schema,
                annotations=tool.annotations,
                _meta=tool.meta,
            )
            for tool in (await self._tools()).values()
        ]

    async def call_tool(
        self, name: str, arguments: dict[str, object], context: Context[None] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool, log one line about it, and answer bad arguments with what would have been good ones.

        Raises:
            ToolError: for anything the caller can repair; the text says how.
        """
        # Costs pydantic's and the genome's errors only, but would stand before the greeting if it were above.
        from .boundary import bad_arguments, unknown_arguments

        tool = (await self._tools()).get(name)
        if tool is None:
            raise ToolError(f"there is no tool {name!r}; there are {', '.join(self._made)}")
        if error := unknown_arguments(name, arguments, _properties(tool)):
            raise error
        asked: Context[None] = Context(mcp_server=self) if context is None else context
        begun = time.perf_counter()
        try:
            with self.idle.asking(), self.acting(context):
                result = await tool.run(arguments, asked, convert_result=True)
        except ToolError as error:
            logger.info("%s refused %.1f ms", name, 1000 * (time.perf_counter() - begun))
            if isinstance(error.__cause__, ValidationError):
                raise bad_arguments(name, error.__cause__) from error.__cause__
            raise
        held = "a form" if isinstance(result, InputRequiredResult) else counts(result.structured_content)
        logger.info("%s %s %.1f ms", name, held, 1000 * (time.perf_counter() - begun))
        return result

    def acting(self, context: Context[None] | None) -> AbstractContextManager[None]:
        """Name the agent after its client, where neither a front nor the environment named it."""
        # as above: these cost imports that must not stand before the greeting
        from ..tools.caller import acting
        from .identity import identify

        assert self._services is not None
        caller = self._services.caller
        client = None if context is None else context.request_context.session.client_params
        name = None if client is None else client.client_info.name
        return acting(replace(caller, identity=identify(caller.identity, name)))

    async def _tools(self) -> dict[str, Tool]:
        """Return the tools; the first call makes them, on a worker thread, and others wait for it.

        Raises:
            ToolError: they could not be made, which is a bug; the log tells, the client does not learn more.
        """
        if self._made:  # the lock would cost each call a turn of the event loop
            return self._made
        async with self._making:
            if not self._made:
                try:
                    self._made = await anyio.to_thread.run_sync(self._make)
                except Exception as error:  # a bug in making them must not end the server: the next call tells
                    logger.exception("the tools could not be made")
                    raise ToolError("the server could not start; run `cistron doctor` to learn why") from error
        return self._made

    async def _warm(self) -> None:
        """Make the tools before anyone asks; if that fails, whoever asks is told."""
        with suppress(ToolError):
            await self._tools()

    def _make(self) -> dict[str, Tool]:
        """Start the services and build the tools."""
        # About 0.3 s of imports (SQLite, grammars, vectors), which is why they do not stand at the top.
        from .toolset import toolset

        self._services = self._opening()
        self._services.start()
        return toolset(self._services, self._which)

    @asynccontextmanager
    async def _living(self) -> AsyncGenerator[None]:
        """Hold the task group in which the tools are made, and close the services at the end.

        Over HTTP the SDK enters this once for the process and again for each SSE connection inside.
        """
        if self._group is not None:
            yield
            return
        try:
            async with anyio.create_task_group() as self._group:
                self._group.start_soon(self.idle.watch, self._rest)
                yield
                self._group.cancel_scope.cancel()
        finally:
            self._group = None
            if self._services is not None:
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(self._services.close)

    async def _rest(self) -> bool:
        """Give memory back that only speeds up the next question; whether there was any to give."""
        if self._services is None:
            return False
        from ..tools.rest import rest  # after the greeting

        return await anyio.to_thread.run_sync(rest, self._services)

    async def _warm_after_greeting(self, ctx: ServerRequestContext[None], call_next: CallNext) -> HandlerResult:
        """Answer the first message, then begin to make the tools without waiting to be asked for them."""
        try:
            return await call_next(ctx)
        finally:
            if not self._warmed and self._group is not None:
                self._warmed = True
                self._group.start_soon(self._warm)


def _properties(tool: Tool) -> list[str]:
    """Name a tool's arguments."""
    properties = tool.parameters["properties"]
    assert isinstance(properties, Mapping)
    return [str(name) for name in properties]
