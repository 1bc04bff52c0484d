"""The refresh plan: what to read again, most urgent first, at the least cost."""

from __future__ import annotations

from collections.abc import Sequence

from ..genome.store import contents, sources
from ..genome.store.events import Delivery
from .ask import Answer, Found
from .models.packet import RefreshReason, RefreshTarget
from .services import Services

TOKENS_PER_LINE = 12  # mean over Python, JavaScript and Markdown sources at four characters a token
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
    named = {(target.path, target.start_line) for target in targets}
    seen = _seen_before(services, shown, base, path_of)
    targets += [target for target in seen if (target.path, target.start_line) not in named]
    return sorted(targets, key=lambda target: (-target.priority, target.path, target.start_line or 0))


def _of_item(found: Found, base: float, path_of: dict[int, str]) -> RefreshTarget | None:
    verdict, hit = found.verdict, found.hit
    path = path_of[hit.root.id] + hit.source.path
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
    reading = services.engine().database.reading()
    targets: list[RefreshTarget] = []
    moved: dict[str, int] = {}
    for item in shown:
        source = sources.get(reading, item.source)
        if item.root not in path_of or (source is not None and source.content == item.content):
            continue
        path = path_of[item.root] + (source.path if source is not None else item.path)
        if source is None or source.content is None:
            targets.append(_target(path, None, None, "gone", base, "forget it; search for where it went", 20))
            continue
        now = contents.namesakes(reading, source.content, item.symbol, item.heading)
        equal = [place for place in now if place.passage == item.passage]
        if any(place.start_line == item.start_line for place in equal):
            continue
        if equal:
            moved[path] = moved.get(path, 0) + 1
        elif now and (item.symbol or item.heading):
            place = now[min(item.nth, len(now) - 1)]
            targets.append(_read(path, place.start_line, place.end_line, "seen_older_version", base))
        elif item.symbol or item.heading:
            name = item.symbol or item.heading
            targets.append(
                _target(path, None, None, "gone", base, f"{name} is no longer in {path}; search for where it went", 20)
            )
        else:
            targets.append(_read(path, item.start_line, item.end_line, "seen_older_version", base))
    for path, places in moved.items():
        action = f"line numbers shifted for {places} place{'s' * (places > 1)} you saw; verify gives the new ones"
        targets.append(_target(path, None, None, "moved", base * MOVED_LOSS, action, 20))
    return targets


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
