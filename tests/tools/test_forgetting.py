"""Who wrote what, and what is left after it was forgotten."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cistron.genome.records import Identity
from cistron.genome.store import identity, links
from cistron.memory_core.core import AgentState
from cistron.tools.caller import Caller, acting
from cistron.tools.errors import UsageError
from cistron.tools.forget import ForgetTools
from cistron.tools.ingest import IngestTools
from cistron.tools.models.attribution import Forgotten
from cistron.tools.notes import NotesTools
from cistron.tools.packet import PacketTools
from cistron.tools.resonance import ResonanceTools
from cistron.tools.services import Services
from cistron.tools.verify import VerifyTools
from cistron.tools.why import WhyTools

from .conftest import plant

START = 1.0e9
DAY = 86_400.0
ADA = Identity(participant="ada", agent="claude-code")
BOB = Identity(participant="bob", agent="cursor")
EVE = Identity(party="elsewhere", participant="eve", agent="cursor")
FILES = ["src/client.py", "settings.toml", "docs/guide.md", "docs/japanese.md"]


class Clock:
    """Time that stands until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def services(store: Path, tree: Path, clock: Clock) -> Generator[Services]:
    services = Services(store, [tree], clock=clock, vectors=False)
    IngestTools(services).ingest(path=str(tree))
    yield services
    services.close()


def by(who: Identity, session: str = "s-1") -> Any:
    return acting(Caller(who, session))


def remember(services: Services, who: Identity, text: str, **rest: Any) -> str:
    with by(who):
        return str(NotesTools(services).remember(text, **rest).id)


def forget(services: Services, who: Identity = BOB, **rest: Any) -> Forgotten:
    with by(who):
        return ForgetTools(services).forget(**rest)


def told(services: Services, query: str) -> set[str]:
    with by(BOB):
        return {item.path for item in PacketTools(services).context_packet(query).items}


def test_why_names_every_author_of_a_note_with_tool_session_and_receipts(services: Services, clock: Clock) -> None:
    remember(services, ADA, "Client.retry gives up after three attempts.")
    clock.now += 60
    with by(BOB, "s-2"):
        NotesTools(services).remember("Client.retry gives up after five attempts.", revises="n1")
        why = WhyTools(services).why("n2")
        old = WhyTools(services).why("note/n1")
    (author,) = why.authors
    assert (author.agent, author.via, author.session, author.at) == (
        "bob/cursor",
        "revise",
        "s-2",
        "2001-09-09T01:47:40Z",
    )
    assert (why.revises, old.revised_by) == ("n1", "n2")
    assert [receipt.path for receipt in why.receipts] == ["src/client.py"]
    assert [one.agent for one in old.authors] == ["ada/claude-code"]


def test_why_tells_who_worked_on_a_file_and_where_in_it(services: Services) -> None:
    with by(ADA):
        VerifyTools(services).verify([], used=["src/client.py::Client.retry"])
        IngestTools(services).ingest(path="docs/guide.md")
    with by(BOB):
        (item, *_) = PacketTools(services).context_packet("Client.retry").items
        VerifyTools(services).verify([], used=["src/client.py"])
        of_file, of_item = WhyTools(services).why("src/client.py"), WhyTools(services).why(item.id)
        of_guide, of_settings = WhyTools(services).why("docs/guide.md"), WhyTools(services).why("settings.toml")
    assert [(one.agent, one.spot) for one in of_file.authors] == [
        ("bob/cursor", None),
        ("ada/claude-code", "Client.retry"),
        ("ada/claude-code", None),
    ]
    assert [(one.agent, one.via) for one in of_item.authors] == [("ada/claude-code", "use")]
    assert [(one.agent, one.via) for one in of_guide.authors] == [("ada/claude-code", "ingest")]
    assert of_settings.authors == []
    assert "nobody worked on it" in of_settings.notes[0]


def test_a_text_that_two_agents_kept_has_both_as_authors(services: Services, clock: Clock) -> None:
    for who in (ADA, BOB):
        clock.now += 1
        with by(who):
            IngestTools(services).ingest(content=f"# Page as {who.agent} read it\n", source_id="https://a.test/page")
    with by(ADA):
        why = WhyTools(services).why("https://a.test/page")
        assert [one.agent for one in why.authors] == ["bob/cursor", "ada/claude-code"]


@pytest.mark.parametrize("target", ["n1", "n99", "src/none.py", "../outside", "ffff.1.0"])
def test_why_knows_nothing_of_what_is_anothers_or_not_there(services: Services, target: str) -> None:
    remember(services, ADA, "Only for this party.")
    with by(EVE):
        why = WhyTools(services).why(target)
    assert not why.found
    assert not why.authors


def test_a_dry_run_counts_and_changes_nothing(services: Services) -> None:
    remember(services, ADA, "The kiln fires at 900 degrees.")
    with by(ADA):
        IngestTools(services).ingest(content="# Kiln log\n\nKiln cooled overnight.\n", source_id="kiln.log")
        VerifyTools(services).verify([], used=FILES[:2])
    answer = forget(services, agent="claude-code")
    assert (answer.state, answer.notes, answer.texts, answer.uses) == ("dry_run", ["n1"], ["kiln.log"], 2)
    assert answer.id is None
    assert {"note/n1", "kiln.log"} <= told(services, "kiln fires cooled")


def test_what_was_forgotten_is_gone_and_comes_back_on_request(services: Services) -> None:
    remember(services, ADA, "The kiln fires at 900 degrees.")
    remember(services, BOB, "The kiln is cleaned by hand.")
    with by(ADA):
        IngestTools(services).ingest(content="# Kiln log\n\nKiln cooled overnight.\n", source_id="kiln.log")
        VerifyTools(services).verify([], used=FILES[:2])
    before = told(services, "kiln"), rows(services)
    answer = forget(services, participant="ada", dry_run=False)
    assert told(services, "kiln") == {"note/n2"}
    with by(BOB):
        assert not WhyTools(services).why("src/client.py").authors
        assert "forgotten" in str(VerifyTools(services).verify(["n1"]).results[0].note)
        assert not ResonanceTools(services).resonance("Client.retry").neighbours
    restored = forget(services, undo=answer.id)
    assert (restored.notes, restored.texts) == (["n1"], ["kiln.log"])
    assert (told(services, "kiln"), rows(services)) == before
    with pytest.raises(UsageError, match="cannot be brought back"):
        forget(services, undo=answer.id)


def test_a_note_comes_back_when_the_one_that_took_its_place_is_forgotten(services: Services) -> None:
    remember(services, BOB, "The kiln fires at 900 degrees.")
    remember(services, ADA, "The kiln fires at 9000 degrees, trust me.", revises="n1")
    assert told(services, "kiln fires") == {"note/n2"}
    answer = forget(services, agent="ada/claude-code", dry_run=False)
    assert answer.revived == ["n1"]
    assert told(services, "kiln fires") == {"note/n1"}
    forget(services, undo=answer.id)
    assert told(services, "kiln fires") == {"note/n2"}


def test_only_what_was_written_since_is_forgotten(services: Services, clock: Clock) -> None:
    remember(services, ADA, "The kiln fires at 900 degrees.")
    clock.now += 3 * 3600
    remember(services, ADA, "The kiln door sticks.")
    forget(services, since="2 h", dry_run=False)
    assert told(services, "kiln") == {"note/n1"}


def test_after_a_day_it_is_gone_for_good(services: Services, clock: Clock, store: Path) -> None:
    remember(services, ADA, "The kiln hums zanzibarquokka.")
    answer = forget(services, agent="claude-code", dry_run=False)
    clock.now += DAY + 1
    with pytest.raises(UsageError, match="24 hours have passed"):
        forget(services, undo=answer.id)
    with by(BOB):
        IngestTools(services).ingest(path="docs")
    reading = services.engine().database.reading()
    assert reading.execute("select count(*) from chunk where text like '%zanzibarquokka%'").get == 0
    assert reading.execute("select count(*) from forgetting where undo is not null").get == 0


def test_nothing_of_another_party_is_counted_forgotten_or_brought_back(services: Services) -> None:
    remember(services, ADA, "The kiln fires at 900 degrees.")
    with pytest.raises(UsageError, match="nobody of your party is called 'claude-code'"):
        forget(services, EVE, agent="claude-code")
    assert forget(services, EVE, since="3 d", dry_run=False).notes == []
    answer = forget(services, agent="claude-code", dry_run=False)
    with pytest.raises(UsageError, match="nothing was forgotten as"):
        forget(services, EVE, undo=answer.id)


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ({}, "pass agent, participant or since"),
        ({"since": "yesterday"}, "'yesterday' is no time"),
        ({"agent": "nobody"}, "nobody of your party is called 'nobody'"),
        ({"undo": "3"}, "ids like f3"),
        ({"undo": "f99"}, "nothing was forgotten as 'f99'"),
    ],
)
def test_what_cannot_be_forgotten_is_said_with_what_to_pass(services: Services, rest: Any, said: str) -> None:
    with by(BOB):
        services.agent()
    with pytest.raises(UsageError, match=said):
        forget(services, **rest)


STEPS = st.lists(
    st.tuples(st.sampled_from([ADA, BOB]), st.integers(0, 3), st.sampled_from([0.0, 5.0, 4_000.0, 10 * DAY])),
    min_size=1,
    max_size=14,
)


@settings(max_examples=12, deadline=None)
@given(steps=STEPS, since=st.sampled_from([None, 3]))
def test_after_forgetting_links_counts_and_states_are_those_of_what_remains(
    steps: list[tuple[Identity, int, float]], since: int | None
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tree = plant(Path(folder) / "repo")
        moments, now = [], START
        for _, _, pause in steps:
            now += pause
            moments.append(now)
        cut = START if since is None else moments[min(since, len(moments) - 1)]
        kept = [number for number, (who, _, _) in enumerate(steps) if who is BOB or moments[number] < cut]
        stores: list[Any] = []
        for name, chosen in (("whole", range(len(steps))), ("rest", kept)):
            clock = Clock()
            services = Services(Path(folder) / name / "genome.db", [tree], clock=clock, vectors=False)
            IngestTools(services).ingest(path=str(tree))
            for who in (ADA, BOB):
                with by(who):
                    services.agent()
            for number in chosen:
                clock.now = moments[number]
                with by(steps[number][0]):
                    VerifyTools(services).verify([], used=[FILES[steps[number][1]]])
            clock.now = now
            if name == "whole":
                moment = None if since is None else _iso(cut)
                forget(services, ADA, agent="claude-code", since=moment, dry_run=False)
            stores.append(rows(services))
            services.close()
        whole, rest = stores
        assert (whole["links"], whole["counts"]) == (rest["links"], rest["counts"])
        assert whole["states"].keys() == rest["states"].keys()
        for agent, focus in whole["states"].items():  # float32, added up in the order of ids, which are others there
            assert focus == pytest.approx(rest["states"][agent], abs=1e-6)


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def rows(services: Services) -> dict[str, Any]:
    """Links, counts and states of the home party by the names of places, which are the same in every store."""
    with by(BOB):
        database = services.engine().database
        reading = database.reading()
        name = dict(reading.execute("select id, path || coalesce('::' || symbol, '') from anchor"))
        sql = "select source, kind, target, weight, at from party_link where party <> 0"
        found = sorted((name[a], kind, name[b], round(w, 9), at) for a, kind, b, w, at in reading.execute(sql))
        sql = "select anchor, kind, weight, at from party_usage where party <> 0"
        counts = sorted((name[a], kind, round(w, 9), at) for a, kind, w, at in reading.execute(sql))
        states: dict[str, Any] = {}
        for agent in identity.agents(reading, services.viewer() or 0):
            actor, data = identity.actor(reading, agent), links.state(reading, agent)
            if actor is not None and data is not None:
                focus = AgentState.from_bytes(data).focus()
                states[actor.agent] = {name[place]: round(weight, 9) for place, weight in focus.items()}
        return {"links": found, "counts": counts, "states": states}
