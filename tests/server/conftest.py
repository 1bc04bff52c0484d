"""A small tree of real files, and a server over it."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from cistron.tools.services import Services
from tests.server.http_running import FIXTURE, OTHER, TOKEN, Served, running

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


@pytest.fixture(scope="session")
def token_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tokens: one that says nothing of who has it, one that says all."""
    file = tmp_path_factory.mktemp("tokens") / "token"
    file.write_text(f"{TOKEN}\n{OTHER} party=phone participant=bob agent=cursor\n")
    file.chmod(0o600)
    return file


@pytest.fixture(scope="session")
def odd(token_file: Path) -> Iterator[Served]:
    """The fixture server, shared by the tests that leave it as it was."""
    with running([*FIXTURE, str(token_file), "--call-timeout-s", "1", "--header-s", "2"], "") as served:
        yield served


@pytest.fixture
def odd_of_its_own(token_file: Path) -> Callable[..., AbstractContextManager[Served]]:
    """What runs the fixture server with flags, for tests that end it."""
    return lambda *flags: running([*FIXTURE, str(token_file), *flags], "")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment without what would configure the server, and with folders of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CISTRON_", "HELIX_"))}
    folders = {f"XDG_{name}_HOME": str(tmp_path / name.lower()) for name in ("CONFIG", "DATA", "STATE")}
    return {**kept, **folders}


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
