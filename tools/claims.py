"""What a target names: `path`, `path:10-20`, `path::Symbol` or the id of an item, looked up in the store."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path

from ..genome.errors import StoreError
from ..genome.proof.naming import find_local, find_name
from ..genome.reading.discover import is_listed
from ..genome.reading.literals import literals
from ..genome.records import Place, Root, Source
from ..genome.store import contents, sources
from ..genome.store.boundary import holds
from ..genome.store.database import QUESTION_PATIENCE_MS
from .plain import quoted
from .services import Services
from .targets import ITEM_ID, LINES, SYMBOL

logger = logging.getLogger(__name__)
LINES_FORM = "lines"  # a place that is no span of the store


@dataclass(frozen=True, slots=True)
class Claim:
    """What a target says: a version of a file, and a place or lines in it."""

    root: Root
    source: Source
    content: int | None
    place: Place | None
    text: str
    pieces: tuple[tuple[Place, str], ...] = ()  # all that stands under the symbol
    name: str | None = None  # what is claimed of lines: a definition inside a function, or else a value
    is_value: bool = False


class Claims:
    """Finds what targets name in one store."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def find(self, target: str, session: str | None) -> Claim | str:
        """Return what a target speaks of, or why it speaks of nothing.

        Args:
            target: As it was given.
            session: A path speaks of the version that this session was shown, else of the one last ingested; with
                None of the one that stands there now.

        Raises:
            RootNotGranted: A path leads outside the roots.
        """
        if match := ITEM_ID.fullmatch(target):
            return self._of_item(*(int(part, 16) for part in match.groups()))
        for pattern in (SYMBOL, LINES):
            if match := pattern.fullmatch(target):
                parts = match.groupdict()
                return self._of_path(parts["path"], parts.get("symbol"), parts.get("start"), parts.get("end"), session)
        return self._of_path(target, None, None, None, session)

    def _of_item(self, source_id: int, content: int, ordinal: int) -> Claim | str:
        reading = self._services.engine().database.reading()
        source = sources.get(reading, source_id)
        place = contents.place(reading, content, ordinal)
        if source is None or place is None or not holds(reading, source_id, content):
            return "no such item any more; ask context_packet again"
        root = next((root for root in self._services.roots() if root.id == source.root), None)
        if root is None:  # another work tree's
            return "no such item any more; ask context_packet again"
        return Claim(root, source, content, place, contents.passage_text(reading, place.passage))

    def _of_path(
        self, path: str, symbol: str | None, start: str | None, end: str | None, session: str | None
    ) -> Claim | str:
        root, relative = self._services.locate(path)
        engine = self._services.engine()
        source = sources.by_path(engine.database.reading(), root.id, relative)
        if session is None and source is not None and engine.database.writable:
            self.follow(root, relative)
            source = sources.by_path(engine.database.reading(), root.id, relative)
        if source is None:
            if not engine.database.writable:
                return f"{quoted(path)} is not in the store"
            if is_listed(Path(root.path), [relative]):
                self.follow(root, relative)
            source = sources.by_path(engine.database.reading(), root.id, relative)
        if source is None or (source.content is None and source.ingested is None):
            return f"{quoted(path)} is not in the store: not there, ignored or skipped; check the spelling"
        content = source.content if session is None else self._held(source, session)
        if content is None:
            return f"{quoted(path)} is not there now"
        if symbol is not None:
            return self._of_symbol(root, source, content, symbol)
        if start is None:
            return Claim(root, source, content, None, "")
        return self._of_lines(root, source, content, int(start[:9]), int((end or start)[:9]))

    def _of_symbol(self, root: Root, source: Source, content: int, symbol: str) -> Claim | str:
        reading = self._services.engine().database.reading()
        wanted = symbol.replace("::", ".").replace("#", ".")
        places = contents.places(reading, content)
        symbols = [place.symbol for place in places if place.symbol]
        if wanted not in symbols:
            text = contents.text_of(reading, content)
            local = find_local(wanted, places, text)
            values = [] if local else literals(source.path, text).get(wanted, [])
            if runs := local or [(one.start_line, one.end_line) for one in values]:
                lines = self._of_lines(root, source, content, *runs[0])
                return lines if isinstance(lines, str) else replace(lines, name=wanted, is_value=not local)
        name = find_name(wanted, symbols)
        if name is None:
            known = sorted(set(symbols))[:8]
            told = f"; it has {', '.join(known)}" if known else ""
            return f"{source.path} had no symbol {quoted(symbol)}{told}"
        own = [place for place in places if place.symbol == name]
        first = own[0]
        if first.form in ("function", "method"):  # what is divided from a long one is a part of it
            own = [place for place in places if f"{place.symbol}.".startswith(f"{name}.")]
        pieces = tuple((place, contents.passage_text(reading, place.passage)) for place in own)
        return Claim(root, source, content, first, contents.passage_text(reading, first.passage), pieces)

    def _of_lines(self, root: Root, source: Source, content: int, start: int, end: int) -> Claim | str:
        text = contents.text_of(self._services.engine().database.reading(), content)
        lines = text.split("\n")
        if not 1 <= start <= end <= len(lines):
            return f"{source.path} had {len(lines)} lines; pass lines within 1-{len(lines)}"
        place = Place(content, 0, 0, LINES_FORM, 0, 0, start, end, None, None)
        return Claim(root, source, content, place, "\n".join(lines[start - 1 : end]))

    def _held(self, source: Source, session: str) -> int | None:
        """Return the version of a file that a session was shown, else the one last ingested."""
        shown = self._services.engine().recorder.shown(session).values()
        return max(
            (item.content for item in shown if item.source == source.id), default=source.ingested or source.content
        )

    def follow(self, root: Root, path: str) -> None:
        """Read a file in if it has changed; where another process writes, it is proven from memory instead."""
        try:
            self._services.engine().ingester.absorb(root, path, QUESTION_PATIENCE_MS)
        except StoreError as error:
            logger.info("not read in: %s", error)
