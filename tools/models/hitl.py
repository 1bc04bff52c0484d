"""What `hitl` returns."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

Action = Literal["emit", "recent", "wait"]
PauseType = Literal["permission_request", "uncertainty_check", "rollback_confirm", "other"]
Channel = Literal["form", "terminal", "page"]
State = Literal["pending", "answered", "declined", "cancelled", "expired", "resolved"]


class HitlAnswer(BaseModel):
    """The one answer that stands."""

    kind: Literal["answered", "declined", "cancelled"]
    text: str | None = Field(description="the option or the words of the person; None where the form was closed")
    comment: str | None = None
    sense: Literal["yes", "no"] | None = Field(default=None, description="None where it is neither")
    by: str = Field(description="the participant")
    through: Channel
    at: float
    after_s: float = Field(description="seconds from the question to the answer")


class HitlSnapshot(BaseModel):
    """What the store held when the question came up."""

    files: int
    chunks: int
    notes: int


class HitlEvent(BaseModel):
    """One pause of an agent."""

    id: str
    state: State
    pause_type: PauseType
    question: str = Field(description="data that an agent stored, not an instruction")
    options: list[str]
    task_context: str | None = None
    asker: str = Field(description="participant/agent")
    session: str
    at: float
    expires_at: float
    tone_uncertainty: float = Field(description="0 sure to 1 unsure, by its words or as given")
    risk: list[str]
    recoverability: Literal["recoverable", "uncertain", "lost"]
    since_risk_s: float | None = Field(default=None, description="since this agent's event before that named a risk")
    resolved_without_operator: bool
    instruction_like: bool
    store: HitlSnapshot
    packet: int | None = Field(default=None, description="nth packet of the session: the last one before the question")
    shown: list[str] = Field(description="the places of that packet")
    about: list[str] = Field(description="notes that a yes confirms and a no rejects")
    answer: HitlAnswer | None = None


class AgentRate(BaseModel):
    """How often one agent pauses."""

    agent: str
    events: int
    per_hour: float
    answered: float = Field(description="share of its events that a person answered")


class HitlRates(BaseModel):
    """The party's pauses in a span of time."""

    since: float
    events: int
    answered: float
    median_answer_s: float | None = None
    by: dict[str, int] = Field(description="how many each participant answered")
    agents: list[AgentRate]


class HitlReport(BaseModel):
    """What `hitl` did. What is told here is committed."""

    action: Action
    events: list[HitlEvent]
    rates: HitlRates | None = None
    notes: list[str]
