"""The HTTP front as a process, among slow, idle, large and misdirected clients."""

import os
import resource
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import httpx2
import pytest

from tests.server.http_running import (
    TIMEOUT_S,
    TOKEN,
    Served,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and sockets differ")


def slowly(connection: socket.socket, before: bytes) -> float:
    """Send `before`, then a space now and then; return after how long the server closed."""
    begun = time.monotonic()
    connection.sendall(before)
    connection.settimeout(0.1)
    while time.monotonic() - begun < TIMEOUT_S:
        try:
            connection.sendall(b" ")
            if connection.recv(65_536) == b"":
                return time.monotonic() - begun
        except TimeoutError:
            continue
        except OSError:
            return time.monotonic() - begun
    raise AssertionError("the server never closed")


def test_clients_that_send_a_byte_at_a_time_are_cut(odd: Served) -> None:
    host = f" HTTP/1.1\r\nHost: 127.0.0.1:{odd.port}\r\n"
    known = f"{host}Authorization: Bearer {TOKEN}\r\n"
    slow = {
        "request line": "GET /healthz HT",
        "headers": f"GET /healthz{host}A: a",
        "body": f"POST /mcp{known}Content-Length: 999\r\n\r\n",
        "body of a refused request": f"POST /mcp{host}Content-Length: 999\r\n\r\n",
        "body that nobody reads": f"GET /healthz{host}Content-Length: 999\r\n\r\n",
        "second request": f"GET /healthz{host}\r\nGET /heal",
    }
    with ExitStack() as open_, ThreadPoolExecutor(len(slow)) as pool:
        connections = {name: open_.enter_context(odd.connect()) for name in slow}
        took = {name: pool.submit(slowly, connections[name], slow[name].encode()) for name in slow}
        assert {name: future.result() < 10 for name, future in took.items()} == dict.fromkeys(slow, True)


def test_a_thousand_idle_connections_do_not_stop_the_next_one(
    odd_of_its_own: Callable[..., AbstractContextManager[Served]], tmp_path: Path
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    try:
        with odd_of_its_own() as served, ExitStack() as open_:
            for _ in range(1000):
                open_.enter_context(served.connect())
            begun = time.monotonic()
            answer = httpx2.get(f"http://127.0.0.1:{served.port}/healthz", timeout=TIMEOUT_S)
            assert answer.status_code == 200
            assert time.monotonic() - begun < 5
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
def test_a_hundred_megabytes_are_refused_and_never_held(odd: Served, chunked: bool) -> None:
    head = f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{odd.port}\r\nAuthorization: Bearer {TOKEN}\r\n"
    head += "Transfer-Encoding: chunked\r\n\r\n" if chunked else f"Content-Length: {100 << 20}\r\n\r\n"
    piece = b"x" * (1 << 20)
    before = memory_mb(odd.child.pid)
    with odd.connect() as connection:
        connection.sendall(head.encode())
        try:
            for _ in range(100):
                connection.sendall(b"100000\r\n" + piece + b"\r\n" if chunked else piece)
        except OSError:
            pass  # it may close at any time after its answer
        assert b" 413 " in connection.recv(65_536)
    assert memory_mb(odd.child.pid) - before < 60


def memory_mb(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


@pytest.mark.parametrize(
    ("hosts", "statuses"),
    [
        pytest.param(["127.0.0.1:PORT"], (b"401",), id="ours"),
        pytest.param(["127.0.0.1.evil.com:PORT"], (b"421",), id="prefix"),
        pytest.param(["localhost:1@evil"], (b"421", b"400"), id="user part"),
        pytest.param(["[::1]:PORT"], (b"401",), id="ipv6"),
        pytest.param([], (b"421", b"400"), id="missing"),
        pytest.param(["127.0.0.1:PORT", "evil.com"], (b"421", b"400"), id="several"),
    ],
)
def test_the_host_on_the_wire(odd: Served, hosts: list[str], statuses: tuple[bytes, ...]) -> None:
    lines = ["GET /mcp HTTP/1.1", *(f"Host: {host.replace('PORT', str(odd.port))}" for host in hosts), "", ""]
    with odd.connect() as connection:
        connection.sendall("\r\n".join(lines).encode())
        assert connection.recv(100).split()[1] in statuses
