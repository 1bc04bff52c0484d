"""Servers run as processes of their own, and clients of theirs; shared by the tests of the HTTP front."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import Implementation

TIMEOUT_S = 60
TOKEN, OTHER = "correct-horse-battery-staple", "another-token-of-another"
FIXTURE = [sys.executable, str(Path(__file__).with_name("http_fixture.py"))]
SERVE = [sys.executable, "-m", "cistron.server", "serve", "--http", "--port", "0"]
MODES = ["legacy", "2026-07-28"]


@dataclass
class Served:
    """A serving process."""

    child: "subprocess.Popen[str]"
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/mcp"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT_S)

    def end(self) -> int:
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(TIMEOUT_S)


@contextmanager
def running(command: list[str], ready: str, **options: Any) -> Iterator[Served]:
    """Run a server until its first line with `ready` in it, whose last number is the port; kill it at the end."""
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    try:
        assert child.stdout is not None
        seen = ""
        for line in child.stdout:
            seen += line
            if ready in line:
                digits = line.split("/mcp")[0].rstrip().rpartition(":")[2]
                yield Served(child, int(digits))
                break
        else:
            raise AssertionError(seen)
    finally:
        child.kill()
        child.communicate(timeout=TIMEOUT_S)


def held(token: str, **headers: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}", **headers}, timeout=TIMEOUT_S)


def ask_over_unix(uds: Path, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Call a tool without a token, in one request of the stateless era."""
    keys = {"protocolVersion": "2026-07-28", "clientInfo": {"name": "a", "version": "1"}, "clientCapabilities": {}}
    meta = {f"io.modelcontextprotocol/{key}": value for key, value in keys.items()}
    params = {"name": tool, "arguments": arguments, "_meta": meta}
    headers = {"Accept": "application/json, text/event-stream", "Mcp-Protocol-Version": "2026-07-28"}
    headers |= {"Mcp-Method": "tools/call", "Mcp-Name": tool}
    with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(uds)), headers=headers, timeout=TIMEOUT_S) as http:
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        answer: dict[str, Any] = http.post("http://localhost/mcp", json=message).json()
    return answer


def over_http(url: str, mode: str, client: httpx2.AsyncClient, name: str = "test") -> Client:
    info = Implementation(name=name, version="1")
    return Client(streamable_http_client(url, http_client=client), mode=mode, client_info=info)
