"""The packets that a server gave lately, so that they can be read again."""

from __future__ import annotations

import threading

from ..genome.records import Identity
from ..genome.store.contents import digest
from .caller import Caller
from .models.packet import Packet

KEPT = 256


class KeptPackets:
    """Packets by an id that nobody can guess who has not seen them. Safe to call from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[Identity, Packet]] = {}

    def keep(self, packet: Packet, caller: Caller) -> str:
        """Keep a packet for its caller and return its id."""
        said = packet.model_dump_json(exclude={"items": {"__all__": {"evidence": {"ago"}}}})  # all but when it was
        id_ = digest(f"{caller.session}\n{said}".encode()).hex()[:24]
        with self._lock:
            self._kept.pop(id_, None)
            self._kept[id_] = (caller.identity, packet)
            while len(self._kept) > KEPT:
                self._kept.pop(next(iter(self._kept)))
        return id_

    def get(self, id_: str, identity: Identity) -> Packet | None:
        """Return a packet that was given to this device of this organisation, if it is still kept."""
        with self._lock:
            owner, packet = self._kept.get(id_, (None, None))
        if owner is None or (owner.org, owner.party) != (identity.org, identity.party):
            return None
        return packet
