"""What `session` returns."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from .work import Verified

Action = Literal["start", "beat", "list", "recent", "resume", "end", "claim", "release"]


class At(BaseModel):
    """One session and what its agent says it is at."""

    session: str = Field(description="what others may know it by; no handle")
    agent: str
    participant: str
    status: Literal["active", "idle", "stale", "gone", "ended"]
    you: bool = Field(description="it is the one that asks")
    focus: str | None = None
    blocked_on: str | None = None
    in_flight: str | None = None
    last_commit: str | None = None
    leases: list[str] = Field(description="paths it says it is editing")
    questions: int
    age_s: int = Field(description="since it was started")
    silent_s: int = Field(description="since it was heard of")


class Claimed(BaseModel):
    """One path that was claimed."""

    path: str
    yours: bool
    by: str | None = Field(default=None, description="who holds it instead")
    held_path: str | None = Field(default=None, description="what they hold: the path, a folder above, a file below")
    since_s: int | None = None


class Deed(BaseModel):
    """One thing that was done."""

    kind: str
    what: str
    age_s: int


class SessionReport(BaseModel):
    """What `session` answers; which lists are filled depends on the action."""

    action: Action
    handle: str | None = Field(default=None, description="of a session that was started: pass it to every tool")
    expires_s: int | None = Field(default=None, description="a handle that is not heard of for so long means nothing")
    sessions: list[At] = []
    claimed: list[Claimed] = []
    released: int | None = None
    did: list[Deed] = []
    shown: list[Verified] = Field(default=[], description="newest first, each proven now")
    notes: list[str] = []
