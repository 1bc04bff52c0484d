"""Answers in the shapes that prompts written for the seed expect. What we do not have is left out, not made up."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class Citation(BaseModel):
    """One place of an answer."""

    gene_id: str
    source: str
    score: float


class Agent(BaseModel):
    """What to make of an answer."""

    recommendation: Literal["trust", "verify", "refresh", "reread_raw", "triage"]
    hint: str
    citations: list[Citation] = []
    latency_ms: float
    total_tokens_est: int | None = None


class ContextHealth(BaseModel):
    """How good an answer is: known yes is aligned, partial sparse, no denatured; stale where places do not hold."""

    status: Literal["aligned", "sparse", "stale", "denatured"]
    resolution_confidence: float
    genes_available: int
    genes_expressed: int


class HelixContext(BaseModel):
    """What `helix_context` answers."""

    name: str = "cistron"
    description: str
    content: str
    context_health: ContextHealth
    agent: Agent


class PacketItem(BaseModel):
    """One place with its verdict."""

    kind: str
    gene_id: str
    claim_id: None = None
    title: str
    content: str
    relevance_score: float
    live_truth_score: float = Field(description="1 proven against the bytes now, 0.5 in doubt, 0 not so any more")
    source_id: str
    source_kind: str
    volatility_class: str
    authority_class: str
    last_verified_at: float | None
    status: Literal["verified", "stale_risk", "needs_refresh"]
    citations: list[str]


class Refresh(BaseModel):
    """One thing to read again."""

    target_kind: str
    source_id: str
    reason: str
    priority: float


class HelixPacket(BaseModel):
    """What `helix_context_packet` answers; what needs a refresh stands first in stale_risk."""

    task_type: str
    query: str
    verified: list[PacketItem]
    stale_risk: list[PacketItem]
    contradictions: list[str]
    refresh_targets: list[Refresh]
    working_set_id: str
    notes: list[str]
    response_mode: Literal["packet"] = "packet"


class HelixRefresh(BaseModel):
    """What `helix_refresh_targets` answers."""

    query: str
    task_type: str
    refresh_targets: list[Refresh]
    response_mode: Literal["refresh_plan"] = "refresh_plan"


class HelixGene(BaseModel):
    """What `helix_gene_get` answers."""

    gene_id: str
    content: str
    source_id: str
    status: str
    support_span: str | None
    title: str


class HelixNeighbor(BaseModel):
    """One place near another."""

    gene_id: str
    sema_cos_sim: float | None
    path: str
    preview: str


class Edge(BaseModel):
    """A link by use or by history."""

    to: str
    weight: float
    source: str


class HelixNeighbors(BaseModel):
    """What `helix_neighbors` and `helix_resonance` answer."""

    neighbors: list[HelixNeighbor]
    edges: list[Edge]
    edge_count: int
    k: int
    sema_available: bool


class HelixPrint(BaseModel):
    """One place that was ranked."""

    rank: int
    gene_id: str
    score: float
    preview: str
    path: str
    source: str


class HelixFingerprint(BaseModel):
    """What `helix_fingerprint` answers, and `helix_splice_preview` with mode preview."""

    mode: Literal["fingerprint", "preview"]
    profile: str
    fingerprints: list[HelixPrint]
    count: int
    max_results: int
    score_floor: float
    evaluated_total: int
    above_floor_total: int
    returned: int
    filtered_by_floor: int
    truncated_by_cap: int
    response_hint: str
    agent: Agent


class HelixIngest(BaseModel):
    """What `helix_ingest` answers."""

    gene_ids: list[str]
    count: int
    attributed: bool


class HelixConsolidate(BaseModel):
    """What `helix_consolidate` answers."""

    facts_extracted: int
    gene_ids: list[str]


class HelixStats(BaseModel):
    """What `helix_stats` answers. Nothing is ever folded away, so all genes are open."""

    total_genes: int
    open: int
    euchromatin: int
    heterochromatin: int
    total_chars_raw: int
    total_chars_compressed: int
    compression_ratio: float


class HelixHealth(BaseModel):
    """What `helix_health` answers."""

    status: Literal["ok", "degraded"]
    message: str
    genes: int
    checks: dict[str, bool]
    availability: Literal["available", "degraded"]
    next_action: str


class TokenCount(BaseModel):
    """Tokens that answers have put into prompts; nothing here completes one."""

    prompt_tokens: int
    completion_tokens: int
    total: int
    started_at: str | None = None


class HelixTokens(BaseModel):
    """What `helix_metrics_tokens` answers."""

    session: TokenCount
    lifetime: TokenCount


class HelixBridge(BaseModel):
    """What `helix_bridge_status` answers."""

    shared_dir: str
    inbox_pending: int
    signals: dict[str, str]
