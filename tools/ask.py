"""One question, answered: freshen, rank, prove, heal once, and say whether the answer is here.

`context_packet` and `refresh_targets` are two views of this.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import get_args

from ..genome.errors import StoreError
from ..genome.proof.profiles import PROFILES, Profile
from ..genome.proof.verdict import Prover, Verdict
from ..genome.reading.ingest import Outcome
from ..genome.reading.pdf import QUESTION_S, within
from ..genome.records import Root
from ..genome.search.confidence import ITEMS, RANKED, judge, least
from ..genome.search.facts import STRONG
from ..genome.search.features import Subject, subject
from ..genome.search.lexical import Idf
from ..genome.search.notes import Room
from ..genome.search.query import Query, parse
from ..genome.search.rank import Hit, rank
from ..genome.store import sources
from ..genome.store.database import QUESTION_PATIENCE_MS
from .errors import UsageError
from .models.packet import Known, Reason, TaskType
from .past import past_of
from .plain import plain, quoted
from .remote import confirm, with_status
from .services import FIRST_WAIT_S, Services

logger = logging.getLogger(__name__)
SCAN_BUDGET_S = 0.15
HEAL_BUDGET_S = 0.15
ANSWER_S = 1.5  # from which on the search leaves out what it has not done; the rest of an answer takes some 50 ms
MAX_QUERY_CHARS = 100_000
PROBABLE = 0.5
OFF_TOPIC = 0.05  # confidence below which nothing found bears on the question
BEYOND = 4  # hits judged more than asked for, to stand in for what proves to be gone
FACT, FAINT_FACT = 0.85, 0.40  # of the facts that stand first, so many hold the value (docs/facts.md); of others fewer
FLOOR = 0.0002  # an item less likely than this is filler: to read its line costs more than it tells
MOST_GONE = 2  # places that are gone are worth naming, not worth filling a packet with


@dataclass(frozen=True, slots=True)
class Policy:
    """The confidence from which `known` is so, by what a wrong place costs. docs/know-or-go.md derives the figures."""

    yes: float
    partial: float


LOOKING = Policy(0.50, 0.15)
CHANGING = Policy(0.75, 0.12)


@dataclass(frozen=True, slots=True)
class Found:
    """One hit with its verdict; `p` is the probability that it holds the answer, in [0, 1]."""

    hit: Hit
    verdict: Verdict
    p: float

    @property
    def probable(self) -> bool:
        """Whether this is likely a place that answers."""
        return self.hit.exact or self.p >= PROBABLE

    @property
    def stands(self) -> bool:
        """Whether it may answer: it is there, and is no note whose receipts are broken."""
        return not self.is_gone and (self.verdict.note is None or self.verdict.status != "needs_refresh")

    @property
    def is_gone(self) -> bool:
        """Whether nothing stands there any more."""
        return self.verdict.rung == "gone"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of a question."""

    query: str
    task_type: TaskType
    profile: Profile
    roots: list[Root]
    found: list[Found]
    known: Known
    confidence: float
    reason: Reason | None
    indexed: float
    generation: int


@within(QUESTION_S)
def ask(services: Services, query: str, task_type: str, limit: int, names: Sequence[str] | None) -> Answer:
    """Answer a question from the roots named.

    Raises:
        UsageError: The question is empty, too long, or the task type is unknown.
    """
    task, profile = _task(task_type)
    query = plain(query)
    check(query)
    roots = services.roots(names)
    if not roots:
        return Answer(query, task, profile, [], [], "no", 0.0, "outside_roots", 0.0, 0)
    roots = index_first(services, roots)
    begun = time.monotonic()
    engine = services.engine()
    pending = engine.freshener.freshen(roots, SCAN_BUDGET_S) if engine.database.writable else 0
    parsed = parse(query)
    find = partial(_find, services, parsed, roots, profile, limit, begun + ANSWER_S)
    found, confidence, generation = find()
    if engine.database.writable and time.monotonic() < begun + ANSWER_S / 2 and _heal(services, found):
        found, confidence, generation = find()
    is_late = time.monotonic() >= begun + ANSWER_S
    found = _revalidated(services, found, profile)
    indexed = services.indexed(services.roots(names), pending)
    known, reason = _judge(services, found, confidence, profile, roots, indexed)
    reason = "time" if is_late and known != "yes" else reason
    found = _worth_showing(found, known, profile)
    return Answer(query, task, profile, roots, found, known, round(confidence, 3), reason, indexed, generation)


def _task(task_type: str) -> tuple[TaskType, Profile]:
    for name in get_args(TaskType):
        if name == task_type:
            return name, PROFILES[name]
    raise UsageError(f"no task type {quoted(task_type)}; pass one of: {', '.join(get_args(TaskType))}")


def check(query: str) -> None:
    """Raise a `UsageError` for a question that is empty or too long."""
    if not query.strip():
        raise UsageError("the query is empty; ask in words, name a symbol, a path or an error message")
    if len(query) > MAX_QUERY_CHARS:
        raise UsageError(
            f"the query has {len(query):,} characters, {MAX_QUERY_CHARS:,} is the most; pass the part that matters"
        )


def index_first(services: Services, roots: list[Root]) -> list[Root]:
    """Start reading what was never read, and give a small tree the moment it needs."""
    jobs = services.begin_indexing(roots)
    if not jobs:
        return roots
    for job in jobs:
        job.ended.wait(max(0.0, job.started + FIRST_WAIT_S - time.perf_counter()))
    ids = {root.id for root in roots}
    return [root for root in services.roots() if root.id in ids]


def _find(
    services: Services, query: Query, roots: list[Root], profile: Profile, limit: int, deadline: float
) -> tuple[list[Found], float, int]:
    """Rank, judge and prove within one snapshot of the store: items, the confidence in them, the generation."""
    database = services.engine().database
    asked = subject(query)
    services.engine().embedder.settle()
    with services.engine().turns.taken(), database.snapshot() as connection:
        idf = Idf(connection, query.terms, services.synonyms)
        near = services.engine().embedder.near(connection, query.text)
        linked = services.linker.linked_in(connection, query.text) if services.linker else frozenset[str]()
        past = past_of(services, query.text)
        most = max(RANKED, 3 * limit + 8)
        ranking = rank(connection, query, roots, most, idf, near, services.lanes, deadline, past, linked)
        prover = Prover(connection, profile, services.clock, services.max_file_bytes)
        room = Room(query.text)
        candidates, confidence = _judged(asked, idf, ranking, limit)
        live: list[Found] = []
        gone: list[Found] = []
        for hit, p in candidates:
            if (p < FLOOR and not hit.exact) or (len(live) == limit and not hit.gone) or not room.takes(hit):
                continue
            item = Found(hit, prover.prove(hit), p)
            (gone if item.is_gone else live).append(item)
        gone = gone[: min(MOST_GONE, limit)]
        found = live[: limit - len(gone)] + gone
        confidence = confidence if any(item.stands for item in found) else 0.0
        confidence = max(confidence, least(asked, [item.hit for item in found if not item.is_gone]))
        return found, confidence, sources.generation(connection)


def _judged(asked: Subject, idf: Idf, ranking: list[Hit], limit: int) -> tuple[list[tuple[Hit, float]], float]:
    """Return the hits worth proving with how likely each answers, and the confidence in them.

    What is gone is judged beside what is there, and comes last. A fact is judged by its own lane.
    """
    places = [hit for hit in ranking if hit.fact is None]
    there = [hit for hit in places if not hit.gone][: max(limit, ITEMS) + BEYOND]
    judged = judge(asked, idf, places, there)
    likely = {id(hit): p for hit, p in zip(there, judged.items, strict=True)}
    facts = {id(hit): FACT if hit.exact or hit.score >= STRONG else FAINT_FACT for hit in ranking if hit.fact}
    likely |= facts
    was = [hit for hit in places if hit.gone and hit.score > 0][: limit + BEYOND]
    candidates = [(hit, likely[id(hit)]) for hit in ranking if id(hit) in likely]
    beside = there[:ITEMS]
    candidates += zip(was, judge(asked, idf, places, [*beside, *was]).items[len(beside) :], strict=True) if was else ()
    confidence = max(judged.packet, max(facts.values(), default=0.0))
    return candidates, confidence


def _revalidated(services: Services, found: list[Found], profile: Profile) -> list[Found]:
    """Ask servers about kept web pages, where a person allowed it."""
    aged = [(item.hit.source, item.verdict) for item in found if item.verdict.rung == "age"]
    said = confirm(services, aged, need_bytes=profile.need_bytes) if aged else {}
    return [replace(item, verdict=with_status(item.verdict, said.get(item.hit.source.id))) for item in found]


def _heal(services: Services, found: list[Found]) -> bool:
    """Read in the files of these hits that have changed; say whether any was."""
    deadline = time.monotonic() + HEAL_BUDGET_S
    changed = {(item.hit.root.id, item.hit.source.path): item.hit.root for item in found if item.verdict.stale}
    healed = False
    for (_, path), root in changed.items():
        if time.monotonic() > deadline:
            break
        try:
            outcome = services.engine().ingester.absorb(root, path, QUESTION_PATIENCE_MS)
        except StoreError as error:  # the proof in memory stands: its lines are those of now
            logger.info("not healed: %s", error)
            break
        if outcome is Outcome.LATER:
            services.engine().freshener.leave(root, path)
        healed = healed or outcome not in (Outcome.UNCHANGED, Outcome.LATER)
    return healed


def _judge(
    services: Services, found: list[Found], confidence: float, profile: Profile, roots: list[Root], indexed: float
) -> tuple[Known, Reason | None]:
    """Say whether the answer is here, and if not surely, why."""
    policy = _policy(profile)
    known: Known = "yes" if confidence >= policy.yes else "partial" if confidence >= policy.partial else "no"
    if known == "yes" and _asked_for_is_gone(found):
        known = "partial"
    return known, None if known == "yes" else _reason(services, found, confidence, roots, indexed, known)


def _policy(profile: Profile) -> Policy:
    return CHANGING if profile.need_bytes else LOOKING


def _worth_showing(found: list[Found], known: Known, profile: Profile) -> list[Found]:
    """Leave out what is there but likely not it, where the task is a change and the answer is not here.

    Who only looks loses little by a doubtful place; who changes what stands there does harm.
    """
    if known != "no" or not profile.need_bytes:
        return found
    return [item for item in found if item.is_gone or item.probable]


def _asked_for_is_gone(found: list[Found]) -> bool:
    """Whether the question names what is gone, and nothing that is there."""
    exact = [item for item in found if item.hit.exact]
    return bool(exact) and all(item.is_gone for item in exact)


def _reason(
    services: Services, found: list[Found], confidence: float, roots: list[Root], indexed: float, known: Known
) -> Reason:
    if indexed < 1.0:
        return "indexing"
    reading = services.engine().database.reading()
    if not any(sources.count(reading, root.id, "live") for root in roots):
        return "empty_store"
    if _asked_for_is_gone(found) or (found and all(item.is_gone for item in found)):
        return "gone"
    if found and found[0].verdict.status != "verified":
        return "stale"
    return "off_topic" if known == "no" and (not found or confidence < OFF_TOPIC) else "weak_match"
