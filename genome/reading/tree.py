"""What is known of one root between questions: how far it was looked through, and what waits to be read."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..records import Root
from .watch import Watch


@dataclass(slots=True)
class Tree:
    """What is known of one root between questions."""

    root: Root
    watch: Watch
    looked_at: float | None = None  # when the last complete look began; None: everything is to be looked through
    overdue: bool = False  # a question has waited for the look in vain, the next one need not
    pending: dict[str, None] = field(default_factory=lambda: {})  # touched, not yet read; in order
    slow: str | None = None  # a pending document that takes longer to read than there was time
    gone: list[str] = field(default_factory=lambda: [])
    fresh: list[str] = field(default_factory=lambda: [])
    unlisted: set[str] = field(default_factory=lambda: set())  # touched, but not the root's to read
    head: str | None = None  # the commit whose checkout was followed last
    adopted: set[str] = field(default_factory=lambda: set())  # pending, and pointed at what git says they hold

    @property
    def unread(self) -> int:
        """How many touched files a question cannot draw on yet."""
        return sum(path not in self.adopted for path in self.pending) if self.adopted else len(self.pending)

    def is_looked_through(self, since: float) -> bool:
        """Whether what happened until `since` is known: told by the watch, or else by a look that began later."""
        return self.looked_at is not None and (self.watch.armed or self.looked_at >= since)
