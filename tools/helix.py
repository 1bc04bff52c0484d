"""The seed's question tools under their own names, over ours: prompts that were written for them go on working."""

from __future__ import annotations

import time
from typing import Annotated

from pydantic import Field

from ..genome.store import contents, sources
from .claims import ITEM_ID
from .models.helix import Agent, Citation, ContextHealth, HelixContext, HelixPacket, HelixRefresh, PacketItem, Refresh
from .models.packet import Item, Packet, RefreshTarget
from .packet import PacketTools
from .refresh import RefreshTools
from .services import Services
from .text import packet_text
from .tokens import tokens

PREVIEW = 280  # characters of an item's text
CONTENT = {"full": 24_000, "condensed": 8_000, "minimal": 0, "none": 0}  # characters of text by decoder mode
TRUTH = {"verified": 1.0, "stale_risk": 0.5, "needs_refresh": 0.0}
ADVICE = {
    "aligned": ("trust", "the items answer; open them at their lines"),
    "sparse": ("verify", "open the first items and expect gaps"),
    "stale": ("refresh", "do the refresh targets first"),
    "denatured": ("reread_raw", "the answer is probably not indexed here; search the files"),
}

Query = Annotated[str, Field(description="what you need to know")]
Session = Annotated[str | None, Field(description="your session's handle")]


class HelixTools:
    """Questions under the seed's names."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def helix_context(
        self,
        query: Query,
        decoder_mode: Annotated[str, Field(description="full, condensed, minimal or none: how much text")] = "full",
        downstream_model: Annotated[str | None, Field(description="not used")] = None,
        session_id: Session = None,
    ) -> HelixContext:
        """Return the text of the places that answer a question. Prefer context_packet: pointers cost less."""
        begun = time.perf_counter()
        packet = PacketTools(self._services).context_packet(query, session=session_id)
        room = CONTENT.get(decoder_mode, CONTENT["full"])
        content = packet_text(packet) + self._texts(packet, room) if decoder_mode != "none" else ""
        status = _health(packet)
        recommendation, hint = ADVICE[status]
        cited = [Citation(gene_id=item.id, source=item.path, score=item.p) for item in packet.items]
        count = contents.totals(self._services.engine().database.reading()).chunks
        return HelixContext(
            description=f"{len(packet.items)} genes expressed, health={status}",
            content=content,
            context_health=ContextHealth(
                status=status,  # type: ignore[arg-type]  # a key of the table
                resolution_confidence=packet.confidence,
                genes_available=count,
                genes_expressed=len(packet.items),
            ),
            agent=Agent(
                recommendation=recommendation,  # type: ignore[arg-type]  # of the table
                hint=hint,
                citations=cited,
                latency_ms=round(1000 * (time.perf_counter() - begun), 1),
                total_tokens_est=tokens(content),
            ),
        )

    def helix_context_packet(
        self,
        query: Query,
        task_type: Annotated[str, Field(description="as in context_packet")] = "explain",
        max_genes: Annotated[int, Field(ge=1, le=32)] = 8,
        session_id: Session = None,
    ) -> HelixPacket:
        """Return the places that answer a question, those that hold now and those in doubt, with what to read again."""
        packet = PacketTools(self._services).context_packet(query, task_type, max_genes, session=session_id)
        items = [self._item(item) for item in packet.items]
        doubtful = [item for item in items if item.status != "verified"]
        verdict = f"known: {packet.known} ({packet.confidence:.2f})"
        return HelixPacket(
            task_type=packet.task_type,
            query=packet.query,
            verified=[item for item in items if item.status == "verified"],
            stale_risk=sorted(doubtful, key=lambda item: item.status != "needs_refresh"),
            contradictions=[f"{one.key} = {' | '.join(one.values)}" for one in packet.contradictions],
            refresh_targets=_refreshes(packet.refresh_targets),
            working_set_id=self._services.packets.keep(packet, self._services.caller),
            notes=[verdict if packet.reason is None else f"{verdict}, {packet.reason}", *packet.notes],
        )

    def helix_refresh_targets(
        self,
        query: Query,
        task_type: Annotated[str, Field(description="as in context_packet")] = "edit",
        max_genes: Annotated[int, Field(ge=1, le=32, description="most targets")] = 8,
    ) -> HelixRefresh:
        """Return only what to read again before acting on a question, most urgent first."""
        plan = RefreshTools(self._services).refresh_targets(query, task_type)
        targets = _refreshes(plan.targets)[:max_genes]
        return HelixRefresh(query=plan.query, task_type=plan.task_type, refresh_targets=targets)

    def _item(self, item: Item) -> PacketItem:
        found = ITEM_ID.fullmatch(item.id)
        source = sources.get(self._services.engine().database.reading(), int(found[1], 16)) if found else None
        return PacketItem(
            kind=item.kind,
            gene_id=item.id,
            title=item.symbol or f"{item.path}:{item.start_line}-{item.end_line}",
            content=(item.text or stored_text(self._services, item.id))[:PREVIEW],
            relevance_score=item.p,
            live_truth_score=TRUTH[item.status],
            source_id=item.path,
            source_kind=item.kind,
            volatility_class="medium" if source is None else source.volatility,
            authority_class=item.authority,
            last_verified_at=None if item.evidence.rung == "age" else round(self._services.clock(), 3),
            status=item.status,
            citations=[item.path, f"gene:{item.id}"],
        )

    def _texts(self, packet: Packet, room: int) -> str:
        """Return the texts of the items that hold, as many as there is room for."""
        parts: list[str] = []
        for item in packet.items:
            text = stored_text(self._services, item.id)
            if item.status != "verified" or len(text) > room:
                continue
            room -= len(text)
            parts.append(f"\n\n{item.path}:{item.start_line}-{item.end_line}\n{text}")
        return "".join(parts)


def stored_text(services: Services, id_: str) -> str:
    """Return the text of the version that an item's id names, secrets taken out; empty where it is not kept."""
    found = ITEM_ID.fullmatch(id_)
    if found is None:
        return ""
    reading = services.engine().database.reading()
    place = contents.place(reading, int(found[2], 16), int(found[3], 16))
    return "" if place is None else contents.passage_text(reading, place.passage)


def _health(packet: Packet) -> str:
    if packet.items and all(item.status == "needs_refresh" for item in packet.items):
        return "stale"
    return {"yes": "aligned", "partial": "sparse", "no": "denatured"}[packet.known]


def _refreshes(targets: list[RefreshTarget]) -> list[Refresh]:
    """Return one entry a file: the most urgent."""
    found: dict[str, Refresh] = {}
    for one in targets:
        reason = f"{one.reason}: {one.action}"
        found.setdefault(
            one.path, Refresh(target_kind="source", source_id=one.path, reason=reason, priority=one.priority)
        )
    return list(found.values())
