"""Sessions through the protocol and in the terminal."""

import json
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest
from mcp import Client

from cistron.server.app import build
from cistron.server.cli.main import main
from cistron.tools.services import Services
from cistron.tools.session import SessionTools

Opening = Callable[[], Services]
WAIT_S = 30


@pytest.mark.anyio
async def test_an_agent_starts_a_session_claims_a_path_and_another_connection_sees_it(opening: Opening) -> None:
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening)) as first, Client(build(opening)) as second:
            started = await first.call_tool("session", {"action": "start", "name": "writer", "focus": "the parser"})
            assert started.structured_content is not None
            handle = started.structured_content["handle"]
            await first.call_tool("context_packet", {"query": "parse_line", "session": handle})
            await first.call_tool("session", {"action": "claim", "session": handle, "paths": ["src/parser.py"]})
            listed = await second.call_tool("session", {"action": "list"})
            packet = await second.call_tool("context_packet", {"query": "parse_line"})
            again = await first.call_tool("context_packet", {"query": "parse_line", "session": handle})
    text = getattr(listed.content[0], "text", "")
    assert "mcp/writer of local: active" in text
    assert "at the parser; editing src/parser.py" in text
    assert handle not in text
    assert "note: agent mcp/writer is editing src/parser.py since" in getattr(packet.content[0], "text", "")
    assert "verified src/parser.py:4-8 parse_line, shown 1 packet ago, unchanged" in getattr(
        again.content[0], "text", ""
    )


@pytest.mark.anyio
async def test_a_wrong_handle_is_an_error_that_says_what_to_do(opening: Opening) -> None:
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening)) as client:
            result = await client.call_tool("session", {"action": "beat", "session": "s-none"})
            action = await client.call_tool("session", {"action": "dance"})
    assert result.is_error
    assert "start one with action='start'" in getattr(result.content[0], "text", "")
    assert action.is_error
    assert "'resume'" in getattr(action.content[0], "text", "")


def test_the_terminal_lists_who_is_at_work(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tree)
    assert main(["sessions"]) == 0
    assert capsys.readouterr().out == "nobody is at work\n"
    assert main(["packet", "parse_line"]) == 0
    capsys.readouterr()
    assert main(["sessions"]) == 0
    assert capsys.readouterr().out == "nobody is at work\n"  # that one ended with its command
    services = Services(tree / ".cistron" / "genome.db", [tree])
    SessionTools(services).session("start", name="writer")
    assert main(["sessions", "--json"]) == 0
    (shown,) = json.loads(capsys.readouterr().out)["sessions"]
    assert (shown["session"], shown["status"]) == ("writer", "active")
    services.close()
