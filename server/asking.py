"""Ask the person through the client's own form, in both eras of the protocol, and wait without holding a thread.

Before 2026-07-28 the server sends the form in the middle of the call, and takes it back when the person has answered
elsewhere meanwhile. Since then a call ends with the form, and the client calls again with what was filled in; the
question's id travels in the state that the SDK seals, so each call finds the very question that it opened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import cast

import anyio
import anyio.to_thread
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.shared.exceptions import MCPError
from mcp_types import ElicitRequest, ElicitRequestedSchema, ElicitRequestFormParams, ElicitResult, InputRequiredResult
from mcp_types.version import is_version_at_least

from ..tools.hitl import POLL_S, HitlTools
from ..tools.hitl_checks import MOST_ANSWER, patience
from ..tools.hitl_text import outcome_text, question_text
from ..tools.models.hitl import HitlEvent, HitlReport

ROUNDS = "2026-07-28"  # the first version in which a form ends the call
KEY = "answer"  # of the form among what a call asks for
CLOSED = {"decline": "declined", "cancel": "cancelled"}


async def ask(tools: HitlTools, context: Context, arguments: Mapping[str, object]) -> HitlReport | InputRequiredResult:
    """Do what `hitl` was called for; an emit asks right here where the client has forms.

    A call that is cancelled leaves its question pending: any other way to answer it stays open.

    Raises:
        ToolsError: As `HitlTools.hitl`.
        ToolError: The client filled in something else than was asked.
    """
    if arguments["action"] == "wait":
        return await _wait(tools, arguments)
    rounds = is_version_at_least(context.protocol_version or "", ROUNDS) if context.protocol_version else False
    if rounds and context.request_state is not None:
        return await _second_round(tools, context, context.request_state)
    report = await _threaded(tools, arguments)
    if arguments["action"] != "emit" or not arguments["wait"] or not _has_forms(context, rounds):
        return report
    event = report.events[0]
    message = question_text(event, await anyio.to_thread.run_sync(tools.stakes, event.id))
    if rounds:
        form = ElicitRequestFormParams(message=message, requested_schema=_schema(event))
        return InputRequiredResult(
            input_requests={KEY: ElicitRequest(params=form)}, request_state=json.dumps({"hitl": event.id})
        )
    filled = await _form_or_elsewhere(tools, context, event, message)
    return await _kept(tools, event.id, filled)


async def _wait(tools: HitlTools, arguments: Mapping[str, object]) -> HitlReport:
    """Look again and again, so that a hundred waiting agents hold no threads and a cancelled one stops at once."""
    until = anyio.current_time() + patience(cast("float | None", arguments["timeout"]))
    while True:
        report = await _threaded(tools, {**arguments, "timeout": 0.0})
        left = until - anyio.current_time()
        if report.events[0].state != "pending" or left <= 0:
            return report
        await anyio.sleep(min(POLL_S, left))


async def _threaded(tools: HitlTools, arguments: Mapping[str, object]) -> HitlReport:
    return await anyio.to_thread.run_sync(lambda: tools.hitl(**arguments))  # type: ignore[arg-type]  # checked by the SDK


async def _second_round(tools: HitlTools, context: Context, state: str) -> HitlReport:
    """Take the form that came back; without one the question goes on waiting."""
    id_ = str(json.loads(state)["hitl"])
    filled = (context.input_responses or {}).get(KEY)
    return await _kept(tools, id_, filled if isinstance(filled, ElicitResult) else None)


async def _form_or_elsewhere(tools: HitlTools, context: Context, event: HitlEvent, message: str) -> ElicitResult | None:
    """Return what was filled in; None where the question was answered elsewhere, expired, or the form failed."""
    filled: list[ElicitResult] = []

    async def elsewhere() -> None:
        while True:
            await anyio.sleep(POLL_S)
            if (await anyio.to_thread.run_sync(tools.get, event.id)).state != "pending":
                return group.cancel_scope.cancel()

    async def form() -> None:
        with suppress(MCPError):  # the client cannot show it after all: the terminal and the page are left
            filled.append(await context.session.elicit_form(message, _schema(event), context.request_id))
        group.cancel_scope.cancel()

    try:
        async with anyio.create_task_group() as group:
            group.start_soon(elsewhere)
            group.start_soon(form)
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None  # as it was raised: the store was closed, say
    return filled[0] if filled else None


async def _kept(tools: HitlTools, id_: str, filled: ElicitResult | None) -> HitlReport:
    """Write down what was filled in, and report the answer that stands."""
    if filled is None:
        return await _threaded(tools, {"action": "wait", "id": id_, "timeout": 0.0})
    event = await anyio.to_thread.run_sync(tools.get, id_)
    if event.state in ("expired", "resolved"):
        return await _threaded(tools, {"action": "wait", "id": id_, "timeout": 0.0})
    said, comment = _said(event, filled)
    closed = CLOSED.get(filled.action)
    event, done, won = await anyio.to_thread.run_sync(
        lambda: tools.answer(id_, said, "form", comment=comment, closed=closed)
    )
    report = await _threaded(tools, {"action": "wait", "id": id_, "timeout": 0.0})
    late = [] if won else [f"the form came second; what stands is {outcome_text(event)}"]
    return report.model_copy(update={"action": "emit", "notes": [*report.notes, *done, *late]})


def _said(event: HitlEvent, filled: ElicitResult) -> tuple[str | None, str | None]:
    """Return the answer and the comment in a form.

    Raises:
        ToolError: The form holds no answer, or one that was not among the options.
    """
    if filled.action != "accept":
        return None, None
    content = filled.content or {}
    said, comment = content.get("answer"), content.get("comment")
    if not isinstance(said, str) or (event.options and said not in event.options):
        wanted = f"one of: {', '.join(event.options)}" if event.options else "a text"
        raise ToolError(f"the form for {event.id} came back without a usable answer ({wanted}); it is still pending")
    return said, comment if isinstance(comment, str) else None


def _schema(event: HitlEvent) -> ElicitRequestedSchema:
    """Return what the form asks for: one of the options and a comment, or a text."""
    answer: dict[str, object] = {"type": "string", "title": "Answer", "maxLength": MOST_ANSWER}
    properties: dict[str, object] = {KEY: answer}
    if event.options:
        properties[KEY] = {"type": "string", "title": "Answer", "enum": list(event.options)}
        properties["comment"] = {"type": "string", "title": "Comment", "maxLength": MOST_ANSWER}
    return {"type": "object", "properties": properties, "required": [KEY]}


def _has_forms(context: Context, rounds: bool) -> bool:
    """Whether the client said that it shows forms; before modes existed it said so without naming one."""
    capabilities = context.client_capabilities
    elicitation = capabilities.elicitation if capabilities is not None else None
    if elicitation is None or (elicitation.form is None and elicitation.url is not None):
        return False
    return rounds or context.session.can_send_request
