"""Where a folder or a path really is, links resolved: what decides whether it lies inside a root."""

from __future__ import annotations

import os
from pathlib import Path

from ..genome.errors import RootMissing
from ..genome.reading import git
from ..genome.records import Root


def real_folder(path: Path) -> Path:
    """Return a folder's real path.

    Raises:
        RootMissing: There is no such folder, or it holds no files to read.
    """
    expanded = Path(os.path.expanduser(path))
    folder = Path(os.path.realpath(expanded))
    if not folder.is_dir():
        raise RootMissing(f"{path} is not a folder; name the folder to index")
    if git.is_bare(folder):
        raise RootMissing(f"{path} is a repository without files; name a work tree of it (git worktree add makes one)")
    return folder


def path_inside(root: Root, full: Path) -> str | None:
    """Return a path relative to a root, with links resolved; None where it leads outside."""
    real = Path(os.path.realpath(full))
    base = Path(root.path)
    if real != base and not real.is_relative_to(base):
        return None
    relative = real.relative_to(base).as_posix()
    return "" if relative == "." else relative
