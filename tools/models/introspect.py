"""What the introspection tools return."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from .packet import Evidence, Status


class Chunk(BaseModel):
    """The text of one place as it stands now, with the proof."""

    id: str
    status: Status
    path: str
    start_line: int | None = None
    end_line: int | None = None
    symbol: str | None = None
    evidence: Evidence
    text: str = Field(description="secret values taken out; empty where nothing stands there any more")
    truncated: bool = False
    next_cursor: int | None = Field(default=None, description="pass as cursor for the text that follows")
    note: str | None = None


class Near(BaseModel):
    """One place near another one or near a question."""

    target: str = Field(description="pass to chunk_get or verify")
    path: str
    start_line: int | None = None
    end_line: int | None = None
    symbol: str | None = None
    by: Literal["vector", "link"] = Field(description="near in meaning, or used and changed together")
    score: float = Field(description="higher first: of a vector the cosine, of a link its share")
    status: Status


class Neighbors(BaseModel):
    """What `neighbors` answers."""

    about: str
    neighbors: list[Near]
    notes: list[str]


class Print(BaseModel):
    """One place that was ranked, as a pointer."""

    rank: int
    id: str
    path: str
    start_line: int
    end_line: int
    symbol: str | None = None
    score: float = Field(description="0-1, higher first: of its words relative to the best, or its cosine")
    cosine: float
    why: str


class Fingerprint(BaseModel):
    """What `fingerprint` answers. evaluated_total = above_floor_total + filtered_by_floor; see `next_cursor`."""

    query: str
    prints: list[Print]
    max_results: int
    score_floor: float
    evaluated_total: int
    above_floor_total: int
    returned: int
    filtered_by_floor: int
    truncated_by_cap: int = Field(description="above the floor, after the last one returned")
    next_cursor: int | None = Field(default=None, description="pass as cursor for those that follow")
    generation: int


class Spent(BaseModel):
    """What one tool has returned."""

    tool: str
    calls: int
    text_bytes: int
    structured_bytes: int
    tokens: int = Field(description="estimated, of the text form")


class TokenMetrics(BaseModel):
    """What `metrics_tokens` answers."""

    session: list[Spent] = Field(description="of this session, since this server was started")
    process: list[Spent] = Field(description="of all your party's sessions of this server")
    lifetime: list[Spent] = Field(description="of your party, of all servers of this store")
    since: str = Field(description="when this server was started, UTC")


class Finding(BaseModel):
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str
    advice: str | None = None


class Health(BaseModel):
    """What `health` answers: can this server do its work now."""

    status: Literal["ok", "degraded"]
    version: str
    uptime_s: float
    findings: list[Finding]


class BridgeStatus(BaseModel):
    """What `bridge_status` answers: who else is at work on this store."""

    process: int
    processes: list[int] | None = Field(description="that have the store open; null where the system does not tell")
    is_indexing: bool = Field(description="whether some process holds the indexer's lock")
    indexer: int | None = Field(description="that process")
    is_indexer_alive: bool | None
    sessions_here: int = Field(description="sessions of your party that this server remembers")
    sessions_lately: int = Field(description="sessions of your party that any server has heard of in the last hour")
    jobs_running: int
    writable: bool
    generation: int
