"""What hooks left for a server while there was none: read once, by one server, also after that one was killed."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

MOST_BYTES = 8 << 20
MOST_TOUCHES = 500  # newest first; older ones teach little
OLDEST_S = 86_400.0


def take(store: Path, now: float) -> list[dict[str, object]]:
    """Return the events that wait in a store's spool, in their order, and remove them.

    Of several edits of a file in a session the last counts. Lines that are no events are passed over: one was being
    written when its process ended, say.
    """
    folder = store / "spool"
    try:
        if not stat.S_ISDIR(folder.lstat().st_mode):
            return []
        names = sorted(path for path in folder.iterdir() if path.suffix == ".jsonl")
    except OSError:
        return []
    events = [event for path in names for line in _lines(path) if (event := event_of(line)) is not None]
    kept: dict[tuple[object, ...], dict[str, object]] = {}
    for event in events:
        key = (event["event"], event["session"], event.get("path"))
        kept.pop(key, None)
        if now - OLDEST_S <= float(str(event["at"])) <= now + OLDEST_S:
            kept[key] = event
    return list(kept.values())[-MOST_TOUCHES:]


def event_of(line: bytes) -> dict[str, object] | None:
    """Return the event that a line holds, None where it holds none.

    >>> event_of(b'{"event": "forget", "session": "a", "at": 1}')
    {'event': 'forget', 'session': 'a', 'at': 1}
    >>> event_of(b'{"event": "touch", "sess')
    """
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict) or event.get("event") not in ("touch", "forget"):
        return None
    is_well = isinstance(event.get("session"), str) and isinstance(event.get("at"), int | float)
    is_well = is_well and (event["event"] == "forget" or isinstance(event.get("path"), str))
    return event if is_well else None


def _lines(path: Path) -> list[bytes]:
    """Return the lines of a file that this process could make its own, and remove it."""
    try:
        number = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return []
    with os.fdopen(number, "rb") as file:
        if not _locked(number) or not stat.S_ISREG(os.fstat(number).st_mode):
            return []
        data = file.read(MOST_BYTES)
        try:
            path.unlink()  # a hook that waits for the lock sees that the file has no name any more
        except OSError:  # Windows keeps the names of open files
            os.ftruncate(number, 0)
    return data.splitlines()


def _locked(number: int) -> bool:
    """Lock a file; say no where somebody else holds it."""
    try:
        import fcntl  # Windows has none
    except ImportError:
        return True
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return os.fstat(number).st_nlink == 1  # 0: another server has read it in this moment
