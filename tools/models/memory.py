"""What `resonance` returns."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from .packet import Status


class Reason(BaseModel):
    """One place that another one follows from, and what it contributes."""

    place: str
    weight: float


class Neighbour(BaseModel):
    """A place that is likely needed next."""

    path: str
    symbol: str | None = None
    score: float = Field(description="higher first; no probability")
    status: Status = Field(description="does it stand there now")
    in_focus: bool = Field(description="used lately by this agent itself")
    because: list[Reason] = Field(description="places in focus it was used or changed together with")


class Moment(BaseModel):
    """What an agent had in focus."""

    agent: str
    likeness: float = Field(description="0-1: cosine of its focus with the one asked about")
    places: list[str]


class PastMoment(BaseModel):
    """A question that was asked before, and what was used after it."""

    agent: str
    query: str
    likeness: float = Field(description="0-1: cosine of both questions")
    places: list[str]
    outcome: float = Field(description="1: a packet had shown them; 0: found elsewhere; below 0: judged wrong")
    at: float = Field(description="UTC seconds")


class Resonance(BaseModel):
    """What `resonance` answers: what belongs to what an agent is in the middle of."""

    about: Literal["focus", "query"]
    focus: list[str] = Field(description="places most in focus, first")
    neighbours: list[Neighbour]
    others: list[Moment] = Field(description="agents of this device whose focus is alike")
    moments: list[PastMoment] = Field(description="like questions of this agent and of others of its device")
    settled: float | None = Field(description="0-1: that what you need next is in focus; null: unknown")
    switched: bool = Field(description="your last uses are about something else than the ones before")
    notes: list[str]
