"""Which files were changed together: a work tree's commits, as git tells them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from . import git

MOST_COMMITS = 2_000
GIT_TIMEOUT_S = 20.0
_COMMIT = re.compile(r"[0-9a-f]{12,64}")


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit: when (seconds since the epoch), and the paths that it touched."""

    at: float
    paths: tuple[str, ...]


def commits(top: Path, after: str | None = None, most: int = MOST_COMMITS) -> list[Commit] | None:
    """Return the last commits of what is checked out, oldest first, merges left out; None where git cannot tell.

    Args:
        top: The top of a work tree.
        after: Only commits that this one does not hold; one that is no commit of the repository gives None.
        most: At most so many of the newest.

    Raises:
        ValueError: `after` is not the name of a commit.
    """
    if after is not None and not _COMMIT.fullmatch(after):
        raise ValueError(f"{after!r} is no commit")
    revisions = ["HEAD"] if after is None else ["HEAD", f"^{after}"]
    args = ("--no-merges", "--no-renames", "--name-only", "-z", "--format=%x01%ct", f"--max-count={most}")
    told = git.run(top, "log", *args, "--end-of-options", *revisions, "--", timeout_s=GIT_TIMEOUT_S)
    if told is None:
        return None
    found: list[Commit] = []
    for entry in told.split(b"\x01")[1:]:
        at, *names = entry.split(b"\0")
        paths = [name.lstrip(b"\n").decode("utf-8", "replace") for name in names]
        if at.isdigit():
            found.append(Commit(float(at), tuple(path for path in paths if path)))
    return found[::-1]
