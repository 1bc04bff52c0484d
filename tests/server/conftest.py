"""A small tree of real files, and a server over it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cistron.tools.services import Services

PARSER = '''"""Read lines."""


def parse_line(line: str) -> list[str]:
    """Split a line into its words at white space."""
    return line.split()


class Reader:
    """Reads a file line by line."""

    def read_all(self, path: str) -> list[list[str]]:
        """Return the words of every line of a file."""
        with open(path) as lines:
            return [parse_line(line) for line in lines]
'''


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A workspace with a module, a document and a setting."""
    tree = tmp_path / "project"
    (tree / "src").mkdir(parents=True)
    (tree / "src" / "parser.py").write_text(PARSER)
    (tree / "README.md").write_text("# Parser\n\n## Install\n\nRun the installer.\n")
    (tree / "settings.toml").write_text("[server]\nport = 8080\n")
    (tree / "cistron.toml").touch()
    return tree


@pytest.fixture
def opening(tree: Path, tmp_path: Path) -> Callable[[], Services]:
    """What `build` takes: services over the tree, with the store beside it."""
    return lambda: Services(tmp_path / "genome.db", [tree])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home; the command is typed in a workspace, with no client's programs on the PATH."""
    home = tmp_path / "home"
    for folder in (home, tmp_path / "project", tmp_path / "bin"):
        folder.mkdir()
    (tmp_path / "project" / "cistron.toml").touch()
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for name in ("XDG_CONFIG_HOME", "APPDATA", "CLAUDE_CONFIG_DIR", "CODEX_HOME"):
        monkeypatch.delenv(name, raising=False)
    return home
