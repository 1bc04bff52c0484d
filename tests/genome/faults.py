"""A store of eight small modules, what is said of one that cannot be used, and a process that uses one."""

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cistron.tools.ingest import IngestTools
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services

ACTIONS = ("--genome", "move it away", "free some space", "upgrade cistron", "permissions", "ingest again", "try again")
CHILD = """
import os, resource, signal, sys
from pathlib import Path
from cistron.genome.errors import GenomeError
from cistron.tools.ingest import IngestTools
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services
from cistron.tools.verify import VerifyTools

def asked(store, tree, query):
    services = Services(store, [tree])
    try:
        item = PacketTools(services).context_packet(query).items[0]
        return f"{item.path} {item.status} {item.evidence.rung}"
    finally:
        services.close()

def written(store, tree, source="a name"):
    services = Services(store, [tree])
    try:
        return IngestTools(services).ingest(content="a text", source_id=source).state
    finally:
        services.close()

def verified(store, tree):
    services = Services(store, [tree])
    try:
        return VerifyTools(services).verify(["n3.py::work_3"], used=["n3.py"]).results[0].status
    finally:
        services.close()

def said(work, *arguments):
    try:
        print(work(*arguments), flush=True)
    except GenomeError as error:
        print(type(error).__name__, error, flush=True)

work, tree, store = (Path(name) for name in sys.argv[1:4])
(work / "warm").mkdir()
# Once as we are: what is imported late may lie where only root can read.
warm = Services(work / "warm" / "genome.db", [tree])
IngestTools(warm).ingest(path=str(tree))
PacketTools(warm).context_packet("work_3")
warm.close()
"""


def write_works(tree: Path) -> Path:
    """Write eight modules with a function each."""
    tree.mkdir()
    for number in range(8):
        (tree / f"n{number}.py").write_text(f"def work_{number}(x):\n    return x + {number}\n")
    return tree


def store_of(tree: Path, store: Path) -> Path:
    """Read a tree into a store, and close it."""
    services = Services(store, [tree])
    IngestTools(services).ingest(path=str(tree))
    services.close()
    assert sorted(path.name for path in store.parent.iterdir() if path.name.startswith("genome.db-")) == []
    return store


def assert_clear(message: str, store: Path) -> None:
    """One line that names the file and says what to do."""
    assert "\n" not in message
    assert len(message) < 400
    assert str(store) in message
    assert any(action in message for action in ACTIONS), message
    assert "Traceback" not in message


def work_found(store: Path, tree: Path, number: int = 3, task: str = "explain") -> str:
    """Ask for one of the tree's functions through a new Services and return the status of the first item."""
    services = Services(store, [tree])
    try:
        packet = PacketTools(services).context_packet(f"work_{number}", task)
        assert packet.items[0].path == f"n{number}.py"
        return packet.items[0].status
    finally:
        services.close()


def child(place: Path, tree: Path, store: Path, program: str) -> list[str]:
    """Run a program in a process of its own and return what it printed, a line each."""
    command = [sys.executable, "-c", CHILD + program, str(place), str(tree), str(store)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout.splitlines()


@contextmanager
def mounted(folder: Path, size: str) -> Generator[Path]:
    """A file system of its own with so many bytes; the test is skipped where none can be had."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("no file system can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
