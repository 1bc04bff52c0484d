"""Which commit a file stands at, and whether it is as that commit has it.

The commit is read from the repository's files at every question; what the commit holds is asked of git once a commit.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..reading import git

WAIT_S = 0.1  # how long a question waits for git to list a commit that is new to this process
GIT_TIMEOUT_S = 20.0
SHOWN = 7  # digits of a commit
_OPERATIONS = {
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "BISECT_LOG": "a bisection",
}


@dataclass(frozen=True, slots=True)
class File:
    """A file whose commit is asked for: absolute path of its root, relative path, git's id of its bytes."""

    root: str
    path: str
    blob: str


@dataclass(slots=True)
class _Listing:
    """What one commit holds, as git lists it; `entries` stays None where git cannot tell."""

    commit: str
    done: threading.Event = field(default_factory=threading.Event)
    entries: bytes | None = None
    converts: bool = False  # files may differ from their blobs by line ends or filters


class Commits:
    """The commits of all work trees that one process answers for. Safe to call from any thread."""

    def __init__(self) -> None:
        self._listings: dict[Path, _Listing] = {}
        self._lock = threading.Lock()

    def at(self, files: Iterable[File]) -> dict[File, str]:
        """Return the commit that each file stands at: `3f2c1ab`, with `+dirty` where the file is not as committed.

        Where line ends or filters may make the difference it says `+dirty?`. A file outside of a repository, before
        the first commit, or in one that git cannot or could not yet list is left out.
        """
        tops: dict[tuple[str, str], str | None] = {}
        heads: dict[str, str | None] = {}
        found: dict[File, str] = {}
        for file in files:
            top = _top(file.root, file.path.rpartition("/")[0], tops)
            if top is None:
                continue
            if top not in heads:
                heads[top] = git.head(Path(top))
            commit = heads[top]
            if commit is None:
                continue
            listing = self._listing(Path(top), commit)
            if not listing.done.wait(WAIT_S) or listing.entries is None:
                continue
            path = f"{file.root}/{file.path}"[len(top) + 1 :]
            is_same = _blob(listing.entries, path) == file.blob
            mark = "" if is_same else "+dirty?" if listing.converts else "+dirty"
            found[file] = commit[:SHOWN] + mark
        return found

    def _listing(self, top: Path, commit: str) -> _Listing:
        with self._lock:
            known = self._listings.get(top)
            if known is None or known.commit != commit:
                known = self._listings[top] = _Listing(commit)
                threading.Thread(target=_list, args=(top, known), name="cistron-commit", daemon=True).start()
        return known


def remark(root: str) -> str | None:
    """Return what a reader of this root's answers should know of its repository; None where all is ordinary."""
    own = git.git_dir(Path(root))
    if own is None:
        return None
    if not git.is_installed():
        return "git was not found: files are proven all the same, but commits and renamed files are not told"
    under_way = next((what for name, what in _OPERATIONS.items() if os.path.lexists(own / name)), None)
    return None if under_way is None else f"{under_way} is under way: files are told as they stand now"


def _top(root: str, folder: str, known: dict[tuple[str, str], str | None]) -> str | None:
    """Return the top of the work tree that a folder of a root lies in: the nearest, which may be below the root."""
    if (root, folder) not in known:
        if not folder:
            top = git.work_tree(Path(root))
            known[root, folder] = None if top is None else str(top)
        elif os.path.lexists(f"{root}/{folder}/.git") and git.git_dir(Path(root, folder)):
            known[root, folder] = f"{root}/{folder}"
        else:
            known[root, folder] = _top(root, folder.rpartition("/")[0], known)
    return known[root, folder]


def _list(top: Path, listing: _Listing) -> None:
    """Ask git what a commit holds; runs in a thread of its own, because a large commit takes a second."""
    try:
        entries = git.run(top, "ls-tree", "-r", "-z", "--full-tree", listing.commit, timeout_s=GIT_TIMEOUT_S)
        if entries is not None:
            crlf = git.run(top, "config", "--get", "core.autocrlf") or b"false"
            listing.converts = b".gitattributes\0" in entries or crlf.strip() not in (b"", b"false")
        listing.entries = entries
    finally:
        listing.done.set()


def _blob(entries: bytes, path: str) -> str | None:
    """Return the id that a listing gives a path, found by bisection: git lists paths in the order of their bytes."""
    wanted = os.fsencode(path)
    low, high = 0, len(entries)
    while low < high:
        start = entries.rfind(b"\0", low, (low + high) // 2) + 1 or low
        end = entries.find(b"\0", start)
        head, _, name = entries[start:end].partition(b"\t")
        if name == wanted:
            return head.rpartition(b" ")[2].decode()
        if name < wanted:
            low = end + 1
        else:
            high = start
    return None
