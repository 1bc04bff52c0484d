"""`resonance`: what belongs to what an agent is in the middle of, from use and from history."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from ..genome.errors import StoreError
from ..genome.store import events, links
from ..genome.store.links import AnchorRow
from ..memory_core.coactivation import Suggested
from ..memory_core.context import Context
from ..memory_core.core import AgentState
from .ask import ask
from .models.memory import Moment, Neighbour, PastMoment, Reason, Resonance
from .packet import prefixes
from .services import Services
from .verify import VerifyTools

logger = logging.getLogger(__name__)
ASKED = 8  # places of a question that its neighbours start from
SHOWN_FOCUS = 8
LEAST_LIKE = 0.2
MOST_OTHERS = 3
MOST_MOMENTS = 4
FELLOWS = 16  # other agents whose questions are compared: those who did something last


class ResonanceTools:
    """The resonance tool of one server."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def resonance(
        self,
        query: Annotated[str | None, Field(description="default: from your own use")] = None,
        k: Annotated[int, Field(ge=1, le=30)] = 8,
    ) -> Resonance:
        """Ask what else belongs to your current work: places used or changed together with it, and why.

        Learns from `verify(used=...)` and commits.
        """
        self._catch_up()
        focus = self._of_query(query) if query else self._state().focus()
        suggested = self._services.engine().memory.suggest(focus, 2 * k)
        known = self._anchors({*focus, *(one.place for one in suggested)} | _reasons(suggested))
        own = [place for place, _ in sorted(focus.items(), key=lambda one: (-one[1], one[0])) if place in known]
        neighbours: list[Neighbour] = []
        for one in suggested:
            if one.place not in known or len(neighbours) == k or (query and one.place in focus):
                continue
            because = [
                Reason(place=known[place], weight=round(weight, 4)) for place, weight in one.because if place in known
            ]
            path, _, symbol = known[one.place].partition("::")
            status = VerifyTools(self._services).verify([known[one.place]]).results[0].status
            neighbours.append(
                Neighbour(
                    path=path,
                    symbol=symbol or None,
                    score=round(one.score, 4),
                    status=status,
                    in_focus=one.place in focus,
                    because=because,
                )
            )
        state = self._state()
        settled = state.settledness(self._services.clock())
        notes = [] if neighbours else ["nothing is known yet; pass what you open or edit to verify(used=[...])"]
        return Resonance(
            about="query" if query else "focus",
            focus=[known[place] for place in own[:SHOWN_FOCUS]],
            neighbours=neighbours,
            others=self._others(focus),
            moments=self._moments(query),
            settled=settled,
            switched=state.switched,
            notes=notes,
        )

    def _catch_up(self) -> None:
        """Count commits that came since they were counted last."""
        for root in self._services.roots():
            try:
                self._services.engine().memory.learn_history(root)
            except StoreError as error:
                logger.info("commits are not counted now: %s", error)

    def _state(self) -> AgentState:
        return self._services.engine().memory.state(self._services.agent())

    def _of_query(self, query: str) -> dict[int, float]:
        """Return the spots of the files that answer a question, by how likely they do."""
        found = ask(self._services, query, "explain", ASKED, None).found
        reading = self._services.engine().database.reading()
        focus: dict[int, float] = {}
        for item in (one for one in found if one.probable):
            for symbol in (None, item.hit.place.symbol):
                anchor = events.known_anchor(reading, item.hit.root.id, item.hit.source.path, symbol)
                if anchor is not None:
                    focus[anchor] = max(focus.get(anchor, 0.0), item.p)
        return focus

    def _anchors(self, ids: set[int]) -> dict[int, str]:
        """Return the anchors that lie in this server's roots as `path` or `path::symbol`."""
        path_of = prefixes(self._services.roots())
        rows = links.anchors(self._services.engine().database.reading(), ids)
        return {id_: _named(row, path_of[row.root]) for id_, row in rows.items() if row.root in path_of}

    def _others(self, focus: dict[int, float]) -> list[Moment]:
        engine = self._services.engine()
        reading = engine.database.reading()
        found: list[tuple[float, str, AgentState]] = []
        for agent, name in events.fellows(reading, self._services.agent()):
            state = engine.memory.state(agent)
            likeness = _likeness(state.context.after(state.working), focus)
            if likeness >= LEAST_LIKE:
                found.append((likeness, name, state))
        moments: list[Moment] = []
        for likeness, name, state in sorted(found, key=lambda one: (-one[0], one[1]))[:MOST_OTHERS]:
            theirs = sorted(state.focus().items(), key=lambda one: (-one[1], one[0]))[:SHOWN_FOCUS]
            known = self._anchors({place for place, _ in theirs})
            places = [known[place] for place, _ in theirs if place in known]
            moments.append(Moment(agent=name, likeness=round(likeness, 3), places=places))
        return moments

    def _moments(self, query: str | None) -> list[PastMoment]:
        """Return past questions like this one, or like the one that the agent asked last."""
        engine, own = self._services.engine(), self._services.agent()
        if own is None:
            return []
        asked = query or next((one.text for one in engine.memory.episodes.questions(own, 1)), "")
        names = {own: "you", **dict(events.fellows(engine.database.reading(), own, FELLOWS))}
        found: list[PastMoment] = []
        for one in engine.memory.episodes.recall(asked, names, MOST_MOMENTS):
            known = self._anchors(set(one.places))
            places = [known[place] for place in one.places if place in known][:SHOWN_FOCUS]
            if places:
                likeness = round(min(1.0, one.likeness), 3)
                outcome, at = round(one.outcome, 3), round(one.at, 3)
                found.append(
                    PastMoment(
                        agent=names[one.agent],
                        query=one.query,
                        likeness=likeness,
                        places=places,
                        outcome=outcome,
                        at=at,
                    )
                )
        return found


def _likeness(context: Context, focus: dict[int, float]) -> float:
    theirs = context.focus()
    length = sum(weight**2 for weight in focus.values()) ** 0.5
    return sum(weight * theirs.get(place, 0.0) for place, weight in focus.items()) / length if length else 0.0


def _reasons(suggested: Sequence[Suggested]) -> set[int]:
    return {place for one in suggested for place, _ in one.because}


def _named(row: AnchorRow, prefix: str) -> str:
    symbol = row.symbol or row.heading
    return f"{prefix}{row.path}" + (f"::{symbol}" if symbol else "")
