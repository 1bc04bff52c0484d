"""`cistron serve` as clients run it: a process, its stdin and its stdout."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import anyio
import pytest
from mcp import Client, StdioServerParameters

TIMEOUT_S = 60
SERVE = [sys.executable, "-m", "cistron.server", "serve"]
CLIENT = {"clientInfo": {"name": "test", "version": "1"}, "capabilities": {}}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment without what would configure the server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CISTRON_", "HELIX_"))}
    return {**kept, "XDG_CONFIG_HOME": str(tmp_path / "config"), "XDG_DATA_HOME": str(tmp_path / "data")}


@contextmanager
def serving(cwd: Path, environment: dict[str, str]) -> "Iterator[subprocess.Popen[str]]":
    """Run a server; it is killed at the end if it still lives."""
    child = subprocess.Popen(
        SERVE,
        cwd=cwd,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate(timeout=TIMEOUT_S)


def send(child: "subprocess.Popen[str]", message: dict[str, Any]) -> None:
    assert child.stdin is not None
    child.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    child.stdin.flush()


def answer(child: "subprocess.Popen[str]", number: int) -> dict[str, Any]:
    """Return the answer to a request; whatever else stands on stdout must be JSON-RPC too."""
    lines: IO[str] | None = child.stdout
    assert lines is not None
    for line in lines:
        message = json.loads(line)
        assert message["jsonrpc"] == "2.0"
        if message.get("id") == number:
            return message
    raise AssertionError("the server closed stdout")


def greet(child: "subprocess.Popen[str]", protocol: str) -> dict[str, Any]:
    send(child, {"id": 1, "method": "initialize", "params": {"protocolVersion": protocol, **CLIENT}})
    greeting = answer(child, 1)["result"]
    send(child, {"method": "notifications/initialized"})
    return greeting


@pytest.mark.parametrize("protocol", ["2025-06-18", "2025-11-25"])
def test_a_client_of_the_handshake_era_is_answered(tree: Path, environment: dict[str, str], protocol: str) -> None:
    with serving(tree, environment) as child:
        greeting = greet(child, protocol)
        send(child, {"id": 2, "method": "tools/list"})
        tools = answer(child, 2)["result"]["tools"]
        question = {"name": "context_packet", "arguments": {"query": "parse_line"}}
        send(child, {"id": 3, "method": "tools/call", "params": question})
        result = answer(child, 3)["result"]
    assert greeting["protocolVersion"] == protocol
    assert "context_packet" in greeting["instructions"]
    assert tools[0]["name"] == "context_packet"
    assert result["structuredContent"]["items"][0]["status"] == "verified"


def test_a_client_of_the_stateless_era_is_answered(tree: Path, environment: dict[str, str]) -> None:
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": CLIENT["clientInfo"],
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    with serving(tree, environment) as child:
        send(child, {"id": 1, "method": "server/discover", "params": {"_meta": meta}})
        found = answer(child, 1)["result"]
        question = {"name": "context_packet", "arguments": {"query": "parse_line"}, "_meta": meta}
        send(child, {"id": 2, "method": "tools/call", "params": question})
        result = answer(child, 2)["result"]
    assert "2026-07-28" in found["supportedVersions"]
    assert result["structuredContent"]["items"][0]["status"] == "verified"


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["legacy", "auto", "2026-07-28"])
async def test_the_official_client_gets_a_proven_pointer(tree: Path, environment: dict[str, str], mode: str) -> None:
    server = StdioServerParameters(command=SERVE[0], args=SERVE[1:], cwd=str(tree), env=environment)
    with anyio.fail_after(TIMEOUT_S):
        async with Client(server, mode=mode) as client:
            result = await client.call_tool("context_packet", {"query": "parse_line", "task_type": "edit"})
    packet = result.structured_content
    assert packet is not None
    assert packet["items"][0]["path"] == "src/parser.py"
    assert packet["items"][0]["evidence"]["rung"] == "bytes"


def test_ten_servers_end_when_their_stdin_is_closed(tree: Path, environment: dict[str, str]) -> None:
    children = [
        subprocess.Popen(SERVE, cwd=tree, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(10)
    ]
    try:
        for child in children:
            greet(child, "2025-11-25")
        for child in children:
            child.communicate(timeout=TIMEOUT_S)
        assert [child.returncode for child in children] == [0] * 10
    finally:
        for child in children:
            child.kill()
            child.wait(TIMEOUT_S)


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_ends_the_server_cleanly_while_stdin_is_open(
    tree: Path, environment: dict[str, str], number: signal.Signals
) -> None:
    with serving(tree, environment) as child:
        greet(child, "2025-11-25")
        send(
            child, {"id": 2, "method": "tools/call", "params": {"name": "context_packet", "arguments": {"query": "x"}}}
        )
        answer(child, 2)
        child.send_signal(number)
        assert child.wait(TIMEOUT_S) == -number
        assert child.stderr is not None
        assert "Traceback" not in child.stderr.read()
    assert not (tree / ".cistron" / "genome.db-wal").exists() or (tree / ".cistron" / "genome.db").stat().st_size > 0


def test_nonsense_on_stdin_is_answered_and_survived(tree: Path, environment: dict[str, str]) -> None:
    with serving(tree, environment) as child:
        assert child.stdin is not None
        child.stdin.write("this is not json\n{}\n[1, 2]\n")
        child.stdin.flush()
        assert greet(child, "2025-11-25")["serverInfo"]["name"] == "cistron"


def test_without_a_workspace_the_server_starts_and_says_what_to_do(tmp_path: Path, environment: dict[str, str]) -> None:
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    with serving(nowhere, environment) as child:
        greet(child, "2025-11-25")
        question = {"name": "context_packet", "arguments": {"query": "anything"}}
        send(child, {"id": 2, "method": "tools/call", "params": question})
        result = answer(child, 2)["result"]
    assert result["structuredContent"]["reason"] == "outside_roots"
    assert "cistron ingest" in result["content"][0]["text"]
    assert list(nowhere.iterdir()) == []


def test_wrong_settings_end_the_server_with_one_line(tree: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        SERVE,
        cwd=tree,
        env={**environment, "CISTRON_TOOLS": "all"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("cistron: CISTRON_TOOLS: ")
    assert len(done.stderr.splitlines()) == 1


def test_serving_over_stdio_loads_nothing_of_http() -> None:
    asked = "import sys, cistron.server.cli.serve; sys.exit(any('server.http' in name for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", asked], check=False, timeout=TIMEOUT_S).returncode == 0
