"""What agents asked, and which places they used after it: written with each use, recalled by likeness of questions."""

from __future__ import annotations

import logging
import math
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ..genome.errors import ModelUnusable
from ..genome.reading.secrets import redact
from ..genome.reading.terms import index_text
from ..genome.reading.vectors import Encoder
from ..genome.records import Identity
from ..genome.store import events, links, moments, sources
from ..genome.store.database import Database
from ..genome.store.moments import EpisodeRow, Question
from ..memory_core.core import PAUSE_S
from ..memory_core.episodic import FADE, SLOTS, Episode, EpisodicBuffer
from ..memory_core.sketch import frequencies
from .embedding import encoder

logger = logging.getLogger(__name__)
LONGEST = 400  # characters of a question that are kept
KEPT = 32  # agents whose episodes are held in memory, 256 KB of vectors each at most
LEAST_LIKE = 0.35  # cosine of two questions; those of other matters stay below
SHOWN, ELSEWHERE = 1.0, 0.0  # outcome of an episode whose places the packet had shown, or had not


@dataclass(frozen=True, slots=True)
class Recollection:
    """A past question like the one asked about, of which agent, what was used after it, and the cosine of both."""

    agent: int
    query: str
    places: tuple[int, ...]
    outcome: float
    at: float
    likeness: float


class Episodes:
    """The episodes of one store, of all its agents. Methods that take a writer act in the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._buffers: OrderedDict[int, tuple[tuple[int | None, int], EpisodicBuffer]] = OrderedDict()

    def used(self, writer: Any, agent: int, session: str, anchors: Sequence[int], at: float) -> None:
        """Record that an agent used places after what it asked last in the session, if that is not long ago."""
        question = moments.last_question(writer, agent, session)
        if question is None or at - question.at > PAUSE_S:
            return
        outcome = SHOWN if moments.was_delivered(writer, question, anchors) else ELSEWHERE
        moments.record(writer, question, anchors, outcome, at, math.log(FADE))
        moments.trim(writer, agent, SLOTS)

    def recall(self, query: str, agents: Iterable[int], k: int) -> list[Recollection]:
        """Return the past questions of some agents that are most like one, likest first; ties by agent, then newer."""
        vector = vector_of(kept_text(query))
        if not vector.any():
            return []
        reading = self._database.reading()
        found: list[Recollection] = []
        for agent in agents:
            for recalled in self._buffer(reading, agent, vector.size).recall(vector, k, least=LEAST_LIKE):
                one = recalled.episode
                found.append(Recollection(agent, one.query, one.places, one.outcome, one.at, recalled.likeness))
        return sorted(found, key=lambda one: (-one.likeness, one.agent, -one.at))[:k]

    def _buffer(self, reading: Any, agent: int, width: int) -> EpisodicBuffer:
        """Return an agent's episodes, read again once its log went on or something was forgotten."""
        as_of = (links.state_sequence(reading, agent), sources.generation(reading))
        known = self._buffers.get(agent)
        if known is None or known[0] != as_of or known[1].width != width:
            known = (as_of, _filled(moments.episodes(reading, agent), width))
            self._buffers[agent] = known
            while len(self._buffers) > KEPT:
                self._buffers.popitem(last=False)
        return known[1]

    def questions(self, agent: int, limit: int) -> list[Question]:
        """Return what an agent asked last, the newest first."""
        return moments.questions(self._database.reading(), agent, limit)


def asked(identity: Identity, session: str, query: str, at: float) -> Callable[[Any], None]:
    """Return what writes down that somebody asked a question in a session; a secret in it is left out."""

    def write(writer: Any) -> None:
        moments.ask(writer, events.agent_id(writer, identity), session, kept_text(query), at)

    return write


def kept_text(query: str) -> str:
    """Return a question as it is kept: on one line, cut, without what looks like a secret."""
    text = " ".join(query.split())[:LONGEST]
    return redact("question.txt", text)[0]


def vector_of(text: str) -> npt.NDArray[np.float32]:
    """Return the vector that questions are compared by; zeros for one without words that say anything."""
    try:
        return _vector(text, encoder())
    except ModelUnusable as error:
        logger.info("questions are alike as far as they share words: %s", error)
        return _vector(text, None)


@lru_cache(maxsize=4_096)
def _vector(text: str, model: Encoder | None) -> npt.NDArray[np.float32]:
    if model is not None:
        return model.encode_query(text)
    # without the model, questions are alike as far as they share words
    total = sum((frequencies(term) for term in set(index_text(text).split())), np.zeros(256, np.int64))
    return total.astype(np.float32)


def _filled(rows: Sequence[EpisodeRow], width: int) -> EpisodicBuffer:
    episodes = [Episode(row.query, row.places, row.outcome, row.at) for row in rows]
    return EpisodicBuffer.of([vector_of(row.query) for row in rows], episodes, width)
