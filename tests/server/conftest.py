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
