"""`context_packet`: the places that answer, each proven, and whether they are enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from ..genome.records import Root
from ..genome.store.events import Delivery
from .ask import Answer, Found, ask
from .models.packet import Evidence, Item, Packet, Reason, RefreshTarget, StoreShare
from .noted import DATA, count, quoted_text
from .plain import plain
from .plan import plan
from .recorder import Spot, spot_of
from .services import Services
from .text import fit, packet_text

ESCALATE = {
    "off_topic": "grep",
    "weak_match": "grep",
    "stale": "read",
    "gone": "grep",
    "empty_store": "grep",
    "outside_roots": "ask_human",
    "indexing": "grep",
}


class PacketTools:
    """The question tool of one server."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def context_packet(
        self,
        query: Annotated[str, Field(description="what you need to know: words, a symbol, a path, an error message")],
        task_type: Annotated[
            str, Field(description="plan, explain, review, edit, debug, ops or quote; the last four re-hash files")
        ] = "explain",
        max_items: Annotated[int, Field(ge=1, le=50)] = 8,
        max_tokens: Annotated[int, Field(ge=100, le=20_000, description="budget of the text form")] = 1500,
        roots: Annotated[list[str] | None, Field(description="names of roots; default all")] = None,
        session: Annotated[str | None, Field(description="your session's handle; default this connection")] = None,
    ) -> Packet:
        """Ask before you grep, open files or rely on memory.

        Returns the few places (path:lines) that answer, each checked against the disk now, whether the answer is here
        at all (`known`), and what to read again. Not for reading file contents.
        """
        answer = ask(self._services, query, task_type, max_items, roots)
        prefix = prefixes(self._services.roots())
        engine = self._services.engine()
        name = plain(session or self._services.session)
        shown = engine.recorder.shown(name)
        packet = _packet(answer, prefix, shown, plan(self._services, answer, list(shown.values()), prefix))
        packet = fit(packet, max_tokens, packet_text)
        kept = {item.id for item in packet.items}
        engine.recorder.deliver(name, [_delivery(found) for found in answer.found if item_id(found) in kept])
        return packet


def prefixes(roots: Sequence[Root]) -> dict[int, str]:
    """Return what stands before the paths of each root: nothing where there is one, else its name."""
    files = [root for root in roots if root.kind != "virtual"]
    return {root.id: f"{root.name}/" if len(files) > 1 and root.kind != "virtual" else "" for root in roots}


def item_id(found: Found) -> str:
    """Return the id of an item: which version of which file, and which place in it."""
    return f"{found.hit.source.id:x}.{found.hit.place.content:x}.{found.hit.place.ordinal:x}"


def escalation(reason: Reason | None) -> str | None:
    """Return where to go when the answer is not here."""
    return None if reason is None else ESCALATE[reason]


def _packet(
    answer: Answer, prefix: dict[int, str], shown: dict[Spot, Delivery], targets: list[RefreshTarget]
) -> Packet:
    items = [_item(found, answer, prefix, shown) for found in answer.found]
    notes = (
        []
        if answer.found or answer.reason != "outside_roots"
        else ["no root yet: a person adds one with `cistron ingest PATH` or --root"]
    )
    if answer.indexed < 1.0:
        notes.append(f"{answer.indexed:.0%} of the files are read so far; ask again for the rest")
    notes += [DATA.format(item.path) for item in items if item.instruction_like]
    return Packet(
        query=answer.query if len(answer.query) <= 400 else f"{answer.query[:400]}...",
        task_type=answer.task_type,
        known=answer.known,
        confidence=answer.confidence,
        reason=answer.reason,
        escalate_to=escalation(answer.reason),  # type: ignore[arg-type]  # the table holds its literals
        items=items,
        refresh_targets=targets,
        contradictions=[],
        notes=notes,
        store=StoreShare(indexed=round(answer.indexed, 3), generation=answer.generation),
    )


def _item(found: Found, answer: Answer, prefix: dict[int, str], shown: dict[Spot, Delivery]) -> Item:
    hit, verdict = found.hit, found.verdict
    before = shown.get(spot_of(_delivery(found)))
    seen = "never" if before is None else "same" if before.passage == hit.place.passage else "older"
    status = "stale_risk" if answer.known == "no" and verdict.status == "verified" else verdict.status
    note = verdict.note
    return Item(
        id=item_id(found),
        path=prefix[hit.root.id] + hit.source.path,
        start_line=verdict.start_line,
        end_line=verdict.end_line,
        symbol=hit.place.symbol if hit.place.part == 0 else None,
        kind=hit.kind,  # type: ignore[arg-type]  # a content's kind
        status=status,
        p=round(found.p, 3),
        location="probable" if found.probable else "doubtful",
        evidence=Evidence(
            rung=verdict.rung,  # type: ignore[arg-type]  # a verdict's rung
            seen=seen,
            because=None if note is None else note.because,
        ),
        healed=verdict.healed,
        authority=hit.source.authority,  # type: ignore[arg-type]  # a checked column
        text=None if verdict.text is None else quoted_text(verdict.text),
        instruction_like=note is not None and note.note.instruction_like,
        diff=None if note is None else note.diff,
        why=hit.why if note is None else f"{count(note)}; {hit.why}",
    )


def _delivery(found: Found) -> Delivery:
    hit, verdict = found.hit, found.verdict
    return Delivery(
        hit.source.id, hit.place.content, hit.place.passage, verdict.start_line, verdict.end_line,
        hit.root.id, hit.source.path, hit.place.symbol, hit.place.heading, hit.place.nth,
    )  # fmt: skip
