"""Why something is known, and what was forgotten, as the tools say it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from .notes import Bound


class Authored(BaseModel):
    """One who wrote or worked on it."""

    agent: str = Field(description="participant/agent")
    party: str
    org: str
    via: str = Field(description="what was called: remember, revise, ingest, use")
    session: str | None
    at: str = Field(description="UTC")
    spot: str | None = Field(description="symbol or section of the file; null for all of it")


class Why(BaseModel):
    """Who wrote something, when, through what, and from which receipts."""

    target: str
    found: bool
    kind: Literal["file", "note", "text"] | None = None
    path: str | None = None
    authors: list[Authored] = Field(description="the last one first")
    receipts: list[Bound]
    revises: str | None = None
    revised_by: str | None = None
    notes: list[str]


class Forgotten(BaseModel):
    """What was forgotten, would be, or was brought back."""

    id: str | None = Field(description="pass it as `undo` to bring everything back; null for a dry run")
    state: Literal["dry_run", "forgotten", "restored"]
    agents: list[str] = Field(description="participant/agent")
    since: str | None
    notes: list[str] = Field(description="ids of notes")
    texts: list[str] = Field(description="names of kept texts")
    revived: list[str] = Field(description="notes of others that such a note had taken the place of: they are back")
    events: int
    uses: int = Field(description="of the events, those that taught links and focus")
    undo_until: str | None
