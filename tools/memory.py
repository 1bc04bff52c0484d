"""What is learned from use: the one place where the store's rows and the memory core's arithmetic meet.

Only use teaches: what an agent says it opened or edited, and what the commits of a work tree changed together. That
something was delivered teaches nothing, or the first answer would strengthen itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import repeat
from pathlib import Path
from typing import Any

from ..genome.reading import git, history
from ..genome.records import Root
from ..genome.store import events, links, moments, sources, steps
from ..genome.store.database import Database
from ..genome.store.moments import Question
from ..memory_core.coactivation import (
    HALF_LIFE_S,
    MOST_LINKS,
    Link,
    Suggested,
    faded,
    overflowing,
    scored,
    strengthened,
)
from ..memory_core.core import AgentState, Event, next_places, seeds_of
from .episodes import Episodes
from .folding import JUDGED, KINDS, USE, after, entered, event_of, rechain, state_of

COUNTED_AS = {"coactivation": "use", "co-change": "commit"}  # a link's kind, and what its ends are counted as
FREQUENT = 64
COMMIT_SHARE = 0.5  # what a commit says beside what agents did here


@dataclass(frozen=True, slots=True)
class Resumption:
    """What an agent was in the middle of.

    `places` are anchors, most in focus first; `questions` the newest first; `band` one of nine words for how its work
    went; `at` when it used something last, seconds since the epoch, 0 for never.
    """

    places: list[int]
    questions: list[Question]
    band: str
    at: float


class Memory:
    """The memory of one store, for all of its agents.

    Args:
        database: Where rows are kept.
        clock: Seconds since the epoch.
    """

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self.episodes = Episodes(database)

    def used(self, writer: Any, agent: int, session: str, uses: Sequence[tuple[int, str]]) -> None:
        """Log that an agent used some places, and learn from it, in the caller's transaction.

        Args:
            writer: The store's writer.
            agent: Who.
            session: In which stretch of work.
            uses: Anchors with the name that each has on any machine.
        """
        state = self._state(writer, agent)
        now = self._clock()
        for anchor, name in uses:
            sequence = entered(writer, agent, USE, now, session, anchor, name)
            state = self._taught(writer, state, Event(sequence, session, now, anchor, name))
        if uses:
            links.set_state(writer, agent, state.sequence, state.to_bytes())
            self.episodes.used(writer, agent, session, [anchor for anchor, _ in uses], now)

    def judged(self, writer: Any, agent: int, session: str, outcome: float) -> None:
        """Log how an agent's work was judged and take it into its state, in the caller's transaction.

        Args:
            writer: The store's writer.
            agent: Whose work.
            session: In which stretch of work; what was used after its questions counts as judged too.
            outcome: -1 for wrong to 1 for right.

        Raises:
            ValueError: The outcome is not in [-1, 1].
        """
        if not -1.0 <= outcome <= 1.0:
            raise ValueError(f"an outcome lies in [-1, 1], not {outcome}")
        state, now = self._state(writer, agent), self._clock()
        sequence = entered(writer, agent, JUDGED, now, session, None, str(float(outcome)))
        state, _ = state.after(Event(sequence, session, now, outcome=outcome))
        links.set_state(writer, agent, state.sequence, state.to_bytes())
        moments.judge(writer, agent, session, outcome)

    def resume(self, agent: int, places: int = 8, questions: int = 5) -> Resumption:
        """Return what an agent was in the middle of: places most in focus, what it asked last, how its work went.

        Args:
            agent: Who.
            places: Most anchors to return.
            questions: Most questions.

        Raises:
            LogDamaged: Neither its state nor its log can be read.
        """
        state = self.state(agent)
        focus = sorted(state.focus().items(), key=lambda one: (-one[1], one[0]))
        asked = self.episodes.questions(agent, questions)
        return Resumption([place for place, _ in focus[:places]], asked, state.outcomes.label, state.at)

    def relearn(self, writer: Any, agents: Sequence[int]) -> None:
        """Make a party's links, counts and states what the log of its agents adds up to, in the caller's transaction.

        Args:
            writer: The store's writer, on behalf of the party.
            agents: All of its agents.
        """
        links.forget_use(writer)
        states = {agent: AgentState() for agent in agents}
        for agent in agents:
            links.drop_state(writer, agent)
            rechain(writer, agent)
        logs = [zip(repeat(agent), steps.steps(writer, agent, KINDS)) for agent in agents]
        for agent, step in merge(*logs, key=lambda one: one[1].sequence):
            if step.kind == USE and step.anchor is not None:
                states[agent] = self._taught(writer, states[agent], event_of(step))
            else:
                states[agent] = after(writer, agent, states[agent], step)
        for agent, state in states.items():
            if state.sequence:
                links.set_state(writer, agent, state.sequence, state.to_bytes())

    def _taught(self, writer: Any, state: AgentState, event: Event) -> AgentState:
        """Learn from one use: links to what the agent used around it, and a count. Returns the agent's new state."""
        assert event.place is not None
        state, gains = state.after(event)
        links.strengthen(writer, "coactivation", gains, event.at, HALF_LIFE_S)
        links.use(writer, "use", [event.place], event.at, HALF_LIFE_S)
        self._cap(writer, "coactivation", [source for source, _ in gains], event.at)
        return state

    def state(self, agent: int | None) -> AgentState:
        """Return what an agent's events have added up to; the empty state for one who did nothing yet."""
        return AgentState() if agent is None else self._state(self._database.reading(), agent)

    def suggest(self, focus: Mapping[int, float], k: int, seeds: Mapping[int, float] | None = None) -> list[Suggested]:
        """Rank the places that are likely needed next by someone with this focus.

        Args:
            focus: How much each anchor is in focus.
            k: Most to return.
            seeds: What is in hand now, for someone in the middle of a stretch of work; None: who takes it up again.
        """
        reading, now = self._database.reading(), self._clock()
        starts = seeds_of(focus if seeds is None else seeds)
        shares = self._shares(reading, starts, now)
        frequent = self._frequent(reading, now)
        return next_places(focus, shares, {}, frequent, now, k, None if seeds is None else starts)

    def led_to(self, seeds: Mapping[int, float], now: float) -> dict[int, float]:
        """Return how strongly the links of some anchors lead to each anchor, faded as of `now`."""
        starts = seeds_of(seeds)
        return scored(starts, self._shares(self._database.reading(), starts, now), {}, now)

    def _shares(self, reading: Any, starts: Mapping[int, float], now: float) -> list[Link]:
        """Return the links that start at some anchors, each as its share of what its start was used."""
        rows, counted = links.links_of(reading, starts), links.uses_of(reading, starts)
        weights: dict[tuple[int, int], float] = defaultdict(float)
        for row in rows:
            weight, at = counted.get((row.source, COUNTED_AS[row.kind]), (0.0, now))
            share = COMMIT_SHARE if row.kind == "co-change" else 1.0
            weights[row.source, row.target] += share * faded(row.weight, now - row.at) / (faded(weight, now - at) + 1.0)
        return [Link(source, target, weight, now) for (source, target), weight in weights.items()]

    def learn_history(self, root: Root) -> int:
        """Count which files the commits of a work tree changed together, each commit once.

        Returns:
            How many commits were counted.

        Raises:
            StoreError: It could not be written.
        """
        top = Path(root.path)
        now = git.head(top) if root.kind == "git" else None
        known = links.linked_to(self._database.reading(), root.id)
        if now is None or now == known:
            return 0
        found = history.commits(top, known)
        if found is None:
            found = history.commits(top) if known is None else []
        with self._database.writing() as writer:
            self._count(writer, root, found or [])
            links.set_linked_to(writer, root.id, now)
        return len(found or [])

    def _count(self, writer: Any, root: Root, commits: Sequence[history.Commit]) -> None:
        if not commits:
            return
        last = max(commit.at for commit in commits)
        live = {path for path, source in sources.of_root(writer, root.id).items() if source.state == "live"}
        ids: dict[str, int] = {}
        gains: dict[tuple[int, int], float] = defaultdict(float)
        for commit in commits:
            paths = [path for path in commit.paths if path in live]
            for path in paths:
                if path not in ids:
                    ids[path] = events.anchor_id(writer, root.id, path, None, None, 0)
            touched = [ids[path] for path in paths]
            links.use(writer, "commit", touched, commit.at, HALF_LIFE_S)
            for pair, gain in strengthened(touched).items():
                gains[pair] += faded(gain, last - commit.at)
        links.strengthen(writer, "co-change", gains, last, HALF_LIFE_S)
        self._cap(writer, "co-change", ids.values(), last)

    def _cap(self, writer: Any, kind: str, anchors: Iterable[int], now: float) -> None:
        """Keep the strongest links of each place."""
        for anchor in links.overfull(writer, kind, anchors, MOST_LINKS):
            rows = {row.target: row for row in links.links_of(writer, [anchor]) if row.kind == kind}
            over = overflowing([Link(anchor, row.target, row.weight, row.at) for row in rows.values()], now)
            links.drop(writer, [rows[link.target] for link in over])

    def _frequent(self, reading: Any, now: float) -> dict[int, float]:
        found: dict[int, float] = defaultdict(float)
        for kind, share in (("use", 1.0), ("commit", COMMIT_SHARE)):
            for anchor, weight, at in links.most_used(reading, kind, FREQUENT):
                found[anchor] += share * faded(weight, now - at)
        return found

    def _state(self, connection: Any, agent: int) -> AgentState:
        return state_of(connection, agent)
