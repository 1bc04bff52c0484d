"""Notes among a question's places: found like any text, never instead of the files."""

from __future__ import annotations

from ..store.notes import PREFIX
from .crowd import asks_for_notes
from .rank import Hit

MOST_NOTES = 3  # in a packet, unless the question asks for them


def is_note(hit: Hit) -> bool:
    """Whether a hit is a text that was remembered."""
    return hit.root.kind == "virtual" and hit.source.path.startswith(PREFIX)


class Room:
    """How many notes a packet still takes; a note comes once, whichever of its passages matched."""

    def __init__(self, question: str) -> None:
        self._left = None if asks_for_notes(question) else MOST_NOTES
        self._taken: set[int] = set()

    def takes(self, hit: Hit) -> bool:
        """Whether this hit may be an item; a note that may is counted."""
        if not is_note(hit):
            return True
        if hit.source.id in self._taken or self._left == 0:
            return False
        self._taken.add(hit.source.id)
        self._left = None if self._left is None else self._left - 1
        return True
