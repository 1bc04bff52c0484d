"""The one wrapper that turns a method into a tool; `offers` says which methods are.

Importing this module imports everything a tool needs, so the server does it after it has greeted the client.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.tools import Tool
from mcp_types import CallToolResult, InputRequiredResult, TextContent
from pydantic import BaseModel

from ..tools.ingest import Progress
from ..tools.metering import Weight
from ..tools.models.packet import Packet
from ..tools.services import Services
from .boundary import boundary
from .offers import Offer, Which, offers
from .progress import run_reporting
from .schemas import slim_input

PACKET_URI = "cistron/packet"  # the key under which a packet's answer names its resource


def toolset(services: Services, which: Which) -> dict[str, Tool]:
    """Build the tools over `services`, in the order in which they are listed."""
    tools = [_tool(services, offer) for offer in offers(services, which)]
    for tool in tools:
        tool.parameters = slim_input(tool.parameters)
        tool.fn_metadata.output_schema = None  # an agent reads the answer, not its schema; docs/tools.md has it
    return {tool.name: tool for tool in tools}


def _tool(services: Services, offer: Offer) -> Tool:
    """Wrap a method; the SDK runs the wrapper on a worker thread, so two calls overlap."""

    def call(**arguments: object) -> CallToolResult:
        with boundary():
            return _result(services, offer, offer.method(**arguments))

    async def call_on_loop(mcp_context: Context, **arguments: object) -> CallToolResult | InputRequiredResult:
        with boundary():
            answer = await (offer.runs or _reporting(offer))(mcp_context, arguments)
        return answer if isinstance(answer, InputRequiredResult) else _result(services, offer, answer)

    reports = "progress" in inspect.signature(offer.method).parameters
    return _described(call_on_loop if reports or offer.runs else call, offer)


def _reporting(offer: Offer) -> Callable[[Context, dict[str, object]], Awaitable[BaseModel]]:
    """Return how a method with a `progress` argument runs: it says how far it is, and stops when it is cancelled."""

    async def run(context: Context, arguments: dict[str, object]) -> BaseModel:
        def work(progress: Callable[[Progress], None], should_stop: Callable[[], bool]) -> Any:
            return offer.method(**arguments, progress=progress, should_stop=should_stop)

        async def report(progress: Progress) -> None:
            await context.report_progress(progress.done, progress.total, progress.path)

        answer: BaseModel = await run_reporting(work, report)
        return answer

    return run


def _result(services: Services, offer: Offer, answer: BaseModel) -> CallToolResult:
    """Give an answer in both its forms, and count what it weighs."""
    text, structured = offer.text(answer), answer.model_dump(mode="json")
    weight = Weight(len(text.encode()), len(answer.model_dump_json().encode()), len(text))
    services.meter.add(offer.name, services.caller, weight)
    meta: dict[str, Any] | None = None
    if isinstance(answer, Packet):
        meta = {PACKET_URI: f"cistron://packet/{services.packets.keep(answer, services.caller)}"}
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=structured, _meta=meta)


def _described(call: Callable[..., object], offer: Offer) -> Tool:
    """Give the wrapper the method's name, description, arguments and the schema of its answer."""
    signature = inspect.signature(offer.method, eval_str=True)
    context = [inspect.Parameter("mcp_context", inspect.Parameter.KEYWORD_ONLY, annotation=Context)]
    own = [given for given in signature.parameters.values() if given.kind is not inspect.Parameter.KEYWORD_ONLY]
    answer = Annotated[CallToolResult, signature.return_annotation]
    call.__name__ = offer.name
    call.__doc__ = inspect.getdoc(offer.method)
    extra = context if inspect.iscoroutinefunction(call) else []
    call.__signature__ = inspect.Signature([*own, *extra], return_annotation=answer)
    return Tool.from_function(call, annotations=offer.annotations, meta=offer.hints)
