"""Which methods are tools, what is true of each, and the one wrapper that turns a method into a tool.

Importing this module imports everything a tool needs, so the server does it after it has greeted the client.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Literal, TypeVar

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.tools import Tool
from mcp_types import CallToolResult, InputRequiredResult, TextContent, ToolAnnotations
from pydantic import BaseModel

from ..tools.hitl import HitlTools
from ..tools.hitl_text import hitl_text
from ..tools.ingest import IngestTools, Progress
from ..tools.models.work import IngestReport
from ..tools.notes import NotesTools
from ..tools.packet import PacketTools
from ..tools.refresh import RefreshTools
from ..tools.resonance import ResonanceTools
from ..tools.services import Services
from ..tools.session import SessionTools
from ..tools.session_text import session_text
from ..tools.stats import StatsTools
from ..tools.text import ingest_text, packet_text, plan_text, remember_text, resonance_text, stats_text, verify_text
from ..tools.verify import VerifyTools
from .asking import ask
from .boundary import boundary
from .progress import run_reporting
from .schemas import slim_input

Which = Literal["default", "full"]
Answer = TypeVar("Answer", bound=BaseModel)

# A question may bring the index up to date and is written to Cistron's own log; nothing of the user's changes.
READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
WRITES_INDEX = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
WRITES_NOTES = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)


def toolset(services: Services, which: Which) -> dict[str, Tool]:
    """Build the tools over `services`, in the order in which they are listed."""
    tools = [
        _tool(PacketTools(services).context_packet, packet_text, READS),
        _tool(RefreshTools(services).refresh_targets, plan_text, READS),
        _ingest_tool(IngestTools(services)),
        _tool(VerifyTools(services).verify, verify_text, READS),
        _tool(NotesTools(services).remember, remember_text, WRITES_NOTES),
        _tool(ResonanceTools(services).resonance, resonance_text, READS),
        _tool(SessionTools(services).session, session_text, WRITES_NOTES),
        _hitl_tool(HitlTools(services)),
    ]
    if which == "full":
        tools.append(_tool(StatsTools(services).stats, stats_text, READS))
    for tool in tools:
        tool.parameters = slim_input(tool.parameters)
        tool.fn_metadata.output_schema = None  # docs/tools.md holds the contract; a session pays for every listed byte
    return {tool.name: tool for tool in tools}


def _tool(method: Callable[..., Answer], text: Callable[[Answer], str], annotations: ToolAnnotations) -> Tool:
    """Wrap a method; the SDK runs the wrapper on a worker thread, so two calls overlap."""

    def call(**arguments: object) -> CallToolResult:
        with boundary():
            answer = method(**arguments)
            return _result(answer, text(answer))

    return _described(call, method, annotations)


def _ingest_tool(tools: IngestTools) -> Tool:
    """Wrap `ingest`, which says how far it is and stops when the call is cancelled."""
    method: Callable[..., IngestReport] = tools.ingest

    async def call(context: Context, **arguments: object) -> CallToolResult:
        def work(progress: Callable[[Progress], None], should_stop: Callable[[], bool]) -> IngestReport:
            return method(**arguments, progress=progress, should_stop=should_stop)

        async def report(progress: Progress) -> None:
            await context.report_progress(progress.done, progress.total, progress.path)

        with boundary():
            answer = await run_reporting(work, report)
        return _result(answer, ingest_text(answer))

    return _described(call, method, WRITES_INDEX)


def _hitl_tool(tools: HitlTools) -> Tool:
    """Wrap `hitl`, which may end a call with a form for the person."""

    async def call(mcp_context: Context, **arguments: object) -> CallToolResult | InputRequiredResult:
        with boundary():
            answer = await ask(tools, mcp_context, arguments)
        return answer if isinstance(answer, InputRequiredResult) else _result(answer, hitl_text(answer))

    return _described(call, tools.hitl, WRITES_NOTES)


def _result(answer: BaseModel, text: str) -> CallToolResult:
    """Give an answer in both its forms."""
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=answer.model_dump(mode="json")
    )


def _described(call: Callable[..., object], method: Callable[..., BaseModel], annotations: ToolAnnotations) -> Tool:
    """Give the wrapper the method's name, description, arguments and the schema of its answer."""
    signature = inspect.signature(method, eval_str=True)
    context = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=Context)
        for name in inspect.signature(call).parameters
        if name.endswith("context")
    ]
    own = [given for given in signature.parameters.values() if given.kind is not inspect.Parameter.KEYWORD_ONLY]
    answer = Annotated[CallToolResult, signature.return_annotation]
    call.__name__ = method.__name__
    call.__doc__ = inspect.getdoc(method)
    call.__signature__ = inspect.Signature([*own, *context], return_annotation=answer)
    return Tool.from_function(call, annotations=annotations)
