"""Which methods are tools, what is true of each, and the one wrapper that turns a method into a tool.

Importing this module imports everything a tool needs, so the server does it after it has greeted the client.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Literal, TypeVar

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.tools import Tool
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel

from ..tools.agent_state import AgentTools
from ..tools.agent_text import agent_text, flags_text
from ..tools.flags import FlagTools
from ..tools.ingest import IngestTools, Progress
from ..tools.models.work import IngestReport
from ..tools.notes import NotesTools
from ..tools.packet import PacketTools
from ..tools.refresh import RefreshTools
from ..tools.resonance import ResonanceTools
from ..tools.services import Services
from ..tools.stats import StatsTools
from ..tools.text import ingest_text, packet_text, plan_text, remember_text, resonance_text, stats_text, verify_text
from ..tools.verify import VerifyTools
from .boundary import boundary
from .passphrase import from_environment
from .progress import run_reporting
from .schemas import slim_input, slim_output

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
    ]
    if which == "full":
        agents = AgentTools(services, from_environment)
        tools.append(_tool(agents.agent_state, agent_text, WRITES_NOTES))
        tools.append(_tool(FlagTools(services).flag, flags_text, WRITES_NOTES))
        tools.append(_tool(StatsTools(services).stats, stats_text, READS))
    for tool in tools:
        tool.parameters = slim_input(tool.parameters)
        full = tool.fn_metadata.output_schema if tool.name == "context_packet" else None
        tool.fn_metadata.output_schema = None if full is None else slim_output(full)  # the contract; others are small
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


def _result(answer: BaseModel, text: str) -> CallToolResult:
    """Give an answer in both its forms."""
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=answer.model_dump(mode="json")
    )


def _described(call: Callable[..., object], method: Callable[..., BaseModel], annotations: ToolAnnotations) -> Tool:
    """Give the wrapper the method's name, description, arguments and the schema of its answer."""
    signature = inspect.signature(method, eval_str=True)
    context = [inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=Context)]
    own = [given for given in signature.parameters.values() if given.kind is not inspect.Parameter.KEYWORD_ONLY]
    answer = Annotated[CallToolResult, signature.return_annotation]
    call.__name__ = method.__name__
    call.__doc__ = inspect.getdoc(method)
    extra = context if inspect.iscoroutinefunction(call) else []
    call.__signature__ = inspect.Signature([*own, *extra], return_annotation=answer)
    return Tool.from_function(call, annotations=annotations)
