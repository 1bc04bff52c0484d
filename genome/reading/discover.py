"""Which files of a root are to be read, and which folders are to be watched.

One walk serves every root. Ignore files are matched by `ignore`, which tests compare with git's own listing; git is
asked only which files it tracks, since those are listed although a pattern matches them, and where the user's own
excludes are. Every repository below the root (a submodule, a nested clone) is judged by its own ignore files. A root
that is not the top of a work tree is judged by the ignore files in it alone, never by those above it.

`.cistronignore` has the syntax of `.gitignore` and the last word: it hides what git tracks, its `!` patterns bring
back what git ignores, and it reaches into nested repositories.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from . import filters, git, ignore

MAX_FILE_BYTES = 1024 * 1024

_GIT_IGNORE = ".gitignore"
_OWN_IGNORE = ".cistronignore"
_FOLDER_MARKS = frozenset({"pyvenv.cfg", "CACHEDIR.TAG"})  # a virtual environment; a cache by its own word


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or folder that was passed over without a look inside, and why."""

    path: str
    reason: filters.Reason


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a root that are to be read, the folders where new ones may appear, what was passed over by name.

    Paths are relative to the root, with slashes, sorted; the root itself is the folder "".
    """

    files: list[str]
    folders: list[str]
    skipped: list[Skipped]


def discover(root: Path) -> Listing:
    """List what is to be read below `root`; only regular files; links and ignored folders are not entered."""
    listing = Listing([], [], [])
    waiting = [_enter_root(root)]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(root / folder.path) as found:
                entries = list(found)
        except OSError:
            listing.skipped.append(Skipped(folder.path, "unreadable folder"))
            continue
        if folder.path and not _FOLDER_MARKS.isdisjoint(entry.name for entry in entries):
            continue
        listing.folders.append(folder.path)
        folder = _with_ignore_files(root, folder, {entry.name for entry in entries})
        for entry in entries:
            below = _list_entry(root, folder, entry, listing)
            if below is not None:
                waiting.append(below)
    listing.files.sort()
    listing.folders.sort()
    listing.skipped.sort(key=lambda each: each.path)
    return listing


def is_listed(root: Path, paths: Sequence[str]) -> set[str]:
    """Return those of `paths` that `discover` would list as files now; for files that appeared since."""
    known: dict[str, _Folder | None] = {"": _look_into(root, _enter_root(root), Path(root))}
    listed: set[str] = set()
    for path in paths:
        parent, _, name = path.rpartition("/")
        folder = _find_folder(root, parent, known) if not Path(path).anchor else None
        if folder is None or name in ("", ".", ".."):
            continue
        try:
            mode = (root / path).lstat().st_mode
        except (OSError, ValueError):
            continue
        if stat.S_ISREG(mode) and _is_utf8(name) and _is_wanted(folder, name) and filters.skip_reason(path) is None:
            listed.add(path)
    return listed


class _Repository:
    """What one repository below the root says about its entries beyond its `.gitignore` files."""

    def __init__(self, top: Path, prefix: str) -> None:
        """Take the top of the work tree and its path below the root, empty or with a slash at its end."""
        self._top = top
        self._prefix = prefix

    @cached_property
    def excludes(self) -> tuple[ignore.IgnoreFile, ...]:
        """The user's own excludes and the repository's private ones, which reach less far than any `.gitignore`."""
        files = [
            ignore.read(self._global_excludes, self._prefix, self.ignores_case, follow_links=True),
            ignore.read(self._info_excludes, self._prefix, self.ignores_case, follow_links=True),
        ]
        return tuple(each for each in files if each is not None)

    @cached_property
    def tracked(self) -> frozenset[str]:
        """The paths, relative to the root, of what git tracks, and of all folders that hold something tracked."""
        found = {
            self._prefix + os.fsdecode(name)
            for name in (git.run(self._top, "ls-files", "-z") or b"").split(b"\0")
            if name
        }
        waiting = list(found)
        while waiting:
            parent = waiting.pop().rpartition("/")[0]
            if parent and parent not in found:
                found.add(parent)
                waiting.append(parent)
        return frozenset(found)

    @cached_property
    def ignores_case(self) -> bool:
        return self._settings.get("core.ignorecase") == "true"

    @cached_property
    def _settings(self) -> dict[str, str]:
        keys = r"^core\.(excludesfile|ignorecase)$"
        found = git.run(self._top, "config", "-z", "--type=path", "--get-regexp", keys) or b""
        pairs = (os.fsdecode(each).partition("\n") for each in found.split(b"\0") if each)
        return {key.lower(): value for key, _, value in pairs}

    @property
    def _global_excludes(self) -> Path:
        named = self._settings.get("core.excludesfile")
        if named is not None:
            return self._top / named
        configuration = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
        return Path(configuration) / "git" / "ignore"

    @property
    def _info_excludes(self) -> Path:
        return (git.common_dir(self._top) or self._top) / "info" / "exclude"


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder below the root and the ignore files that apply in it, outermost first."""

    path: str
    repository: _Repository | None = None
    git_files: tuple[ignore.IgnoreFile, ...] = ()
    own_files: tuple[ignore.IgnoreFile, ...] = ()
    is_ignored: bool = False  # it was entered for the tracked files in it alone


def _enter_root(root: Path) -> _Folder:
    return _as_repository(root, _Folder("")) if git.git_dir(root) else _Folder("")


def _as_repository(top: Path, folder: _Folder) -> _Folder:
    repository = _Repository(top, folder.path + "/" if folder.path else "")
    return _Folder(folder.path, repository, repository.excludes, folder.own_files)


def _list_entry(root: Path, folder: _Folder, entry: os.DirEntry[str], listing: Listing) -> _Folder | None:
    """Add an entry to the listing if it is a file; return it if it is a folder to be entered."""
    name = entry.name
    path = f"{folder.path}/{name}" if folder.path else name
    if not _is_utf8(name):
        readable = os.fsencode(path).decode("utf-8", "backslashreplace")
        listing.skipped.append(Skipped(readable, "name is not UTF-8"))
    elif entry.is_dir(follow_symlinks=False):
        return _enter(root, folder, name)
    elif _is_wanted(folder, name):
        reason = _reason(entry, path)
        if reason is None:
            listing.files.append(path)
        else:
            listing.skipped.append(Skipped(path, reason))
    return None


def _reason(entry: os.DirEntry[str], path: str) -> filters.Reason | None:
    if entry.is_symlink():
        return "symbolic link"
    if not entry.is_file(follow_symlinks=False):
        return "not a regular file"
    return filters.skip_reason(path)


def _is_utf8(name: str) -> bool:
    return name.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in name)


def _is_wanted(folder: _Folder, name: str) -> bool:
    """Say whether the ignore files leave a file of the folder in the listing."""
    path = f"{folder.path}/{name}" if folder.path else name
    if name == ".git":  # the file of a linked work tree or submodule
        return False
    is_ignored = _is_ignored(folder, path, is_folder=False)
    return is_ignored is False or (
        is_ignored is None and folder.repository is not None and path in folder.repository.tracked
    )


def _is_ignored(folder: _Folder, path: str, is_folder: bool) -> bool | None:
    """Ask both kinds of ignore files: False keeps an entry, True drops it, None drops it unless git tracks it."""
    name = os.fsencode(path)
    own = ignore.verdict(folder.own_files, name, is_folder) if folder.own_files else None
    if own is not None:
        return own or (None if folder.is_ignored else False)
    if folder.is_ignored or (folder.git_files and ignore.verdict(folder.git_files, name, is_folder)):
        return None
    return False


def _enter(root: Path, folder: _Folder, name: str) -> _Folder | None:
    """Return a folder's sub-folder if it is to be entered, without the ignore files in it."""
    path = f"{folder.path}/{name}" if folder.path else name
    if name in filters.NEVER_FOLDERS:
        return None
    is_ignored = _is_ignored(folder, path, is_folder=True)
    if is_ignored or (is_ignored is None and (folder.repository is None or path not in folder.repository.tracked)):
        return None
    below = replace(folder, path=path, is_ignored=is_ignored is None)
    return _as_repository(root / path, below) if git.git_dir(root / path) else below


def _with_ignore_files(root: Path, folder: _Folder, names: set[str]) -> _Folder:
    """Add the ignore files that stand in the folder itself."""
    base = folder.path + "/" if folder.path else ""
    ignores_case = folder.repository is not None and folder.repository.ignores_case
    for name in names & {_GIT_IGNORE, _OWN_IGNORE}:
        found = ignore.read(root / folder.path / name, base, ignores_case)
        if found is not None and name == _GIT_IGNORE:
            folder = replace(folder, git_files=(*folder.git_files, found))
        elif found is not None:
            folder = replace(folder, own_files=(*folder.own_files, found))
    return folder


def _look_into(root: Path, folder: _Folder, place: Path) -> _Folder | None:
    """Do for one folder what the walk does when it opens it."""
    names = {name for name in (_GIT_IGNORE, _OWN_IGNORE, *_FOLDER_MARKS) if os.path.lexists(place / name)}
    if folder.path and not _FOLDER_MARKS.isdisjoint(names):
        return None
    return _with_ignore_files(root, folder, names)


def _find_folder(root: Path, path: str, known: dict[str, _Folder | None]) -> _Folder | None:
    """Return a folder as the walk would reach it, None if it would not; `known` keeps the answers."""
    for each in _with_parents(path):
        if each in known:
            continue
        parent, _, name = each.rpartition("/")
        above = known[parent]
        known[each] = None
        if above is None or name in ("", ".", "..") or not _is_utf8(name) or not _is_real_folder(root / each):
            continue
        below = _enter(root, above, name)
        known[each] = _look_into(root, below, root / each) if below else None
    return known[path]


def _with_parents(path: str) -> Iterator[str]:
    """Yield the folders from the outermost one above `path` down to it."""
    end = path.find("/")
    while end != -1:
        yield path[:end]
        end = path.find("/", end + 1)
    yield path


def _is_real_folder(place: Path) -> bool:
    try:
        return stat.S_ISDIR(place.lstat().st_mode)
    except (OSError, ValueError):
        return False
