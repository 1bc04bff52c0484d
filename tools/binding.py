"""What a note is bound to: the targets it is said to be drawn from, or what its text and its session name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..genome.reading.mentions import Mention, mentions
from ..genome.reading.statements import statements
from ..genome.records import Place, Root
from ..genome.search.binding import lines_receipt, symbol_receipts
from ..genome.search.grounds import Ground, Grounds
from ..genome.store import contents, notes, sources
from ..genome.store.events import Delivery
from ..genome.store.notes import PREFIX, Receipt
from .claims import Claim, Claims
from .errors import UsageError
from .noted import note_id
from .plain import quoted
from .services import FIRST_WAIT_S, Services

MOST_TARGETS = 100
MOST_RECEIPTS = 100
OF_LAST_PACKET = 8
SCANNED_CHARS = 200_000  # of a longer text the rest is kept, but not searched for names
MOST_UNBOUND = 20
FRESHEN_S = 0.15


@dataclass(slots=True)
class Binding:
    """Receipts in the order in which they were found, what to know of some of them, and names found nowhere."""

    receipts: list[Receipt] = field(default_factory=lambda: [])
    remarks: dict[int, str] = field(default_factory=lambda: {})
    unbound: list[str] = field(default_factory=lambda: [])

    def add(self, receipts: Sequence[Receipt], remark: str | None = None) -> None:
        """Bind what is not bound yet."""
        for receipt in receipts:
            if receipt not in self.receipts and len(self.receipts) < MOST_RECEIPTS:
                if remark is not None:
                    self.remarks[len(self.receipts)] = remark
                self.receipts.append(receipt)


def bind_targets(services: Services, targets: Sequence[str]) -> Binding:
    """Bind what the caller says the note was drawn from, as it stands now; an item's id as it was shown.

    Raises:
        UsageError: A target is not there; the message names it.
        RootNotGranted: A path leads outside the roots.
    """
    if len(targets) > MOST_TARGETS:
        raise UsageError(f"derived_from has {len(targets):,} entries, {MOST_TARGETS} is the most; name what matters")
    binding = Binding()
    claims = Claims(services)
    for target in targets:
        binding.add(_of_target(services, claims, target))
    return binding


def bind_text(services: Services, text: str, session: str) -> Binding:
    """Bind what a text names and, of what its session was shown, what it names; else the session's last packet."""
    engine = services.engine()
    roots = _files(services)
    if engine.database.writable:
        for job in services.begin_indexing(roots):
            job.ended.wait(FIRST_WAIT_S)
        roots = _files(services)
        engine.freshener.freshen(roots, FRESHEN_S)
    shown, last = list(engine.recorder.shown(session).values()), engine.recorder.last(session)
    binding = Binding()
    with engine.database.snapshot() as connection:
        grounds = Grounds(connection, roots)
        named = False
        for group in named_in(text):
            paths = [mention.name for mention in group if mention.sort == "path"]
            found = [grounds.find(mention, paths) for mention in group]
            named = named or any(ground.found or _is_name(ground.mention) for ground in found)
            for ground in found:
                _take(services, binding, ground, [item for item in shown if _names(ground, item)])
        if not named:
            for item in last[:OF_LAST_PACKET]:
                binding.add(_as_shown(services, item, roots))
    return binding


def named_in(text: str) -> list[list[Mention]]:
    """Return what each statement of a note names."""
    document = statements(text[:SCANNED_CHARS], "note.md")
    found = [mentions(statement.text, shell=statement.shell) for statement in document.statements]
    return [group for group in found if group]


def _files(services: Services) -> list[Root]:
    return [root for root in services.roots() if root.kind != "virtual"]


def _of_target(services: Services, claims: Claims, target: str) -> list[Receipt]:
    reading = services.engine().database.reading()
    if (number := note_id(target)) is not None and notes.get(reading, number) is not None:
        return notes.receipts(reading, number)
    claim = claims.find(target, None)
    if isinstance(claim, Claim):
        return _of_claim(services, claim)
    root, relative = services.locate(target)
    if relative and os.path.lexists(os.path.join(root.path, relative)):
        return [Receipt("path", root.id, relative)]  # a folder, or a file that is not read
    raise UsageError(f"derived_from: nothing at {quoted(target)} ({claim}); pass what the note was drawn from")


def _of_claim(services: Services, claim: Claim) -> list[Receipt]:
    reading = services.engine().database.reading()
    if claim.root.kind == "virtual" and claim.source.path.startswith(PREFIX):
        note = notes.of_source(reading, claim.source.id)
        return [] if note is None else notes.receipts(reading, note.id)
    place, path = claim.place, claim.source.path
    if place is None:
        return [Receipt("path", claim.root.id, path, claim.content)]
    if place.form == "lines":
        receipt = lines_receipt(reading, claim.root, path, place.content, place.start_line, place.end_line)
        return [] if receipt is None else [receipt]
    return symbol_receipts(reading, claim.root, path, place)


def _take(services: Services, binding: Binding, ground: Ground, shown: Sequence[Delivery]) -> None:
    """Bind what a name stands for: the spots of it that were shown, as they are now, else what was found."""
    for item in shown:
        receipts, remark = _as_now(services, item)
        binding.add(receipts, remark)
    if shown and ground.mention.sort == "path" and ground.mention.lines is None:
        return  # the spots say more than that the file is there
    binding.add(ground.receipts)
    mention = ground.mention
    if not ground.found and _is_name(mention) and mention.text not in binding.unbound:
        binding.unbound = [*binding.unbound, mention.text][:MOST_UNBOUND]


def _is_name(mention: Mention) -> bool:
    """Whether a mention is surely meant as the name of something in the files."""
    if mention.sort == "symbol":
        return mention.looks_like_code
    return mention.marked or mention.sort == "path"


def _names(ground: Ground, item: Delivery) -> bool:
    """Whether a mention names what was shown."""
    mention = ground.mention
    if item.path.startswith(PREFIX):
        return False
    if mention.sort == "path" and mention.lines is None:
        return item.path == mention.name or item.path.endswith(f"/{mention.name}")
    if mention.sort != "symbol" or item.symbol is None or not mention.looks_like_code:
        return False
    symbol, name = item.symbol.lower(), mention.name.lower()
    return symbol == name or symbol.endswith(f".{name}")


def _as_now(services: Services, item: Delivery) -> tuple[list[Receipt], str | None]:
    """Return receipts for a spot as it stands now, and what to know if that is not what was shown."""
    reading = services.engine().database.reading()
    source = sources.get(reading, item.source)
    root = next((root for root in services.roots() if root.id == item.root), None)
    if root is None or source is None or source.content is None:
        return [], None
    now = contents.namesakes(reading, source.content, item.symbol, item.heading)
    same = [place for place in now if place.passage == item.passage]
    if same or not (item.symbol or item.heading):
        return [receipt for place in same[:1] for receipt in symbol_receipts(reading, root, source.path, place)], None
    if not now:
        return [], None
    place = now[min(item.nth, len(now) - 1)]
    return symbol_receipts(reading, root, source.path, place), "has changed since this session was shown it"


def _as_shown(services: Services, item: Delivery, roots: Sequence[Root]) -> list[Receipt]:
    """Return receipts for a spot as it was shown."""
    root = next((root for root in roots if root.id == item.root), None)
    if root is None:
        return []
    places = contents.places(services.engine().database.reading(), item.content)
    found = [place for place in places if place.passage == item.passage]
    place: Place | None = min(found, key=lambda each: abs(each.start_line - item.start_line), default=None)
    if place is None:
        return []
    return symbol_receipts(services.engine().database.reading(), root, item.path, place)
