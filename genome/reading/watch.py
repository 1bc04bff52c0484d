"""Which paths of a folder tree were touched, told by the kernel at no cost while nothing happens (Linux inotify).

The kernel queues an event before the call that caused it returns, so `take` knows of every edit that happened before
it. Edits through a memory map and edits made on another machine leave no event: whatever is delivered is proven all
the same, such an edit is only not *looked for*.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Touched:
    """What happened since the last look: relative paths, and whether folders came, went or events were lost."""

    paths: frozenset[str]
    folders: bool = False
    lost: bool = False


class Watch:
    """The watch on one root. `take` must not be called from two threads at once."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._folders: dict[int, str] = {}
        self._watched: set[str] = set()
        self._inotify = _open()

    @property
    def armed(self) -> bool:
        """Whether events arrive at all."""
        return self._inotify is not None

    def add(self, folders: Iterable[str]) -> bool:
        """Watch these folders (relative, "" for the root) too; close where the system gives no more watches.

        Returns:
            Whether any of them was not watched before.
        """
        before = len(self._watched)
        for folder in folders:
            if folder in self._watched or self._inotify is None:
                continue
            try:
                descriptor = self._inotify.add_watch(os.path.join(self._root, folder), _mask())
            except (FileNotFoundError, NotADirectoryError, PermissionError):
                continue
            except OSError as error:
                text = "no watch on more than %d folders (%s): every question looks at each file instead"
                logger.warning(text, len(self._watched), error.strerror)
                self.close()
                return False
            self._folders[descriptor] = folder
            self._watched.add(folder)
        return len(self._watched) > before

    def take(self) -> Touched:
        """Return what was touched since the last call, without waiting."""
        if self._inotify is None:
            return Touched(frozenset(), lost=True)
        from inotify_simple import flags

        paths: set[str] = set()
        folders = lost = False
        for event in self._inotify.read(timeout=0):
            if event.mask & flags.Q_OVERFLOW:
                lost = True
                continue
            folder = self._folders.get(event.wd)
            if folder is None:
                continue
            if event.mask & (flags.IGNORED | flags.DELETE_SELF | flags.MOVE_SELF):
                self._watched.discard(folder)
                folders = True
            elif event.mask & flags.ISDIR:
                folders = folders or not event.mask & flags.ATTRIB
            else:
                paths.add(f"{folder}/{event.name}" if folder else event.name)
        return Touched(frozenset(paths), folders, lost)

    def close(self) -> None:
        """Stop watching."""
        if self._inotify is not None:
            self._inotify.close()
        self._inotify = None
        self._folders.clear()
        self._watched.clear()


def _open():  # type: ignore[no-untyped-def]  # inotify_simple has no types
    if not sys.platform.startswith("linux"):
        return None
    from inotify_simple import INotify  # only on Linux; loads libc through ctypes

    try:
        return INotify(nonblocking=True)
    except OSError as error:
        logger.warning("no inotify (%s): every question looks at each file instead", error.strerror)
        return None


def _mask() -> int:
    from inotify_simple import flags

    wanted = flags.CREATE | flags.DELETE | flags.MODIFY | flags.CLOSE_WRITE | flags.MOVED_FROM | flags.MOVED_TO
    return wanted | flags.ATTRIB | flags.DELETE_SELF | flags.MOVE_SELF | flags.ONLYDIR | flags.DONT_FOLLOW
