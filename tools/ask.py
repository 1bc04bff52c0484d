"""One question, answered: freshen, rank, prove, heal once, and say whether the answer is here.

`context_packet` and `refresh_targets` are two views of this.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from ..genome.errors import StoreError
from ..genome.proof.profiles import PROFILES, Profile
from ..genome.proof.verdict import Prover, Verdict
from ..genome.reading.ingest import Outcome
from ..genome.records import Root
from ..genome.search.query import Query, parse
from ..genome.search.rank import Hit, rank
from ..genome.store import sources
from ..genome.store.database import QUESTION_PATIENCE_MS
from .errors import UsageError
from .models.packet import Known, Reason, TaskType
from .plain import plain, quoted
from .services import FIRST_WAIT_S, Services

logger = logging.getLogger(__name__)
SCAN_BUDGET_S = 0.15
HEAL_BUDGET_S = 0.15
MAX_QUERY_CHARS = 100_000
PROBABLE, FLOOR = 0.60, 0.20  # share of the question's idf mass; interim until calibrated
KNOWN_YES, KNOWN_PARTIAL = 0.60, 0.35
MOST_GONE = 2  # places that are gone are worth naming, not worth filling a packet with


@dataclass(frozen=True, slots=True)
class Found:
    """One hit with its verdict; `p` is the interim estimate that it answers, in [0, 1]."""

    hit: Hit
    verdict: Verdict
    p: float

    @property
    def probable(self) -> bool:
        """Whether this is likely a place that answers."""
        return self.hit.exact or self.p >= PROBABLE


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


def ask(services: Services, query: str, task_type: str, limit: int, names: Sequence[str] | None) -> Answer:
    """Answer a question from the roots named.

    Raises:
        UsageError: The question is empty, too long, or the task type is unknown.
    """
    task, profile = _task(task_type)
    query = plain(query)
    _check(query)
    roots = services.roots(names)
    if not roots:
        return Answer(query, task, profile, [], [], "no", 0.0, "outside_roots", 0.0, 0)
    roots = _index_first(services, roots)
    engine = services.engine()
    pending = engine.freshener.freshen(roots, SCAN_BUDGET_S) if engine.database.writable else 0
    parsed = parse(query)
    found, generation = _find(services, parsed, roots, profile, limit)
    if engine.database.writable and _heal(services, found):
        found, generation = _find(services, parsed, roots, profile, limit)
    indexed = services.indexed(services.roots(names), pending)
    known, confidence, reason = _judge(services, found, roots, indexed)
    return Answer(query, task, profile, roots, found, known, confidence, reason, indexed, generation)


def _task(task_type: str) -> tuple[TaskType, Profile]:
    for name in get_args(TaskType):
        if name == task_type:
            return name, PROFILES[name]
    raise UsageError(f"no task type {quoted(task_type)}; pass one of: {', '.join(get_args(TaskType))}")


def _check(query: str) -> None:
    if not query.strip():
        raise UsageError("the query is empty; ask in words, name a symbol, a path or an error message")
    if len(query) > MAX_QUERY_CHARS:
        raise UsageError(
            f"the query has {len(query):,} characters, {MAX_QUERY_CHARS:,} is the most; pass the part that matters"
        )


def _index_first(services: Services, roots: list[Root]) -> list[Root]:
    """Start reading what was never read, and give a small tree the moment it needs."""
    jobs = services.begin_indexing(roots)
    if not jobs:
        return roots
    for job in jobs:
        job.ended.wait(max(0.0, job.started + FIRST_WAIT_S - time.perf_counter()))
    ids = {root.id for root in roots}
    return [root for root in services.roots() if root.id in ids]


def _find(services: Services, query: Query, roots: list[Root], profile: Profile, limit: int) -> tuple[list[Found], int]:
    """Rank and prove within one snapshot of the store."""
    database = services.engine().database
    with database.snapshot() as connection:
        ranking = rank(connection, query, roots, 3 * limit + 8)
        # Once one hit is on the subject, weaker ones may follow it.
        floor = FLOOR / 2 if any(hit.share >= FLOOR or hit.exact for hit in ranking) else FLOOR
        prover = Prover(connection, profile, services.clock, services.max_file_bytes)
        live: list[Found] = []
        gone: list[Found] = []
        for hit in ranking:
            if len(live) == limit:
                break
            if hit.share < floor and not hit.exact:
                continue
            verdict = prover.prove(hit)
            item = Found(hit, verdict, max(hit.share, 0.9) if hit.exact else hit.share)
            (gone if verdict.rung == "gone" else live).append(item)
        gone = gone[: min(MOST_GONE, limit)]
        return live[: limit - len(gone)] + gone, sources.generation(connection)


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
        healed = healed or outcome is not Outcome.UNCHANGED
    return healed


def _judge(
    services: Services, found: list[Found], roots: list[Root], indexed: float
) -> tuple[Known, float, Reason | None]:
    """Say whether the answer is here, from the best item's share of the question's idf mass (interim)."""
    present = [item for item in found if item.verdict.rung != "gone"]
    best = max((item.p for item in present), default=0.0)
    known: Known = "yes" if best >= KNOWN_YES else "partial" if best >= KNOWN_PARTIAL else "no"
    if known == "yes" and _asked_for_is_gone(found):
        known = "partial"
    if known == "yes":
        return known, round(best, 3), None
    return known, round(best, 3), _reason(services, found, roots, indexed, known)


def _asked_for_is_gone(found: list[Found]) -> bool:
    """Whether the question names what is gone, and nothing that is there."""
    return any(item.hit.exact and item.verdict.rung == "gone" for item in found) and not any(
        item.hit.exact and item.verdict.rung != "gone" for item in found
    )


def _reason(services: Services, found: list[Found], roots: list[Root], indexed: float, known: Known) -> Reason:
    if indexed < 1.0:
        return "indexing"
    reading = services.engine().database.reading()
    if not any(sources.count(reading, root.id, "live") for root in roots):
        return "empty_store"
    if _asked_for_is_gone(found) or (found and all(item.verdict.rung == "gone" for item in found)):
        return "gone"
    if found and found[0].verdict.status != "verified":
        return "stale"
    return "weak_match" if known == "partial" or found else "off_topic"
