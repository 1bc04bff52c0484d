"""How far an ingest has come, and what it did."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an ingest has come."""

    done: int
    total: int
    path: str
    bytes_read: int


@dataclass(slots=True)
class Report:
    """What an ingest did; everything counted is committed."""

    seen: int = 0
    read: int = 0
    unchanged: int = 0
    gone: int = 0
    renamed: int = 0
    places: int = 0
    bytes_read: int = 0
    seconds: float = 0.0
    stopped: bool = False
    skipped: list[tuple[str, int, list[str]]] = field(default_factory=lambda: [])
