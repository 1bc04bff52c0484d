"""`why`: who wrote something, when, through what tool and session, and from which receipts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field

from ..genome.errors import RootNotGranted
from ..genome.records import Source
from ..genome.store import attribution, identity, notes, sources
from ..genome.store.attribution import Authorship
from ..genome.store.notes import Note, path_of
from .claims import Claim, Claims
from .models.attribution import Authored, Why
from .noted import bound, name_of, note_id
from .packet import prefixes
from .plain import plain
from .services import Services

NOBODY = "read from disk; nobody worked on it through Cistron"


class WhyTools:
    """The why tool of one server."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._claims = Claims(services)

    def why(
        self, target: Annotated[str, Field(description="item id, note id (n12), path, path:10-20 or path::Symbol")]
    ) -> Why:
        """Ask where something you were given comes from: its authors with tool, session and time, and its receipts."""
        target = plain(target)
        reading = self._services.engine().database.reading()
        number = note_id(target)
        if number is not None:
            note = notes.get(reading, number)
            return _unknown(target, "no such note") if note is None else self._of_note(target, note)
        if (text := self._kept(reading, target)) is not None:
            return text
        try:
            claim = self._claims.find(target, None)
        except RootNotGranted as error:
            return _unknown(target, str(error))
        return _unknown(target, claim) if isinstance(claim, str) else self._of_claim(target, claim)

    def _of_claim(self, target: str, claim: Claim) -> Why:
        reading = self._services.engine().database.reading()
        if claim.root.kind == "virtual":
            note = notes.of_source(reading, claim.source.id)
            return self._of_text(reading, target, claim.source) if note is None else self._of_note(target, note)
        place = claim.place
        symbol = None if place is None else place.symbol or place.heading
        authors = attribution.of_file(reading, claim.root.id, claim.source.path, symbol)
        read = f"its bytes were last compared {time_of(claim.source.proven_at)}"
        return Why(
            target=target,
            found=True,
            kind="file",
            path=prefixes(self._services.roots())[claim.root.id] + claim.source.path,
            authors=_said(reading, authors),
            receipts=[],
            notes=[read] if authors else [NOBODY, read],
        )

    def _kept(self, reading: Any, name: str) -> Why | None:
        """Return who wrote a text that was kept under a name of its own."""
        for root in self._services.roots():
            source = sources.by_path(reading, root.id, name) if root.kind == "virtual" else None
            if source is not None and source.state == "live":
                return self._of_text(reading, name, source)
        return None

    def _of_text(self, reading: Any, target: str, source: Source) -> Why:
        return Why(
            target=target,
            found=True,
            kind="text",
            path=source.path,
            authors=_said(reading, attribution.of_text(reading, source.id)),
            receipts=[],
            notes=[f"kept as {source.authority}"],
        )

    def _of_note(self, target: str, note: Note) -> Why:
        reading = self._services.engine().database.reading()
        prefix = prefixes(self._services.roots())
        authors = _said(reading, attribution.of_text(reading, note.source))
        said = [] if note.state == "live" else [f"it was {note.state}"]
        said += [f"imported from {note.origin}"] if note.origin else []
        said += [] if authors else ["nobody who could be recorded wrote it"]
        return Why(
            target=target,
            found=True,
            kind="note",
            path=path_of(note.id),
            authors=authors,
            receipts=[bound(each, prefix) for each in notes.receipts(reading, note.id) if note.state != "forgotten"],
            revises=None if note.revises is None else name_of(note.revises),
            revised_by=None if note.revised_by is None else name_of(note.revised_by),
            notes=said,
        )


def time_of(at: float) -> str:
    """Return a moment as it is shown.

    >>> time_of(0.0)
    '1970-01-01T00:00:00Z'
    """
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _said(reading: Any, authors: list[Authorship]) -> list[Authored]:
    known = {id_: identity.actor(reading, id_) for id_ in {author.agent for author in authors}}
    return [
        Authored(
            agent=f"{actor.participant}/{actor.agent}",
            party=actor.party,
            org=actor.org,
            via=author.via,
            session=author.session,
            at=time_of(author.at),
            spot=author.spot,
        )
        for author in authors
        if (actor := known[author.agent]) is not None
    ]


def _unknown(target: str, note: str) -> Why:
    return Why(target=target, found=False, authors=[], receipts=[], notes=[note])
