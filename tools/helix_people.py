"""The seed's tools about sessions and people under their own names, over ours.

Whoever asks sees its own party: a `party_id` that names another one is answered with nothing.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .hitl import HitlTools
from .models.helix_people import (
    HelixHitlEmitted,
    HelixHitlEvent,
    HelixHitlEvents,
    HelixParticipant,
    HelixParticipants,
    HelixRecent,
)
from .models.hitl import PauseType
from .services import Services
from .session import SessionTools

Party = Annotated[str | None, Field(description="your own; another one's is not shown")]
MOST = 100


class HelixPeopleTools:
    """Sessions and questions to people under the seed's names."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._sessions = SessionTools(services)
        self._hitl = HitlTools(services)

    def helix_sessions_list(
        self,
        party_id: Party = None,
        status: Annotated[str, Field(description="active, idle, stale or all")] = "active",
        workspace: Annotated[str | None, Field(description="not used: a store is one workspace's")] = None,
    ) -> HelixParticipants:
        """Return the sessions that are at work on this store."""
        if not self._is_own(party_id):
            return HelixParticipants(participants=[], count=0)
        now, party = self._services.clock(), self._services.caller.identity.party
        found = [
            HelixParticipant(
                participant_id=each.session,
                party_id=party,
                handle=each.session,
                workspace=self._services.genome.parent.parent.name,
                status=each.status,
                last_seen_s_ago=each.silent_s,
                started_at=round(now - each.age_s, 1),
            )
            for each in self._sessions.session("list", k=MOST).sessions
            if status in (each.status, "all")
        ]
        return HelixParticipants(participants=found, count=len(found))

    def helix_session_recent(
        self,
        handle: Annotated[str, Field(description="a session's name")],
        limit: Annotated[int, Field(ge=1, le=MOST)] = 10,
        party_id: Party = None,
        since_ts: Annotated[float | None, Field(description="seconds since the epoch")] = None,
    ) -> HelixRecent:
        """Return what a session did lately, newest first."""
        if not self._is_own(party_id):
            return HelixRecent(handle=handle, genes=[], count=0)
        now = self._services.clock()
        did = self._sessions.session("recent", of=handle, k=limit).did
        genes = [f"{each.kind} {each.what}" for each in did if since_ts is None or now - each.age_s >= since_ts]
        return HelixRecent(handle=handle, genes=genes, count=len(genes))

    def helix_hitl_emit(
        self,
        pause_type: PauseType,
        task_context: Annotated[str | None, Field(description="what the human is to decide")] = None,
        resolved_without_operator: bool = False,
        tone_uncertainty: Annotated[float | None, Field(ge=0, le=1)] = None,
        risk_keywords: list[str] | None = None,
        recoverability: Annotated[str | None, Field(description="recoverable, uncertain or lost")] = None,
        participant_id: Annotated[str | None, Field(description="not used: you are who you are")] = None,
        party_id: Party = None,
    ) -> HelixHitlEmitted:
        """Record that you paused for a human, without waiting for the answer."""
        event = self._hitl.emit(
            task_context or pause_type.replace("_", " "),
            pause_type,
            risk=risk_keywords,
            tone=tone_uncertainty,
            recoverability=recoverability,
            resolved_without_operator=resolved_without_operator,
        )
        return HelixHitlEmitted(event_id=event.id, ok=True)

    def helix_hitl_recent(
        self,
        party_id: Party = None,
        pause_type: PauseType | None = None,
        since_ts: Annotated[float | None, Field(description="seconds since the epoch")] = None,
        limit: Annotated[int, Field(ge=1, le=MOST)] = 20,
    ) -> HelixHitlEvents:
        """Return the latest pauses for a human, newest first."""
        if not self._is_own(party_id):
            return HelixHitlEvents(events=[], count=0)
        found = [
            HelixHitlEvent(
                event_id=each.id,
                pause_type=each.pause_type,
                task_context=each.question,
                resolved_without_operator=each.resolved_without_operator,
                operator_tone_uncertainty=each.tone_uncertainty,
                operator_risk_keywords=each.risk,
                recoverability_signal=each.recoverability,
                ts=each.at,
            )
            for each in self._hitl.recent(limit, pause_type, since_ts).events
        ]
        return HelixHitlEvents(events=found, count=len(found))

    def _is_own(self, party_id: str | None) -> bool:
        return party_id is None or party_id == self._services.caller.identity.party
