"""What `ingest`, `verify` and `stats` return."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from .packet import Evidence, RefreshTarget, Status


class Skipped(BaseModel):
    """Files passed over for one reason."""

    reason: str
    count: int
    examples: list[str]


class IngestReport(BaseModel):
    """What an ingest did. Everything counted here is committed."""

    state: Literal["done", "running", "failed"]
    job: str | None = Field(default=None, description="with wait=false: ask verify or stats about it")
    path: str
    seen: int = Field(description="files looked at")
    read: int = Field(description="files read because they were new or had changed")
    unchanged: int
    gone: int
    renamed: int = 0
    places: int = Field(default=0, description="places written")
    bytes_read: int = 0
    seconds: float = 0.0
    skipped: list[Skipped]
    error: str | None = None


class Verified(BaseModel):
    """One target, proven now."""

    target: str
    status: Status
    path: str | None = None
    start_line: int | None = None
    end_line: int | None = None
    symbol: str | None = None
    evidence: Evidence
    diff: str | None = Field(default=None, description="from what this session saw to what stands there now")
    note: str | None = Field(default=None, description="what is wrong or what to do")


class VerifyReport(BaseModel):
    """What `verify` answers, one entry a target, in the order asked."""

    results: list[Verified]
    refresh_targets: list[RefreshTarget]
    recorded: int = Field(default=0, description="used targets written to the log")


class RootStats(BaseModel):
    """One root and what is held of it."""

    path: str
    name: str
    kind: str
    files: int
    skipped: int
    gone: int
    complete: bool


class Stats(BaseModel):
    """What the store holds and what the server is doing."""

    version: str
    genome: str = Field(description="the store's file")
    schema_version: int
    generation: int
    roots: list[RootStats]
    files: int
    chunks: int
    places: int
    facts: int
    text_bytes: int
    store_bytes: int
    indexed: float
    jobs: list[IngestReport]
