"""Anything can be sent to the HTTP front: it answers, tells nothing of its insides, and goes on."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cistron.server.app import build
from cistron.server.http import Front
from cistron.server.http_hosts import AllowedHosts
from cistron.server.pages.hitl import hitl_routes
from cistron.server.tokens import Tokens
from cistron.tools.services import Services

TOKEN = "correct-horse-battery-staple"
BASE = "http://127.0.0.1:8377"
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
ACCEPT = {"Accept": "application/json, text/event-stream"}
KEYS = [f"io.modelcontextprotocol/{key}" for key in ("protocolVersion", "clientInfo", "clientCapabilities")]
META = dict(zip(KEYS, ("2026-07-28", {"name": "fuzz", "version": "1"}, {}), strict=True))
METHODS = ["initialize", "server/discover", "ping", "tools/list", "tools/call", "resources/read", "prompts/get"]
METHODS += ["completion/complete", "logging/setLevel", "notifications/cancelled", "notifications/initialized", "x/y"]
TOOLS = ["context_packet", "refresh_targets", "verify", "remember", "resonance", "ingest", "nothing"]
INSIDES = re.compile(rf"Traceback|site-packages|{re.escape(sys.prefix)}|genome\.db|\.py\", line|apsw|sqlite", re.I)
FUZZ = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))

plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
anything = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)
arguments = st.dictionaries(
    st.sampled_from(["query", "targets", "path", "text", "task_type", "session", "max_items", "other"]),
    anything,
    max_size=4,
)
calls = st.fixed_dictionaries({"name": st.sampled_from(TOOLS), "arguments": arguments | anything})
messages = st.fixed_dictionaries(
    {"jsonrpc": st.sampled_from(["2.0", "1.0", 2, None]), "method": st.sampled_from(METHODS) | anything},
    optional={"id": plain | anything, "params": calls | anything},
)
bodies = st.binary(max_size=200) | anything.map(json.dumps).map(str.encode) | messages.map(json.dumps).map(str.encode)
values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
odd_headers = st.dictionaries(
    st.sampled_from(["Accept", "Content-Type", "Mcp-Protocol-Version", "Mcp-Session-Id", "Mcp-Method", "Mcp-Name"]),
    values | st.sampled_from(["2025-11-25", "2026-07-28", "application/json", *METHODS, *TOOLS]),
    max_size=4,
)


class Sender:
    """Sends requests to a front that runs in a thread."""

    def __init__(self, portal: Any, client: httpx2.AsyncClient) -> None:
        self._portal, self._client = portal, client

    def send(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> httpx2.Response:
        async def sent() -> httpx2.Response:
            with anyio.fail_after(20):
                return await self._client.request(
                    method, f"{BASE}{path}", content=body, headers={**HEADERS, **(headers or {})}
                )

        return self._portal.call(sent)


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sender]:
    place = tmp_path_factory.mktemp("fuzz")
    tree, tokens = place / "project", place / "token"
    tree.mkdir()
    (tree / "parser.py").write_text("def parse_line(line):\n    return line.split()\n")
    tokens.write_text(TOKEN)
    tokens.chmod(0o600)
    front = Front(build(lambda: Services(place / "genome.db", [tree])), Tokens(tokens), sse=True)
    transport = httpx2.ASGITransport(front.tcp(AllowedHosts(8377, "http")), raise_app_exceptions=True)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(front.running()):
        client = httpx2.AsyncClient(transport=transport)
        yield Sender(portal, client)
        portal.call(client.aclose)


def is_fine(answer: httpx2.Response) -> None:
    assert answer.status_code < 500, answer.text
    assert not INSIDES.search(answer.text), answer.text
    for path in re.findall(r"(?<![\w/.])/(?:root|home|usr|tmp|var|etc)/[^\s\"']*", answer.text):
        raise AssertionError(path)


def test_any_body_with_any_headers_is_answered(sender: Sender) -> None:
    @FUZZ
    @given(bodies, odd_headers)
    def check(body: bytes, headers: dict[str, str]) -> None:
        is_fine(sender.send("POST", "/mcp", body, {**ACCEPT, **headers}))

    check()
    assert sender.send("GET", "/healthz").text == "ok\n"


def test_any_arguments_of_any_tool_are_answered_in_the_stateless_era(sender: Sender) -> None:
    @FUZZ
    @given(st.sampled_from(TOOLS), arguments)
    def check(tool: str, given_: dict[str, object]) -> None:
        params = {"name": tool, "arguments": given_, "_meta": META}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        routed = {**ACCEPT, "Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": tool}
        answer = sender.send("POST", "/mcp", json.dumps(message).encode(), routed)
        is_fine(answer)
        assert "result" in answer.json() or "error" in answer.json()

    check()


def test_any_method_and_path_is_answered(sender: Sender) -> None:
    paths = st.sampled_from(["/mcp", "/messages/", "/healthz", "/login", "/hitl", "/"]) | values.map(
        lambda text: "/" + "".join(letter for letter in text if letter not in "#?\\ ")
    )

    @FUZZ
    @given(st.sampled_from(["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]), paths, odd_headers, bodies)
    def check(method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        is_fine(sender.send(method, path, body, headers))

    check()


@pytest.mark.parametrize("depth", [100, 10_000, 100_000])
def test_deep_json_is_refused(sender: Sender, depth: int) -> None:
    for body in (b"[" * depth, b'{"a":' * depth, b"[" * depth + b"]" * depth, b"9" * depth):
        for version in ("2025-11-25", "2026-07-28"):
            answer = sender.send("POST", "/mcp", body, {**ACCEPT, "Mcp-Protocol-Version": version})
            is_fine(answer)
            assert answer.status_code == 400


def test_the_description_that_schemathesis_reads_names_every_route(root: Path, tmp_path: Path) -> None:
    document = json.loads((root / "tests" / "bench" / "surface.json").read_text(encoding="utf-8"))
    token = tmp_path / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    services = Services(tmp_path / "genome.db", [])
    front = Front(build(lambda: services), Tokens(token), sse=True, pages=hitl_routes(services))
    routes = {getattr(route, "path", "").rstrip("/") for route in front._app.routes}
    services.close()
    assert {path.rstrip("/") for path in document["paths"]} == routes
