"""A process that serves a few odd tools through our own HTTP front, so that a test can time, kill and crowd it.

Run as `python http_fixture.py TOKEN_FILE [--call-timeout-s S] [--drain-s S] [--socket FILE]`. It prints its port.
"""

import argparse
import time
from contextlib import ExitStack
from pathlib import Path

import anyio
from mcp.server import MCPServer

from cistron.genome.records import Identity
from cistron.server import http_limits, http_serve
from cistron.server.http import Front
from cistron.server.http_hosts import AllowedHosts
from cistron.server.http_serve import Listener
from cistron.server.http_sockets import listen_tcp, unix_socket
from cistron.server.tokens import Tokens
from cistron.tools.caller import current


def who(wait_s: float = 0) -> dict[str, str]:
    """Say who calls, as seen from the worker thread, before and after a while."""
    before = current()
    time.sleep(wait_s)
    assert before is not None
    assert before == current()
    identity = before.identity
    return {
        "party": identity.party,
        "participant": identity.participant,
        "agent": identity.agent,
        "session": before.session,
    }


def nap(seconds: float) -> str:
    """Block a thread."""
    time.sleep(seconds)
    return "awake"


async def wait(seconds: float) -> str:
    """Wait without a thread."""
    await anyio.sleep(seconds)
    return "done"


def main() -> None:
    """Serve until a signal comes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("token_file", type=Path)
    parser.add_argument("--call-timeout-s", type=float, default=300)
    parser.add_argument("--drain-s", type=float, default=5)
    parser.add_argument("--header-s", type=float, default=10)
    parser.add_argument("--socket", type=Path)
    given = parser.parse_args()
    http_serve.DRAIN_S, http_serve.GRACE_S = given.drain_s, min(2.0, given.drain_s)
    http_limits.HEADER_TIMEOUT_S = http_limits.BODY_TIMEOUT_S = given.header_s
    server: MCPServer[None] = MCPServer("odd")
    for tool in (who, nap, wait):
        server.add_tool(tool)
    base = Identity("org", "host", "owner", "agent")
    front = Front(server, Tokens(given.token_file), base=base, sse=True, call_timeout_s=given.call_timeout_s)
    with ExitStack() as held:
        tcp = listen_tcp("127.0.0.1", 0)
        port = tcp.getsockname()[1]
        listeners = [Listener(tcp, front.tcp(AllowedHosts(port, "http")))]
        if given.socket:
            listeners.append(Listener(held.enter_context(unix_socket(given.socket)), front.unix()))
        print(port, flush=True)
        anyio.run(http_serve.serve, front, listeners, held.close)


if __name__ == "__main__":
    main()
