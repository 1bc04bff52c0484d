"""The tools that look inside, through the official client."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp_types import CallToolResult

from cistron.genome.records import Identity
from cistron.server.app import build
from cistron.tools.caller import Caller, acting
from cistron.tools.metering import Weight
from cistron.tools.metrics import MetricsTools
from cistron.tools.services import Services

pytestmark = pytest.mark.anyio

Opening = Callable[[], Services]
WAIT_S = 30


def text_of(result: CallToolResult) -> str:
    return getattr(result.content[0], "text", "")


async def answer(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, text_of(result)
    assert result.structured_content is not None
    return result.structured_content


async def first_item(client: Client, query: str = "parse_line") -> dict[str, Any]:
    return (await answer(client, "context_packet", query=query))["items"][0]


async def test_a_chunk_is_the_text_that_stands_there_now_with_its_proof(opening: Opening, tree: Path) -> None:
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening, tools="full")) as client:
            item = await first_item(client)
            before = await answer(client, "chunk_get", id=item["id"])
            source = (tree / "src" / "parser.py").read_text()
            (tree / "src" / "parser.py").write_text("import os\n\n" + source.replace("line.split()", "line.split(',')"))
            after = await answer(client, "chunk_get", id=item["id"])
    assert before["status"] == "verified"
    assert "return line.split()" in before["text"]
    assert after["status"] == "needs_refresh"
    assert "return line.split(',')" in after["text"]
    lines = (tree / "src" / "parser.py").read_text().split("\n")[after["start_line"] - 1 : after["end_line"]]
    assert after["text"] == "\n".join(lines)


async def test_a_chunk_of_a_file_that_is_gone_has_no_text(opening: Opening, tree: Path) -> None:
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening, tools="full")) as client:
            item = await first_item(client)
            (tree / "src" / "parser.py").unlink()
            gone = await answer(client, "chunk_get", id=item["id"])
    assert (gone["status"], gone["evidence"]["rung"], gone["text"]) == ("needs_refresh", "gone", "")


async def test_a_chunk_holds_no_secret_and_is_handed_out_in_pieces(opening: Opening, tree: Path) -> None:
    secret = "hunter2-Xy7-Qz9w8"
    (tree / "settings.toml").write_text(f'[server]\npassword = "{secret}"\n' + "# a remark\n" * 100)
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening, tools="full")) as client:
            await first_item(client)
            pieces = [await answer(client, "chunk_get", id="settings.toml", max_chars=400)]
            while pieces[-1]["next_cursor"] is not None:
                pieces.append(
                    await answer(
                        client, "chunk_get", id="settings.toml", max_chars=400, cursor=pieces[-1]["next_cursor"]
                    )
                )
    whole = "".join(piece["text"] for piece in pieces)
    assert len(pieces) > 1
    assert all(len(piece["text"]) <= 400 for piece in pieces)
    assert secret not in whole
    assert whole.startswith('[server]\npassword = "[redacted]"')
    assert whole.count("# a remark") == 100


@pytest.mark.parametrize("tool", ["chunk_get", "neighbors"])
@pytest.mark.parametrize("path", ["../secret.txt", "/etc/passwd", "src/../../secret.txt"])
async def test_no_text_from_outside_the_roots_is_handed_out(
    opening: Opening, tmp_path: Path, tool: str, path: str
) -> None:
    (tmp_path / "secret.txt").write_text("unheard-of-word\n")
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening, tools="full")) as client:
            result = await client.call_tool(tool, {"id": path})
    assert result.is_error
    assert "outside the roots" in text_of(result)
    assert "unheard-of-word" not in text_of(result)


async def test_neighbors_of_a_place_are_near_in_meaning_or_were_used_with_it(opening: Opening, tree: Path) -> None:
    (tree / "src" / "split.py").write_text(
        'def split_line(line):\n    """Split a line into its words."""\n    return 1\n'
    )
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening, tools="full")) as client:
            item = await first_item(client)
            await answer(client, "verify", targets=[], used=["src/parser.py", "settings.toml"])
            found = []
            while not any(one["by"] == "vector" for one in found):  # vectors are made in the background
                found = (await answer(client, "neighbors", id=item["id"]))["neighbors"]
                await anyio.sleep(0.01)
            links = (await answer(client, "neighbors", id="src/parser.py"))["neighbors"]
    assert found[0]["symbol"] == "split_line"
    assert found[0]["status"] == "verified"
    assert item["id"] not in [one["target"] for one in found]
    assert [one["path"] for one in links if one["by"] == "link"] == ["settings.toml"]


async def test_without_vectors_or_roots_the_tools_say_so(tree: Path, tmp_path: Path) -> None:
    with anyio.fail_after(WAIT_S):
        async with Client(build(lambda: Services(tmp_path / "a.db", [tree], vectors=False), tools="full")) as client:
            off = await answer(client, "neighbors", query="split a line")
        async with Client(build(lambda: Services(tmp_path / "b.db"), tools="full")) as client:
            empty = await answer(client, "fingerprint", query="split a line")
            health = await answer(client, "health")
            place = await client.call_tool("chunk_get", {"id": "src/parser.py"})
    assert off["notes"] == ["vectors are off here"]
    assert empty["evaluated_total"] == 0
    assert [one["name"] for one in health["findings"] if not one["ok"]] == ["roots"]
    assert place.is_error


async def test_a_fingerprint_accounts_for_every_place_that_was_ranked(opening: Opening, tree: Path) -> None:
    for number in range(30):
        (tree / "src" / f"part_{number}.py").write_text(f"def parse_part_{number}(line):\n    return line\n")
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening, tools="full")) as client:
            whole = await answer(client, "fingerprint", query="parse line", max_results=200)
            floored = await answer(client, "fingerprint", query="parse line", max_results=5, score_floor=0.5)
            pages: list[dict[str, Any]] = []
            cursor: int | None = 0
            while cursor is not None:
                pages.append(await answer(client, "fingerprint", query="parse line", max_results=7, cursor=cursor))
                cursor = pages[-1]["next_cursor"]
    assert whole["evaluated_total"] == whole["returned"] == len(whole["prints"]) > 10
    assert floored["evaluated_total"] == floored["above_floor_total"] + floored["filtered_by_floor"]
    assert floored["above_floor_total"] == floored["returned"] + floored["truncated_by_cap"]
    assert all(one["score"] >= 0.5 for one in floored["prints"])
    assert [one["id"] for page in pages for one in page["prints"]] == [one["id"] for one in whole["prints"]]


async def test_tokens_are_counted_by_tool_and_outlive_the_server(opening: Opening) -> None:
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening, tools="full")) as client:
            result = await client.call_tool("context_packet", {"query": "parse_line"})
            first = await answer(client, "metrics_tokens")
        async with Client(build(opening, tools="full")) as client:
            await client.call_tool("context_packet", {"query": "parse_line"})
            second = await answer(client, "metrics_tokens")
    (spent,) = first["session"]
    assert (spent["tool"], spent["calls"], spent["text_bytes"]) == ("context_packet", 1, len(text_of(result).encode()))
    assert second["process"][0]["calls"] == 1
    lifetime = {one["tool"]: one["calls"] for one in second["lifetime"]}
    assert lifetime == {"context_packet": 2, "metrics_tokens": 1}


async def test_a_party_is_told_of_its_own_tokens_alone(opening: Opening) -> None:
    services = opening()
    try:
        weight = Weight(100, 200, 100)
        services.meter.add("verify", Caller(Identity(party="laptop"), "s-1"), weight)
        services.meter.add("verify", Caller(Identity(party="laptop"), "s-2"), weight)
        services.meter.add("verify", Caller(Identity(party="desktop"), "s-1"), weight)
        with acting(Caller(Identity(party="laptop"), "s-1")):
            found = MetricsTools(services).metrics_tokens()
    finally:
        services.close()
    assert [one.calls for part in (found.session, found.process, found.lifetime) for one in part] == [1, 2, 2]


async def test_health_names_what_is_off(opening: Opening, tree: Path) -> None:
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening, tools="full")) as client:
            await first_item(client)
            good = await answer(client, "health")
            await anyio.Path(tree).rename(tree.with_name("elsewhere"))
            bad = await answer(client, "health")
    assert good["status"] == "ok"
    assert bad["status"] == "degraded"
    assert [one["name"] for one in bad["findings"] if not one["ok"]] == ["root project"]


async def test_bridge_status_counts_the_processes_on_the_store(opening: Opening, tmp_path: Path) -> None:
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening, tools="full")) as client:
            await first_item(client)
            status = await answer(client, "bridge_status")
    assert status["process"] == os.getpid()
    if status["processes"] is not None:  # systems without a table of locks do not tell
        assert os.getpid() in status["processes"]
    assert status["sessions_here"] == 1
    assert status["is_indexing"] is False
