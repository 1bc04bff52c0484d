"""A packet names files that are likely needed next: used with what is in hand, standing there now, if there is room."""

from collections.abc import Generator
from pathlib import Path

import pytest

from cistron.genome.records import Identity
from cistron.tools.ingest import IngestTools
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services
from cistron.tools.verify import VerifyTools

from .conftest import Clock

NEXT = "likely next: settings.toml (verified; used with src/client.py)"


@pytest.fixture
def worked(store: Path, tree: Path, clock: Clock) -> Generator[Services]:
    """An agent that used two files together, days ago, and one of them again just now."""
    services = Services(store, [tree], clock=clock)
    assert IngestTools(services).ingest(path=str(tree)).state == "done"
    for session, used in (("s1", ["src/client.py", "settings.toml"]), ("s2", ["src/client.py"])):
        clock.now += 86_400
        VerifyTools(services).verify([], used=used, session=session)
    yield services
    services.close()


def likely(services: Services, query: str = "Client.send_request") -> list[str]:
    packet = PacketTools(services).context_packet(query, session="s2", max_items=1)
    return [note for note in packet.notes if note.startswith("likely next")]


def test_what_was_used_with_what_is_in_hand_is_named_with_the_reason(worked: Services) -> None:
    assert likely(worked) == [NEXT]


def test_nothing_that_the_packet_shows_or_the_agent_has_in_hand_is_named(worked: Services) -> None:
    assert likely(worked, "settings.toml port") == []
    VerifyTools(worked).verify([], used=["settings.toml"], session="s2")
    assert likely(worked) == []


@pytest.mark.parametrize("change", ["edit", "delete"])
def test_a_file_that_is_not_as_the_store_knows_it_is_not_vouched_for(worked: Services, tree: Path, change: str) -> None:
    file = tree / "settings.toml"
    file.unlink()
    if change == "edit":
        file.mkdir()  # no reading brings that up to date
    assert likely(worked) == []


def test_no_item_gives_way_to_a_suggestion(worked: Services, store: Path, tree: Path) -> None:
    other = Services(store, [tree], identity=Identity(agent="new"))
    try:
        for budget in (100, 130, 160, 200, 400):
            asked = {"query": "Client.send_request", "max_tokens": budget, "session": "x"}
            with_memory = PacketTools(worked).context_packet(**asked)  # type: ignore[arg-type]
            without = PacketTools(other).context_packet(**asked)  # type: ignore[arg-type]
            assert [item.path for item in with_memory.items] == [item.path for item in without.items]
    finally:
        other.close()


def test_an_agent_without_a_past_is_suggested_nothing(worked: Services, store: Path, tree: Path) -> None:
    other = Services(store, [tree], identity=Identity(agent="new"))
    try:
        assert likely(other) == []
    finally:
        other.close()
