"""What does Cistron cost a session in tokens: the list of tools, a packet, and the same packet asked for again?

The hand-written questions of the train side are asked over their packages through the in-memory client, each in a
session of its own, and then once more in the same session. Prints one line of JSON on stdout and a table on stderr;
exits 1 when a bar is missed.

    python tests/bench/tokens.py                 # 12 questions a package
    python tests/bench/tokens.py --each 3        # quicker
"""

import argparse
import json
import logging
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import anyio
import questions
from mcp import Client
from shared.report import percentiles, say, show

from cistron.server.app import INSTRUCTIONS, build
from cistron.tools.services import Services
from cistron.tools.text import tokens

SETS = ("default", "full", "helix")
LISTED = 6_000  # bytes of the default list
INSTRUCTED = 2_000  # bytes
DEFAULT_TOKENS = 1_500  # of a packet's text, which is what max_tokens says


def main() -> int:
    """Measure, print, and hold the sizes against the bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--each", type=int, default=12, help="questions a package")
    asked = parser.parse_args()
    logging.disable(logging.INFO)
    with tempfile.TemporaryDirectory() as folder:
        lists = {which: anyio.run(listed, Path(folder), which) for which in SETS}
        sizes = anyio.run(packets, Path(folder), asked.each)
    figures = {
        name: {**percentiles(values), "mean": round(sum(values) / len(values), 1)} for name, values in sizes.items()
    }
    missed = [
        name
        for name, is_met in {
            "the default list": lists["default"]["bytes"] <= LISTED,
            "the instructions": len(INSTRUCTIONS.encode()) <= INSTRUCTED,
            "a packet": max(sizes["packet_tokens"]) <= DEFAULT_TOKENS,
            "the same packet again": sum(sizes["again_tokens"]) <= sum(sizes["packet_tokens"]),
        }.items()
        if not is_met
    ]
    report = {
        "bench": "tokens",
        "questions": len(sizes["packet_tokens"]),
        "instructions_bytes": len(INSTRUCTIONS.encode()),
        "lists": lists,
        "packets": figures,
        "again_share": round(sum(sizes["again_tokens"]) / sum(sizes["packet_tokens"]), 3),
        "missed": missed,
    }
    rows: list[list[object]] = [["", "tools", "bytes", "~tokens"]]
    rows += [[f"list {which}", one["tools"], one["bytes"], one["tokens"]] for which, one in lists.items()]
    show(report, rows)
    say("")
    for name, found in figures.items():
        say(f"{name:24} p50 {found['p50']:8.0f}  p95 {found['p95']:8.0f}  mean {found['mean']:8.1f}")
    for name in missed:
        say(f"MISSED: {name}")
    return 1 if missed else 0


async def listed(folder: Path, which: Any) -> dict[str, int]:
    """Return how large a set's `tools/list` is."""
    async with Client(build(lambda: Services(folder / f"{which}.db"), tools=which)) as client:
        tools = [
            tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in (await client.list_tools()).tools
        ]
    text = json.dumps(tools, separators=(",", ":"), ensure_ascii=False)
    return {"tools": len(tools), "bytes": len(text.encode()), "tokens": tokens(text)}


async def packets(folder: Path, each: int) -> dict[str, list[float]]:
    """Ask the questions, each twice, and return what the answers weigh."""
    sizes: dict[str, list[float]] = {}
    held = questions.questions("train")
    for name in sorted({question.package for question in held}):
        tree = questions.corpus(name)
        begun = time.monotonic()
        mine = [question for question in held if question.package == name][:each]
        async with Client(build(_opening(folder / f"{name}.db", tree))) as client:
            await client.call_tool("ingest", {"path": "."})
            names = {tool.name for tool in (await client.list_tools()).tools}
            for number, question in enumerate(mine):
                session = await handle(client, names, number)
                for which in ("packet", "again"):
                    arguments = {"query": question.text, "session": session}
                    result = await client.call_tool("context_packet", arguments)
                    text = "".join(getattr(part, "text", "") for part in result.content)
                    wire = result.model_dump_json(by_alias=True, exclude_none=True)
                    sizes.setdefault(f"{which}_tokens", []).append(tokens(text))
                    sizes.setdefault(f"{which}_wire_bytes", []).append(len(wire.encode()))
        say(f"{name}: {len(mine)} questions in {time.monotonic() - begun:.0f} s")
    return sizes


async def handle(client: Client, tools: set[str], number: int) -> str:
    """Return the handle of a new session: a server that keeps none takes any name."""
    if "session" not in tools:
        return f"s{number}"
    started = (await client.call_tool("session", {"action": "start"})).structured_content
    assert started is not None
    return str(started["handle"])


def _opening(store: Path, tree: Path) -> Any:
    return lambda: Services(store, [tree])


if __name__ == "__main__":
    sys.exit(main())
