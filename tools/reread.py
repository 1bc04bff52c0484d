"""A packet that was given before, each item proven anew, and how long such a proof may be passed on."""

from __future__ import annotations

from collections.abc import Sequence

from ..genome.store import sources
from .claims import ITEM_ID
from .errors import UsageError
from .kept import KEPT
from .models.packet import Item, Packet
from .models.work import Verified
from .plain import quoted
from .services import Services
from .verify import VerifyTools

TTL_MS = {"hot": 0, "medium": 1_000, "stable": 10_000}  # by how fast a source ages


def packet_now(services: Services, id_: str) -> tuple[Packet, int]:
    """Return a packet with each item proven now, and for how many milliseconds that may be passed on.

    Raises:
        UsageError: It is not kept, or another's.
    """
    packet = services.packets.get(id_, services.caller.identity)
    if packet is None:
        raise UsageError(f"no packet {quoted(id_)}; the last {KEPT} of this server are kept, ask context_packet again")
    results = VerifyTools(services).verify([item.id for item in packet.items]).results if packet.items else []
    items = [_proven(item, result) for item, result in zip(packet.items, results, strict=True)]
    return packet.model_copy(update={"items": items}), ttl_ms(services, results)


def ttl_ms(services: Services, proofs: Sequence[Verified]) -> int:
    """Return for how many milliseconds these proofs may be passed on: 0 where one of them does not hold."""
    if not proofs or any(proof.status != "verified" for proof in proofs):
        return 0
    reading = services.engine().database.reading()
    least = max(TTL_MS.values())
    for proof in proofs:
        found = ITEM_ID.fullmatch(proof.target)
        source = sources.get(reading, int(found[1], 16)) if found else None
        least = min(least, TTL_MS["medium" if source is None else source.volatility])
    return least


def _proven(item: Item, proof: Verified) -> Item:
    lines = {"start_line": proof.start_line, "end_line": proof.end_line} if proof.start_line else {}
    evidence = item.evidence.model_copy(update={"rung": proof.evidence.rung, "grade": proof.evidence.grade})
    return item.model_copy(update={"status": proof.status, "evidence": evidence, **lines})
