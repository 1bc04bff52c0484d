"""One-way flags: once set, never unset, each entry chained to the ones before by its hash.

The chain shows that nothing was taken out, changed or put in between, not that nothing was cut off its end.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

START = bytes(32)


@dataclass(frozen=True, slots=True)
class Latch:
    """A flag that was set: by whom, when (seconds since the epoch), why, and the hash of it and all before."""

    name: str
    by: str
    at: float
    reason: str
    chain: bytes


def latched(latches: Sequence[Latch], name: str, by: str, at: float, reason: str = "") -> Latch:
    """Return the entry that sets a flag after those that are set already.

    Raises:
        ValueError: The name is empty, or the flag is set: it stays as it is, with the one who set it.
    """
    if not name.strip():
        raise ValueError("a flag needs a name")
    known = next((latch for latch in latches if latch.name == name), None)
    if known is not None:
        raise ValueError(f"{name!r} was set by {known.by} and cannot be set again or unset")
    before = latches[-1].chain if latches else START
    return Latch(name, by, at, reason, _chained(before, name, by, at, reason))


def broken_at(latches: Sequence[Latch]) -> int | None:
    """Return the index of the first entry whose hash does not follow from those before it; None where all do."""
    before = START
    for number, latch in enumerate(latches):
        if latch.chain != _chained(before, latch.name, latch.by, latch.at, latch.reason):
            return number
        before = latch.chain
    return None


def merged(one: Sequence[Latch], other: Sequence[Latch]) -> list[Latch]:
    """Return the flags that either side set, the earlier setting of each, in order of time and chained anew."""
    first: dict[str, Latch] = {}
    for latch in sorted([*one, *other], key=lambda latch: (latch.at, latch.name, latch.by)):
        first.setdefault(latch.name, latch)
    chain: list[Latch] = []
    for latch in first.values():
        chain.append(latched(chain, latch.name, latch.by, latch.at, latch.reason))
    return chain


def _chained(before: bytes, name: str, by: str, at: float, reason: str) -> bytes:
    entry = json.dumps([name, by, at, reason], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(before + entry.encode()).digest()
