"""What was done, what of it still stands, and who goes on where somebody stopped."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cistron.genome.records import Identity
from cistron.tools.errors import UsageError
from cistron.tools.notes import NotesTools
from cistron.tools.presence import IDLE_S
from cistron.tools.session_text import session_text

from .conftest import OTHER, Clock, Desk, edit


def test_recent_tells_what_a_session_did_newest_first(desk: Desk, clock: Clock) -> None:
    handle = desk.start(name="builder")
    desk.ask("Client.retry", handle)
    desk.uses("src/client.py", session=handle)
    clock.now += 60
    NotesTools(desk.services).remember("retries are few", session=handle)
    for of in ({"session": handle}, {"of": "builder"}, {"of": "agent"}):
        report = desk.does("recent", **of)
        assert [(deed.kind, deed.what, deed.age_s) for deed in report.did][:2] == [
            ("remember", "n1", 0),
            ("use", "src/client.py", 60),
        ]
    assert desk.does("recent", of="builder", k=1).sessions[0].questions == 1
    assert len(desk.does("recent", of="builder", k=1).did) == 1


def test_resume_proves_what_was_shown_and_says_what_changed(desk: Desk, tree: Path) -> None:
    handle = desk.start(focus="retries")
    desk.ask("Client.retry", handle)
    desk.ask("where is the port set", handle)
    edit(tree)
    report = desk.does("resume", session=handle)
    grades = {each.symbol: (each.status, each.evidence.grade) for each in report.shown}
    assert grades["Client.retry"] == ("needs_refresh", "body_changed")
    assert ("verified", "unchanged") in grades.values()
    text = session_text(report)
    assert "at retries" in text
    assert "[body_changed] src/client.py" in text


def test_a_new_connection_resumes_what_its_agent_was_at_last(desk: Desk, open_desk: Callable[..., Desk]) -> None:
    before = open_desk(Identity())
    before.ask("Client.retry")
    before.services.close()
    assert desk.does("list").sessions == []
    for of in (None, "agent"):
        report = desk.does("resume", of=of)
        assert report.sessions[0].status == "ended"
        assert [each.symbol for each in report.shown if each.symbol == "Client.retry"] == ["Client.retry"]
        desk.ask("install guide")
    assert desk.ask("Client.retry").items[0].evidence.ago is None
    handle = desk.start(of="agent")
    assert desk.ask("Client.retry", handle).items[0].evidence.ago == 1


def test_who_continues_a_stopped_session_gets_what_it_was_shown_and_its_leases(
    desk: Desk, open_desk: Callable[..., Desk], clock: Clock
) -> None:
    old = desk.start(focus="retries", name="builder")
    desk.ask("Client.retry", old)
    desk.does("claim", session=old, paths=["src/client.py"])
    other = open_desk(OTHER)
    with pytest.raises(UsageError, match="is at work, heard of 0 s ago"):
        other.start(of="builder")
    clock.now += IDLE_S
    new = other.start(of="agent/builder")
    (mine,) = [each for each in other.does("list").sessions if each.agent == "codex"]
    assert (mine.focus, mine.leases) == ("retries", ["src/client.py"])
    assert other.ask("Client.retry", new).items[0].evidence.ago == 1
    with pytest.raises(UsageError, match="was continued by another"):
        desk.start(of=old)
    with pytest.raises(UsageError, match="it ended"):
        desk.does("beat", session=old)


def test_a_session_that_ended_is_continued_with_its_leases_unless_they_were_taken(
    desk: Desk, open_desk: Callable[..., Desk]
) -> None:
    old, other = desk.start(), open_desk(OTHER)
    desk.does("claim", session=old, paths=["src/client.py", "docs"])
    desk.does("end", session=old)
    assert other.does("claim", paths=["docs/guide.md"]).claimed[0].yours
    assert desk.does("start", of=old).sessions[0].leases == ["src/client.py"]
