"""What a client sees beside the tools: resources, prompts and completions.

The lists stand here and cost nothing; what they lead to is imported when it is asked for, after the greeting.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote

import anyio.to_thread
from mcp.server import MCPServer
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    Completion,
    CompletionArgument,
    CompletionContext,
    GetPromptResult,
    InputRequiredResult,
    Prompt,
    PromptArgument,
    PromptMessage,
    PromptReference,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    ResourceTemplateReference,
    TextContent,
)
from mcp_types.methods import CacheableMethod

from .idle import Idle

if TYPE_CHECKING:
    from ..tools.services import Services

TTL = "cistron/ttlMs"  # for clients of the protocol before results said it themselves
STATS_TTL_MS = 1_000
LISTS: tuple[CacheableMethod, ...] = (
    *("tools/list", "prompts/list", "resources/list", "resources/templates/list", "server/discover"),
)
LISTS_TTL_MS = 300_000  # they are the same as long as the process lives; the next one may offer another set
Answer = TypeVar("Answer")
JSON = "application/json"
ADDRESS = re.compile(r"cistron://(?:(?P<kind>packet|place)/(?P<id>[^?#]{1,600})|stats/?)")

RESOURCES = [
    Resource(uri="cistron://stats", name="stats", description="What the store holds now.", mime_type=JSON),
]
TEMPLATES = [
    ResourceTemplate(
        uri_template="cistron://packet/{id}",
        name="packet",
        description="A packet given lately, each item proven anew; a context_packet result's _meta has the address.",
        mime_type=JSON,
    ),
    ResourceTemplate(
        uri_template="cistron://place/{id}",
        name="place",
        description="The text of one place as it stands now, with its proof; secrets taken out. id: an item's id.",
        mime_type="text/plain",
    ),
]
PROMPTS = [
    Prompt(
        name="brief-me",
        description="What is known of this workspace, of the work in focus, and of a topic.",
        arguments=[PromptArgument(name="topic", description="what the work is about")],
    ),
    Prompt(
        name="before-edit",
        description="What is true of a file or symbol now, and what to read again before it is edited.",
        arguments=[
            PromptArgument(name="path", description="the file", required=True),
            PromptArgument(name="symbol", description="the definition in it"),
        ],
    ),
    Prompt(
        name="resume",
        description="What this session was shown last, each place proven now.",
        arguments=[PromptArgument(name="session", description="its handle; default this connection")],
    ),
]


class Surface(MCPServer[None]):
    """An MCPServer that offers more than tools, and knows when nobody asks."""

    @cached_property
    def idle(self) -> Idle:
        """How long ago somebody asked last."""
        return Idle()

    @abstractmethod
    async def services(self) -> Services:
        """Return the services, started; others wait for whoever asked first."""

    def acting(self, context: Context[None] | None) -> AbstractContextManager[None]:
        """Name on whose behalf a read or a prompt is made; as the process unless a subclass knows better."""
        return nullcontext()

    def offer_completions(self) -> None:
        """Answer completion requests; call it once."""
        self.completion()(self._complete)

    async def list_resources(self) -> list[Resource]:
        """List the resources that need no argument."""
        return RESOURCES

    async def list_resource_templates(self) -> list[ResourceTemplate]:
        """List the resources that need one."""
        return TEMPLATES

    async def list_prompts(self) -> list[Prompt]:
        """List the prompts, always in the same order."""
        return PROMPTS

    async def read_resource(
        self, uri: object, context: Context[None] | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        """Read a resource; its `_meta` says for how long it may be passed on.

        Raises:
            ResourceNotFoundError: There is none at this address; the text says what to do.
        """
        address = str(uri)
        found = ADDRESS.fullmatch(address)
        if found is None:
            raise ResourceNotFoundError(f"no resource {address[:80]!r}; there are {_addresses()}")
        kind, id_ = found["kind"] or "stats", unquote(found["id"] or "")
        text, mime, ttl_ms = await self._working(lambda services: _read(services, kind, id_), context)
        return [ReadResourceContents(content=text, mime_type=mime, meta={TTL: ttl_ms})]

    async def get_prompt(
        self, name: str, arguments: Mapping[str, object] | None = None, context: Context[None] | None = None
    ) -> GetPromptResult | InputRequiredResult:
        """Write a prompt.

        Raises:
            MCPError: There is no such prompt, or an argument is missing.
        """
        prompt = next((each for each in PROMPTS if each.name == name), None)
        if prompt is None:
            raise MCPError(INVALID_PARAMS, f"no prompt {name[:80]!r}; there are {', '.join(p.name for p in PROMPTS)}")
        given = {key: str(value) for key, value in (arguments or {}).items() if str(value).strip()}
        for wanted in prompt.arguments or []:
            if wanted.required and wanted.name not in given:
                raise MCPError(INVALID_PARAMS, f"{name} needs the argument {wanted.name!r}: {wanted.description}")
        text = await self._working(lambda services: _written(services, name, given), context)
        message = PromptMessage(role="user", content=TextContent(type="text", text=text))
        return GetPromptResult(description=prompt.description, messages=[message])

    async def _handle_read_resource(
        self, ctx: ServerRequestContext[None], params: ReadResourceRequestParams
    ) -> ReadResourceResult | InputRequiredResult:
        """Say the time to live where the protocol has a place for it."""
        result = await super()._handle_read_resource(ctx, params)
        if isinstance(result, ReadResourceResult):
            times = [(content.meta or {}).get(TTL) for content in result.contents]
            return result.model_copy(update={"ttl_ms": min((t for t in times if isinstance(t, int)), default=0)})
        return result

    async def _complete(
        self,
        ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion | None:
        """Complete the paths and symbols that prompts take."""
        if not isinstance(ref, PromptReference) or argument.name not in ("path", "symbol"):
            return None
        resolved = (context.arguments if context else None) or {}

        def work(services: Services) -> tuple[list[str], bool]:
            from ..tools.completing import complete_path, complete_symbol  # the store

            if argument.name == "path":
                return complete_path(services, argument.value)
            return complete_symbol(services, argument.value, resolved.get("path"))

        values, has_more = await self._working(work)
        return Completion(values=values, total=None if has_more else len(values), has_more=has_more)

    async def _working(self, work: Callable[[Services], Answer], context: Context[None] | None = None) -> Answer:
        """Return what `work` returns, on a worker thread, with our own errors as the protocol's.

        Raises:
            MCPError: for anything the caller can repair; the text says how.
        """
        from .boundary import boundary  # after the greeting

        services = await self.services()

        def guarded() -> Answer:
            with boundary():
                return work(services)

        try:
            with self.idle.asking(), self.acting(context):
                return await anyio.to_thread.run_sync(guarded)
        except ToolError as error:
            raise MCPError(INVALID_PARAMS, str(error)) from error


def _read(services: Services, kind: str, id_: str) -> tuple[str, str, int]:
    """Return a resource's text, its type, and for how many milliseconds it may be passed on."""
    from ..tools.chunks import ChunkTools
    from ..tools.introspect_text import chunk_text
    from ..tools.reread import packet_now, ttl_ms
    from ..tools.stats import StatsTools
    from ..tools.verify import VerifyTools

    if kind == "stats":
        return StatsTools(services).stats().model_dump_json(), JSON, STATS_TTL_MS
    if kind == "packet":
        packet, ttl = packet_now(services, id_)
        return packet.model_dump_json(), JSON, ttl
    text = chunk_text(ChunkTools(services).chunk_get(id_))
    return text, "text/plain", ttl_ms(services, VerifyTools(services).verify([id_]).results)


def _written(services: Services, name: str, given: Mapping[str, str]) -> str:
    from ..tools import briefing

    if name == "brief-me":
        return briefing.brief(services, given.get("topic"))
    if name == "before-edit":
        return briefing.before_edit(services, given["path"], given.get("symbol"))
    return briefing.resume(services, given.get("session"))


def _addresses() -> str:
    return ", ".join([str(RESOURCES[0].uri), *(template.uri_template for template in TEMPLATES)])
