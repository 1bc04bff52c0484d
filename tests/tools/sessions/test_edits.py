"""The first packet after an edit of somebody else says what it changed of what is known here."""

from collections.abc import Callable
from pathlib import Path

from cistron.genome.records import Identity
from cistron.tools.refresh import RefreshTools
from cistron.tools.text import packet_text

from .conftest import OTHER, Clock, Desk, edit


def test_the_first_packet_after_anothers_edit_says_what_was_changed_once(
    desk: Desk, open_desk: Callable[..., Desk], tree: Path
) -> None:
    other = open_desk(OTHER)
    handle = other.start(name="refactoring")
    desk.ask("Client.retry sends a body again")
    edit(tree)
    other.uses("src/client.py", session=handle)
    told = desk.ask("where is the port set")
    line = "since your last packet agent codex/refactoring edited src/client.py (Client.retry body_changed)"
    assert told.notes[0] == line
    assert packet_text(told).count(line) == 1
    assert not any("since" in note for note in desk.ask("where is the port set").notes)
    other.uses("src/client.py", session=handle)
    assert not any("since" in note for note in desk.ask("where is the port set").notes)
    edit(tree, "len(body) + attempts", "len(body) - attempts")
    other.uses("src/client.py", session=handle)
    assert line in RefreshTools(desk.services).refresh_targets("client").notes


def test_an_edit_is_not_told_to_who_made_it_nor_to_who_was_not_shown_it(
    desk: Desk, open_desk: Callable[..., Desk], tree: Path
) -> None:
    other = open_desk(OTHER)
    desk.ask("where is the port set", max_items=1)
    other.ask("Client.retry")
    edit(tree)
    other.uses("src/client.py")
    assert not any("since" in note for note in desk.ask("Client.retry").notes)
    assert not any("since" in note for note in other.ask("Client.retry").notes)


def test_opening_a_file_that_somebody_else_changed_is_not_called_an_edit(
    desk: Desk, open_desk: Callable[..., Desk], tree: Path, clock: Clock
) -> None:
    desk.ask("Client.retry")
    edit(tree)
    third, other = open_desk(Identity(agent="third")), open_desk(OTHER)
    third.ask("Client.retry")  # reads the edit in
    clock.now += 1
    other.uses("src/client.py::Client.retry")
    (line,) = [note for note in desk.ask("where is the port set").notes if "since" in note]
    assert "edited" not in line
    assert line.endswith("used it")


def test_at_most_three_edits_are_told(desk: Desk, open_desk: Callable[..., Desk], tree: Path) -> None:
    files = [tree / "src" / f"quokka{number}.py" for number in range(5)]
    for number, path in enumerate(files):
        path.write_text(f"def quokka_{number}():\n    return {number}\n")
    other = open_desk(OTHER)
    assert len(desk.ask("quokka", max_items=10).items) >= 5
    for path in files:
        path.write_text(path.read_text().replace("return", "return 1 +"))
        other.uses(f"src/{path.name}")
    assert len([note for note in desk.ask("where is the port set").notes if "edited" in note]) == 3
