"""The HTTP front as a process: every transport, who calls, calls that take long, and the end."""

import json
import signal
import stat
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.client.sse import sse_client

from tests.server.http_running import (
    MODES,
    OTHER,
    SERVE,
    TIMEOUT_S,
    TOKEN,
    Served,
    ask_over_unix,
    held,
    over_http,
    running,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and sockets differ")


async def who(served: Served, mode: str, token: str, name: str, wait_s: float = 0, **headers: str) -> dict[str, str]:
    async with held(token, **headers) as http, over_http(served.url, mode, http, name) as client:
        result = await client.call_tool("who", {"wait_s": wait_s})
    assert result.structured_content is not None
    return result.structured_content


@pytest.mark.anyio
async def test_the_served_tools_prove_pointers_over_every_transport(
    tree: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    uds = tmp_path / "s.sock"
    flags = ["--sse", "--socket", str(uds)]
    found: list[Any] = []
    with running([*SERVE, *flags], "/mcp", cwd=tree, env=environment) as served, anyio.fail_after(TIMEOUT_S):
        token = (await anyio.run_process([*SERVE[:3], "token"], cwd=tree, env=environment)).stdout.decode().strip()
        question = ("context_packet", {"query": "parse_line"})
        for mode in MODES:
            async with held(token) as http, over_http(served.url, mode, http) as client:
                found.append(await client.call_tool(*question))
        auth = {"Authorization": f"Bearer {token}"}
        for _ in range(2):  # the store must outlive the first connection
            async with Client(sse_client(served.url.replace("/mcp", "/sse"), headers=auth), mode="legacy") as client:
                found.append(await client.call_tool(*question))
        over_unix = await anyio.to_thread.run_sync(ask_over_unix, uds, *question)
        assert stat.S_IMODE(uds.stat().st_mode) == 0o600
        assert served.end() == 0
    packets = [*(result.structured_content for result in found), over_unix["result"]["structuredContent"]]
    assert [packet["items"][0]["status"] for packet in packets] == ["verified"] * 5
    assert not uds.exists()


@pytest.mark.anyio
@pytest.mark.parametrize("mode", MODES)
async def test_clients_at_the_same_time_are_different_agents_with_different_sessions(odd: Served, mode: str) -> None:
    found: dict[str, dict[str, str]] = {}

    async def ask(name: str, token: str, **headers: str) -> None:
        found[name] = await who(odd, mode, token, name, 0.3, **headers)

    with anyio.fail_after(TIMEOUT_S):
        async with anyio.create_task_group() as group:
            group.start_soon(ask, "claude-code", TOKEN)
            group.start_soon(ask, "zed", TOKEN)
            group.start_soon(ask, "token-of-cursor", OTHER)
    assert {name: seen["agent"] for name, seen in found.items()} == {
        "claude-code": "claude-code",
        "zed": "zed",
        "token-of-cursor": "cursor",
    }
    assert [found[name]["participant"] for name in ("zed", "token-of-cursor")] == ["owner", "bob"]
    assert [found[name]["party"] for name in ("zed", "token-of-cursor")] == ["host", "phone"]
    assert len({seen["session"] for seen in found.values()}) == 3


@pytest.mark.anyio
async def test_a_session_is_a_connection_in_the_handshake_era_and_a_client_in_the_stateless_one(odd: Served) -> None:
    with anyio.fail_after(TIMEOUT_S):
        legacy = [(await who(odd, "legacy", TOKEN, "zed"))["session"] for _ in range(2)]
        modern = [(await who(odd, "2026-07-28", TOKEN, "zed"))["session"] for _ in range(2)]
        other = (await who(odd, "2026-07-28", OTHER, "zed"))["session"]
    assert legacy[0] != legacy[1]
    assert modern[0] == modern[1]
    assert other != modern[0]


@pytest.mark.anyio
async def test_a_header_names_the_agent_and_the_human_unless_the_token_does(odd: Served) -> None:
    headers = {"Cistron-Agent": "reviewer", "Cistron-Participant": "ada"}
    with anyio.fail_after(TIMEOUT_S):
        free = await who(odd, "2026-07-28", TOKEN, "zed", **headers)
        bound = await who(odd, "2026-07-28", OTHER, "zed", **headers)
    assert (free["agent"], free["participant"]) == ("reviewer", "ada")
    assert (bound["agent"], bound["participant"]) == ("cursor", "bob")


@pytest.mark.anyio
async def test_a_session_cannot_be_used_with_another_token(odd: Served) -> None:
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "a", "version": "1"}}
    accept = {"Accept": "application/json, text/event-stream"}
    async with held(TOKEN, **accept) as http:
        begun = await http.post(odd.url, json={"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello})
    session = {"Mcp-Session-Id": begun.headers["mcp-session-id"], "Mcp-Protocol-Version": "2025-11-25"}
    for token, status in ((TOKEN, 200), (OTHER, 404)):
        async with held(token, **accept, **session) as http:
            answer = await http.post(odd.url, json={"jsonrpc": "2.0", "id": 2, "method": "tools/list"})
        assert answer.status_code == status


@pytest.mark.anyio
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("tool", ["nap", "wait"])
async def test_a_call_that_takes_too_long_is_an_error_and_the_next_one_is_answered(
    odd: Served, mode: str, tool: str
) -> None:
    with anyio.fail_after(TIMEOUT_S):
        async with held(TOKEN) as http, over_http(odd.url, mode, http) as client:
            begun = time.monotonic()
            late = await client.call_tool(tool, {"seconds": 3})
            took = time.monotonic() - begun
            good = await client.call_tool(tool, {"seconds": 0})
    assert late.is_error
    assert "took longer than 1 s" in json.dumps(late.model_dump(mode="json"))
    assert took < 2.5
    assert not good.is_error


@pytest.mark.anyio
async def test_calls_under_way_are_answered_before_the_server_ends_and_listeners_do_not_hold_it_up(
    odd_of_its_own: Callable[..., AbstractContextManager[Served]], tmp_path: Path
) -> None:
    uds = tmp_path / "s.sock"
    asked = anyio.Semaphore(0)
    with odd_of_its_own("--socket", str(uds)) as served, anyio.fail_after(TIMEOUT_S):
        sse = served.url.replace("/mcp", "/sse")

        async def nap(mode: str) -> None:
            async with held(TOKEN) as http:
                over_sse = Client(sse_client(sse, headers=dict(http.headers)), mode="legacy")
                async with over_sse if mode == "sse" else over_http(served.url, mode, http) as client:
                    await client.list_tools()  # which the client would do after the call, to check the answer
                    asked.release()
                    result = await client.call_tool("nap", {"seconds": 1.5})
                    assert not result.is_error
                    asked.release()

        async with held(TOKEN) as http, http.stream("GET", sse) as listening:
            assert listening.status_code == 200
            async with anyio.create_task_group() as group:
                for mode in (*MODES, "sse"):
                    group.start_soon(nap, mode)
                for _ in range(3):
                    await asked.acquire()
                await anyio.sleep(0.5)
                served.child.send_signal(signal.SIGTERM)
                for _ in range(3):
                    await asked.acquire()
                begun = time.monotonic()
                assert await anyio.to_thread.run_sync(served.child.wait, TIMEOUT_S) == 0
                assert time.monotonic() - begun < 4
        assert served.child.stdout is not None
        told = await anyio.to_thread.run_sync(served.child.stdout.read)
    assert "Traceback" not in told
    assert "abandoned" not in told
    assert not uds.exists()


@pytest.mark.anyio
async def test_a_call_that_does_not_end_is_told_so_and_abandoned_and_nothing_is_left(
    odd_of_its_own: Callable[..., AbstractContextManager[Served]], tmp_path: Path
) -> None:
    uds = tmp_path / "s.sock"
    with odd_of_its_own("--drain-s", "0.3", "--socket", str(uds)) as served, anyio.fail_after(TIMEOUT_S):

        async def nap() -> None:
            async with held(TOKEN) as http, over_http(served.url, "2026-07-28", http) as client:
                result = await client.call_tool("nap", {"seconds": 600})
                assert "the server is closing" in json.dumps(result.model_dump(mode="json"))

        async with anyio.create_task_group() as group:
            group.start_soon(nap)
            await anyio.sleep(1)
            served.child.send_signal(signal.SIGTERM)
            assert await anyio.to_thread.run_sync(served.child.wait, TIMEOUT_S) == 0
    assert not uds.exists()
