"""Which methods are tools, in the order in which they are listed: one line a tool.

Importing this module imports everything a tool needs, so the server does it after it has greeted the client.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from mcp.server.mcpserver import Context
from mcp_types import InputRequiredResult, ToolAnnotations
from pydantic import BaseModel

from ..tools.agent_state import AgentTools
from ..tools.agent_text import agent_text, flags_text
from ..tools.attribution_text import forget_text, why_text
from ..tools.chunks import ChunkTools
from ..tools.explain import ExplainTools, explain_text
from ..tools.fingerprint import FingerprintTools
from ..tools.flags import FlagTools
from ..tools.forget import ForgetTools
from ..tools.health import HealthTools
from ..tools.helix import HelixTools
from ..tools.helix_look import HelixLookTools
from ..tools.helix_people import HelixPeopleTools
from ..tools.hitl import HitlTools
from ..tools.hitl_text import hitl_text
from ..tools.ingest import IngestTools
from ..tools.introspect_text import (
    bridge_text,
    chunk_text,
    fingerprint_text,
    health_text,
    metrics_text,
    neighbors_text,
)
from ..tools.metrics import MetricsTools
from ..tools.neighbors import NeighborTools
from ..tools.notes import NotesTools
from ..tools.packet import PacketTools
from ..tools.refresh import RefreshTools
from ..tools.resonance import ResonanceTools
from ..tools.services import Services
from ..tools.session import SessionTools
from ..tools.session_text import session_text
from ..tools.stats import StatsTools
from ..tools.text import ingest_text, packet_text, plan_text, remember_text, resonance_text, stats_text, verify_text
from ..tools.verify import VerifyTools
from ..tools.why import WhyTools
from .asking import ask
from .passphrase import from_environment

Which = Literal["default", "full", "helix"]
EVERY: tuple[Which, ...] = ("default", "full", "helix")
FULL: tuple[Which, ...] = ("full",)
HELIX: tuple[Which, ...] = ("helix",)

# A question may bring the index up to date and is written to Cistron's own log; nothing of the user's changes.
READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
WRITES_INDEX = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
WRITES_NOTES = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)

DESTROYS = ToolAnnotations(read_only_hint=False, destructive_hint=True, open_world_hint=False)

# For hosts that load tools on demand: the question tool is worth its place from the start, others are found by words.
FIRST = {"anthropic/alwaysLoad": True}
LONG = {"anthropic/maxResultSizeChars": 100_000}  # a text that was asked for is not to be cut by the host


@dataclass(frozen=True, slots=True)
class Offer:
    """One tool.

    Args:
        method: What is called; its name, docstring and signature are the tool's.
        text: The answer's compact form.
        annotations: What is true of a call.
        sets: The sets that list it.
        alias: Another name than the method's.
        runs: Runs the call on the event loop instead of the method on a worker thread: `runs(context, arguments)`; it
            may end the call with a form for the person.
        meta: What a host should know of it.
        hint: Words that a host may find it by.
    """

    method: Callable[..., BaseModel]
    text: Callable[[Any], str]
    annotations: ToolAnnotations
    sets: tuple[Which, ...] = EVERY
    meta: Mapping[str, object] | None = None
    hint: str | None = None
    alias: str | None = None
    runs: Callable[[Context, dict[str, object]], Awaitable[BaseModel | InputRequiredResult]] | None = None

    @property
    def hints(self) -> dict[str, object] | None:
        """What is listed as `_meta`."""
        return {**(self.meta or {}), **({"anthropic/searchHint": self.hint} if self.hint else {})} or None

    @property
    def name(self) -> str:
        """What the tool is called by."""
        return self.alias or self.method.__name__


def offers(services: Services, which: Which) -> list[Offer]:
    """Return the tools of a set."""
    hitl = HitlTools(services)
    known = [
        Offer(PacketTools(services).context_packet, packet_text, READS, meta=FIRST),
        Offer(RefreshTools(services).refresh_targets, plan_text, READS, hint="before an edit"),
        Offer(IngestTools(services).ingest, ingest_text, WRITES_INDEX),
        Offer(VerifyTools(services).verify, verify_text, READS),
        Offer(NotesTools(services).remember, remember_text, WRITES_NOTES),
        Offer(ResonanceTools(services).resonance, resonance_text, READS, hint="related files"),
        Offer(SessionTools(services).session, session_text, WRITES_NOTES, hint="other agents"),
        Offer(hitl.hitl, hitl_text, WRITES_NOTES, hint="ask the human", runs=partial(ask, hitl)),
        Offer(ChunkTools(services).chunk_get, chunk_text, READS, FULL, LONG),
        Offer(NeighborTools(services).neighbors, neighbors_text, READS, FULL),
        Offer(FingerprintTools(services).fingerprint, fingerprint_text, READS, FULL),
        Offer(ExplainTools(services).explain, explain_text, READS, FULL),
        Offer(WhyTools(services).why, why_text, READS, FULL),
        Offer(ForgetTools(services).forget, forget_text, DESTROYS, FULL),
        Offer(AgentTools(services, from_environment).agent_state, agent_text, WRITES_NOTES, FULL),
        Offer(FlagTools(services).flag, flags_text, WRITES_NOTES, FULL),
        Offer(StatsTools(services).stats, stats_text, READS, FULL),
        Offer(MetricsTools(services).metrics_tokens, metrics_text, READS, FULL),
        Offer(HealthTools(services).health, health_text, READS, FULL),
        Offer(HealthTools(services).bridge_status, bridge_text, READS, FULL),
    ]
    return [offer for offer in [*known, *_of_the_seed(services)] if which in offer.sets]


def _of_the_seed(services: Services) -> list[Offer]:
    """Return the tools under the seed's names; their text form is JSON, which is what its prompts read."""
    asked, look, people = HelixTools(services), HelixLookTools(services), HelixPeopleTools(services)

    def offer(method: Callable[..., BaseModel], alias: str | None = None, writes: bool = False) -> Offer:
        return Offer(method, _json, WRITES_INDEX if writes else READS, HELIX, alias=alias)

    return [
        offer(asked.helix_context),
        offer(asked.helix_context_packet),
        offer(asked.helix_refresh_targets),
        offer(look.helix_stats),
        offer(look.helix_ingest, writes=True),
        offer(look.helix_resonance),
        offer(look.helix_consolidate, writes=True),
        offer(look.helix_health),
        offer(look.helix_metrics_tokens),
        offer(look.helix_bridge_status),
        offer(look.helix_gene_get),
        offer(look.helix_neighbors),
        offer(look.helix_splice_preview),
        offer(look.helix_fingerprint),
        offer(look.helix_gene_get, "helix_document_get"),
        offer(asked.helix_context, "helix_document_query"),
        offer(look.helix_splice_preview, "helix_document_preview"),
        offer(look.helix_fingerprint, "helix_document_fingerprint"),
        offer(people.helix_sessions_list),
        offer(people.helix_session_recent),
        offer(people.helix_hitl_emit, writes=True),
        offer(people.helix_hitl_recent),
    ]


def _json(answer: BaseModel) -> str:
    return answer.model_dump_json()
