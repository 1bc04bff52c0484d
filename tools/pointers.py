"""What was shown before and has not changed is pointed at, not told again."""

from __future__ import annotations

from .grading import Graded
from .models.packet import Item
from .plain import one_line

STANDING = (None, "unchanged", "moved", "renamed")


def pointer(item: Item, change: Graded, packets: int) -> Item:
    """Return an item without what this session was told of it before, where that still stands; else as it is.

    A fact is told again: what is known to have been shown is the place around it. So is a note that is in doubt.

    Args:
        item: The item.
        change: How it has changed since it was shown.
        packets: How many packets the session was shown so far.
    """
    before = change.before
    if before is None or not change.same or change.rests_on or change.grade not in STANDING:
        return item
    if item.kind == "fact" or (item.kind == "note" and item.status != "verified"):
        return item
    ago = 1 if before.packet is None else max(1, packets + 1 - before.packet)
    evidence = item.evidence.model_copy(update={"ago": ago})
    return item.model_copy(update={"evidence": evidence, "text": None, "diff": None, "why": ""})


def pointer_text(item: Item) -> str:
    """Return the line of an item that only points at what was told before."""
    ago, grade = item.evidence.ago or 1, item.evidence.grade or "unchanged"
    name = f" {one_line(item.symbol)}" if item.symbol else ""
    where = f"{one_line(item.path)}:{item.start_line}-{item.end_line}{name}"
    what = f"note {item.path.rpartition('/')[2]}" if item.kind == "note" else where
    return f"{item.status} {what}, shown {ago} packet{'s' if ago > 1 else ''} ago, {grade}"
