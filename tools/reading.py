"""What an agent says it has read: what it holds of those lines is current again."""

from __future__ import annotations

import logging
from dataclasses import replace

from ..genome.errors import RootNotGranted, StoreError
from ..genome.proof.changes import Changes
from ..genome.records import Root, Source
from ..genome.store import contents, sources, versions
from ..genome.store.database import QUESTION_PATIENCE_MS
from ..genome.store.events import Delivery
from .recorder import WHOLE
from .services import Services
from .targets import ITEM_ID, LINES, SYMBOL

logger = logging.getLogger(__name__)


def mark_read(services: Services, target: str, session: str) -> bool:
    """Take it that a session has read a target as it stands now: its spots there are shown anew, or forgotten if gone.

    Returns:
        Whether it was seen to change: the file is not as this session was shown it last, or became another just now.

    Args:
        services: Where the store and the sessions are.
        target: An item's id, `path`, `path:10-20` or `path::Symbol`; one that means nothing changes nothing.
        session: The session's name.
    """
    begun = services.clock()
    try:
        found = _lines_of(services, target)
    except RootNotGranted:
        return False
    if found is None:
        return False
    root, path, start, end = found
    engine = services.engine()
    recorder = engine.recorder
    with engine.database.snapshot() as reading:
        source = sources.by_path(reading, root.id, path)
        content = None if source is None else source.content
        shown = [
            item
            for item in recorder.shown(session).values()
            if (item.root == root.id and item.path == path) or (source is not None and item.source == source.id)
        ]
        if source is None or content is None:
            recorder.forget(session, shown)
            if source is not None and source.ingested is not None:
                recorder.reads(session).add(source.ingested)
            return False
        recorder.reads(session).add(content, start, end)
        changes = Changes(reading)
        known = max(shown, key=lambda item: item.at or 0.0, default=None)
        edited = (known is not None and known.content != content) or versions.was_changed(reading, source.id, begun)
        renewed = [(item, _renewed(item, source, content, changes)) for item in shown]
    whole = (start, end) == (0, WHOLE)
    touched = [(old, new) for old, new in renewed if whole or _overlaps(new or old, start, end)]
    recorder.forget(session, [old for old, new in touched if new is None or new.path != old.path])
    recorder.deliver(session, [new for _, new in touched if new is not None], is_packet=False)
    return edited


def _lines_of(services: Services, target: str) -> tuple[Root, str, int, int] | None:
    """Return the root, path and lines that a target means now, its file followed."""
    if match := ITEM_ID.fullmatch(target):
        return _lines_of_item(services, *(int(part, 16) for part in match.groups()))
    symbol = SYMBOL.fullmatch(target)
    lines = None if symbol else LINES.fullmatch(target)
    root, path = services.locate((symbol or lines or {"path": target})["path"])
    if root.kind == "virtual":
        return None
    _follow(services, root, path)
    if symbol is not None:
        return _lines_of_symbol(services, root, path, symbol["symbol"])
    if lines is None:
        return root, path, 0, WHOLE
    return root, path, int(lines["start"]), int(lines["end"] or lines["start"])


def _lines_of_item(services: Services, source_id: int, content: int, ordinal: int) -> tuple[Root, str, int, int] | None:
    reading = services.engine().database.reading()
    source = sources.get(reading, source_id)
    place = contents.place(reading, content, ordinal)
    if source is None or place is None:
        return None
    root = next((root for root in services.roots() if root.id == source.root), None)
    if root is None:
        return None
    _follow(services, root, source.path)
    name = place.symbol or place.heading
    if name is not None:
        found = _lines_of_symbol(services, root, source.path, name)
        if found is not None:
            return found
    return root, source.path, place.start_line, place.end_line


def _lines_of_symbol(services: Services, root: Root, path: str, symbol: str) -> tuple[Root, str, int, int] | None:
    reading = services.engine().database.reading()
    source = sources.by_path(reading, root.id, path)
    if source is None or source.content is None:
        return None
    wanted = symbol.replace("::", ".").replace("#", ".").lower()
    held = [
        place
        for place in contents.places(reading, source.content)
        if f".{place.symbol or place.heading or ''}".lower().endswith(f".{wanted}")
    ]
    if not held:
        return None
    return root, path, held[0].start_line, max(place.end_line for place in held if place.nth == held[0].nth)


def _follow(services: Services, root: Root, path: str) -> None:
    engine = services.engine()
    if engine.database.writable and sources.by_path(engine.database.reading(), root.id, path) is not None:
        try:
            engine.ingester.absorb(root, path, QUESTION_PATIENCE_MS)
        except StoreError as error:
            logger.info("not read in: %s", error)


def _renewed(item: Delivery, source: Source, content: int, changes: Changes) -> Delivery | None:
    """Return a spot as it stands now, None where it is gone."""
    if (item.content, item.path) == (content, source.path):
        return item
    place = changes.since_shown(item, content, source.path).place
    if place is None:
        return None
    return replace(
        item,
        content=content,
        passage=place.passage,
        start_line=place.start_line,
        end_line=place.end_line,
        path=source.path,
        packet=None,
    )


def _overlaps(item: Delivery, start: int, end: int) -> bool:
    return item.start_line <= end and start <= item.end_line
