"""The refresh plan: what to read again, most urgent first, at the least cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..genome.proof.age import action
from ..genome.proof.changes import Changes
from ..genome.proof.dependencies import Dependency
from ..genome.proof.receipts import NoteProof
from ..genome.records import Source
from ..genome.store import contents, sources
from ..genome.store.events import Delivery
from .ask import Answer, Found
from .grading import Graded
from .models.packet import RefreshReason, RefreshTarget
from .noted import broken_targets
from .recorder import Reads
from .schedule import merged
from .services import Services

TOKENS_PER_LINE = 12  # mean over Python, JavaScript and Markdown sources at four characters a token
BYTES_PER_TOKEN = 4
WORTH_READING = 0.05  # a place less likely to answer costs more to read than it tells
FETCHED = 500  # tokens of a page or an output that is fetched again, a guess
SHIFTED = "line numbers of places you saw have shifted, verify gives the new ones"
# What is lost by relying on a place after a change of this grade, as a share of the task's base priority.
LOSS = {"signature_changed": 1.0, "body_changed": 0.95, "dependency_changed": 0.7, "moved": 0.3}


def plan(
    services: Services,
    answer: Answer,
    changes: Sequence[Graded],
    shown: Sequence[Delivery],
    reads: Reads,
    path_of: dict[int, str],
) -> list[RefreshTarget]:
    """Return what to read again for an answer, and what this session was shown that has changed since.

    Args:
        services: Where the store is.
        answer: The answer whose items are to become certain.
        changes: The grades of its items, in their order.
        shown: What the session was shown before this answer.
        reads: What the session has read of contents.
        path_of: Prefix of each root's paths.
    """
    with services.engine().database.snapshot():
        planner = _Planner(services, answer.profile.base, reads, path_of)
        for found, change in zip(answer.found, changes, strict=True):
            if found.verdict.note is not None and found.verdict.rung != "age":
                planner.take_note(found.verdict.note)
            else:
                planner.take(found, change)
        planner.take_seen(shown)
        return planner.targets()


class _Planner:
    """Collects the targets of one plan, inside the caller's snapshot."""

    def __init__(self, services: Services, base: float, reads: Reads, path_of: dict[int, str]) -> None:
        self._reading = services.engine().database.reading()
        self._base = base
        self._reads = reads
        self._path_of = path_of
        self._changes = Changes(self._reading)
        self._found: list[RefreshTarget] = []
        self._gone: dict[str, list[str]] = {}
        self._content: dict[str, int] = {}

    def targets(self) -> list[RefreshTarget]:
        """Return what was collected, joined and in order."""
        for path, names in self._gone.items():
            self._say(path, "gone", self._base, _farewell(path, names), 20)
        return merged(self._found, self._cost)

    def take_note(self, proof: NoteProof) -> None:
        """Add what would make a note certain: reads of its broken receipts."""
        self._found += broken_targets(proof, self._path_of, self._base)

    def take(self, found: Found, change: Graded) -> None:
        """Add what would make an item certain."""
        verdict, hit = found.verdict, found.hit
        path = self._path_of[hit.root.id] + hit.source.path
        lines = verdict.start_line, verdict.end_line
        if verdict.rung == "gone":
            held = hit.source.content or hit.source.ingested
            named = hit.place.symbol or hit.place.heading
            if held is None or not self._reads.cover(held):
                is_file = hit.source.content is None
                self._gone.setdefault(path, []).extend([] if is_file or named is None else [named])
        elif hit.root.kind == "virtual" and verdict.status != "verified":
            reason = "changed" if verdict.rung == "changed" else "aged"
            self._say(path, reason, self._base * (1 - verdict.fresh), action(hit.source.path), FETCHED)
        elif verdict.rung == "age":
            if verdict.status != "verified":
                self._read(path, hit.place.content, lines, "aged", self._base * (1 - verdict.fresh))
        elif verdict.status != "verified":
            self._add(path, lines, "changed", self._base)
        elif not found.probable and found.p >= WORTH_READING:
            content = None if verdict.stale else hit.place.content
            self._read(path, content, lines, "low_confidence", self._base * (1 - found.p))
        if change.before is not None and verdict.stale and change.grade in ("signature_changed", "body_changed"):
            self._add(path, lines, "seen_older_version", self._base * LOSS[change.grade])
        for each in change.rests_on:
            self._rests_on(each, self._path_of[hit.root.id] + each.path)

    def _rests_on(self, each: Dependency, path: str) -> None:
        priority = self._base * LOSS["dependency_changed"]
        if each.places:
            lines = each.places[0].start_line, max(place.end_line for place in each.places)
            self._read(path, each.content, lines, "changed", priority)
        else:
            self._say(path, "gone", priority, _farewell(path, [each.symbol]), 20)

    def take_seen(self, shown: Sequence[Delivery]) -> None:
        """Add what a session holds that is no longer so: the agent's own copy is the stale one."""
        seen = [item for item in shown if item.root in self._path_of]
        held = sources.standing(self._reading, {item.source for item in seen})
        changed = [item for item in seen if held.get(item.source) != (item.content, item.path)]
        known = {id_: sources.get(self._reading, id_) for id_ in {item.source for item in changed}}
        shifted = Counter(
            self._path_of[item.root] + item.path for item in changed if self._is_shifted(item, known[item.source])
        )
        for path, count in shifted.items():
            self._say(path, "moved", self._base * LOSS["moved"], f"{SHIFTED}: {count}", 20)

    def _is_shifted(self, item: Delivery, source: Source | None) -> bool:
        """Add what to do about one spot that was shown; whether only its line numbers are others now."""
        path = self._path_of[item.root] + item.path
        if source is None or source.content is None:
            self._gone.setdefault(path, [])
            return False
        change = self._changes.since_shown(item, source.content, source.path)
        here = self._path_of[item.root] + source.path
        if here != path:
            self._say(path, "moved", self._base * LOSS["moved"], f"it is {here} now", 0)
        named = item.symbol or item.heading
        if change.grade == "gone" and named:
            self._gone.setdefault(here, []).append(named)
        elif change.grade == "gone":
            length = contents.get(self._reading, source.content).lines
            lines = min(item.start_line, length), min(item.end_line, length)
            self._read(here, source.content, lines, "seen_older_version", self._base * LOSS["body_changed"])
        elif change.is_real:
            self._read(here, source.content, change.lines, "seen_older_version", self._base * LOSS[change.grade])
        return here == path and change.is_shifted

    def _read(
        self, path: str, content: int | None, lines: tuple[int, int], reason: RefreshReason, priority: float
    ) -> None:
        """Add a read, unless the session has read just that."""
        if content is not None:
            if self._reads.cover(content, *lines):
                return
            self._content[path] = content
        self._add(path, lines, reason, priority)

    def _add(self, path: str, lines: tuple[int, int], reason: RefreshReason, priority: float) -> None:
        action = f"read lines {lines[0]}-{lines[1]}"
        self._found.append(_target(path, lines, reason, priority, action, self._cost(path, *lines)))

    def _say(self, path: str, reason: RefreshReason, priority: float, action: str, tokens: int) -> None:
        self._found.append(_target(path, None, reason, priority, action, tokens))

    def _cost(self, path: str, start: int, end: int) -> int:
        """Return the tokens of lines, by their length where the store has them."""
        if end < start:
            return 0
        content = self._content.get(path)
        size = None if content is None else contents.size_of_lines(self._reading, content, start, end)
        return TOKENS_PER_LINE * (end - start + 1) if size is None else -(-size // BYTES_PER_TOKEN)


def _farewell(path: str, names: Sequence[str]) -> str:
    """Return what to do about names that are gone from a file, or about a file that is."""
    named = list(dict.fromkeys(names))
    if not named:
        return "forget it; search for where it went"
    if len(named) == 1:
        return f"{named[0]} is no longer in {path}; search for where it went"
    listed = ", ".join(named[:4]) + (f" and {len(named) - 4} more" if len(named) > 4 else "")
    return f"{listed} are no longer in {path}; search for where they went"


def _target(
    path: str, lines: tuple[int, int] | None, reason: RefreshReason, priority: float, action: str, tokens: int
) -> RefreshTarget:
    return RefreshTarget(
        path=path,
        start_line=lines[0] if lines else None,
        end_line=lines[1] if lines else None,
        reason=reason,
        priority=round(priority, 3),
        action=action,
        tokens=tokens,
    )
