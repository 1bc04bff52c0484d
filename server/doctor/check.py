"""One thing that the doctor looked at, and what it can do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ...genome.store.examine import Examined, State
from ..settings import Settings


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at: the store and what its file is, the settings, and the time in seconds."""

    genome: Path
    found: Examined
    settings: Settings
    now: float

    @property
    def is_open(self) -> bool:
        """Whether there is a store that can be looked into."""
        return self.found.state is State.WHOLE


@dataclass(frozen=True, slots=True)
class Check:
    """A finding: one line of what is so, and of what to do.

    Args:
        name: What was looked at.
        ok: Whether it is as it should be.
        detail: What was found.
        advice: What a person can do.
        repair: Mends it and says what was done; None where only a person can.
        asks: The question that a person must say yes to before; None where nothing can be lost.
    """

    name: str
    ok: bool
    detail: str
    advice: str | None = None
    repair: Callable[[], str] | None = field(default=None, repr=False)
    asks: str | None = None
