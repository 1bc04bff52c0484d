"""Servers over one store, and what an agent at each of them does."""

from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from cistron.genome.records import Identity
from cistron.tools.models.packet import Packet
from cistron.tools.models.session import SessionReport
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services
from cistron.tools.session import SessionTools
from cistron.tools.verify import VerifyTools

from ..conftest import read_in

OTHER = Identity(agent="codex")
STRANGER = Identity(party="another-device")


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """One server, and the tools that an agent at it has."""

    def __init__(self, services: Services) -> None:
        self.services = services

    def does(self, action: str, **more: object) -> SessionReport:
        report = SessionTools(self.services).session(action, **more)  # type: ignore[arg-type]
        self.services.engine().recorder.flush()
        return report

    def start(self, **more: object) -> str:
        handle = self.does("start", **more).handle
        assert handle is not None
        return handle

    def ask(self, query: str, session: str | None = None, **more: object) -> Packet:
        packet = PacketTools(self.services).context_packet(query, session=session, **more)  # type: ignore[arg-type]
        self.services.engine().recorder.flush()
        return packet

    def uses(self, *targets: str, session: str | None = None) -> None:
        VerifyTools(self.services).verify([], used=list(targets), session=session)
        self.services.engine().recorder.flush()

    def listed(self) -> dict[str, str]:
        return {f"{each.agent}/{each.session}": each.status for each in self.does("list").sessions}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(store: Path, tree: Path, clock: Clock) -> Generator[Desk]:
    services = read_in(store, tree)
    services.close()
    services = Services(store, [tree], clock=clock)
    yield Desk(services)
    services.close()


@pytest.fixture
def open_desk(store: Path, tree: Path, clock: Clock, desk: Desk) -> Generator[Callable[[Identity], Desk]]:
    """Other processes' servers over the same store."""
    assert desk
    opened: list[Services] = []

    def opening(identity: Identity) -> Desk:
        opened.append(Services(store, [tree], identity=identity, clock=clock))
        return Desk(opened[-1])

    yield opening
    for services in opened:
        services.close()


def edit(tree: Path, old: str = "len(body) * attempts", new: str = "len(body) + attempts") -> None:
    path = tree / "src" / "client.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
