"""Files that are likely needed next: what belongs to an agent's work and to what it is shown now, proven like items."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..genome.proof.ladder import FileState, prove_file
from ..genome.store import contents, events, links, sources
from ..memory_core.core import AgentState
from .ask import Answer
from .folding import LogDamaged
from .models.packet import Packet
from .services import Services
from .text import packet_text, tokens

logger = logging.getLogger(__name__)
MOST = 3
LOOKED_AT = 16  # suggestions, of which some are shown already, or gone
IN_HAND, FIRST = 4, 2  # places used last, and files shown first, that suggestions start from
SHOWN_WEIGHT = 0.5  # of a file that is shown beside one that was used; times how likely it answers


@dataclass(frozen=True, slots=True)
class Likely:
    """A file that stands there now and is likely needed next, and the files it was used with, the strongest first."""

    path: str
    because: tuple[str, ...]


def likely_next(services: Services, answer: Answer, prefix: Mapping[int, str]) -> list[Likely]:
    """Return at most three files that an answer does not show and the agent has not used in this stretch of work.

    Nothing is learned and nothing written. An agent that never used anything is suggested nothing.
    """
    engine = services.engine()
    reading = engine.database.reading()
    agent = events.known_agent(reading, services.caller.identity)
    try:
        state = engine.memory.state(agent)
    except LogDamaged as error:
        logger.warning("nothing is suggested: %s", error)
        return []
    if not state.context.places.size and not state.working:
        return []
    shown = {(found.hit.root.id, found.hit.source.path) for found in answer.found}
    suggested = engine.memory.suggest(state.focus(), LOOKED_AT, _in_hand(services, state, answer))
    ids = {one.place for one in suggested} | {place for one in suggested for place, _ in one.because}
    rows = links.anchors(reading, ids | set(state.working))
    passed = shown | {(rows[place].root, rows[place].path) for place in state.working if place in rows}
    found: list[Likely] = []
    for one in suggested:
        row = rows.get(one.place)
        if row is None or row.root not in prefix or (row.root, row.path) in passed:
            continue
        passed.add((row.root, row.path))
        if _stands(services, answer, row):
            because = [prefix[rows[id_].root] + rows[id_].path for id_, _ in one.because if id_ in rows]
            found.append(Likely(prefix[row.root] + row.path, tuple(dict.fromkeys(because))[:2]))
        if len(found) == MOST:
            break
    return found


def add_likely(packet: Packet, found: Sequence[Likely], max_tokens: int) -> None:
    """Name files in a packet's notes, as many as there is room for: no item gives way to them."""
    left = max_tokens - tokens(packet_text(packet)) if found else 0
    for one in found:
        why = f"used with {', '.join(one.because)}" if one.because else "used often"
        note = f"likely next: {one.path} (verified; {why})"
        left -= tokens(f"note: {note}") + 1
        if left < 0:
            return
        packet.notes.append(note)


def _in_hand(services: Services, state: AgentState, answer: Answer) -> dict[int, float]:
    """Return what suggestions start from: what the agent used last in this stretch, and the files that are shown."""
    reading = services.engine().database.reading()
    seeds = dict.fromkeys(state.working[-IN_HAND:], 1.0)
    shown: dict[tuple[int, str], float] = {}
    for found in answer.found:
        key = (found.hit.root.id, found.hit.source.path)
        shown[key] = max(shown.get(key, 0.0), found.p)
    for (root, path), p in sorted(shown.items(), key=lambda one: (-one[1], one[0]))[:FIRST]:
        anchor = events.known_anchor(reading, root, path, None)
        if anchor is not None:
            seeds.setdefault(anchor, SHOWN_WEIGHT * p)
    return seeds


def _stands(services: Services, answer: Answer, row: links.AnchorRow) -> bool:
    """Whether the file is there as the store knows it."""
    reading = services.engine().database.reading()
    root = next((root for root in answer.roots if root.id == row.root), None)
    source = sources.by_path(reading, row.root, row.path)
    if root is None or source is None or source.content is None:
        return False
    hash_ = contents.content_hash(reading, source.content)
    need = answer.profile.need_bytes
    proof = prove_file(root.path, source, hash_, services.max_file_bytes, need_bytes=need)
    return proof.state is FileState.SAME
