"""Follow a checkout: git's index names the blob of every file, and what was read under another branch is used again.

Git's word decides only what a question is ranked over. The stamps of adopted files stay empty, so that each is
compared byte by byte before it is called verified, and all of them in the background.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..records import Root
from ..store import branches, sources
from ..store.database import Database
from . import git
from .load import is_present
from .reader import READER, mode

GIT_TIMEOUT_S = 2.0
_FILE_MODES = (b"100644", b"100755")


@dataclass(frozen=True, slots=True)
class Adopted:
    """Paths that were pointed at known contents, and those that are no longer there."""

    pointed: frozenset[str]
    gone: frozenset[str]
    fresh: frozenset[str]  # of the pointed: those that were not there before


NOTHING = Adopted(frozenset(), frozenset(), frozenset())


def changed_between(root: Root, before: str, after: str) -> list[str] | None:
    """Return the paths that differ between two commits of a root's repository; None where git cannot tell."""
    args = ("diff-tree", "-r", "-z", "--no-renames", "--name-only", "--end-of-options", before, after, "--")
    found = git.run(Path(root.path), *args, timeout_s=GIT_TIMEOUT_S)
    return None if found is None else _names(found)


def renamed_between(root: Root, before: str, after: str) -> dict[str, str]:
    """Return which paths have another name in the later of two commits, by git's own detection: old to new."""
    args = ("diff-tree", "-r", "-z", "-M", "--diff-filter=R", "--name-status", "--end-of-options", before, after, "--")
    fields = _names(git.run(Path(root.path), *args, timeout_s=GIT_TIMEOUT_S) or b"")
    return dict(zip(fields[1::3], fields[2::3], strict=False))


def adopt(database: Database, root: Root, paths: Sequence[str], at: float, patience_ms: int) -> Adopted:
    """Point those of these paths at known contents that git says hold them, and mark those that are not there.

    Args:
        database: Where to.
        root: The top of a work tree.
        paths: Paths that were touched and belong to the root.
        at: Seconds since the epoch.
        patience_ms: How long to wait for another writer.

    Raises:
        StoreError: It could not be written.
    """
    staged = _staged(Path(root.path))
    if staged is None or not is_present(root.path):
        return NOTHING
    there, gone = _there(root, paths)
    reading = database.reading()
    wanted = {path: staged[path] for path in there if path in staged}
    known = branches.by_blob(reading, wanted.values(), READER)
    pointed = {path: id_ for path, blob in wanted.items() if (id_ := known.get((blob, mode(path)))) is not None}
    states = branches.states(reading, root.id, [*pointed, *gone])
    gone = [path for path in gone if states.get(path, "gone") != "gone"]
    if not pointed and not gone:
        return NOTHING
    fresh = frozenset(path for path in pointed if states.get(path) != "live")
    with database.writing(patience_ms) as writer:
        branches.adopt(writer, root.id, pointed, fresh, at)
        branches.mark_all_gone(writer, root.id, gone, at)
        sources.bump(writer)
    return Adopted(frozenset(pointed), frozenset(gone), fresh)


def _there(root: Root, paths: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return which paths are regular files that were not written after git's index was, and which are not there."""
    index = git.git_dir(Path(root.path))
    try:
        written = os.stat(index / "index").st_mtime_ns if index else 0
    except OSError:
        written = 0
    there: list[str] = []
    gone: list[str] = []
    for path in paths:
        try:
            found = os.lstat(os.path.join(root.path, path))
        except (FileNotFoundError, NotADirectoryError):
            gone.append(path)
        except OSError:
            continue
        else:
            if stat.S_ISREG(found.st_mode) and found.st_mtime_ns <= written:
                there.append(path)
    return there, gone


def _staged(top: Path) -> dict[str, str] | None:
    """Return the blob of every file in git's index; None where git cannot tell or has other ids than ours."""
    listed = git.run(top, "ls-files", "-s", "-z", timeout_s=GIT_TIMEOUT_S)
    if listed is None:
        return None
    found: dict[str, str] = {}
    for entry in listed.split(b"\0"):
        head, _, name = entry.partition(b"\t")
        if head[:6] in _FILE_MODES and head.endswith(b" 0"):  # 0: not in the middle of a merge
            found.update(dict.fromkeys(_names(name), head[7:-2].decode()))
    return found


def _names(listed: bytes) -> list[str]:
    """Return the names in a list; one that is no UTF-8 is no name of ours, and becomes a path that nothing has."""
    return [name.decode("utf-8", "replace") for name in listed.split(b"\0") if name]
