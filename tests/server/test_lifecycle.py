"""No server outlives its client, no lock its owner, no cache the work: with real processes, killed for real."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cistron.genome.store.examine import examine
from cistron.genome.store.occupants import is_alive, occupants

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="processes are asked through /proc")

TIMEOUT_S = 60
SERVE = [sys.executable, "-m", "cistron.server", "serve"]
FILES = 500  # a second or more of indexing
GIVEN_BACK_MB = 1.5  # of a tree of four files; 19 of one of 300, see docs/introspection.md
HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
INDEX = {"name": "ingest", "arguments": {"path": "."}}
ASK = {"name": "context_packet", "arguments": {"query": "function_1"}}

# A client that starts a server, has it do something, tells its process id, and is then killed.
CLIENT = """
import json, subprocess, sys, time
server = subprocess.Popen(json.loads(sys.argv[1]), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
for message in json.loads(sys.argv[2]):
    server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\\n")
    server.stdin.flush()
print(server.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment without what would configure the server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CISTRON_", "HELIX_"))}
    return {**kept, "XDG_CONFIG_HOME": str(tmp_path / "config"), "XDG_DATA_HOME": str(tmp_path / "data")}


@pytest.fixture
def large(tree: Path) -> Path:
    """A workspace that takes a while to be read in."""
    for number in range(FILES):
        (tree / "src" / f"module_{number}.py").write_text(f"def function_{number}():\n    return {number}\n\n\n" * 10)
    return tree


@contextmanager
def serving(
    cwd: Path, environment: dict[str, str], command: list[str] | None = None
) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a server that was greeted; it is killed at the end if it still lives."""
    child = subprocess.Popen(
        command or SERVE,
        cwd=cwd,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        send(child, {"id": 1, "method": "initialize", "params": HELLO})
        answer(child, 1)
        send(child, {"method": "notifications/initialized"})
        yield child
    finally:
        child.kill()
        child.communicate(timeout=TIMEOUT_S)


def send(child: "subprocess.Popen[bytes]", message: dict[str, Any]) -> None:
    assert child.stdin is not None
    child.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
    child.stdin.flush()


def answer(child: "subprocess.Popen[bytes]", number: int) -> dict[str, Any]:
    assert child.stdout is not None
    for line in child.stdout:
        message = json.loads(line)
        if message.get("id") == number:
            return message["result"]
    raise AssertionError("the server closed stdout")


def until(what: Any) -> None:
    """Wait until something is so, within a bound."""
    deadline = time.monotonic() + TIMEOUT_S
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def is_indexing(tree: Path) -> bool:
    return occupants(tree / ".cistron" / "genome.db").is_indexing


def memory_mb(process: int) -> float:
    (line,) = [x for x in Path(f"/proc/{process}/status").read_text().splitlines() if x.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def assert_whole_and_free(tree: Path) -> None:
    store = tree / ".cistron" / "genome.db"
    assert occupants(store).processes in ([], None)
    assert not is_indexing(tree)
    assert examine(store).problems == []


def test_a_server_ends_with_its_clients_stdin_while_it_reads_a_tree_in(
    large: Path, environment: dict[str, str]
) -> None:
    with serving(large, environment) as child:
        send(child, {"id": 2, "method": "tools/call", "params": INDEX})
        until(lambda: is_indexing(large))
        assert child.stdin is not None
        child.stdin.close()
        assert child.wait(TIMEOUT_S) == 0
        child.stdin = None
    assert_whole_and_free(large)


def test_a_server_ends_with_sigterm_while_it_reads_a_tree_in(large: Path, environment: dict[str, str]) -> None:
    with serving(large, environment) as child:
        send(child, {"id": 2, "method": "tools/call", "params": INDEX})
        until(lambda: is_indexing(large))
        child.send_signal(signal.SIGTERM)
        assert child.wait(TIMEOUT_S) == -signal.SIGTERM
    assert_whole_and_free(large)


@pytest.mark.parametrize("call", [INDEX, ASK], ids=["indexing", "asked"])
def test_a_server_ends_when_its_client_is_killed(
    large: Path, environment: dict[str, str], call: dict[str, Any]
) -> None:
    messages: list[dict[str, Any]] = [
        {"id": 1, "method": "initialize", "params": HELLO},
        {"method": "notifications/initialized"},
        *({"id": number, "method": "tools/call", "params": call} for number in range(2, 6)),
    ]
    client = subprocess.Popen(
        [sys.executable, "-c", CLIENT, json.dumps(SERVE), json.dumps(messages)],
        cwd=large,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert client.stdout is not None
    server = int(client.stdout.readline())
    until(lambda: is_indexing(large))  # a first question begins to read in, too
    client.kill()
    client.wait(TIMEOUT_S)
    client.stdout.close()
    until(lambda: not is_alive(server) or _is_zombie(server))
    assert_whole_and_free(large)


def _is_zombie(process: int) -> bool:
    """Whether it has ended and nobody has asked how: in a container no one adopts it."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_the_indexers_lock_dies_with_its_owner(large: Path, environment: dict[str, str]) -> None:
    with serving(large, environment) as child:
        send(child, {"id": 2, "method": "tools/call", "params": INDEX})
        until(lambda: is_indexing(large))
        assert occupants(large / ".cistron" / "genome.db").indexer in (child.pid, None)
        child.kill()
        child.wait(TIMEOUT_S)
        assert not is_indexing(large)
    with serving(large, environment) as other:
        send(other, {"id": 2, "method": "tools/call", "params": INDEX})
        assert answer(other, 2)["structuredContent"]["state"] == "done"


def test_memory_is_given_back_when_nobody_asks(tree: Path, environment: dict[str, str]) -> None:
    patched = "import cistron.server.idle as idle; idle.IDLE_S = 0.5\n"
    command = [sys.executable, "-c", patched + "from cistron.server.cli.main import main\nmain(['serve'])\n"]
    with serving(tree, environment, command) as child:
        before = 0.0
        for number in range(2, 12):  # vectors and caches are filled in the background
            send(child, {"id": number, "method": "tools/call", "params": ASK})
            answer(child, number)
            before = max(before, memory_mb(child.pid))
        until(lambda: memory_mb(child.pid) < before - GIVEN_BACK_MB)
        send(child, {"id": 12, "method": "tools/call", "params": ASK})
        assert answer(child, 12)["structuredContent"]["known"] in ("yes", "partial", "no")
