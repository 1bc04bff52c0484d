"""Resources, prompts and completions, through the official client."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import PromptReference, ResourceTemplateReference

from cistron.genome.records import Identity
from cistron.server.app import build
from cistron.tools.caller import Caller, acting
from cistron.tools.errors import UsageError
from cistron.tools.packet import PacketTools
from cistron.tools.reread import packet_now
from cistron.tools.services import Services

pytestmark = pytest.mark.anyio

Opening = Callable[[], Services]
MODES = ["legacy", "2026-07-28"]
WAIT_S = 30
PACKET = "cistron/packet"


async def packet_address(client: Client) -> str:
    result = await client.call_tool("context_packet", {"query": "parse_line"})
    assert result.meta is not None
    return result.meta[PACKET]


def text_of(result: Any) -> str:
    return result.contents[0].text


@pytest.mark.parametrize("mode", MODES)
async def test_lists_are_the_same_each_time(opening: Opening, mode: str) -> None:
    async with Client(build(opening), mode=mode) as client:
        for _ in range(2):
            resources = await client.list_resources()
            templates = await client.list_resource_templates()
            prompts = await client.list_prompts()
            assert [str(one.uri) for one in resources.resources] == ["cistron://stats"]
            addresses = [one.uri_template for one in templates.resource_templates]
            assert addresses == ["cistron://packet/{id}", "cistron://place/{id}"]
            assert [one.name for one in prompts.prompts] == ["brief-me", "before-edit", "resume"]


async def test_a_packet_is_read_again_with_every_item_proven_anew(opening: Opening, tree: Path) -> None:
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening), cache=None) as client:
            address = await packet_address(client)
            before = await client.read_resource(address)
            (tree / "src" / "parser.py").write_text("# nothing left\n")
            after = await client.read_resource(address)
    assert json.loads(text_of(before))["items"][0]["status"] == "verified"
    assert before.ttl_ms > 0
    assert json.loads(text_of(after))["items"][0]["status"] == "needs_refresh"
    assert after.ttl_ms == 0


async def test_the_same_question_has_the_same_address_in_one_session_and_another_in_the_next(opening: Opening) -> None:
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening)) as client:
            await packet_address(client)
            here = [await packet_address(client), await packet_address(client)]
        async with Client(build(opening)) as client:
            await packet_address(client)
            there = await packet_address(client)
    assert here[0] == here[1] != there


async def test_a_packet_is_read_again_only_by_the_device_that_it_was_given_to(opening: Opening) -> None:
    services = opening()
    try:
        packet = PacketTools(services).context_packet("parse_line")
        id_ = services.packets.keep(packet, Caller(Identity(party="laptop"), "s-1"))
        for identity, is_theirs in (
            (Identity(party="laptop", agent="another"), True),
            (Identity(party="desktop"), False),
            (Identity(org="others", party="laptop"), False),
        ):
            with acting(Caller(identity, "s-2")):
                if is_theirs:
                    assert packet_now(services, id_)[0].query == "parse_line"
                else:
                    with pytest.raises(UsageError, match="no packet"):
                        packet_now(services, id_)
    finally:
        services.close()


async def test_a_place_is_read_with_its_proof_and_a_time_to_live(opening: Opening) -> None:
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening)) as client:
            item = (await client.call_tool("context_packet", {"query": "parse_line"})).structured_content["items"][0]  # type: ignore[index]
            read = await client.read_resource(f"cistron://place/{item['id']}")
            stats = await client.read_resource("cistron://stats")
    assert text_of(read).startswith("verified [bytes] src/parser.py:4-")
    assert "return line.split()" in text_of(read)
    assert (read.ttl_ms, read.cache_scope) == (1_000, "private")
    assert json.loads(text_of(stats))["files"] >= 3


@pytest.mark.parametrize(
    "address",
    [
        "cistron://packet/0123456789abcdef",
        "cistron://place/ff.ff.ff",
        "cistron://place/..%2F..%2Fetc%2Fpasswd",
        "cistron://nothing",
        "file:///etc/passwd",
        "cistron://place/%00",
    ],
)
async def test_a_resource_that_is_not_there_is_an_error_that_says_so(opening: Opening, address: str) -> None:
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening)) as client:
            with pytest.raises(MCPError) as raised:
                await client.read_resource(address)
    assert raised.value.code == -32602
    assert len(str(raised.value)) < 300
    assert "Traceback" not in str(raised.value)


@pytest.mark.parametrize("mode", MODES)
async def test_prompts_hand_over_what_is_true_now(opening: Opening, tree: Path, mode: str) -> None:
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening), mode=mode) as client:
            await client.call_tool("context_packet", {"query": "parse_line"})
            brief = await client.get_prompt("brief-me", {"topic": "parse_line"})
            edit = await client.get_prompt("before-edit", {"path": "src/parser.py", "symbol": "parse_line"})
            (tree / "src" / "parser.py").write_text("# nothing left\n")
            resume = await client.get_prompt("resume", {})
    texts = [getattr(prompt.messages[0].content, "text", "") for prompt in (brief, edit, resume)]
    assert "src/parser.py:4-" in texts[0]
    assert "verified [bytes] src/parser.py::parse_line" in texts[1]
    assert "needs_refresh" in texts[2]
    assert "src/parser.py::parse_line" in texts[2]


async def test_a_prompt_without_its_argument_names_it(opening: Opening) -> None:
    async with Client(build(opening)) as client:
        with pytest.raises(MCPError, match="'path'"):
            await client.get_prompt("before-edit", {})
        with pytest.raises(MCPError, match="brief-me, before-edit, resume"):
            await client.get_prompt("nothing", {})


async def test_paths_and_symbols_are_completed_in_order_and_within_a_bound(opening: Opening, tree: Path) -> None:
    for number in range(150):
        (tree / "src" / f"part_{number:03}.py").write_text(f"def make_part_{number:03}():\n    return {number}\n")
    edit = PromptReference(name="before-edit")

    async def completed(client: Client, name: str, value: str, **resolved: str) -> tuple[list[str], bool | None]:
        result = await client.complete(edit, {"name": name, "value": value}, context_arguments=resolved or None)
        return result.completion.values, result.completion.has_more

    with anyio.fail_after(WAIT_S):
        async with Client(build(opening)) as client:
            await client.call_tool("ingest", {"path": "."})
            paths, more = await completed(client, "path", "src/p")
            by_name, _ = await completed(client, "path", "Parser")
            nothing, _ = await completed(client, "path", "../")
            symbols, _ = await completed(client, "symbol", "Reader.re")
            of_file, _ = await completed(client, "symbol", "", path="src/part_003.py")
            template = await client.complete(
                ResourceTemplateReference(uri="cistron://place/{id}"), {"name": "id", "value": "1"}
            )
    assert (paths[:2], len(paths), more) == (["src/parser.py", "src/part_000.py"], 100, True)
    assert by_name == ["src/parser.py"]
    assert nothing == []
    assert symbols == ["Reader.read_all"]
    assert of_file == ["make_part_003"]
    assert template.completion.values == []


@pytest.mark.anyio
async def test_lists_may_be_kept_by_the_client_that_asked_for_five_minutes(opening: Opening) -> None:
    async with Client(build(opening), mode="2026-07-28") as client:
        lists = [await client.list_tools(), await client.list_prompts(), await client.list_resources()]
        lists.append(await client.list_resource_templates())
    assert {(each.ttl_ms, each.cache_scope) for each in lists} == {(300_000, "private")}
