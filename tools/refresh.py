"""`refresh_targets`: the cheapest reads that settle what is not certain."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .ask import ask
from .grading import graded
from .models.packet import Reason, RefreshPlan, RefreshTarget, StoreShare
from .news import claims, edits
from .packet import prefixes
from .plan import plan
from .schedule import affordable
from .services import Services

CHANGED = ("changed", "gone", "seen_older_version", "receipt_broken")
LOOKED_AT = 12  # hits whose proofs make up a plan


class RefreshTools:
    """The refresh tool of one server."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def refresh_targets(
        self,
        query: Annotated[str, Field(description="what you are about to work on")],
        task_type: Annotated[str, Field(description="as for context_packet")] = "edit",
        budget_tokens: Annotated[int | None, Field(ge=1, description="to spend on reading")] = None,
        session: str | None = None,
    ) -> RefreshPlan:
        """Ask before you edit: which lines to read again, most urgent first.

        They changed, are gone, or you were shown an older version. An empty list means that what you hold is current.
        """
        answer = ask(self._services, query, task_type, LOOKED_AT, None)
        recorder = self._services.engine().recorder
        name, prefix = self._services.heard(session), prefixes(self._services.roots())
        shown, reads = list(recorder.shown(name).values()), recorder.reads(name)
        changes = graded(self._services, answer, shown, reads)
        targets = plan(self._services, answer, changes, shown, reads, prefix)
        within = targets if budget_tokens is None else affordable(targets, budget_tokens)
        paths = [prefix[found.hit.root.id] + found.hit.source.path for found in answer.found]
        paths += [each.path for each in within]
        news = edits(self._services, name, shown, prefix) + claims(self._services, name, paths, prefix)
        return RefreshPlan(
            query=answer.query if len(answer.query) <= 400 else f"{answer.query[:400]}...",
            task_type=answer.task_type,
            known=answer.known,
            targets=within,
            left_out=len(targets) - len(within),
            notes=[*news, *_notes(within, answer.reason)],
            store=StoreShare(indexed=round(answer.indexed, 3), generation=answer.generation),
        )


def _notes(targets: list[RefreshTarget], reason: Reason | None) -> list[str]:
    """Say why the answer is not sure, and where an agent may stop: after the last read that a change asks for."""
    notes = [] if reason is None else [f"reason: {reason}"]
    needed = max((number for number, each in enumerate(targets, 1) if each.reason in CHANGED), default=0)
    if 0 < needed < len(targets):
        tokens = sum(each.tokens for each in targets[:needed])
        notes.append(f"the first {needed} (~{tokens} tokens) settle all that changed; the rest is doubt")
    return notes
