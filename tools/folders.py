"""Where a folder or a path really is, links resolved: what decides whether it lies inside a root."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from ..genome.errors import RootMissing, RootNotGranted
from ..genome.reading import git
from ..genome.records import Root
from .plain import quoted


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


def located(path: str, roots: Iterable[Root], is_known: Callable[[Root, str], bool]) -> tuple[Root, str]:
    """Return the root that holds a path, and the path relative to it; one that is there, else one that is known.

    Args:
        path: Absolute, relative to a root, or with a root's name before it.
        roots: Those that were granted.
        is_known: Whether a root's path stands in the store.

    Raises:
        RootNotGranted: It lies in no root.
    """
    if "\0" in path:
        raise RootNotGranted("a path cannot hold a NUL byte; pass it without")
    folders = [root for root in roots if root.kind != "virtual"]
    tries = [(root, Path(root.path) / path) for root in folders]
    tries += [
        (root, Path(root.path) / path.removeprefix(f"{root.name}/"))
        for root in folders
        if path.startswith(f"{root.name}/")
    ]
    tries += [(root, Path(root.path)) for root in folders if path == root.name]
    if os.path.isabs(path) or path.startswith("~"):
        tries = [(root, Path(os.path.expanduser(path))) for root in folders]
    found = [(root, inside, full) for root, full in tries if (inside := path_inside(root, full)) is not None]
    if not found:
        raise RootNotGranted(
            f"{quoted(path)} is outside the roots; only a person can add one, with `cistron ingest PATH` or --root"
        )
    there = [entry for entry in found if os.path.lexists(entry[2])]
    root, inside, _ = (there or [entry for entry in found if is_known(entry[0], entry[1])] or found)[0]
    return root, inside
