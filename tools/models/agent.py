"""What `agent_state` and `flag` return."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

Action = Literal["show", "commit", "log", "diff", "rollback", "branch", "merge", "search", "export", "import"]


class Flag(BaseModel):
    """A flag that is set."""

    name: str
    by: str = Field(description="participant/agent")
    at: float = Field(description="UTC seconds")
    reason: str


class Flags(BaseModel):
    """What `flag` answers: all flags of the caller's party, in the order in which they were set."""

    flags: list[Flag]


class VersionOf(BaseModel):
    """One version of a state."""

    id: str
    agent: str = Field(description="participant/agent whose state it was")
    sequence: int = Field(description="number of the last event in it")
    at: float = Field(description="UTC seconds")
    message: str
    parents: list[str]
    branches: list[str] = Field(description="of the caller that end here; * marks the current one")


class Change(BaseModel):
    """An event that one state has more often than another."""

    event: str
    count: int = Field(description="below zero: less often")


class Difference(BaseModel):
    """The events by which two states differ."""

    ok: bool = Field(description="false: they cannot be told exactly, and none is named")
    source: Literal["log", "decoded"] = Field(description="read from the log, or recovered from the states alone")
    before: str
    after: str
    changes: list[Change]


class Likeness(BaseModel):
    """A past moment that was like the state now."""

    sequence: int = Field(description="number of the last event before it")
    at: float = Field(description="UTC seconds")
    likeness: float = Field(description="0-1")
    doing: list[str] = Field(description="what was used around then")


class Resumed(BaseModel):
    """What an agent was in the middle of."""

    places: list[str] = Field(description="most in focus first")
    questions: list[str] = Field(description="newest first")
    band: str = Field(description="how its work went: one of nine words")
    at: float = Field(description="UTC seconds of the last use; 0: never")


class AgentStateReport(BaseModel):
    """What `agent_state` answers; what the action does not tell is empty."""

    action: Action
    agent: str
    sequence: int = Field(description="number of the last event in the live state")
    branch: str
    resume: Resumed | None = None
    settled: float | None = Field(default=None, description="0-1: what is needed next is in focus; null: unknown")
    switched: bool = False
    checked: int | None = Field(default=None, description="events of the log whose chain was followed")
    versions: list[VersionOf] = []
    difference: Difference | None = None
    moments: list[Likeness] = []
    file: str | None = None
    notes: list[str] = []
