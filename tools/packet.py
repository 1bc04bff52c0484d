"""`context_packet`: the places that answer, each proven, and whether they are enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from ..genome.proof.age import specificity
from ..genome.proof.commit import File, remark
from ..genome.records import Root
from ..genome.search.facts import text_of
from ..genome.store import contents
from ..genome.store.events import Delivery
from .ask import Answer, Found, ask
from .conflicts import conflicts
from .detail import with_lines
from .engine import Engine
from .episodes import asked
from .grading import Graded, graded
from .likely import add_likely, likely_next
from .models.packet import Evidence, Item, Packet, Reason, RefreshTarget, StoreShare
from .news import claims, edits
from .noted import DATA, count, quoted_text
from .plan import plan
from .pointers import pointer
from .said import replaced_by, said
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
    "time": "grep",
}


class PacketTools:
    """The question tool of one server."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def context_packet(
        self,
        query: Annotated[str, Field(description="words, a symbol, a path, an error message")],
        task_type: Annotated[str, Field(description="plan, explain, review, edit, debug, ops or quote")] = "explain",
        max_items: Annotated[int, Field(ge=1, le=50)] = 8,
        max_tokens: Annotated[int, Field(ge=100, le=20_000, description="of the answer's text")] = 1500,
        roots: Annotated[list[str] | None, Field(description="names; default all")] = None,
        session: Annotated[str | None, Field(description="handle of session(start)")] = None,
        ignore_delivered: Annotated[bool, Field(description="after your context was compacted")] = False,
        detail: Literal["places", "lines"] = "places",
    ) -> Packet:
        """Ask before you grep, open files or rely on memory.

        Returns the few places (path:lines) that answer, each checked against the disk now, whether the answer is here
        at all (`known`), and what to read again. Not for reading file contents.
        """
        answer = ask(self._services, query, task_type, max_items, roots)
        prefix = prefixes(self._services.roots())
        engine = self._services.engine()
        name = self._services.heard(session, questions=1)
        if ignore_delivered:
            engine.recorder.forget_all(name)
        shown = list(engine.recorder.shown(name).values())
        reads = engine.recorder.reads(name)
        changes = graded(self._services, answer, shown, reads)
        targets = plan(self._services, answer, changes, shown, reads, prefix)
        packets = engine.recorder.packets(name)
        packet = _packet(answer, prefix, changes, targets, _commits(engine, answer), packets)
        packet.notes[:0] = edits(self._services, name, shown, prefix)
        paths = [each.path for each in (*packet.items, *packet.refresh_targets)]
        packet.notes.extend(claims(self._services, name, paths, prefix))
        packet.contradictions.extend(conflicts(self._services, answer, prefix))
        packet = fit(packet, max_tokens, packet_text)
        if detail == "lines":
            found = {item_id(each): each for each in answer.found}
            packet = with_lines(self._services, packet, found, max_tokens, packet_text)
        add_likely(packet, likely_next(self._services, answer, prefix), max_tokens)
        self._remember(answer, packet, name, packets + 1)
        return packet

    def _remember(self, answer: Answer, packet: Packet, session: str, number: int) -> None:
        """Have it written down what a session asked and was shown; a place told before keeps its packet's number.

        What it was told is gone it does not hold, and is not told again in every packet.
        """
        services, recorder = self._services, self._services.engine().recorder
        recorder.later(asked(services.caller.identity, session, answer.query, services.clock()))
        told = {item.id: None if item.evidence.ago is None else number - item.evidence.ago for item in packet.items}
        found = [(each, _delivery(each, told[id_])) for each in answer.found if (id_ := item_id(each)) in told]
        recorder.deliver(session, [delivery for each, delivery in found if not each.is_gone])
        recorder.forget(session, [delivery for each, delivery in found if each.is_gone])


def prefixes(roots: Sequence[Root]) -> dict[int, str]:
    """Return what stands before the paths of each root: nothing where there is one, else its name."""
    files = [root for root in roots if root.kind != "virtual"]
    return {root.id: f"{root.name}/" if len(files) > 1 and root.kind != "virtual" else "" for root in roots}


def item_id(found: Found) -> str:
    """Return the id of an item: which version of which file, which place in it, and of a fact which line."""
    place = f"{found.hit.source.id:x}.{found.hit.place.content:x}.{found.hit.place.ordinal:x}"
    return place if found.hit.fact is None else f"{place}.l{found.hit.fact.line:x}"


def escalation(reason: Reason | None) -> str | None:
    """Return where to go when the answer is not here."""
    return None if reason is None else ESCALATE[reason]


def _packet(
    answer: Answer,
    prefix: dict[int, str],
    changes: list[Graded],
    targets: list[RefreshTarget],
    commits: dict[str, str],
    packets: int,
) -> Packet:
    items = [
        pointer(_item(found, answer, prefix, change, commits.get(item_id(found))), change, packets)
        for found, change in zip(answer.found, changes, strict=True)
    ]
    notes = (
        []
        if answer.found or answer.reason != "outside_roots"
        else ["no root yet: a person adds one with `cistron ingest PATH` or --root"]
    )
    notes += [f"{root.name}: {remark_}" for root in answer.roots if (remark_ := remark(root.path)) is not None]
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


def _item(found: Found, answer: Answer, prefix: dict[int, str], change: Graded, at: str | None) -> Item:
    hit, verdict = found.hit, found.verdict
    seen = "never" if change.before is None else "same" if change.same else "older"
    doubted = answer.known == "no" or bool(change.rests_on) or hit.later is not None
    status = "stale_risk" if doubted and verdict.status == "verified" else verdict.status
    note = verdict.note
    return Item(
        id=item_id(found),
        path=prefix[hit.root.id] + hit.source.path,
        start_line=verdict.start_line,
        end_line=verdict.end_line,
        symbol=hit.place.symbol if hit.place.part == 0 and hit.fact is None else None,
        kind=hit.kind,  # type: ignore[arg-type]  # a content's kind
        status=status,
        p=round(found.p, 3),
        location="probable" if found.probable else "doubtful",
        evidence=Evidence(
            rung=verdict.rung,  # type: ignore[arg-type]  # a verdict's rung
            grade=change.grade,
            because=_because(found, change, prefix),
            at=at,
            seen=seen,
        ),
        healed=verdict.healed,
        authority=hit.source.authority,  # type: ignore[arg-type]  # a checked column
        text=_said(found),
        instruction_like=note is not None and note.note.instruction_like,
        diff=change.diff if note is None else note.diff,
        why=said(hit, prefix) + _why(found),
    )


def _because(found: Found, change: Graded, prefix: dict[int, str]) -> str | None:
    """Return what an item rests on that changed: a receipt of a note, a symbol that it calls."""
    if found.verdict.note is not None:
        return found.verdict.note.because
    if change.rests_on:
        return prefix[found.hit.root.id] + change.rests_on[0].because
    return replaced_by(found.hit, prefix)


def _said(found: Found) -> str | None:
    """Return what a note or a fact says; of other places only where they stand is told."""
    hit, verdict = found.hit, found.verdict
    if verdict.note is not None and verdict.text is not None:
        return quoted_text(verdict.text)
    return None if hit.fact is None else text_of(verdict.fact or hit.fact)


def _why(found: Found) -> str:
    """Return what matched, and what speaks for an item that no file can prove."""
    hit, verdict = found.hit, found.verdict
    if hit.fact is not None and hit.place.symbol is not None:
        return f"in {hit.place.symbol}; {hit.why}"
    if verdict.note is not None:
        return f"{count(verdict.note)}; {hit.why}"
    if verdict.rung != "age":
        return hit.why
    standing = f"freshness {verdict.fresh:.2f}, {hit.source.authority}, {specificity(hit.kind)}"
    return f"{hit.why}; {standing}"


def _commits(engine: Engine, answer: Answer) -> dict[str, str]:
    """Return the commit that each item's file stands at, by the item's id, where there is one."""
    reading = engine.database.reading()
    files: dict[str, File] = {}
    for found in answer.found:
        blob = contents.blob_of(reading, found.hit.place.content)
        if found.hit.root.kind != "virtual" and found.verdict.rung not in ("gone", "age") and not found.verdict.stale:
            files[item_id(found)] = File(found.hit.root.path, found.hit.source.path, blob or "")
    at = engine.commits.at(file for file in files.values() if file.blob)
    return {id_: at[file] for id_, file in files.items() if file in at}


def _delivery(found: Found, packet: int | None) -> Delivery:
    hit, verdict = found.hit, found.verdict
    # of a fact, the place around it is what a session is told about when it changes
    start, end = (
        (verdict.start_line, verdict.end_line) if hit.fact is None else (hit.place.start_line, hit.place.end_line)
    )
    return Delivery(
        hit.source.id, hit.place.content, hit.place.passage, start, end,
        hit.root.id, hit.source.path, hit.place.symbol, hit.place.heading, hit.place.nth,
        packet=packet,
    )  # fmt: skip
