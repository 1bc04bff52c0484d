"""What a session was shown comes back as a pointer for as long as it stands."""

from pathlib import Path

from cistron.genome.store import events
from cistron.tools.caller import Caller, acting
from cistron.tools.notes import NotesTools
from cistron.tools.text import packet_text
from cistron.tools.tokens import tokens

from .conftest import STRANGER, Desk, edit


def test_two_parties_on_one_server_do_not_share_a_name(desk: Desk) -> None:
    desk.ask("Client.retry", "main")
    with acting(Caller(STRANGER, "s-0123456789abcdef")):
        assert {item.evidence.seen for item in desk.ask("Client.retry", "main").items} == {"never"}
    assert desk.ask("Client.retry", "main").items[0].evidence.seen == "same"


def test_what_was_shown_and_stands_comes_back_as_a_pointer(desk: Desk, tree: Path) -> None:
    first = desk.ask("Client.retry sends a body again")
    desk.ask("install")
    again = desk.ask("Client.retry sends a body again")
    text = packet_text(again)
    assert "verified src/client.py:11-15 Client.retry, shown 2 packets ago, unchanged\n" in text
    assert tokens(text) < tokens(packet_text(first))
    assert [(item.id, item.status) for item in again.items] == [(item.id, item.status) for item in first.items]
    assert all(item.evidence.ago is not None for item in again.items)
    assert "Client.retry, shown 3 packets ago" in packet_text(desk.ask("Client.retry sends a body again"))
    edit(tree)
    changed = next(item for item in desk.ask("Client.retry sends a body again").items if item.symbol == "Client.retry")
    assert (changed.evidence.ago, changed.evidence.grade) == (None, "body_changed")
    assert changed.diff is not None


def test_a_note_is_quoted_once_and_again_when_it_is_in_doubt(desk: Desk, tree: Path) -> None:
    NotesTools(desk.services).remember("Client.retry multiplies by the attempts", ["src/client.py::Client.retry"])
    texts = [packet_text(desk.ask("what does retry multiply by")) for _ in range(2)]
    assert ["Client.retry multiplies by" in text for text in texts] == [True, False]
    assert "verified note n1, shown 1 packet ago" in texts[1]
    edit(tree)
    assert "Client.retry multiplies by" in packet_text(desk.ask("what does retry multiply by"))


def test_a_compacted_agent_is_told_everything_again(desk: Desk) -> None:
    first = desk.ask("Client.retry")
    assert desk.ask("Client.retry").items[0].evidence.ago == 1
    anew = desk.ask("Client.retry", ignore_delivered=True)
    assert [item.why for item in anew.items] == [item.why for item in first.items]
    assert {item.evidence.seen for item in anew.items} == {"never"}
    assert desk.ask("Client.retry").items[0].evidence.ago == 1
    assert {item.evidence.seen for item in desk.ask("install guide", ignore_delivered=True).items} == {"never"}
    reading = desk.services.engine().database.reading()
    assert len(events.seen(reading, desk.services.session)) == len(desk.ask("install guide").items)
