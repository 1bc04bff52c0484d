"""What the caller's past says of spots, as the search takes it: numbers by anchor, made from the memory core's state.

It depends on the store and the agent's events alone, not on the time of the question: fading is told as of the agent's
last use.
"""

from __future__ import annotations

import logging
from collections import defaultdict

from ..genome.search.past import Past, Spots
from ..genome.store import events
from ..memory_core.core import AgentState
from .folding import LogDamaged
from .services import Services

logger = logging.getLogger(__name__)
LANES = frozenset(("coactivation", "context", "episodes"))
IN_HAND = 4  # places used last, which links start from
EPISODES = 8
STEEPNESS = 6  # a question that is half like this one says next to nothing
FELLOWS = 8  # other agents of the party whose questions are compared: those who did something last


def past_of(services: Services, query: str) -> Past:
    """Return what the lanes that are on take from the caller's past; nothing for one who never used anything.

    Nothing is learned and nothing written.
    """
    wanted = LANES & {lane.name for lane in services.lanes}
    if not wanted:
        return Past()
    memory, reading = services.engine().memory, services.engine().database.reading()
    agent = events.known_agent(reading, services.caller.identity)
    if agent is None:
        return Past()
    try:
        state = memory.state(agent)
    except LogDamaged as error:
        logger.warning("the search does without this agent's past: %s", error)
        return Past()
    if not state.context.places.size and not state.working:
        return Past()
    return Past(
        state.context.focus() if "context" in wanted else {},
        _linked(services, state) if "coactivation" in wanted else {},
        _recalled(services, agent, query) if "episodes" in wanted else {},
    )


def _linked(services: Services, state: AgentState) -> Spots:
    """Return how strongly what was used last is linked to each place, the mean of its links' shares."""
    hand = state.working[-IN_HAND:]
    led = services.engine().memory.led_to(dict.fromkeys(hand, 1.0), state.at)
    return {place: value / len(hand) for place, value in led.items()}


def _recalled(services: Services, agent: int, query: str) -> Spots:
    """Return what was used after the party's questions most like this one, by how like the likest of them is."""
    engine = services.engine()
    fellows = [id_ for id_, _ in events.fellows(engine.database.reading(), agent, FELLOWS)]
    found: dict[int, float] = defaultdict(float)
    for one in engine.memory.episodes.recall(query, [agent, *fellows], EPISODES):
        if one.outcome >= 0:
            for place in one.places:
                found[place] = max(found[place], one.likeness**STEEPNESS)
    return dict(found)
