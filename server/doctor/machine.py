"""What the machine has: versions, git, and the extras with what they would add."""

from __future__ import annotations

import platform
import shutil
import sys
from importlib.metadata import version
from importlib.util import find_spec

from .check import Check

PARTS = ("cistron-mcp", "mcp", "apsw", "tree-sitter-language-pack")
EXTRAS = {
    "torch": "the library of networks: pip install 'cistron-mcp[neural]'",
    "spacy": "entities in prose, in a later release",
    "onnxruntime": "the second ranking stage: pip install 'cistron-mcp[minilm]'",
}


def versions() -> Check:
    """Name what is installed."""
    installed = ", ".join(f"{name} {version(name)}" for name in PARTS)
    return Check("versions", True, f"{installed}, python {platform.python_version()} ({sys.platform})")


def git(path: str | None = None) -> Check:
    """Git is there: commits of packets, branches and renames are asked of it.

    Args:
        path: Where to look for it; the environment's `PATH` unless given.
    """
    found = shutil.which("git", path=path)
    if found is not None:
        return Check("git", True, found)
    return Check("git", False, "not found", "install it; without it files are walked, and no commit is named")


def extras() -> list[Check]:
    """Say which extras are installed and what the others would add. None is needed."""
    return [
        Check(name, True, "installed" if find_spec(name) else f"not installed; would add {adds}")
        for name, adds in EXTRAS.items()
    ]
