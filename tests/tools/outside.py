"""What must never be seen, everything that the tools say of a path, and a bound for what might block."""

import threading
from collections.abc import Callable
from pathlib import Path

from cistron.genome.errors import GenomeError
from cistron.tools.errors import ToolsError
from cistron.tools.ingest import IngestTools
from cistron.tools.packet import PacketTools
from cistron.tools.refresh import RefreshTools
from cistron.tools.services import Services
from cistron.tools.verify import VerifyTools

MARKER = "zanzibarquokka"
ASKED = MARKER.upper()  # finds the same; a question is kept as it was asked, and no file holds it so
WAIT_S = 20


def held(store: Path) -> bytes:
    """Every byte that stands in the store's folder: the file, the log beside it, and whatever else."""
    return b"".join(path.read_bytes() for path in sorted(store.parent.rglob("*")) if path.is_file())


def in_time(work: Callable[[], object]) -> None:
    """Run work that might block for ever on a FIFO; what it raises is raised here."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(WAIT_S)
    assert not thread.is_alive(), "still at work: it blocks"
    if failures:
        raise failures[0]


def said_of(services: Services, path: str) -> str:
    """Everything that the tools say when they are asked for a path in every way there is."""
    said: list[str] = []
    targets = [path, f"{path}:1-2", f"{path}::{MARKER}"]
    for work in (
        lambda: IngestTools(services).ingest(path=path),
        lambda: VerifyTools(services).verify(targets, used=targets),
        lambda: PacketTools(services).context_packet(f"what is in {path} {MARKER[:4]}"),
        lambda: RefreshTools(services).refresh_targets(f"{path} client"),
    ):
        try:
            said.append(work().model_dump_json())
        except (ToolsError, GenomeError) as error:
            said.append(str(error))
    return "\n".join(said)


def assert_nothing_known(services: Services, store: Path) -> None:
    services.engine().recorder.flush()
    assert MARKER.encode() not in held(store)
    packet = PacketTools(services).context_packet(ASKED)
    assert packet.known == "no"
    assert not packet.items
