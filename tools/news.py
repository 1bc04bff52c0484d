"""What a session should hear of others: edits of what it was shown, and who is editing what it is about to touch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from ..genome.proof.changes import Changes
from ..genome.store import events, sessions, sources
from ..genome.store.events import Delivery, Touch
from ..genome.store.sessions import Lease
from .plain import one_line
from .presence import ACTIVE_S, LEASE_S, Told
from .services import Services

MOST_EDITS = 3  # files that one packet tells of
MOST_SPOTS = 3  # of each
MOST_LEASES = 3
MOST_EVENTS = 200  # looked through; what came before the last of so many is not told


def edits(services: Services, session: str, shown: Sequence[Delivery], path_of: dict[int, str]) -> list[str]:
    """Return a line for each file that others said they used since this session asked last, and that changed for it.

    Told once: asking again gives none, until somebody reports another version.

    Args:
        services: Where the store is.
        session: Whose knowledge is meant.
        shown: What it was shown.
        path_of: Prefix of each root's paths.
    """
    engine = services.engine()
    with engine.database.snapshot() as reading:
        last = events.last_sequence(reading)
        told = engine.presence.told(session)
        if told is None:
            told = Told(events.last_sequence(reading, max((item.at or 0.0 for item in shown), default=None)))
        if told.sequence == last:
            engine.presence.tell(session, told)
            return []
        party = engine.presence.party(services.caller.identity)
        touched = events.touched(reading, party, told.sequence, (session, services.session), MOST_EVENTS)
        lines, versions = _lines(reading, touched, shown, told, path_of)
    engine.presence.tell(session, Told(last, versions))
    return lines


def claims(services: Services, session: str, paths: Iterable[str], path_of: dict[int, str]) -> list[str]:
    """Return a line for each lease of another session that one of these paths, as they are shown, touches."""
    presence = services.engine().presence
    party = presence.party(services.caller.identity)
    now = services.clock()
    with services.engine().database.snapshot() as reading:
        wanted = set(paths)
        touched = {lease for lease in sessions.leased(reading, party) if _touches(lease, wanted, path_of)}
        held = sessions.leases(reading, party, now - LEASE_S) if touched else []
    lines = [
        _lease_line(lease, path_of[lease.root], now)
        for lease in held
        if lease.handle != session and (lease.root, lease.path) in touched
    ]
    return lines[:MOST_LEASES]


def ago(seconds: float) -> str:
    """Return a length of time in its largest unit.

    >>> ago(5), ago(150), ago(7_300), ago(200_000)
    ('5 s', '2 min', '2 h', '2 d')
    """
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def _lines(
    reading: Any, touched: Sequence[Touch], shown: Sequence[Delivery], told: Told, path_of: dict[int, str]
) -> tuple[list[str], dict[tuple[int, str], int | None]]:
    """Return what to say of files that were touched, and the version of each that is spoken of."""
    by_file: dict[tuple[int, str], list[Touch]] = {}
    for touch in touched:
        by_file.setdefault((touch.root, touch.path), []).append(touch)
    by_source: dict[int, list[Delivery]] = {}
    for item in shown if by_file else ():
        by_source.setdefault(item.source, []).append(item)
    changes = Changes(reading)
    versions = dict(told.versions)
    lines: list[str] = []
    for (root, path), found in by_file.items():
        source = sources.by_path(reading, root, path)
        mine = [] if source is None else by_source.get(source.id, [])
        if source is None or not mine or root not in path_of or versions.get((root, path), -1) == source.content:
            continue
        spots = _changed(mine, changes, source.content, source.path)
        if spots and len(lines) < MOST_EDITS:
            versions[root, path] = source.content
            lines.append(_edit_line(found, path_of[root] + path, spots))
    return lines, versions


def _changed(shown: Iterable[Delivery], changes: Changes, content: int | None, path: str) -> list[str]:
    """Return which of the spots that were shown are others now, and how."""
    found: dict[str, None] = {}
    for item in shown:
        if item.content == content:
            continue
        grade = "gone" if content is None else changes.since_shown(item, content, path).grade
        if grade in ("signature_changed", "body_changed", "gone"):
            name = item.symbol or item.heading or f"lines {item.start_line}-{item.end_line}"
            found[f"{one_line(name)} {grade}"] = None
    return list(found)


def _edit_line(touched: Sequence[Touch], path: str, spots: Sequence[str]) -> str:
    more = f" and {len(spots) - MOST_SPOTS} more" if len(spots) > MOST_SPOTS else ""
    what = f"({', '.join(spots[:MOST_SPOTS])}{more})"
    editors = list(dict.fromkeys(one_line(touch.by) for touch in touched if touch.edited))
    if editors:
        return f"since your last packet agent {' and '.join(editors[:2])} edited {one_line(path)} {what}"
    users = list(dict.fromkeys(one_line(touch.by) for touch in touched))
    return f"since your last packet {one_line(path)} changed {what}; agent {' and '.join(users[:2])} used it"


def _touches(lease: tuple[int, str], paths: Collection[str], path_of: dict[int, str]) -> bool:
    """Whether a lease is of one of these paths, as they are shown, or of a folder above it."""
    root, leased = lease
    if root not in path_of:
        return False
    shown = path_of[root] + leased
    return shown in paths or any(path.startswith(f"{shown}/" if leased else shown) for path in paths)


def _lease_line(lease: Lease, prefix: str, now: float) -> str:
    silent = now - lease.seen_at
    heard = f", last heard of {ago(silent)} ago" if silent >= ACTIVE_S else ""
    path = prefix + lease.path or "everything"
    return f"agent {one_line(lease.holder)} is editing {one_line(path)} since {ago(now - lease.at)}{heard}"
