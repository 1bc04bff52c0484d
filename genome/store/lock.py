"""One process at a time reads a whole tree in: an operating-system lock beside the store, which dies with its owner."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

POLL_S = 0.05


@contextmanager
def indexer_lock(store: Path, should_stop: Callable[[], bool]) -> Generator[None]:
    """Hold the indexer's lock of a store; while another process holds it, wait or give up when asked to stop."""
    from filelock import FileLock, Timeout  # 20 ms, and only ingests need it

    lock = FileLock(f"{store}.lock")
    while True:
        try:
            lock.acquire(timeout=POLL_S)
            break
        except Timeout:
            if should_stop():
                break
    try:
        yield
    finally:
        lock.release()


@contextmanager
def encoder_role(store: Path) -> Generator[bool]:
    """Take the role of the one process that encodes a store's passages, if it is free; give whether it was."""
    from filelock import FileLock, Timeout  # as above, and only with a model

    lock = FileLock(f"{store}.encoder.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
