"""The one place that runs git, and what can be known of a repository by reading its files.

A repository is data that somebody else wrote, and its configuration can name programs: hooks, a file system
monitor, filters, text converters, a pager, a transport. `run` starts only git commands that need none of them
and turns each of them off all the same. The other functions start no process.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

TIMEOUT_S = 20.0

# Commands that neither compare files of the work tree with the index (`status`, `diff`, `blame` would run the
# clean filters that the repository's configuration names) nor write.
_COMMANDS = frozenset(
    {
        "cat-file", "check-ignore", "config", "diff-tree", "for-each-ref", "log", "ls-files", "ls-tree", "merge-base",
        "rev-list", "rev-parse", "show-ref", "version",
    }
)  # fmt: skip
_MAY_CONVERT = frozenset({"diff-tree", "log"})
_STARTS_PROGRAMS = frozenset({"--ext-diff", "--filters", "--modified", "--show-signature", "--textconv", "-m"})
_SAFE_CONFIG = (
    "core.fsmonitor=",
    "core.hooksPath=/dev/null",
    "core.untrackedCache=false",
    "core.pager=cat",
    "core.quotePath=false",
    "log.showSignature=false",
    "protocol.allow=never",
)
_LONGEST_POINTER = 4096
_LONGEST_PACKED_REFS = 64 * 1024 * 1024
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REF = re.compile(r"refs/[^\s~^:?*\[\\\x00]+")
_SHORT = 12


def run(work_tree: Path, *args: str, input: bytes | None = None, timeout_s: float = TIMEOUT_S) -> bytes | None:  # noqa: A002 (subprocess's word)
    """Run one git command on the work tree whose top is `work_tree` and return what it prints.

    Nothing of the user's GIT_* environment but their configuration reaches git, nothing is asked on a terminal,
    nothing is fetched, no lock is taken. The user's own configuration (excludes, safe directories) keeps working.
    Names and revisions that come from outside belong behind `--` or `--end-of-options`.

    Args:
        work_tree: The top of a work tree; a repository further up is not used in its place.
        *args: A command of those that start no other program, and its arguments.
        input: What git reads from standard input.
        timeout_s: After this time git is stopped.

    Returns:
        The output, or None if git is missing, fails, takes too long, or does not trust the repository's owner.

    Raises:
        ValueError: If the command is not one of those that are safe on a repository of a stranger.
    """
    if not args or args[0] not in _COMMANDS or not _STARTS_PROGRAMS.isdisjoint(args[1:]):
        raise ValueError(
            f"git {' '.join(args[:2])!r} may start other programs; use one of {', '.join(sorted(_COMMANDS))}"
        )
    try:
        done = subprocess.run(
            _command(work_tree, args),
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(work_tree),
            timeout=timeout_s,
            start_new_session=True,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def is_installed() -> bool:
    """Whether there is a git to run."""
    return shutil.which("git") is not None


def is_bare(folder: Path) -> bool:
    """Whether a folder is a repository itself (a bare one, or the inside of `.git`) instead of a work tree."""
    return os.path.isfile(folder / "HEAD") and os.path.isdir(folder / "objects") and os.path.isdir(folder / "refs")


def work_tree(path: Path) -> Path | None:
    """Find the top of the work tree that holds `path`, by looking for `.git` upward; no process is started."""
    place = Path(os.path.realpath(path))
    for folder in (place, *place.parents):
        if git_dir(folder) is not None:
            return None if place.is_relative_to(folder / ".git") else folder
    return None


def git_dir(folder: Path) -> Path | None:
    """Return the git folder of a work tree's top (`.git` or what that file points to), None for other folders."""
    entry = folder / ".git"
    target = entry
    if os.path.isfile(entry):
        pointer = _first_line(entry)
        if pointer is None or not pointer.startswith("gitdir:"):
            return None
        target = folder / pointer.removeprefix("gitdir:").strip()
    return Path(os.path.realpath(target)) if os.path.isfile(target / "HEAD") else None


def common_dir(path: Path) -> Path | None:
    """Return the git folder that all work trees of the repository around `path` share, None outside of one.

    A linked work tree is believed only if the repository it names knows it too: its entry stands in that
    repository's `worktrees` folder and points back. Otherwise an archive with a made-up `.git` file could choose
    any repository of the user as its own; such a work tree gets the folder its `.git` file names.
    """
    top = work_tree(path)
    own = git_dir(top) if top else None
    if top is None or own is None:
        return None
    pointer = _first_line(own / "commondir")
    if pointer is None:
        return own
    common = Path(os.path.realpath(own / pointer))
    back = _first_line(own / "gitdir")
    is_known = back is not None and os.path.realpath(own / back) == os.path.realpath(top / ".git")
    return common if is_known and own.parent == common / "worktrees" else own


def head(work_tree: Path) -> str | None:
    """Return the first 12 digits of the commit that is checked out; None before the first commit or if it is not found.

    Reads HEAD, the loose reference and `packed-refs`; repositories with the `reftable` format give None.
    """
    own = git_dir(work_tree)
    if own is None:
        return None
    common = common_dir(work_tree) or own
    value = _first_line(own / "HEAD")
    for _ in range(5):  # git's own limit for references that name references
        if value is None or not value.startswith("ref:"):
            break
        value = _reference(own, common, value.removeprefix("ref:").strip())
    return value[:_SHORT] if value is not None and _COMMIT.fullmatch(value) else None


def _command(work_tree: Path, args: tuple[str, ...]) -> list[str]:
    options = [part for setting in _SAFE_CONFIG for part in ("-c", setting)]
    # The work tree is named because `core.worktree` of a stranger's repository may say any folder.
    place = ["-C", str(work_tree), f"--work-tree={os.path.abspath(work_tree)}"]
    quiet = ["--no-ext-diff", "--no-textconv"] if args[0] in _MAY_CONVERT else []
    return ["git", "--no-pager", "--no-optional-locks", *options, *place, args[0], *quiet, *args[1:]]


def _environment(work_tree: Path) -> dict[str, str]:
    # GIT_DIR, GIT_INDEX_FILE and the like are set while a hook runs and would point at another repository.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name.startswith("GIT_CONFIG")
    }
    return kept | {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_CEILING_DIRECTORIES": os.path.dirname(os.path.abspath(work_tree)),
        "LC_ALL": "C",
    }


def _reference(own: Path, common: Path, name: str) -> str | None:
    """Return the value of a reference: loose in the work tree's own folder, loose in the shared one, or packed."""
    if not _REF.fullmatch(name) or ".." in name:
        return None
    loose = _first_line(own / name) or _first_line(common / name)
    if loose is not None:
        return loose
    try:
        if (common / "packed-refs").stat().st_size > _LONGEST_PACKED_REFS:
            return None
        packed = (common / "packed-refs").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    found = re.search(rf"^([0-9a-f]+) {re.escape(name)}$", packed, re.MULTILINE)
    return found[1] if found else None


def _first_line(file: Path) -> str | None:
    """Read the first line of a small regular file, None if there is no such file."""
    try:
        if not os.path.isfile(file):
            return None
        with file.open("rb") as stream:
            text = stream.read(_LONGEST_POINTER)
    except (OSError, ValueError):
        return None
    line = os.fsdecode(text).partition("\n")[0].strip()
    return line if line and "\0" not in line else None
