"""`refresh_targets`: the cheapest reads that settle what is not certain."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .ask import ask
from .models.packet import RefreshPlan, RefreshTarget, StoreShare
from .packet import prefixes
from .plain import plain
from .plan import plan
from .services import Services

LOOKED_AT = 12  # hits whose proofs make up a plan


class RefreshTools:
    """The refresh tool of one server."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def refresh_targets(
        self,
        query: Annotated[str, Field(description="what you are about to work on")],
        task_type: Annotated[str, Field(description="as in context_packet")] = "edit",
        budget_tokens: Annotated[int | None, Field(ge=1, description="most tokens to spend on reading")] = None,
        session: Annotated[str | None, Field(description="your session's handle")] = None,
    ) -> RefreshPlan:
        """Ask before you edit: which lines to read again, most urgent first.

        They changed, are gone, or you were shown an older version. An empty list means that what you hold is current.
        """
        answer = ask(self._services, query, task_type, LOOKED_AT, None)
        recorder = self._services.engine().recorder
        shown = list(recorder.shown(plain(session or self._services.session)).values())
        targets = plan(self._services, answer, shown, prefixes(self._services.roots()))
        within = _within(targets, budget_tokens)
        return RefreshPlan(
            query=answer.query if len(answer.query) <= 400 else f"{answer.query[:400]}...",
            task_type=answer.task_type,
            known=answer.known,
            targets=within,
            left_out=len(targets) - len(within),
            notes=[] if answer.reason is None else [f"reason: {answer.reason}"],
            store=StoreShare(indexed=round(answer.indexed, 3), generation=answer.generation),
        )


def _within(targets: list[RefreshTarget], budget: int | None) -> list[RefreshTarget]:
    """Return the first targets that the budget pays for; one that is too dear does not stop cheaper ones."""
    if budget is None:
        return targets
    kept: list[RefreshTarget] = []
    for target in targets:
        if target.tokens <= budget:
            kept.append(target)
            budget -= target.tokens
    return kept
