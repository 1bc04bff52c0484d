"""What does a transport add to a packet, and do many agents on one HTTP process hinder each other?

Each transport is asked the same questions by the official client, taking turns with the same client that calls an
empty tool on a bare server of the same SDK over the same transport (over HTTP for the unix socket). The packet's own
time is that of the tool's function (the packet and its two forms) in process, and of the client's check of the answer
against the packet's schema, in the same turn. Prints one line of JSON on stdout and a table on stderr; exits 1 when a
bar is missed.
"""

import argparse
import logging
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.server import MCPServer
from mcp_types import CallToolResult
from shared import corpora
from shared.edits import question, targets
from shared.report import percentiles, say, show

from cistron.server.app import build
from cistron.server.toolset import toolset
from cistron.tools.services import Services

BAR = 1.3  # of the bare server's time, beside the packet's own
BAR_CROWD_P95 = 10.0
BAR_SHARE = 0.5  # the slowest agent's calls, of the mean
AGENTS = 8
TURNS = 5
TOKEN = "a-token-for-this-bench-alone"
BARE = """
import sys
from mcp.server import MCPServer
server = MCPServer('bare')
server.add_tool(lambda: None, name='nothing', structured_output=False)
kind, port = sys.argv[1:]
if kind == 'stdio':
    server.run('stdio')
else:
    import logging
    logging.disable()
    server.run(kind, port=int(port))
"""
TRANSPORTS = {
    "memory": ("legacy", "2026-07-28"),
    "stdio": ("legacy", "2026-07-28"),
    "http": ("legacy", "2026-07-28"),
    "sse": ("legacy",),
    "unix": ("legacy", "2026-07-28"),
}


@dataclass
class World:
    """What is asked, and where the servers are."""

    tree: Path
    store: Path
    questions: list[str]
    environment: dict[str, str]
    ports: dict[str, int] = field(default_factory=dict)
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, command: Sequence[str], name: str) -> None:
        """Start a server that listens on `ports[name]`."""
        child = subprocess.Popen(
            command, cwd=self.tree, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.children.append(child)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                httpx2.get(f"http://127.0.0.1:{self.ports[name]}/healthz")
            except httpx2.TransportError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(f"{name} does not listen")


def main() -> int:
    """Measure, print, and hold the times against the bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--only", choices=list(TRANSPORTS), nargs="+", default=list(TRANSPORTS))
    parser.add_argument("--crowd-s", type=float, default=10)
    asked = parser.parse_args()
    logging.disable(logging.ERROR)  # the client and a server in this process log each request, at a cost
    with tempfile.TemporaryDirectory() as folder:
        world = _world(Path(folder), asked.questions)
        try:
            found = anyio.run(_measure, world, asked.only, asked.crowd_s)
        finally:
            for child in world.children:
                child.terminate()
                child.wait(30)
    missing = [miss for name, row in found["transports"].items() for miss in _misses(name, row)]
    missing += _crowd_misses(found["crowd"])
    show({"bench": "transports", "bar": BAR, "passed": not missing, "missing": missing, **found}, _table(found))
    for miss in missing:
        say(f"bar missed: {miss}")
    return 1 if missing else 0


def _world(folder: Path, count: int) -> World:
    tree = folder / "tree"
    shutil.copytree(corpora.package("werkzeug", corpora.RELEASES["werkzeug"][1]), tree)
    (tree / "cistron.toml").touch()
    before = {str(path.relative_to(tree)): path.read_bytes() for path in corpora.files(tree)}
    questions = [question(target, n) for n, target in enumerate(targets(before, random.Random(1), most=count))]
    tokens = folder / "token"
    tokens.write_text(TOKEN)
    tokens.chmod(0o600)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CISTRON_", "HELIX_"))}
    paths = {"XDG_CONFIG_HOME": str(folder / "config"), "CISTRON_TOKEN_FILE": str(tokens)}
    world = World(tree, folder / "genome.db", questions, {**kept, **paths, "CISTRON_GENOME": str(folder / "genome.db")})
    services = Services(world.store, [tree])
    services.ingest_work(services.roots()[0], None)(lambda _: None, lambda: False)
    services.close()
    for name in ("ours", "bare http", "bare sse"):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            world.ports[name] = free.getsockname()[1]
    serve = [sys.executable, "-m", "cistron.server", "serve", "--http", "--sse", "--log-level", "error"]
    world.start([*serve, "--port", str(world.ports["ours"]), "--socket", str(folder / "s")], "ours")
    for kind, name in (("streamable-http", "bare http"), ("sse", "bare sse")):
        world.start([sys.executable, "-c", BARE, kind, str(world.ports[name])], name)
    return world


async def _measure(world: World, only: Sequence[str], crowd_s: float) -> dict[str, dict[str, object]]:
    services = Services(world.store, [world.tree])
    tool = toolset(services, "default")["context_packet"].fn
    rows: dict[str, object] = {}
    try:
        for name in only:
            for mode in TRANSPORTS[name]:
                rows[f"{name} {mode}"] = await _overhead(world, name, mode, tool)
                say(f"{name} {mode}: {rows[f'{name} {mode}']}")
    finally:
        services.close()
    return {"transports": rows, "crowd": await _crowd(world, crowd_s)}


async def _overhead(world: World, name: str, mode: str, tool: Callable[..., object]) -> dict[str, object]:
    """Ask ours, the bare server and the method in turn."""
    times: dict[str, list[float]] = {"ours": [], "bare": [], "own": []}
    async with _client(world, name, mode, ours=True) as ours, _client(world, name, mode, ours=False) as bare:
        for query in world.questions[:20]:  # connections, caches and the client's list of tools
            await _ask(ours, query)
            await bare.call_tool("nothing", {})
            tool(query=query)
        for query in world.questions:
            begun = time.perf_counter()
            await bare.call_tool("nothing", {})
            times["bare"].append(_since(begun))
            begun = time.perf_counter()
            answer = await _ask(ours, query)
            times["ours"].append(_since(begun))
            begun = time.perf_counter()
            await anyio.to_thread.run_sync(lambda query=query: tool(query=query))
            await ours.session.validate_tool_result("context_packet", answer)
            times["own"].append(_since(begun))
    found = {f"{kind}_ms": percentiles(values) for kind, values in times.items()}
    over = [ours - own for ours, own in zip(times["ours"], times["own"], strict=True)]
    return {
        **found,
        "over_ms": round(statistics.median(over), 2),
        "ratio": round(statistics.median(over) / statistics.median(times["bare"]), 2),
    }


def _since(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000


async def _ask(client: Client, query: str) -> CallToolResult:
    result = await client.call_tool("context_packet", {"query": query})
    assert not result.is_error
    return result


@asynccontextmanager
async def _client(world: World, name: str, mode: str, *, ours: bool) -> AsyncIterator[Client]:
    """Yield a connected client of ours or of the bare server."""
    port = world.ports["ours" if ours else f"bare {'sse' if name == 'sse' else 'http'}"]
    headers = {"Authorization": f"Bearer {TOKEN}"} if ours else {}
    async with AsyncExitStack() as held:
        uds = str(world.store.parent / "s") if name == "unix" and ours else None
        transport = httpx2.AsyncHTTPTransport(uds=uds) if uds else None
        http = await held.enter_async_context(
            httpx2.AsyncClient(headers={} if uds else headers, timeout=60, transport=transport)
        )
        targets: dict[str, Callable[[], object]] = {
            "memory": lambda: build(lambda: Services(world.store, [world.tree])) if ours else _bare(),
            "stdio": lambda: StdioServerParameters(
                command=sys.executable,
                args=["-m", "cistron.server", "serve", "--log-level", "error"] if ours else ["-c", BARE, "stdio", "0"],
                cwd=str(world.tree),
                env=world.environment,
            ),
            "sse": lambda: sse_client(f"http://127.0.0.1:{port}/sse", headers=headers),
        }
        over_http = lambda: streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=http)  # noqa: E731
        yield await held.enter_async_context(Client(targets.get(name, over_http)(), mode=mode))  # type: ignore[arg-type]


def _bare() -> MCPServer[None]:
    server: MCPServer[None] = MCPServer("bare")
    server.add_tool(lambda: None, name="nothing", structured_output=False)
    return server


async def _crowd(world: World, seconds: float) -> dict[str, object]:
    """Ask over HTTP as one agent and as eight at once, in turns, each for so many seconds in all."""
    alone: list[list[float]] = [[]]
    crowd: list[list[float]] = [[] for _ in range(AGENTS)]
    for _ in range(TURNS):  # what else the machine does hits both
        for agents in (alone, crowd):
            for times, more in zip(agents, await _agents(world, len(agents), seconds / TURNS), strict=True):
                times += more
    counts = [len(times) for times in crowd]
    single, many = percentiles(alone[0]), percentiles([one for times in crowd for one in times])
    return {
        "one_per_s": round(len(alone[0]) / seconds, 1),
        "all_per_s": round(sum(counts) / seconds, 1),
        "one_ms": single,
        "all_ms": many,
        "p95_ratio": round(many["p95"] / single["p95"], 2),
        "least_share": round(min(counts) / statistics.mean(counts), 2),
    }


async def _agents(world: World, count: int, seconds: float) -> list[list[float]]:
    times: list[list[float]] = [[] for _ in range(count)]
    ready, waiting = anyio.Event(), [count]

    async def agent(number: int) -> None:
        async with _client(world, "http", "2026-07-28", ours=True) as client:
            await _ask(client, world.questions[number])
            waiting[0] -= 1
            if not waiting[0]:
                ready.set()
            await ready.wait()
            mine = random.Random(number).sample(world.questions, len(world.questions))
            end, at = time.perf_counter() + seconds, 0
            while (begun := time.perf_counter()) < end:
                await _ask(client, mine[at % len(mine)])
                times[number].append(_since(begun))
                at += 1

    async with anyio.create_task_group() as group:
        for number in range(count):
            group.start_soon(agent, number)
    return times


def _misses(name: str, row: dict[str, Any]) -> list[str]:
    """Judge the median in pairs, question by question, and the tail, where pairs say little, by its sums."""
    missing: list[str] = []
    allowed = BAR * row["bare_ms"]["p50"]
    if row["over_ms"] > allowed:
        missing.append(f"{name}: {row['over_ms']} ms beside the packet's own (<= {allowed:.2f})")
    allowed = BAR * row["bare_ms"]["p95"] + row["own_ms"]["p95"]
    if row["ours_ms"]["p95"] > allowed:
        missing.append(f"{name}: p95 {row['ours_ms']['p95']} ms (<= {allowed:.2f})")
    return missing


def _crowd_misses(crowd: dict[str, float]) -> list[str]:
    missing: list[str] = []
    if crowd["all_per_s"] < crowd["one_per_s"]:
        missing.append(f"{AGENTS} agents: {crowd['all_per_s']} packets/s (>= {crowd['one_per_s']})")
    if crowd["p95_ratio"] > BAR_CROWD_P95:
        missing.append(f"{AGENTS} agents: p95 {crowd['p95_ratio']}x one agent's (<= {BAR_CROWD_P95})")
    if crowd["least_share"] < BAR_SHARE:
        missing.append(f"{AGENTS} agents: one got {crowd['least_share']} of the mean (>= {BAR_SHARE})")
    return missing


def _table(found: dict[str, dict[str, dict[str, object]]]) -> list[list[object]]:
    rows: list[list[object]] = [["p50 / p95 ms", "packet", "bare", "own", "over", "ratio"]]
    for name, row in found["transports"].items():
        cells = [f"{row[kind]['p50']} / {row[kind]['p95']}" for kind in ("ours_ms", "bare_ms", "own_ms")]
        rows.append([name, *cells, row["over_ms"], row["ratio"]])
    crowd = found["crowd"]
    rows.append(
        [f"{AGENTS} agents", f"{crowd['all_per_s']}/s", f"one {crowd['one_per_s']}/s", "", "", crowd["p95_ratio"]]
    )
    return rows


if __name__ == "__main__":
    sys.exit(main())
