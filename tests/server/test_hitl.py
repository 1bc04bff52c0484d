"""Asking a person through the protocol: the client's own form in both eras, and what happens without one."""

import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, ElicitResult, ErrorData

from cistron.server.app import build
from cistron.tools.hitl import HitlTools
from cistron.tools.services import Services

pytestmark = pytest.mark.anyio

Opening = Callable[[], Services]
Person = Callable[[Any, Any], Awaitable[ElicitResult | ErrorData]]
MODES = ["auto", "legacy"]
WAIT_S = 60
ASKED = {"action": "emit", "question": "May I delete the cache?", "pause_type": "permission_request"}

ANSWER = """
import sys
from pathlib import Path
from cistron.tools.hitl import HitlTools
from cistron.tools.services import Services
services = Services(Path(sys.argv[1]), [], vectors=False)
HitlTools(services).answer(sys.argv[2], sys.argv[3], "terminal")
services.close()
"""


def saying(action: Any, content: dict[str, Any] | None = None) -> tuple[Person, list[Any]]:
    """A client's form that a person fills in at once, and the forms that it showed."""
    shown: list[Any] = []

    async def person(_: Any, form: Any) -> ElicitResult:
        shown.append(form)
        return ElicitResult(action=action, content=content)

    return person, shown


def event_of(result: CallToolResult) -> dict[str, Any]:
    assert not result.is_error, result.content
    assert result.structured_content is not None
    return result.structured_content["events"][0]


def text_of(result: CallToolResult) -> str:
    return getattr(result.content[0], "text", "")


async def call(opening: Opening, arguments: dict[str, Any], mode: str, person: Person | None) -> CallToolResult:
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening), mode=mode, elicitation_callback=person) as client:
            return await client.call_tool("hitl", arguments)


def answer_elsewhere(store: Path, id_: str, text: str) -> None:
    subprocess.run([sys.executable, "-c", ANSWER, str(store), id_, text], check=True, timeout=WAIT_S)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "genome.db"


@pytest.mark.parametrize("mode", MODES)
async def test_a_form_opens_in_the_client_and_its_answer_is_kept(opening: Opening, mode: str) -> None:
    person, shown = saying("accept", {"answer": "yes", "comment": "only today"})
    result = await call(opening, {**ASKED, "context": "it is full"}, mode, person)
    event = event_of(result)
    assert (event["id"], event["state"]) == ("h1", "answered")
    assert (event["answer"]["text"], event["answer"]["comment"]) == ("yes", "only today")
    assert (event["answer"]["through"], event["answer"]["by"], event["answer"]["sense"]) == ("form", "local", "yes")
    (form,) = shown
    assert form.message.splitlines() == [
        "h1 local/mcp asks [permission_request; risk: delete; uncertain]",
        "  | May I delete the cache?",
        "context:",
        "  | it is full",
    ]
    assert form.requested_schema["properties"]["answer"]["enum"] == ["yes", "no"]
    assert text_of(result).startswith('h1 answered "yes", saying "only today" by local (form) after')


@pytest.mark.parametrize("mode", MODES)
async def test_the_same_question_twice_is_two_questions_with_an_answer_each(opening: Opening, mode: str) -> None:
    answers = iter(["first", "second"])

    async def person(_: Any, form: Any) -> ElicitResult:
        return ElicitResult(action="accept", content={"answer": next(answers)})

    asked = {"action": "emit", "question": "Which colour?"}
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening), mode=mode, elicitation_callback=person) as client:
            events = [event_of(await client.call_tool("hitl", asked)) for _ in range(2)]
    assert [(event["id"], event["answer"]["text"]) for event in events] == [("h1", "first"), ("h2", "second")]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("action", "state"), [("decline", "declined"), ("cancel", "cancelled")])
async def test_a_form_that_is_closed_is_told_as_such_and_permits_nothing(
    opening: Opening, mode: str, action: str, state: str
) -> None:
    person, _ = saying(action)
    result = await call(opening, ASKED, mode, person)
    assert event_of(result)["state"] == state
    assert f"the person {state} the question: that is no permission" in text_of(result)


@pytest.mark.parametrize("mode", MODES)
async def test_a_client_without_forms_hears_how_the_answer_will_come(opening: Opening, mode: str) -> None:
    result = await call(opening, ASKED, mode, None)
    assert event_of(result)["state"] == "pending"
    assert "call hitl(action='wait', id='h1')" in text_of(result)
    assert "cistron hitl answer h1" in text_of(result)


@pytest.mark.parametrize("mode", MODES)
async def test_no_form_opens_where_the_agent_does_not_want_to_wait(opening: Opening, mode: str) -> None:
    person, shown = saying("accept", {"answer": "yes"})
    assert event_of(await call(opening, {**ASKED, "wait": False}, mode, person))["state"] == "pending"
    assert shown == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("content", [{"answer": "perhaps"}, {"answer": 7}, {}, None])
async def test_a_form_that_comes_back_wrong_leaves_the_question_pending(
    opening: Opening, mode: str, content: dict[str, Any] | None
) -> None:
    person, _ = saying("accept", content)
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening), mode=mode, elicitation_callback=person) as client:
            result = await client.call_tool("hitl", ASKED)
            state = event_of(await client.call_tool("hitl", {"action": "recent"}))["state"]
    assert result.is_error
    assert "the form for h1 came back without a usable answer (one of: yes, no)" in text_of(result)
    assert state == "pending"


async def test_a_form_that_the_client_cannot_show_after_all_leaves_the_question_pending(opening: Opening) -> None:
    async def person(_: Any, form: Any) -> ErrorData:
        return ErrorData(code=-32603, message="no screen")

    assert event_of(await call(opening, ASKED, "legacy", person))["state"] == "pending"


async def test_an_answer_in_the_terminal_takes_an_open_form_back(opening: Opening, store: Path) -> None:
    async def person(_: Any, form: Any) -> ElicitResult:
        await anyio.to_thread.run_sync(answer_elsewhere, store, "h1", "no")
        await anyio.sleep_forever()
        raise AssertionError

    event = event_of(await call(opening, ASKED, "legacy", person))
    assert (event["answer"]["text"], event["answer"]["through"]) == ("no", "terminal")


async def test_a_form_that_nobody_fills_in_ends_when_the_question_expires(opening: Opening) -> None:
    async def person(_: Any, form: Any) -> ElicitResult:
        await anyio.sleep_forever()
        raise AssertionError

    result = await call(opening, {**ASKED, "timeout": 1}, "legacy", person)
    assert event_of(result)["state"] == "expired"
    assert "nobody answered in time: that is no permission" in text_of(result)


async def test_a_form_that_comes_back_after_the_question_expired_permits_nothing(opening: Opening) -> None:
    async def person(_: Any, form: Any) -> ElicitResult:
        await anyio.sleep(1.1)
        return ElicitResult(action="accept", content={"answer": "yes"})

    result = await call(opening, {**ASKED, "timeout": 1}, "auto", person)
    assert (event_of(result)["state"], event_of(result)["answer"]) == ("expired", None)


async def test_a_call_that_is_given_up_with_its_form_open_leaves_the_question_pending(opening: Opening) -> None:
    opened = anyio.Event()

    async def person(_: Any, form: Any) -> ElicitResult:
        opened.set()
        await anyio.sleep_forever()
        raise AssertionError

    with anyio.fail_after(WAIT_S):
        async with Client(build(opening), mode="legacy", elicitation_callback=person) as client:
            async with anyio.create_task_group() as group:
                group.start_soon(client.call_tool, "hitl", ASKED)
                await opened.wait()
                group.cancel_scope.cancel()
            after = event_of(await client.call_tool("hitl", {"action": "recent"}))
    assert after["state"] == "pending"


async def test_a_form_that_comes_second_is_told_whose_answer_stands(opening: Opening, store: Path) -> None:
    async def person(_: Any, form: Any) -> ElicitResult:
        await anyio.to_thread.run_sync(answer_elsewhere, store, "h1", "no")
        return ElicitResult(action="accept", content={"answer": "yes"})

    result = await call(opening, ASKED, "auto", person)
    assert event_of(result)["answer"]["text"] == "no"
    assert 'the form came second; what stands is answered "no" by local (terminal)' in text_of(result)


@pytest.mark.parametrize("mode", MODES)
async def test_wait_returns_the_answer_of_another_process(opening: Opening, store: Path, mode: str) -> None:
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening), mode=mode) as client:
            await client.call_tool("hitl", ASKED)
            pending = await client.call_tool("hitl", {"action": "wait", "id": "h1", "timeout": 0})
            async with anyio.create_task_group() as group:
                group.start_soon(anyio.to_thread.run_sync, answer_elsewhere, store, "h1", "yes")
                answered = event_of(await client.call_tool("hitl", {"action": "wait", "id": "h1", "timeout": 50}))
    assert event_of(pending)["state"] == "pending"
    assert (answered["state"], answered["answer"]["text"]) == ("answered", "yes")


async def test_cancelling_a_wait_frees_the_server_and_keeps_the_question(opening: Opening) -> None:
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening)) as client:
            await client.call_tool("hitl", ASKED)
            async with anyio.create_task_group() as group:
                for _ in range(60):  # more than there are worker threads
                    group.start_soon(client.call_tool, "hitl", {"action": "wait", "id": "h1", "timeout": 50})
                await anyio.sleep(0.5)
                packet = await client.call_tool("context_packet", {"query": "parse_line"})
                group.cancel_scope.cancel()
            after = event_of(await client.call_tool("hitl", {"action": "wait", "id": "h1", "timeout": 0}))
    assert not packet.is_error
    assert after["state"] == "pending"


@pytest.mark.parametrize("mode", MODES)
async def test_a_notes_text_is_on_the_form_and_the_answer_judges_it(opening: Opening, mode: str) -> None:
    person, shown = saying("accept", {"answer": "No, that is wrong"})
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening), mode=mode, elicitation_callback=person) as client:
            await client.call_tool("remember", {"text": "The parser splits at commas."})
            asked = {"action": "emit", "pause_type": "uncertainty_check", "question": "Is n1 right?"}
            result = await client.call_tool("hitl", asked)
    assert 'a yes confirms and a no rejects the note n1 "The parser splits at commas."' in shown[0].message
    assert "note: n1 is rejected" in text_of(result)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param({"action": "ask"}, "action: input should be 'emit', 'recent' or 'wait', got 'ask'", id="action"),
        pytest.param({"action": "wait", "id": "h7"}, "no question h7", id="unknown"),
        pytest.param({"action": "wait", "id": "h7", "timeout": -1}, "timeout -1 is out of range", id="timeout"),
        pytest.param({"action": "emit", "question": "x" * (1 << 20)}, "1,048,576 characters", id="1 MB"),
        pytest.param({"action": "emit", "question": "a", "options": []}, "options has 0 entries", id="no options"),
        pytest.param({"action": "emit", "question": "a", "ask": 1}, "hitl has no argument 'ask'", id="argument"),
    ],
)
async def test_bad_arguments_are_answered_with_what_to_do(
    opening: Opening, arguments: dict[str, Any], said: str
) -> None:
    result = await call(opening, arguments, "auto", None)
    assert result.is_error
    assert said in text_of(result)
    assert len(text_of(result)) < 400


async def test_the_state_of_a_form_cannot_be_forged(opening: Opening) -> None:
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening)) as client:
            await client.call_tool("hitl", ASKED)
            filled = {"answer": ElicitResult(action="accept", content={"answer": "yes"})}
            with pytest.raises(MCPError):
                await client.call_tool("hitl", ASKED, input_responses=filled, request_state='{"hitl": "h1"}')
            after = event_of(await client.call_tool("hitl", {"action": "recent"}))
    assert after["state"] == "pending"


async def test_the_answer_in_tools_is_the_one_over_the_protocol(opening: Opening) -> None:
    person, _ = saying("accept", {"answer": "yes"})
    event = event_of(await call(opening, ASKED, "auto", person))
    services = opening()
    assert HitlTools(services).get("h1").model_dump(mode="json") == event
    services.close()
