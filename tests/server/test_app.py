"""The MCP server, through the official client, in memory."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp_types import CallToolResult

from cistron.server.app import INSTRUCTIONS, build
from cistron.tools.services import Services

pytestmark = pytest.mark.anyio

Opening = Callable[[], Services]
MODES = ["legacy", "auto", "2026-07-28"]
WAIT_S = 30  # the first call imports grammars, which takes a while on a loaded machine


def text_of(result: CallToolResult) -> str:
    assert len(result.content) == 1
    return getattr(result.content[0], "text", "")


async def listed(opening: Opening, **options: Any) -> list[dict[str, Any]]:
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening, **options)) as client:
            tools = (await client.list_tools()).tools
    return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]


async def call(opening: Opening, tool: str, arguments: dict[str, Any]) -> CallToolResult:
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening)) as client:
            return await client.call_tool(tool, arguments)


INTROSPECTION = [
    *("chunk_get", "neighbors", "fingerprint", "explain", "why", "forget", "agent_state", "flag"),
    *("stats", "metrics_tokens", "health", "bridge_status"),
]


async def test_the_default_set_is_eight_tools_and_full_adds_those_that_look_inside(opening: Opening) -> None:
    default = [tool["name"] for tool in await listed(opening)]
    full = [tool["name"] for tool in await listed(opening, tools="full")]
    asking = ["context_packet", "refresh_targets", "ingest", "verify"]
    assert default == [*asking, "remember", "resonance", "session", "hitl"]
    assert full == [*default, *INTROSPECTION]


async def test_the_list_of_tools_costs_a_session_at_most_six_kilobytes(opening: Opening) -> None:
    tools = await listed(opening)
    size = len(json.dumps(tools, separators=(",", ":"), ensure_ascii=False).encode())
    assert size <= 6_000, {tool["name"]: len(json.dumps(tool, separators=(",", ":"))) for tool in tools}


async def test_hosts_are_told_to_load_the_question_tool_first_and_what_the_others_are_for(opening: Opening) -> None:
    hints = {tool["name"]: tool.get("_meta", {}) for tool in await listed(opening, tools="full")}
    assert [name for name, hint in hints.items() if hint.get("anthropic/alwaysLoad")] == ["context_packet"]
    assert {name for name, hint in hints.items() if "anthropic/searchHint" in hint} == {
        *("refresh_targets", "resonance", "session", "hitl"),
    }
    assert hints["chunk_get"]["anthropic/maxResultSizeChars"] >= 40_000


async def test_descriptions_have_fewer_than_sixty_words_and_no_schema_of_an_answer_is_paid_for(
    opening: Opening,
) -> None:
    for tool in await listed(opening, tools="full"):
        assert 5 < len(tool["description"].split()) < 60, tool["name"]
        assert "outputSchema" not in tool
        assert "title" not in tool["inputSchema"]


async def test_the_tools_that_write_say_so_and_none_leaves_the_machine(opening: Opening) -> None:
    annotations = {tool["name"]: tool["annotations"] for tool in await listed(opening, tools="full")}
    writing = {"ingest", "remember", "session", "hitl", "forget", "agent_state", "flag"}
    assert {name for name, hints in annotations.items() if not hints["readOnlyHint"]} == writing
    assert [name for name in writing if annotations[name]["destructiveHint"]] == ["forget"]
    assert not any(hints["openWorldHint"] for hints in annotations.values())


async def test_task_types_are_named_in_the_listed_arguments(opening: Opening) -> None:
    packet = (await listed(opening))[0]
    assert "debug" in json.dumps(packet["inputSchema"]["properties"]["task_type"])
    assert packet["inputSchema"]["required"] == ["query"]


def test_instructions_name_the_tools_and_stay_below_two_kilobytes() -> None:
    assert len(INSTRUCTIONS.encode()) < 2_000
    tools = ("context_packet", "refresh_targets", "verify", "ingest", "remember", "session", "hitl")
    assert all(tool in INSTRUCTIONS for tool in tools)
    assert INSTRUCTIONS.index("Before you grep") < INSTRUCTIONS.index("Before you edit")


@pytest.mark.parametrize("mode", MODES)
async def test_a_question_is_answered_in_both_forms_under_every_protocol(opening: Opening, mode: str) -> None:
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening), mode=mode) as client:
            result = await client.call_tool("context_packet", {"query": "parse_line"})
    packet = result.structured_content
    assert packet is not None
    assert packet["items"][0]["path"] == "src/parser.py"
    assert packet["items"][0]["status"] == "verified"
    assert "verified" in text_of(result)
    assert "src/parser.py:4-" in text_of(result)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param({"query": 5}, "query: input should be a valid string, got 5", id="a number"),
        pytest.param({"query": None}, "query: input should be a valid string, got None", id="null"),
        pytest.param({}, "query: field required", id="missing"),
        pytest.param({"query": "  "}, "query is empty", id="blank"),
        pytest.param({"query": "x", "task_type": "fix"}, "edit, debug", id="unknown task type"),
        pytest.param(
            {"query": "x", "limit": 3}, "no argument 'limit'; its arguments are query,", id="unknown argument"
        ),
        pytest.param({"query": "x", "max_items": 0}, "max_items: ", id="out of range"),
        pytest.param({"query": "x", "roots": ["nowhere"]}, "'nowhere'", id="unknown root"),
    ],
)
async def test_bad_arguments_are_answered_with_what_to_do(
    opening: Opening, arguments: dict[str, Any], said: str
) -> None:
    result = await call(opening, "context_packet", arguments)
    assert result.is_error
    assert said in text_of(result)
    assert "pydantic" not in text_of(result)
    assert len(text_of(result)) < 300


async def test_a_huge_argument_is_not_repeated_back(opening: Opening) -> None:
    result = await call(opening, "context_packet", {"query": ["x" * 100_000]})
    assert result.is_error
    assert len(text_of(result)) < 200


async def test_a_path_outside_the_roots_is_refused_and_nothing_of_it_is_read(opening: Opening, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("unheard-of-word")
    for path in (str(secret), "../secret.txt", "~/.ssh"):
        result = await call(opening, "ingest", {"path": path})
        assert result.is_error
        assert "outside" in text_of(result)
    asked = await call(opening, "context_packet", {"query": "unheard-of-word"})
    assert asked.structured_content is not None
    assert asked.structured_content["known"] == "no"


async def test_an_unknown_tool_is_answered_with_the_tools_there_are(opening: Opening) -> None:
    result = await call(opening, "search", {})
    assert result.is_error
    assert "context_packet" in text_of(result)


@pytest.mark.parametrize("mode", MODES)
async def test_ingest_says_how_far_it_is(opening: Opening, tree: Path, mode: str) -> None:
    seen: list[tuple[float, float | None]] = []

    async def note(done: float, total: float | None, message: str | None) -> None:
        seen.append((done, total))

    with anyio.fail_after(WAIT_S):
        async with Client(build(opening), mode=mode) as client:
            result = await client.call_tool("ingest", {"path": str(tree)}, progress_callback=note)
    assert result.structured_content is not None
    assert result.structured_content["state"] == "done"
    assert seen
    assert seen[-1][0] == seen[-1][1]


async def test_a_bug_is_logged_and_its_text_stays_on_the_server(caplog: pytest.LogCaptureFixture) -> None:
    def opening() -> Services:
        raise RuntimeError("the database password is swordfish")

    result = await call(opening, "context_packet", {"query": "x"})
    assert result.is_error
    assert "swordfish" not in text_of(result)
    assert "swordfish" in caplog.text


async def test_a_request_is_one_log_line_with_counts_and_without_the_question(
    opening: Opening, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="cistron.server"):
        await call(opening, "context_packet", {"query": "parse_line swordfish"})
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("cistron.server")]
    assert len(ours) == 1
    assert ours[0].startswith("context_packet items=")
    assert ours[0].endswith(" ms")
    assert "swordfish" not in caplog.text


async def test_without_a_root_a_question_says_what_a_person_has_to_do(tmp_path: Path) -> None:
    result = await call(lambda: Services(tmp_path / "genome.db"), "context_packet", {"query": "anything"})
    assert result.structured_content is not None
    assert result.structured_content["known"] == "no"
    assert result.structured_content["reason"] == "outside_roots"
    assert "cistron ingest" in text_of(result)


async def test_an_unusable_store_is_one_clear_line_and_not_a_crash(tree: Path, tmp_path: Path) -> None:
    store = tmp_path / "genome.db"
    store.write_bytes(b"this is no database" * 100)
    result = await call(lambda: Services(store, [tree]), "context_packet", {"query": "x"})
    assert result.is_error
    assert "genome.db" in text_of(result)
    assert "\n" not in text_of(result)
    assert store.read_bytes() == b"this is no database" * 100


@pytest.mark.parametrize(
    "query", ["🦘 parse_line 🦘", "parse_line\n\n\tparse_line", "a" * 50_000, "'; drop table", "AND OR NOT"]
)
async def test_an_odd_question_is_a_question(opening: Opening, query: str) -> None:
    result = await call(opening, "context_packet", {"query": query, "max_tokens": 200})
    assert not result.is_error
    assert len(text_of(result)) <= 4 * 200


async def test_a_question_of_a_megabyte_is_refused_in_a_line(opening: Opening) -> None:
    result = await call(opening, "context_packet", {"query": "word " * 200_000})
    assert result.is_error
    assert len(text_of(result)) < 300


@pytest.mark.parametrize("mode", MODES)
async def test_a_cancelled_ingest_ends_and_the_server_goes_on(
    opening: Opening, tree: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cistron.server.progress.REPORT_EVERY_S", 0.001)  # the first report comes long before the end
    for number in range(600):
        (tree / "src" / f"module_{number}.py").write_text(f"def function_{number}():\n    return {number}\n\n\n" * 30)

    with anyio.fail_after(WAIT_S):
        async with Client(build(opening), mode=mode) as client:
            with anyio.CancelScope() as call_scope:

                async def give_up(done: float, total: float | None, message: str | None) -> None:
                    call_scope.cancel()

                await client.call_tool("ingest", {"path": str(tree)}, progress_callback=give_up)
            result = await client.call_tool("verify", {"targets": ["src/parser.py"]})
    assert call_scope.cancelled_caught
    assert not result.is_error
