"""Texts that a person hands to an agent at a turning point: at the start, before an edit, after a pause."""

from __future__ import annotations

from ..genome.store.events import Delivery
from .packet import PacketTools, prefixes
from .plain import one_line, plain
from .refresh import RefreshTools
from .resonance import ResonanceTools
from .services import Services
from .stats import StatsTools
from .text import packet_text, plan_text, resonance_text, stats_text, verify_text
from .verify import VerifyTools

MOST = 20  # places that are named again


def brief(services: Services, topic: str | None) -> str:
    """Return what is known of the workspace, of what is in focus, and of a topic."""
    parts = [
        "Cistron's account of this workspace, true as of now:",
        stats_text(StatsTools(services).stats()),
        resonance_text(ResonanceTools(services).resonance(None)),
    ]
    if topic and topic.strip():
        parts += [f"About {one_line(topic[:200])}:", packet_text(PacketTools(services).context_packet(topic))]
    parts.append("Ask context_packet before you search or open files; rely on nothing that is not verified.")
    return "\n\n".join(parts)


def before_edit(services: Services, path: str, symbol: str | None) -> str:
    """Return the proof of what is to be edited, what it rests on, and what to read again first."""
    target = f"{path}::{symbol}" if symbol else path
    proof = VerifyTools(services).verify([target])
    plan = RefreshTools(services).refresh_targets(f"{path} {symbol or ''}".strip(), "edit")
    return "\n\n".join(
        [
            f"Before you edit {one_line(plain(target))}:",
            verify_text(proof),
            plan_text(plan),
            "Read the lines named above first. After the edit pass the path to verify(used=[...]).",
        ]
    )


def resume(services: Services, session: str | None) -> str:
    """Return what a session was shown last, each place proven now."""
    name = plain(session or services.session)
    prefix = prefixes(services.roots())
    shown = [each for each in services.engine().recorder.last(name) if each.root in prefix][:MOST]
    if not shown:
        return "This session was shown nothing yet. Ask context_packet about what you want to go on with."
    report = VerifyTools(services).verify([_target(each, prefix) for each in shown], session=name)
    stale = sum(result.status != "verified" for result in report.results)
    return "\n\n".join(
        [
            f"Where this session stopped: {len(shown)} places, {stale} to be read again.",
            verify_text(report),
            "Go on from the verified places; read the others again before you rely on them.",
        ]
    )


def _target(shown: Delivery, prefix: dict[int, str]) -> str:
    path = prefix[shown.root] + shown.path
    return f"{path}::{shown.symbol}" if shown.symbol else f"{path}:{shown.start_line}-{shown.end_line}"
