"""Every tool, resource, prompt and completion, asked what its own schema allows and what it does not."""

import asyncio
import json
import os
import re
from collections.abc import Callable, Coroutine, Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, CallToolResult, PromptReference

from cistron.server.app import build
from cistron.server.toolset import toolset
from cistron.tools.services import Services

from .schemas_fuzz import HOSTILE, arguments

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "12"))  # of each tool
DERANDOMIZE = "FUZZ_EXAMPLES" not in os.environ
CALL_S = 30
MARKER = "unheard-of-quokka"
# Where Python's own words would stand: no answer may hold them.
PYTHON = re.compile(
    r"Traceback|File \"|line \d+, in |pydantic|errors\.pydantic|apsw\.|sqlite|<class |object at 0x", re.I
)


def schemas(which: Any) -> dict[str, dict[str, Any]]:
    """Every tool's arguments; making the tools opens nothing."""
    return {name: tool.parameters for name, tool in toolset(Services(Path("nowhere")), which).items()}


TOOLS = {**schemas("full"), **schemas("helix")}


class Server:
    """One server for all examples: they run on its event loop, one client for each set."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "project"
        (self.root / "src").mkdir(parents=True)
        (self.root / "src" / "parser.py").write_text("def parse_line(line):\n    return line.split()\n")
        (self.root / "settings.toml").write_text("[server]\nport = 8080\n")
        (folder / "secret.txt").write_text(f"{MARKER}\n")
        self.loop = asyncio.new_event_loop()
        self.stop = asyncio.Event()
        self.clients: dict[str, Client] = {}
        self.is_ready = asyncio.Event()
        self.living = self.loop.create_task(self.live())
        self.run(self.is_ready.wait())

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(asyncio.wait_for(work, CALL_S))

    async def live(self) -> None:
        async with (
            Client(build(self.opening, tools="full")) as full,
            Client(build(self.opening, tools="helix")) as helix,
        ):
            self.clients = {"full": full, "helix": helix}
            self.is_ready.set()
            await self.stop.wait()

    def opening(self) -> Services:
        return Services(self.folder / "store" / "genome.db", [self.root])

    def client(self, tool: str) -> Client:
        return self.clients["helix" if tool.startswith("helix_") else "full"]

    def close(self) -> None:
        self.stop.set()
        self.loop.run_until_complete(self.living)
        self.loop.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    server = Server(tmp_path_factory.mktemp("fuzz"))
    yield server
    server.close()


def check(server: Server, said: str, asked: str) -> None:
    """Nothing of Python, nothing of what lies outside the roots."""
    assert not PYTHON.search(said), said
    assert MARKER not in said
    for path in re.findall(r"/[\w.~-]+(?:/[\w.~-]+)+", said):
        is_inside = path.startswith(str(server.root)) or str(server.root).startswith(path)
        is_repeated = path in asked or path in asked.encode("unicode_escape").decode()
        assert is_inside or is_repeated or not Path(path).exists(), f"{path} in {said}"


@pytest.mark.parametrize("tool", sorted(TOOLS))
def test_a_tool_answers_or_says_what_is_wrong(server: Server, tool: str) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=DERANDOMIZE,
        suppress_health_check=list(HealthCheck),
    )
    @given(arguments(TOOLS[tool]))
    def ask(given_arguments: dict[str, Any]) -> None:
        try:
            result: CallToolResult = server.run(server.client(tool).call_tool(tool, given_arguments))
        except UnicodeEncodeError:
            return  # what no client can send either
        said = getattr(result.content[0], "text", "")
        asked = json.dumps(given_arguments) + repr(given_arguments)
        if result.is_error:
            check(server, said, asked)
            assert 0 < len(said) < 2_000
            assert said != f"Error executing tool {tool}", given_arguments
        else:
            assert MARKER not in json.dumps(result.structured_content)

    ask()


@pytest.mark.parametrize("what", ["resource", "prompt", "completion"])
def test_what_is_no_tool_answers_or_says_what_is_wrong(server: Server, what: str) -> None:
    client = server.clients["full"]
    words = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30))
    askings: dict[str, Callable[[str, str], Coroutine[Any, Any, Any]]] = {
        "resource": lambda one, two: client.read_resource(f"cistron://{one if len(two) % 2 else 'place'}/{two}"),
        "prompt": lambda one, two: client.get_prompt(
            ["brief-me", "before-edit", "resume", one][len(two) % 4],
            {"path": one, "symbol": two, "topic": one, "session": two},
        ),
        "completion": lambda one, two: client.complete(
            PromptReference(name="before-edit"),
            {"name": ["path", "symbol", "other"][len(two) % 3], "value": one},
            context_arguments={"path": two} if len(two) % 2 else None,
        ),
    }

    @settings(
        max_examples=40, deadline=None, database=None, derandomize=DERANDOMIZE, suppress_health_check=list(HealthCheck)
    )
    @given(words, words)
    def ask(one: str, two: str) -> None:
        try:
            result = server.run(askings[what](one, two))
        except UnicodeEncodeError:
            return
        except MCPError as error:
            said, code = str(error), error.code
        else:
            said, code = "", INVALID_PARAMS
            assert MARKER not in result.model_dump_json()
        check(server, said, f"cistron://{one}/{two} {one!r} {two!r}")
        assert code == INVALID_PARAMS, said

    ask()
