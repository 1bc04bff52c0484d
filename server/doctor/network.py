"""Does a packet use the network? Shown, not promised: every connection that is tried while one is made is refused."""

from __future__ import annotations

import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager

from ...genome.errors import GenomeError
from ...tools.errors import ToolsError
from ...tools.packet import PacketTools
from ...tools.services import Services
from .check import Check

# What Python tells before a connection is opened, a name looked up or a datagram sent.
EVENTS = frozenset(
    ("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request")
)


class _Block:
    """Refuses network calls of this process while it is on; an audit hook cannot be taken off, only put to sleep."""

    def __init__(self) -> None:
        self.tried: list[str] = []
        self._on = threading.Event()
        sys.addaudithook(self._hear)

    @contextmanager
    def on(self) -> Generator[None]:
        """Refuse what is tried inside."""
        self._on.set()
        try:
            yield
        finally:
            self._on.clear()

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if self._on.is_set() and event in EVENTS:
            self.tried.append(event)
            raise PermissionError(f"{event} is blocked while the doctor looks")


def network(services: Services) -> Check:
    """A packet is made with every connection of this process refused, and none is tried."""
    block = _Block()
    try:
        with block.on():
            packet = PacketTools(services).context_packet("where is the entry point", "edit")
    except (GenomeError, ToolsError) as error:
        return Check("network", not block.tried, f"no packet could be made ({error}); tried: {block.tried or 'none'}")
    if block.tried:
        return Check("network", False, f"a packet tried {', '.join(sorted(set(block.tried)))}", "report this as a bug")
    kind = "allowed by a setting, but not used" if services.network else "off"
    return Check("network", True, f"{kind}: a packet of {len(packet.items)} items was made with all sockets refused")
