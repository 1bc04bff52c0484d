"""Answers about sessions and people in the shapes that prompts written for the seed expect."""

from __future__ import annotations

from pydantic import BaseModel


class HelixParticipant(BaseModel):
    """One session."""

    participant_id: str
    party_id: str
    handle: str
    workspace: str
    status: str
    last_seen_s_ago: float
    started_at: float


class HelixParticipants(BaseModel):
    """What `helix_sessions_list` answers."""

    participants: list[HelixParticipant]
    count: int


class HelixRecent(BaseModel):
    """What `helix_session_recent` answers."""

    handle: str
    genes: list[str]
    count: int


class HelixHitlEmitted(BaseModel):
    """What `helix_hitl_emit` answers."""

    event_id: str
    ok: bool


class HelixHitlEvent(BaseModel):
    """One pause for a human."""

    event_id: str
    pause_type: str
    task_context: str
    resolved_without_operator: bool
    operator_tone_uncertainty: float
    operator_risk_keywords: list[str]
    recoverability_signal: str
    ts: float


class HelixHitlEvents(BaseModel):
    """What `helix_hitl_recent` answers."""

    events: list[HelixHitlEvent]
    count: int
