"""The tools for an agent's memory over MCP and in a terminal."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp_types import CallToolResult

from cistron.server.app import build
from cistron.server.cli.main import main
from cistron.tools.services import Services

Opening = Callable[[], Services]
WAIT_S = 30


async def calls(opening: Opening, *asked: tuple[str, dict[str, Any]]) -> list[CallToolResult]:
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening, tools="full")) as client:
            return [await client.call_tool(tool, arguments) for tool, arguments in asked]


def text_of(result: CallToolResult) -> str:
    return getattr(result.content[0], "text", "")


@pytest.mark.anyio
async def test_an_agent_keeps_compares_and_puts_back_its_memory_over_mcp(opening: Opening, tree: Path) -> None:
    done = await calls(
        opening,
        ("ingest", {"path": str(tree)}),
        ("verify", {"targets": [], "used": ["src/parser.py"]}),
        ("agent_state", {"action": "commit", "message": "one file"}),
        ("verify", {"targets": [], "used": ["src/parser.py", "src/parser.py::parse_line"]}),
        ("agent_state", {"action": "branch", "name": "later"}),
        ("agent_state", {"action": "log"}),
    )
    assert [result.is_error for result in done] == [False] * 6
    versions = (done[5].structured_content or {})["versions"]
    assert [version["message"] for version in versions] == ["branch later", "one file"]
    found, back, gone = await calls(
        opening,
        ("agent_state", {"action": "diff", "name": versions[1]["id"], "other": "later"}),
        ("agent_state", {"action": "rollback", "name": versions[1]["id"][:6]}),
        ("agent_state", {"action": "rollback", "name": "nothing"}),
    )
    assert text_of(found).splitlines()[-2:] == ["+2 src/parser.py", "+1 src/parser.py::parse_line"]
    assert "the state before is kept as" in text_of(back)
    assert gone.is_error
    assert "no version named 'nothing'; log lists them" in text_of(gone)


@pytest.mark.anyio
async def test_a_flag_is_set_once_over_mcp(opening: Opening) -> None:
    first, again, listed = await calls(
        opening, ("flag", {"name": "frozen", "reason": "release"}), ("flag", {"name": "frozen"}), ("flag", {})
    )
    assert text_of(first).startswith("frozen set by local/mcp")
    assert again.is_error
    assert text_of(listed).endswith(": release")


@pytest.mark.anyio
async def test_a_passphrase_is_no_argument_and_comes_from_the_environment(
    opening: Opening, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused, without = await calls(
        opening,
        ("agent_state", {"action": "export", "file": "a.hxe", "passphrase": "x"}),
        ("agent_state", {"action": "export", "file": "a.hxe"}),
    )
    assert "has no argument 'passphrase'" in text_of(refused)
    assert "set CISTRON_PASSPHRASE" in text_of(without)
    monkeypatch.setenv("CISTRON_PASSPHRASE", "correct horse")
    written, read = await calls(
        opening,
        ("agent_state", {"action": "export", "file": "a.hxe"}),
        ("agent_state", {"action": "import", "file": "a.hxe"}),
    )
    assert not written.is_error
    assert (read.structured_content or {})["versions"][0]["agent"] == "local/mcp (imported)"
    assert "correct horse" not in text_of(written) + text_of(read)


@pytest.fixture
def _inside(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in [name for name in os.environ if name.startswith(("CISTRON_", "HELIX_"))]:
        monkeypatch.delenv(name)


@pytest.mark.usefixtures("_inside")
def test_the_terminal_takes_a_state_anywhere_and_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CISTRON_PASSPHRASE", "correct horse")
    file = str(tmp_path / "elsewhere" / "me.hxe")
    assert main(["agent", "commit", "the start"]) == 0
    assert main(["agent", "export", file]) == 0
    assert main(["agent", "import", file]) == 0
    assert main(["agent", "log"]) == 0
    assert "the start" in capsys.readouterr().out
    assert main(["agent", "diff"]) == 0
    assert os.stat(file).st_mode & 0o077 == 0
    monkeypatch.setenv("CISTRON_PASSPHRASE", "wrong")
    assert main(["agent", "import", file]) == 2
    assert "passphrase is another one" in capsys.readouterr().err


@pytest.mark.usefixtures("_inside")
@pytest.mark.parametrize("words", [["export"], ["rollback"], ["show", "x"], ["diff", "a", "b", "c"], ["fly"]])
def test_wrong_words_are_said(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["agent", *words]) == 2
    assert capsys.readouterr().err
