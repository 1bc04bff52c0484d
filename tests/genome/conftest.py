"""An empty tree, services over it, and a folder that every user may enter."""

import os
import subprocess
from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from cistron.tools.services import Services


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    tree.mkdir()
    return tree


@pytest.fixture
def services(tmp_path: Path, tree: Path) -> Generator[Services]:
    services = Services(tmp_path / "store" / "genome.db", [tree])
    yield services
    services.close()


@pytest.fixture
def place() -> Generator[Path]:
    """A folder that every user may enter, which pytest's own is not."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(os.path.realpath(folder))
        subprocess.run(["chmod", "-R", "u+rwX", folder], check=False)
