"""What was used or changed together is told, with the reasons, and proven like everything else."""

import subprocess
from pathlib import Path

import pytest

from cistron.genome.records import Identity
from cistron.genome.store import events, links, moments
from cistron.memory_core.core import AgentState, Event
from cistron.memory_core.episodic import SLOTS
from cistron.tools.folding import folded
from cistron.tools.ingest import IngestTools
from cistron.tools.packet import PacketTools
from cistron.tools.resonance import ResonanceTools
from cistron.tools.services import Services
from cistron.tools.verify import VerifyTools

from .conftest import Clock

FILES = ("src/client.py", "settings.toml", "docs/guide.md")


def use(services: Services, *targets: str, session: str = "s1") -> None:
    assert VerifyTools(services).verify([], used=list(targets), session=session).recorded == len(targets)


def test_what_was_used_together_resonates_with_its_reason(opened: Services, clock: Clock) -> None:
    use(opened, "src/client.py::Client.retry", "settings.toml")
    clock.now += 86_400
    use(opened, "src/client.py", session="s2")
    answer = ResonanceTools(opened).resonance()
    assert answer.focus[0] == "src/client.py"
    found = {neighbour.path: neighbour for neighbour in answer.neighbours}
    assert found["settings.toml"].status == "verified"
    assert "src/client.py" in [reason.place for reason in found["settings.toml"].because]


def test_that_something_was_delivered_teaches_nothing(opened: Services) -> None:
    for _ in range(5):
        PacketTools(opened).context_packet("how often is a request sent again")
    answer = ResonanceTools(opened).resonance()
    assert (answer.focus, answer.neighbours) == ([], [])
    assert "verify(used=" in answer.notes[0]


def test_a_question_is_answered_with_what_belongs_to_its_places(opened: Services) -> None:
    use(opened, "src/client.py", "docs/guide.md")
    use(opened, "settings.toml", session="other")
    answer = ResonanceTools(opened).resonance(query="Client.send_request")
    assert answer.about == "query"
    assert next(neighbour.path for neighbour in answer.neighbours) == "docs/guide.md"


def test_a_neighbour_that_is_gone_is_not_called_verified(opened: Services, tree: Path) -> None:
    use(opened, "src/client.py", "settings.toml")
    (tree / "settings.toml").unlink()
    found = {one.path: one.status for one in ResonanceTools(opened).resonance().neighbours}
    assert found["settings.toml"] == "needs_refresh"


def test_links_and_focus_survive_a_restart_and_the_log_gives_the_same_state(
    opened: Services, store: Path, tree: Path, clock: Clock
) -> None:
    use(opened, "src/client.py::Client.retry", "settings.toml")
    clock.now += 7_200
    use(opened, "docs/guide.md", session="s2")
    engine, agent = opened.engine(), opened.agent()
    assert agent is not None
    written = engine.memory.state(agent)
    folded = AgentState()
    for one in events.uses(engine.database.reading(), agent):
        folded, _ = folded.after(Event(one.sequence, one.session, one.at, one.anchor, one.name))
    assert folded.to_bytes() == written.to_bytes()
    with engine.database.writing() as writer:
        links.set_state(writer, agent, 1, b"damaged")
    assert engine.memory.state(agent).to_bytes() == written.to_bytes()
    opened.close()
    again = Services(store, [tree], clock=clock)
    try:
        assert again.engine().memory.state(again.agent()).to_bytes() == written.to_bytes()
        assert ResonanceTools(again).resonance().focus[0] == "docs/guide.md"
    finally:
        again.close()


@pytest.mark.parametrize(("party", "seen"), [("local", ["local/agent"]), ("elsewhere", [])])
def test_another_agent_with_the_same_work_is_named_to_agents_of_its_device_alone(
    opened: Services, store: Path, tree: Path, clock: Clock, party: str, seen: list[str]
) -> None:
    use(opened, "src/client.py", "settings.toml")
    other = Services(store, [tree], clock=clock, identity=Identity(party=party, agent="second"))
    try:
        use(other, "src/client.py", session="s9")
        assert [one.agent for one in ResonanceTools(other).resonance().others] == seen
        assert len(ResonanceTools(opened).resonance().others) == len(seen)
    finally:
        other.close()


def test_commits_that_changed_files_together_link_them_once(tmp_path: Path, store: Path) -> None:
    tree = tmp_path / "work"
    tree.mkdir()

    def git(*args: str) -> None:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        subprocess.run(["git", *identity, *args], cwd=tree, check=True, capture_output=True)

    git("init", "-q")
    for number in range(3):
        for name in ("parser.py", "lexer.py", *(["readme.md"] if number == 0 else [])):
            (tree / name).write_text(f"def step_of_{name[:-3]}():\n    return {number}\n")
        git("add", "-A")
        git("commit", "-qm", f"change {number}")
    services = Services(store, [tree])
    try:
        assert IngestTools(services).ingest(path=str(tree)).state == "done"
        tools = ResonanceTools(services)
        assert [one.path for one in tools.resonance(query="step_of_parser").neighbours][:1] == ["lexer.py"]
        before = links.links_of(services.engine().database.reading(), range(1, 20))
        tools.resonance(query="step_of_parser")
        assert links.links_of(services.engine().database.reading(), range(1, 20)) == before
    finally:
        services.close()


def test_a_question_like_an_earlier_one_brings_back_what_was_used_after_it(opened: Services, clock: Clock) -> None:
    PacketTools(opened).context_packet("how often is a request sent again", session="s1")
    use(opened, "src/client.py::Client.retry")
    clock.now += 86_400
    PacketTools(opened).context_packet("how do I install it", session="s2")
    use(opened, "settings.toml", session="s2")
    moments = ResonanceTools(opened).resonance(query="how many times is a request sent again").moments
    assert [(one.agent, one.query, one.outcome) for one in moments] == [
        ("you", "how often is a request sent again", 1.0)
    ]
    assert set(moments[0].places) == {"src/client.py", "src/client.py::Client.retry"}
    last = ResonanceTools(opened).resonance().moments  # without a query: like what was asked last
    assert [(one.query, one.outcome, one.places) for one in last] == [("how do I install it", 0.0, ["settings.toml"])]


def test_moments_of_others_are_shown_within_a_party_alone(opened: Services, store: Path, tree: Path) -> None:
    PacketTools(opened).context_packet("how often is a request sent again", session="s1")
    use(opened, "src/client.py")
    for party, seen in (("local", ["local/agent"]), ("elsewhere", [])):
        other = Services(store, [tree], identity=Identity(party=party, agent="second"))
        try:
            found = ResonanceTools(other).resonance(query="how often is a request sent again").moments
            assert [one.agent for one in found] == seen
        finally:
            other.close()


def test_a_use_long_after_a_question_is_no_answer_to_it(opened: Services, clock: Clock) -> None:
    PacketTools(opened).context_packet("how often is a request sent again", session="s1")
    opened.engine().recorder.flush()
    clock.now += 7_200
    use(opened, "src/client.py")
    assert ResonanceTools(opened).resonance(query="how often is a request sent again").moments == []


def test_a_full_buffer_keeps_what_is_asked_again_and_again(opened: Services, clock: Clock) -> None:
    database, agent = opened.engine().database, opened.agent()
    assert agent is not None
    with database.writing() as writer:
        anchor = events.anchor_id(writer, 1, "settings.toml", None, None, 0)
        for number in range(400):
            clock.now += 10
            text = "asked again" if number % 40 == 0 else f"asked once {number}"
            moments.ask(writer, agent, "s1", text, clock.now)
            opened.engine().memory.used(writer, agent, "s1", [(anchor, "settings.toml")])
    kept = [row.query for row in moments.episodes(database.reading(), agent)]
    assert len(kept) == SLOTS
    assert "asked again" in kept
    assert "asked once 1" not in kept
    assert "asked once 399" in kept


def test_a_verdict_moves_the_band_and_the_moments_and_the_log_gives_the_same_state(
    opened: Services, clock: Clock
) -> None:
    PacketTools(opened).context_packet("how often is a request sent again", session="s1")
    use(opened, "src/client.py")
    memory, agent, session = opened.engine().memory, opened.agent(), opened.heard("s1")
    assert agent is not None
    for outcome in (-1.0, -0.5):
        clock.now += 600
        with opened.engine().database.writing() as writer:
            memory.judged(writer, agent, session, outcome)
    assert memory.resume(agent).band in ("angry", "sad", "bored")
    assert folded(opened.engine().database.reading(), agent).to_bytes() == memory.state(agent).to_bytes()
    found = ResonanceTools(opened).resonance(query="how often is a request sent again").moments
    assert [one.outcome for one in found] == [-0.5]
    with pytest.raises(ValueError, match="not nan"), opened.engine().database.writing() as writer:
        memory.judged(writer, agent, "s1", float("nan"))


def test_what_looks_like_a_secret_is_not_kept_with_a_question(opened: Services) -> None:
    PacketTools(opened).context_packet("why is ghp_16C7e42F292c6912E7710c838347Ae178B4a refused")
    opened.engine().recorder.flush()
    agent = opened.agent()
    assert agent is not None
    kept = opened.engine().memory.episodes.questions(agent, 1)[0].text
    assert kept.startswith("why is")
    assert "16C7e42F" not in kept
