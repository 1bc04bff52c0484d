"""Which folder is the workspace, where its store stands, and which folders are never indexed by themselves."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ..genome.reading import git

MARKS = (".git", ".cistron", "cistron.toml")
STORE_NAME = "genome.db"

_HOMES = ("/home", "/Users", "/var/home", "/export/home")
# Folders at the top of a file system that belong to the system or to everybody. Others (/app, /workspace, /src)
# are where containers put a checkout.
_SYSTEM = frozenset(
    "/bin /boot /dev /etc /lib /lib32 /lib64 /libx32 /lost+found /media /mnt /opt /proc /run /sbin /snap /srv /sys /tmp"
    " /usr /usr/local /var /var/tmp /private /private/tmp /private/var /cores /Applications /Library /Network /System"
    " /Volumes /nix /nix/store".split()
)
_CREDENTIALS = frozenset(
    ".ssh .gnupg .aws .azure .kube .docker .password-store .mozilla .thunderbird Keychains".split()
)
_PROGRAM_DATA = frozenset(".config .local .cache Library AppData Desktop Documents Downloads".split())


def find_workspace(cwd: Path) -> Path | None:
    """Return the nearest folder upward from `cwd` that holds `.git`, `.cistron` or `cistron.toml`.

    A folder that is never indexed by itself (see `forbidden_root`) is passed over, so a home that is a
    repository of dotfiles is not the workspace of what lies in it.
    """
    place = Path(os.path.realpath(cwd))
    for folder in (place, *place.parents):
        if any(_exists(folder / mark) for mark in MARKS) and forbidden_root(folder) is None:
            return folder
    return None


def store_path(workspace: Path) -> Path:
    """Return the workspace's store: `.cistron/genome.db` in it, or in the main work tree if it is a linked one.

    All git worktrees of a repository whose main work tree holds an ordinary `.git` folder share that tree's store.
    """
    top = Path(os.path.realpath(workspace))
    own, common = git.git_dir(top), git.common_dir(top)
    is_linked = own is not None and common is not None and common != own and common.name == ".git"
    home = common.parent if is_linked and common is not None else top
    return home / ".cistron" / STORE_NAME


def forbidden_root(path: Path) -> str | None:
    """Say why a folder is never indexed unless a person names it; None if nothing speaks against it."""
    place = Path(os.path.realpath(path))
    if place == Path(place.anchor):
        return "it is the root of a file system"
    for home in _homes():
        if place == home:
            return "it is a home folder"
        if home.is_relative_to(place):
            return "it holds home folders"
        if place.is_relative_to(home):
            return _forbidden_in_home(place.relative_to(home))
    if str(place) in _HOMES:
        return "it holds home folders"
    if str(place.parent) in _HOMES:
        return "it is a home folder"
    if str(place) in _SYSTEM or place == Path(os.path.realpath(tempfile.gettempdir())):
        return "it belongs to the system"
    return None


def _forbidden_in_home(place: Path) -> str | None:
    if place.parts[0] in _CREDENTIALS:
        return "it holds credentials"
    if len(place.parts) == 1 and place.parts[0] in _PROGRAM_DATA:
        return "it holds what many programs and people put there"
    return None


def _homes() -> list[Path]:
    """List the home that the environment names and the one of the account, which `sudo` and containers set apart."""
    names = [os.path.expanduser("~")]
    try:
        # Windows has no `pwd`.
        import pwd

        names.append(pwd.getpwuid(os.getuid()).pw_dir)
    except (ImportError, KeyError):
        pass
    return [Path(os.path.realpath(name)) for name in dict.fromkeys(names) if os.path.isabs(name) and len(name) > 1]


def _exists(path: Path) -> bool:
    try:
        path.lstat()
    except (OSError, ValueError):
        return False
    return True
