"""Does the HTTP surface hold whatever schemathesis makes of its description, and of every tool's own input schema?

A real `cistron serve --http --sse` over a small tree gets requests that fit the description and requests that do not,
with and without a token. No answer may be a 5xx or tell of the server's insides or of a path outside the tree, the log
may hold no traceback, and the server has to end well. Prints one line of JSON on stdout and a table on stderr; exits 1
when one of these does not hold.
"""

import argparse
import itertools
import json
import os
import re
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import httpx2
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from processes.http import TOKEN, serving
from schemathesis import GenerationMode
from shared.report import say, show

EXAMPLES = 40  # of each operation and mode
STREAM_S = 0.2  # a stream stays open until somebody has had enough
TIMEOUT_S = 30
INSIDES = re.compile(rf"Traceback|site-packages|{re.escape(sys.prefix)}|\.py\", line|apsw|sqlite3?\.", re.IGNORECASE)
PATHS = re.compile(r"(?<![\w/.:])/(?:root|home|usr|tmp|var|etc|opt|work)/[^\s\"'\\<]*")
STATELESS = "2026-07-28"


@dataclass
class Found:
    """What was sent and what came back."""

    statuses: Counter[int] = field(default_factory=Counter)
    sent: int = 0
    wrong: list[str] = field(default_factory=list)


def main() -> int:
    """Describe, send, judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--examples", type=int, default=EXAMPLES)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    results: dict[str, Found] = {}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        tree = folder / "project"
        tree.mkdir()
        (tree / "parser.py").write_text("def parse_line(line):\n    return line.split()\n")
        (tree / "cistron.toml").touch()
        os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_DATA_HOME"] = os.environ["XDG_STATE_HOME"] = made
        log = folder / "log"
        with log.open("w") as out, serving(tree, folder / "token", out, "--tools", "full") as base:
            schema = schemathesis.openapi.from_dict(description(anyio.run(tools, base)))
            for operation in schema.get_all_operations():
                one = operation.ok()
                results[one.label] = fuzz(one, base, tree, asked.examples)
                say(f"{one.label}: {dict(results[one.label].statuses)}")
            alive = requests.get(f"{base}/healthz", timeout=TIMEOUT_S).text == "ok\n"
        tracebacks = log.read_text().count("Traceback")
    wrong = [said for found in results.values() for said in found.wrong]
    passed = not wrong and alive and not tracebacks
    rows: list[list[object]] = [["operation", "requests", "statuses", "wrong"]]
    for label, found in results.items():
        told = " ".join(f"{status}:{count}" for status, count in sorted(found.statuses.items()))
        rows.append([label, found.sent, told, len(found.wrong)])
    report = {"requests": sum(found.sent for found in results.values()), "operations": len(results)}
    show(
        {"bench": "surface", "passed": passed, **report, "wrong": wrong[:5], "alive": alive, "tracebacks": tracebacks},
        rows,
    )
    return 0 if passed else 1


async def tools(base: str) -> list[dict[str, Any]]:
    """Return the tools as the server lists them."""
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}) as http,
        Client(streamable_http_client(f"{base}/mcp", http_client=http), mode=STATELESS) as client,
    ):
        return [tool.model_dump(mode="json", by_alias=True) for tool in (await client.list_tools()).tools]


def description(listed: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the surface as an OpenAPI document: every route, and for each tool a call of its own."""
    document: dict[str, Any] = json.loads(Path(__file__).with_name("surface.json").read_text())
    for tool in listed:
        call = {"type": "object", "required": ["name", "arguments"], "properties": {
            "name": {"const": tool["name"]}, "arguments": unreferenced(tool["inputSchema"]),
            "_meta": {"$ref": "#/components/schemas/Meta"},
        }}  # fmt: skip
        message = {"type": "object", "required": ["jsonrpc", "id", "method", "params"], "properties": {
            "jsonrpc": {"const": "2.0"}, "id": {"type": "integer"}, "method": {"const": "tools/call"}, "params": call,
        }}  # fmt: skip
        call["required"].append("_meta")
        document["paths"][f"/mcp#{tool['name']}"] = {"post": {
            "operationId": tool["name"], "responses": {"200": {"description": "answered"}},
            "requestBody": {"required": True, "content": {"application/json": {"schema": message}}},
        }}  # fmt: skip
    return document


def unreferenced(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with its own definitions put where they are used."""
    definitions: dict[str, Any] = schema.get("$defs", {})

    def whole(node: Any) -> Any:
        if isinstance(node, list):
            return [whole(child) for child in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return whole(definitions[node["$ref"].removeprefix("#/$defs/")])
        return {key: whole(value) for key, value in node.items() if key != "$defs"}

    return whole(schema)


def fuzz(operation: Any, base: str, tree: Path, examples: int) -> Found:
    """Send what fits an operation and what does not; every fourth without a token."""
    found = Found()
    numbers = itertools.count()
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        try:
            cases = operation.as_strategy(generation_mode=mode)
            run = settings(
                max_examples=examples, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            run(given(cases)(lambda case: send(case, base, tree, next(numbers) % 4 != 3, found)))()
        except Unsatisfiable:  # an operation without arguments: there is nothing that would not fit
            continue
    return found


def send(case: Any, base: str, tree: Path, with_token: bool, found: Found) -> None:
    """Send one request, and look at what comes back."""
    request = case.as_transport_kwargs(base_url=base)
    request["url"] = request["url"].partition("#")[0].partition("%23")[0]
    headers = {"Accept": "application/json, text/event-stream", **dict(request.pop("headers", None) or {})}
    if with_token:
        headers["Authorization"] = f"Bearer {TOKEN}"
    named = case.operation.path.partition("#")[2]
    if named:
        headers |= {"Mcp-Protocol-Version": STATELESS, "Mcp-Method": "tools/call", "Mcp-Name": named}
    try:
        with answered(request, headers) as (status, text):
            found.statuses[status] += 1
    except (UnicodeEncodeError, requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL):
        return  # cannot be sent by this client
    found.sent += 1
    given_ = json.dumps(request.get("json"), ensure_ascii=False) + str(request.get("data")) + str(request["url"])
    told = [path for path in PATHS.findall(text) if path not in given_ and not path.startswith(str(tree))]
    if status >= 500 or INSIDES.search(text) or told:
        found.wrong.append(f"{case.operation.label} {status} {told[:2]} {text[:300]}")


@contextmanager
def answered(request: dict[str, Any], headers: dict[str, str]) -> Iterator[tuple[int, str]]:
    """Yield the status and the text of an answer, of a stream what came at once."""
    with requests.request(
        **request, headers=headers, stream=True, timeout=(TIMEOUT_S, TIMEOUT_S), allow_redirects=False
    ) as answer:
        if answer.headers.get("content-type", "").startswith("text/event-stream") and request["method"] == "GET":
            sock = answer.raw.connection.sock
            sock.settimeout(STREAM_S)
            try:
                yield answer.status_code, answer.raw.read(200).decode(errors="replace")
            except Exception:  # it said nothing, and stays open
                yield answer.status_code, ""
            return
        yield answer.status_code, answer.text


if __name__ == "__main__":
    sys.exit(main())
