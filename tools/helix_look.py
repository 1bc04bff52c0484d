"""The seed's tools that look inside and that keep, under their own names, over ours."""

from __future__ import annotations

import hashlib
import time
from typing import Annotated

from pydantic import Field

from ..genome.store import contents, sources
from .chunks import ChunkTools
from .fingerprint import FingerprintTools
from .health import HealthTools
from .helix import PREVIEW, stored_text
from .ingest import IngestTools
from .metrics import MetricsTools
from .models.helix import (
    Agent,
    Edge,
    HelixBridge,
    HelixConsolidate,
    HelixFingerprint,
    HelixGene,
    HelixHealth,
    HelixIngest,
    HelixNeighbor,
    HelixNeighbors,
    HelixPrint,
    HelixStats,
    HelixTokens,
    TokenCount,
)
from .models.introspect import Fingerprint, Neighbors, Spent
from .neighbors import NeighborTools
from .services import Services
from .stats import StatsTools

KINDS = {"code": "code", "conversation": "note", "text": "doc", "doc": "doc", "config": "config", "note": "note"}
SCAN_S = 2.0


class HelixLookTools:
    """Introspection and keeping under the seed's names."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._health = HealthTools(services)

    def helix_gene_get(
        self,
        gene_id: Annotated[str, Field(description="from a packet")],
    ) -> HelixGene:
        """Return the text of one gene as it stands in its file now, with its status; secret values taken out."""
        chunk = ChunkTools(self._services).chunk_get(gene_id)
        span = f"{chunk.start_line}-{chunk.end_line}" if chunk.start_line else None
        return HelixGene(
            gene_id=chunk.id,
            content=chunk.text,
            source_id=chunk.path,
            status=chunk.status,
            support_span=span,
            title=chunk.symbol or chunk.path,
        )

    def helix_neighbors(
        self, query: Annotated[str, Field(description="words")], k: Annotated[int, Field(ge=1, le=40)] = 10
    ) -> HelixNeighbors:
        """Return the genes whose vectors are nearest to a question."""
        return self._near(NeighborTools(self._services).neighbors(query, None, k), [], k)

    def helix_resonance(
        self,
        query: Annotated[str, Field(description="words")],
        k: Annotated[int, Field(ge=1, le=40)] = 10,
        downsample: Annotated[int, Field(ge=1, le=4096, description="not used: there is no spectrum")] = 64,
    ) -> HelixNeighbors:
        """Return the genes nearest to a question, and what was used or changed together with the first of them."""
        tools = NeighborTools(self._services)
        near = tools.neighbors(query, None, k)
        edges: list[Edge] = []
        if near.neighbors:
            first = near.neighbors[0].target
            linked = [one for one in tools.neighbors(None, first, k).neighbors if one.by == "link"]
            edges = [Edge(to=one.target, weight=one.score, source=first) for one in linked]
        return self._near(near, edges, k)

    def helix_fingerprint(
        self,
        query: Annotated[str, Field(description="words")],
        max_results: Annotated[int, Field(ge=1, le=200)] = 20,
        profile: Annotated[str, Field(description="not used: there is one")] = "balanced",
        score_floor: Annotated[float, Field(ge=0, le=1)] = 0.0,
    ) -> HelixFingerprint:
        """Return every gene that was ranked for a question as a pointer, and how many were left out."""
        begun = time.perf_counter()
        found = FingerprintTools(self._services).fingerprint(query, max_results, score_floor)
        return self._prints(found, profile, "fingerprint", begun)

    def helix_splice_preview(
        self, query: Annotated[str, Field(description="words")], max_genes: Annotated[int, Field(ge=1, le=200)] = 12
    ) -> HelixFingerprint:
        """Return the genes that a question would be answered from, before the budget cuts them."""
        begun = time.perf_counter()
        found = FingerprintTools(self._services).fingerprint(query, max_genes)
        return self._prints(found, "balanced", "preview", begun)

    def helix_ingest(
        self,
        content: Annotated[str, Field(description="the text")],
        content_type: Annotated[str, Field(description="text, code, conversation, doc, config or note")] = "text",
        metadata: Annotated[dict[str, object] | None, Field(description="path or source_id: its name")] = None,
    ) -> HelixIngest:
        """Keep a text that is no file under a name, the same name replacing it. For files use ingest."""
        given = metadata or {}
        name = str(given.get("source_id") or given.get("path") or "")
        name = name or f"helix:{hashlib.blake2b(content.encode('utf-8', 'replace'), digest_size=10).hexdigest()}"
        kind = KINDS.get(content_type, "doc")
        IngestTools(self._services).ingest(content=content, source_id=name, kind=kind)
        ids = self._genes_of(name)
        return HelixIngest(gene_ids=ids, count=len(ids), attributed=self._services.agent() is not None)

    def helix_consolidate(self) -> HelixConsolidate:
        """Bring the store up to the files as they are now, and count the facts that this added."""
        engine = self._services.engine()
        before = contents.totals(engine.database.reading()).facts
        if engine.database.writable:
            engine.freshener.freshen(self._services.roots(), SCAN_S)
        engine.embedder.settle()
        after = contents.totals(engine.database.reading()).facts
        return HelixConsolidate(facts_extracted=max(0, after - before), gene_ids=[])

    def helix_stats(self) -> HelixStats:
        """Return how much the store holds, in the seed's words."""
        found = StatsTools(self._services).stats()
        return HelixStats(
            total_genes=found.chunks,
            open=found.chunks,
            euchromatin=0,
            heterochromatin=0,
            total_chars_raw=found.text_bytes,
            total_chars_compressed=found.text_bytes,
            compression_ratio=1.0,
        )

    def helix_health(self) -> HelixHealth:
        """Return whether the server can do its work now, and what to do if not."""
        found = self._health.health()
        wrong = [one for one in found.findings if not one.ok]
        ready = not any(one.name == "store" for one in wrong)
        genes = contents.totals(self._services.engine().database.reading()).chunks if ready else 0
        return HelixHealth(
            status=found.status,
            message="; ".join(f"{one.name}: {one.detail}" for one in wrong) or "all well",
            genes=genes,
            checks={"genome_ready": ready, **{one.name: one.ok for one in found.findings}},
            availability="available" if found.status == "ok" else "degraded",
            next_action=(wrong[0].advice or "run `cistron doctor`") if wrong else "none",
        )

    def helix_metrics_tokens(self) -> HelixTokens:
        """Return how many tokens of answers this server and this store have given, estimated."""
        found = MetricsTools(self._services).metrics_tokens()
        return HelixTokens(session=_count(found.process, found.since), lifetime=_count(found.lifetime, None))

    def helix_bridge_status(self) -> HelixBridge:
        """Return who else is at work on the store."""
        found = self._health.bridge_status()
        processes = "unknown" if found.processes is None else " ".join(map(str, found.processes))
        signals = {"server_state": "running", "processes": processes, "indexer": str(found.indexer or "none")}
        return HelixBridge(shared_dir=self._services.genome.parent.name, inbox_pending=0, signals=signals)

    def _genes_of(self, name: str) -> list[str]:
        reading = self._services.engine().database.reading()
        for root in sources.roots(reading):
            source = sources.by_path(reading, root.id, name) if root.kind == "virtual" else None
            if source is not None and source.content is not None:
                places = contents.places(reading, source.content)
                return [f"{source.id:x}.{place.content:x}.{place.ordinal:x}" for place in places]
        return []

    def _near(self, found: Neighbors, edges: list[Edge], k: int) -> HelixNeighbors:
        near = [
            HelixNeighbor(
                gene_id=one.target,
                sema_cos_sim=one.score if one.by == "vector" else None,
                path=one.path,
                preview=stored_text(self._services, one.target)[:PREVIEW],
            )
            for one in found.neighbors
        ]
        available = self._services.engine().embedder.held()
        return HelixNeighbors(neighbors=near, edges=edges, edge_count=len(edges), k=k, sema_available=available)

    def _prints(self, found: Fingerprint, profile: str, mode: str, begun: float) -> HelixFingerprint:
        prints = [
            HelixPrint(
                rank=one.rank,
                gene_id=one.id,
                score=one.score,
                preview=stored_text(self._services, one.id)[:PREVIEW],
                path=one.path,
                source=one.path,
            )
            for one in found.prints
        ]
        hint = "all that was ranked is here" if not found.truncated_by_cap else "raise max_results or score_floor"
        latency = round(1000 * (time.perf_counter() - begun), 1)
        return HelixFingerprint(
            mode=mode,  # type: ignore[arg-type]  # one of the two
            profile=profile[:40],
            fingerprints=prints,
            count=len(prints),
            max_results=found.max_results,
            score_floor=found.score_floor,
            evaluated_total=found.evaluated_total,
            above_floor_total=found.above_floor_total,
            returned=found.returned,
            filtered_by_floor=found.filtered_by_floor,
            truncated_by_cap=found.truncated_by_cap,
            response_hint=hint,
            agent=Agent(recommendation="triage", hint="these are pointers without proof", latency_ms=latency),
        )


def _count(spent: list[Spent], since: str | None) -> TokenCount:
    total = sum(one.tokens for one in spent)
    return TokenCount(prompt_tokens=total, completion_tokens=0, total=total, started_at=since)
