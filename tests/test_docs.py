"""What the documents say is so: commands and tools exist, examples run, links lead somewhere."""

import argparse
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from cistron.server.cli.main import main, parser
from cistron.server.toolset import toolset
from cistron.tools.services import Services

TIMEOUT_S = 120
ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
MACHINE = re.compile(r"(?<![\w.])/(?:home|Users|root|work|tmp|mnt)/")

SAMPLE = '''def parse_line(line):
    """Split a line into its words."""
    return line.split()
'''


def blocks(language: str) -> list[str]:
    return [body for found, body in BLOCK.findall(README) if found == language]


def runnable() -> list[str]:
    """The lines of console examples that need neither the network nor another program."""
    lines = [line.removeprefix("$ ") for block in blocks("console") for line in block.splitlines()]
    return [line for line in lines if line.startswith("cistron ")]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace in which the README's examples make sense."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "parser.py").write_text(SAMPLE)
    (tmp_path / "cistron.toml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    return tmp_path


def test_every_command_is_in_the_readme_or_the_page_it_links() -> None:
    page = README + (ROOT / "docs" / "tools.md").read_text(encoding="utf-8")
    actions = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    commands = list(actions[0].choices)
    assert commands == ["serve", "ingest", "packet", "verify", "remember", "audit", "why", "forget", "stats", "doctor"]
    for command in commands:
        assert f"cistron {command}" in page, command
        assert f"cistron {command}" in README, command


def test_every_tool_and_every_argument_is_documented(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "tools.md").read_text(encoding="utf-8")
    for name, tool in toolset(Services(tmp_path / "genome.db"), "full").items():
        assert f"`{name}`" in README, name
        row = next(line for line in page.splitlines() if line.startswith(f"| `{name}`"))
        for argument in tool.parameters["properties"]:
            assert argument in row, f"{name}: {argument}"


@pytest.mark.usefixtures("tree")
def test_the_console_examples_run() -> None:
    assert len(runnable()) >= 5
    for line in runnable():
        assert main(shlex.split(line)[1:]) == 0, line


@pytest.mark.parametrize("example", blocks("python"))
def test_the_python_examples_run(tree: Path, example: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=tree, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "verified src/parser.py" in done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_that_are_there(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "mailto:", "#")):
            assert (page.parent / target.split("#")[0]).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_names_a_path_of_somebodys_machine(page: Path) -> None:
    assert not MACHINE.search(page.read_text(encoding="utf-8"))


def test_every_make_target_that_is_named_exists() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"`make (\w+)", text)):
        assert f"\n{target}:" in makefile, target
