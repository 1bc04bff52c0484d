"""A PDF that takes long to read keeps no question waiting, and no question calls it proven before it was read."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cistron.genome.reading import pdf as pdf_reading
from cistron.genome.reading.ingest import Outcome
from cistron.tools.ingest import IngestTools
from cistron.tools.models.packet import Packet
from cistron.tools.notes import NotesTools
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services

from ..genome.pdfs import pdf
from .conftest import read_in

LIMIT_S = 2.0
PATIENCE_S = 30.0
QUERY = "how many tonnes does the harbour crane lift"
LIFTS = "The harbour crane lifts 50 tonnes."
SLOWLY = """import runpy, sys, time
time.sleep(float(sys.argv[1]))
runpy.run_module(sys.argv[2], run_name="__main__")
"""


def document(tree: Path, *pages: str) -> bytes:
    """Return a PDF unlike that of any other test: what was read of one is kept for a while."""
    return pdf(*pages, extra=f"% {tree}\n".encode())


def change(manual: Path) -> None:
    manual.write_bytes(document(manual.parent, "Harbour manual", LIFTS))


@pytest.fixture
def manual(tree: Path) -> Path:
    """A PDF in the tree."""
    path = tree / "manual.pdf"
    path.write_bytes(document(tree, "Harbour manual", "The harbour crane lifts 40 tonnes."))
    return path


@pytest.fixture
def slower(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets the process that reads a PDF begin so many seconds later from now on."""

    def slower(seconds: float) -> None:
        def later(command: list[str], **given: Any) -> subprocess.CompletedProcess[bytes]:
            return subprocess.run([sys.executable, "-P", "-c", SLOWLY, str(seconds), command[-1]], **given)

        there = SimpleNamespace(run=later, TimeoutExpired=subprocess.TimeoutExpired)
        monkeypatch.setattr(pdf_reading, "subprocess", there)

    return slower


def asked(services: Services, task_type: str = "explain") -> tuple[Packet, float]:
    begun = time.monotonic()
    packet = PacketTools(services).context_packet(QUERY, task_type=task_type, detail="lines")
    return packet, time.monotonic() - begun


def settled(services: Services) -> None:
    until = time.monotonic() + PATIENCE_S
    while services.engine().freshener.pending() and time.monotonic() < until:
        time.sleep(0.05)


@pytest.mark.parametrize("task_type", ["explain", "edit"])
def test_a_slow_pdf_is_told_to_have_changed_in_time_and_is_proven_once_it_was_read(
    store: Path, tree: Path, manual: Path, slower: Callable[[float], None], task_type: str
) -> None:
    services = read_in(store, tree)
    packet, _ = asked(services, task_type)
    assert (packet.items[0].path, packet.items[0].status) == ("manual.pdf", "verified")
    slower(1.8)
    change(manual)
    for _ in range(2):
        packet, took = asked(services, task_type)
        assert took < LIMIT_S
        found = [item for item in packet.items if item.path == "manual.pdf"]
        assert [item.status for item in found] == ["needs_refresh"] * len(found)
        assert "manual.pdf" in {target.path for target in packet.refresh_targets}
    assert found
    assert services.engine().freshener.pending() == 1
    settled(services)
    packet, _ = asked(services, task_type)
    item = packet.items[0]
    assert (item.path, item.status, item.evidence.rung, item.healed) == ("manual.pdf", "verified", "changed", True)
    services.close()


def test_a_slow_pdf_keeps_no_other_file_waiting(
    store: Path, tree: Path, manual: Path, slower: Callable[[float], None]
) -> None:
    services = read_in(store, tree)
    asked(services)
    slower(2.2)
    change(manual)
    asked(services)
    (tree / "src" / "winch.py").write_text("def reel_in_the_winch():\n    return 7\n")
    begun = time.monotonic()
    packet = PacketTools(services).context_packet("reel_in_the_winch")
    assert time.monotonic() - begun < LIMIT_S
    assert (packet.items[0].path, packet.items[0].status) == ("src/winch.py", "verified")
    assert services.engine().freshener.pending() == 1  # the manual alone
    services.close()


def test_a_note_on_a_slow_pdf_is_told_to_have_changed_in_time(
    store: Path, tree: Path, manual: Path, slower: Callable[[float], None]
) -> None:
    services = read_in(store, tree)
    NotesTools(services).remember("Sling loads for the gantry stay below forty", derived_from=["manual.pdf:1-2"])
    slower(1.8)
    change(manual)
    begun = time.monotonic()
    packet = PacketTools(services).context_packet("sling loads gantry")
    assert time.monotonic() - begun < LIMIT_S
    assert packet.items[0].status == "needs_refresh"
    services.close()


def test_what_a_question_had_no_time_for_is_not_held_to_take_too_long(
    store: Path, tree: Path, manual: Path, slower: Callable[[float], None]
) -> None:
    services = read_in(store, tree)
    root = services.roots()[0]
    slower(1.0)
    change(manual)
    with pdf_reading.within(0.2):
        assert services.engine().ingester.absorb(root, "manual.pdf") is Outcome.LATER
    report = IngestTools(services).ingest(path=str(tree))  # has all the time that a document may take
    assert not report.skipped
    packet, _ = asked(services)
    assert (packet.items[0].path, packet.items[0].text) == ("manual.pdf", LIFTS)
    services.close()


def test_a_slow_pdf_that_nobody_noticed_is_left_to_the_background_by_its_proof(
    store: Path, tree: Path, manual: Path, slower: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    services = read_in(store, tree)
    freshener = services.engine().freshener
    asked(services)
    slower(1.2)
    change(manual)
    with monkeypatch.context() as unnoticed:
        unnoticed.setattr(freshener, "freshen", lambda *_: 0)
        for _ in range(2):  # the first one's time goes into the proof
            packet, took = asked(services)
            assert took < LIMIT_S
            assert packet.items[0].status == "needs_refresh"
    assert freshener.pending() == 1
    settled(services)
    assert asked(services)[0].items[0].status == "verified"
    services.close()


def test_a_process_that_asks_once_leaves_a_slow_pdf_read(
    store: Path, tree: Path, manual: Path, slower: Callable[[float], None]
) -> None:
    read_in(store, tree).close()
    slower(1.2)
    change(manual)
    services = Services(store, [tree])
    assert asked(services)[0].items[0].status == "needs_refresh"
    services.close()
    pdf_reading._pages.cache_clear()  # as in another process
    slower(30.0)
    services = Services(store, [tree])
    assert asked(services)[0].items[0].status == "verified"
    services.close()
