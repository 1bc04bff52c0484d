"""The refresh plan: what to read again, most urgent first, at the least cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..genome.records import Source
from ..genome.store import contents, sources
from ..genome.store.events import Delivery
from .ask import Answer, Found
from .models.packet import RefreshReason, RefreshTarget
from .noted import broken_targets
from .services import Services

TOKENS_PER_LINE = 12  # mean over Python, JavaScript and Markdown sources at four characters a token
SHIFTED = "line numbers of places you saw have shifted, verify gives the new ones"
MOVED_LOSS = 0.3  # the text an agent holds is right, its line numbers are not


def plan(services: Services, answer: Answer, shown: Sequence[Delivery], path_of: dict[int, str]) -> list[RefreshTarget]:
    """Return what to read again for an answer, and what this session was shown that has changed since.

    Args:
        services: Where the store is.
        answer: The answer whose items are to become certain.
        shown: What the session was shown before this answer.
        path_of: Prefix of each root's paths.
    """
    base = answer.profile.base
    targets = [target for found in answer.found if (target := _of_item(found, base, path_of)) is not None]
    for found in answer.found:
        if found.verdict.note is not None:
            targets += broken_targets(found.verdict.note, path_of, base)
    named = {(target.path, target.start_line) for target in targets}
    seen = _seen_before(services, shown, base, path_of)
    targets += [target for target in seen if (target.path, target.start_line) not in named]
    return sorted(targets, key=lambda target: (-target.priority, target.path, target.start_line or 0))


def _of_item(found: Found, base: float, path_of: dict[int, str]) -> RefreshTarget | None:
    verdict, hit = found.verdict, found.hit
    path = path_of[hit.root.id] + hit.source.path
    if verdict.note is not None and verdict.rung != "age":
        return None  # what its receipts ask for comes from them
    if verdict.rung == "gone":
        return _target(
            path,
            None,
            None,
            "gone",
            base,
            "search for where it went" if hit.source.state == "gone" else f"look in {path}",
            20,
        )
    if verdict.rung == "age":
        if verdict.status == "verified":
            return None
        return _read(path, verdict.start_line, verdict.end_line, "aged", base * (1 - verdict.fresh))
    if verdict.status != "verified":
        return _read(path, verdict.start_line, verdict.end_line, "changed", base)
    if not found.probable:
        return _read(path, verdict.start_line, verdict.end_line, "low_confidence", base * (1 - found.p))
    return None


def _seen_before(
    services: Services, shown: Sequence[Delivery], base: float, path_of: dict[int, str]
) -> list[RefreshTarget]:
    """Return what a session holds that is no longer so: the agent's own copy is the stale one."""
    with services.engine().database.snapshot() as reading:
        seen = [item for item in shown if item.root in path_of]
        held = sources.standing(reading, {item.source for item in seen})
        changed = [item for item in seen if held.get(item.source) != (item.content, item.path)]
        stale = [(item, sources.get(reading, item.source)) for item in changed]
        targets = [_of_seen(services, item, source, base, path_of[item.root]) for item, source in stale]
    found = [target for target in targets if target is not None]
    shifted = Counter(target.path for target in found if target.action == SHIFTED)
    numbered = [
        _target(path, None, None, "moved", base * MOVED_LOSS, f"{SHIFTED}: {n}", 20) for path, n in shifted.items()
    ]
    return [target for target in found if target.action != SHIFTED] + numbered


def _of_seen(
    services: Services, item: Delivery, source: Source | None, base: float, prefix: str
) -> RefreshTarget | None:
    """Return what to do about one spot that was shown, None where it still stands as it was."""
    path = prefix + item.path
    if source is None or source.content is None:
        return _target(path, None, None, "gone", base, "forget it; search for where it went", 20)
    if source.path != item.path:
        return _target(path, None, None, "moved", base * MOVED_LOSS, f"it is {prefix}{source.path} now", 0)
    named = item.symbol or item.heading
    reading = services.engine().database.reading()  # at the caller's snapshot
    now = contents.namesakes(reading, source.content, item.symbol, item.heading)
    equal = [place for place in now if place.passage == item.passage]
    if equal:
        is_there = any(place.start_line == item.start_line for place in equal)
        return None if is_there else _target(path, None, None, "moved", base * MOVED_LOSS, SHIFTED, 20)
    if not named:
        return _read(path, item.start_line, item.end_line, "seen_older_version", base)
    if not now:
        return _target(path, None, None, "gone", base, f"{named} is no longer in {path}; search for where it went", 20)
    place = now[min(item.nth, len(now) - 1)]
    return _read(path, place.start_line, place.end_line, "seen_older_version", base)


def _read(path: str, start: int, end: int, reason: RefreshReason, priority: float) -> RefreshTarget:
    return _target(path, start, end, reason, priority, f"read lines {start}-{end}", TOKENS_PER_LINE * (end - start + 1))


def _target(
    path: str, start: int | None, end: int | None, reason: RefreshReason, priority: float, action: str, tokens: int
) -> RefreshTarget:
    return RefreshTarget(
        path=path,
        start_line=start,
        end_line=end,
        reason=reason,
        priority=round(priority, 3),
        action=action,
        tokens=tokens,
    )
