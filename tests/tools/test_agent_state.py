"""An agent's memory can be kept, compared by name, put back, branched, merged and taken to another store."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cistron.genome.records import Identity
from cistron.genome.store import links
from cistron.tools.agent_state import AgentTools
from cistron.tools.errors import UsageError
from cistron.tools.folding import LogDamaged, checked, folded, rechain
from cistron.tools.ingest import IngestTools
from cistron.tools.models.agent import AgentStateReport
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services
from cistron.tools.verify import VerifyTools

from .conftest import Clock, plant


def use(services: Services, *targets: str, session: str = "s1") -> None:
    assert VerifyTools(services).verify([], used=list(targets), session=session).recorded == len(targets)


def act(
    services: Services, action: str, secret: Callable[[], str | None] = lambda: None, **given: object
) -> AgentStateReport:
    return AgentTools(services, secret).agent_state(action, **given)  # type: ignore[arg-type]


def changes(report: AgentStateReport) -> dict[str, int]:
    assert report.difference is not None
    assert report.difference.ok
    return {one.event: one.count for one in report.difference.changes}


def same_as_log(services: Services) -> bool:
    reading, agent = services.engine().database.reading(), services.agent()
    assert agent is not None
    return folded(reading, agent).to_bytes() == services.engine().memory.state(agent).to_bytes()


def test_two_versions_differ_by_the_events_between_them_by_name(opened: Services, clock: Clock) -> None:
    use(opened, "settings.toml")
    first = act(opened, "commit", message="before").versions[0]
    clock.now += 60
    use(opened, "src/client.py::Client.retry", "docs/guide.md", "docs/guide.md")
    found = act(opened, "diff", name=first.id[:8])
    assert found.difference is not None
    assert found.difference.source == "log"
    assert changes(found) == {"docs/guide.md": 2, "src/client.py": 1, "src/client.py::Client.retry": 1}
    second = act(opened, "commit", message="after").versions[0]
    assert second.parents == [first.id]
    assert [one.message for one in act(opened, "log").versions] == ["after", "before"]
    assert changes(act(opened, "diff", name=second.id, other=first.id))["docs/guide.md"] == -2


def test_rollback_changes_the_live_state_and_the_log_still_gives_it(opened: Services, clock: Clock) -> None:
    use(opened, "settings.toml")
    first = act(opened, "commit").versions[0]
    clock.now += 7_200
    use(opened, "docs/guide.md", session="s2")
    report = act(opened, "rollback", name=first.id)
    agent = opened.agent()
    state = opened.engine().memory.state(agent)
    known = links.anchors(opened.engine().database.reading(), state.focus())
    assert {row.path for row in known.values()} == {"settings.toml"}
    assert changes(act(opened, "diff", name=first.id)) == {}
    assert same_as_log(opened)
    kept = report.notes[0].split()[-1]  # nothing is lost: what was before the rollback is a version
    clock.now += 60
    use(opened, "src/client.py", session="s3")
    assert same_as_log(opened)
    assert changes(act(opened, "diff", name=kept)) == {"docs/guide.md": -1, "src/client.py": 1}


def test_a_branch_goes_its_own_way_and_comes_back_in_a_merge(opened: Services, clock: Clock) -> None:
    use(opened, "settings.toml")
    act(opened, "commit")
    act(opened, "branch", name="try")
    use(opened, "docs/guide.md")
    act(opened, "commit", message="on main")
    assert act(opened, "rollback", name="try").branch == "try"
    clock.now += 60
    use(opened, "src/client.py")
    merged = act(opened, "merge", name="main", message="both")
    assert merged.versions[0].message == "both"
    base = act(opened, "log").versions[-1]
    assert changes(act(opened, "diff", name=base.id)) == {"docs/guide.md": 1, "src/client.py": 1}
    assert same_as_log(opened)
    use(opened, "src/client.py")
    assert same_as_log(opened)
    assert changes(act(opened, "diff", name="try")) == {"src/client.py": 1}


def test_the_past_moment_most_like_now_is_found(opened: Services, clock: Clock) -> None:
    for _ in range(20):
        use(opened, "settings.toml")
        clock.now += 10
    then = act(opened, "commit").versions[0]
    for _ in range(40):
        use(opened, "docs/guide.md")
        clock.now += 10
    act(opened, "rollback", name=then.id)
    for _ in range(33):
        use(opened, "src/client.py")
    moments = act(opened, "search", name=then.id, k=1).moments
    assert (moments[0].sequence, moments[0].likeness, moments[0].doing) == (then.sequence, 1.0, ["settings.toml"])


def test_show_resumes_and_names_what_was_asked(opened: Services) -> None:
    PacketTools(opened).context_packet("how often is a request sent again", session="s1")
    use(opened, "src/client.py::Client.retry")
    report = act(opened, "show")
    assert report.resume is not None
    assert set(report.resume.places[:2]) == {"src/client.py", "src/client.py::Client.retry"}
    assert report.resume.questions == ["how often is a request sent again"]
    assert (report.resume.band, report.settled, report.checked) == ("calm", None, 2)


@pytest.mark.parametrize("name", ["a.hx", "a.hxe"])
def test_a_state_arrives_in_another_store_and_its_events_are_named_there(
    opened: Services, tmp_path: Path, clock: Clock, name: str
) -> None:
    use(opened, "settings.toml", "src/client.py::Client.retry")
    clock.now += 7_200
    use(opened, "docs/guide.md", session="s2")
    act(opened, "export", lambda: "pass", file=name)
    file = opened.genome.parent / "exports" / name
    assert (b"client.py" in file.read_bytes()) == (name == "a.hx")
    other = Services(tmp_path / "other" / "genome.db", [plant(tmp_path / "copy")], clock=clock)
    try:
        assert IngestTools(other).ingest(path=str(tmp_path / "copy")).state == "done"
        use(other, "docs/japanese.md")
        moved = other.genome.parent / "exports" / name
        moved.parent.mkdir()
        moved.write_bytes(file.read_bytes())
        arrived = act(other, "import", lambda: "pass", file=name).versions[0]
        found = act(other, "diff", name=arrived.id)
        assert found.difference is not None
        assert found.difference.source == "decoded"
        assert changes(found) == {
            "docs/guide.md": -1, "docs/japanese.md": 1, "settings.toml": -1,
            "src/client.py": -1, "src/client.py::Client.retry": -1,
        }  # fmt: skip
        act(other, "merge", name=arrived.id)
        assert "settings.toml" in {one.partition("::")[0] for one in _focus(other)}
        assert same_as_log(other)
    finally:
        other.close()


def _focus(services: Services) -> list[str]:
    found = act(services, "show").resume
    assert found is not None
    return found.places


def test_a_difference_that_cannot_be_told_exactly_is_not_guessed(opened: Services, tmp_path: Path) -> None:
    use(opened, "settings.toml")
    before = act(opened, "commit").versions[0]
    with opened.engine().database.writing() as writer:
        agent = opened.agent()
        assert agent is not None
        opened.engine().memory.used(writer, agent, "s1", [(1, "somewhere/else.py")])
    act(opened, "export", file="x.hx")
    with opened.engine().database.writing() as writer:
        writer.execute("delete from event where detail = 'somewhere/else.py'")
    arrived = act(opened, "import", file="x.hx").versions[0]
    found = act(opened, "diff", name=before.id, other=arrived.id).difference
    assert found is not None
    assert (found.ok, found.changes) == (False, [])


@pytest.mark.parametrize("name", ["../a.hx", "/tmp/a.hx", "a.txt", "sub/a.hx", ".hx", "a.hx\n", "x" * 100 + ".hx"])
def test_over_tools_a_file_lies_in_the_exports_folder_alone(opened: Services, name: str) -> None:
    for action in ("export", "import"):
        with pytest.raises(UsageError, match="is no name of a state"):
            act(opened, action, file=name)


def test_a_sealed_file_needs_its_passphrase(opened: Services) -> None:
    with pytest.raises(UsageError, match="CISTRON_PASSPHRASE"):
        act(opened, "export", file="a.hxe")
    act(opened, "export", lambda: "right", file="a.hxe")
    with pytest.raises(UsageError, match="passphrase is another one"):
        act(opened, "import", lambda: "wrong", file="a.hxe")


def test_a_file_that_is_a_link_and_one_that_is_missing_are_refused(opened: Services, tmp_path: Path) -> None:
    folder = opened.genome.parent / "exports"
    folder.mkdir()
    (tmp_path / "secret").write_text("secret")
    (folder / "a.hx").symlink_to(tmp_path / "secret")
    for name in ("a.hx", "b.hx"):
        with pytest.raises(UsageError, match="cannot be read"):
            act(opened, "import", file=name)


@pytest.mark.parametrize(
    ("action", "given"),
    [("rollback", {}), ("rollback", {"name": "zz"}), ("merge", {"name": ""}), ("diff", {}), ("branch", {"name": " "})],
)
def test_what_is_missing_is_said_with_what_to_do(opened: Services, action: str, given: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        act(opened, action, **given)


def test_versions_of_fellows_are_seen_and_of_other_parties_not(opened: Services, store: Path, tree: Path) -> None:
    use(opened, "settings.toml")
    kept = act(opened, "commit", message="mine").versions[0]
    near = Services(store, [tree], identity=Identity(agent="second"))
    far = Services(store, [tree], identity=Identity(party="elsewhere"))
    try:
        for services in (near, far):
            use(services, "docs/guide.md")
        act(near, "merge", name=kept.id)
        assert "settings.toml" in _focus(near)
        with pytest.raises(UsageError, match="no version named"):
            act(far, "merge", name=kept.id)
    finally:
        near.close()
        far.close()


@pytest.mark.parametrize(
    "damage",
    [
        "update event set detail = 'settings.tomm' where detail = 'settings.toml'",
        "update event set at = at + 1 where detail = 'settings.toml'",
        "delete from event where detail = 'settings.toml'",
        "delete from event where detail = 'docs/guide.md'",
    ],
)
def test_a_gap_and_a_changed_byte_in_the_log_are_told_and_a_version_goes_on(opened: Services, damage: str) -> None:
    use(opened, "src/client.py")
    kept = act(opened, "commit").versions[0]
    use(opened, "settings.toml", "docs/guide.md")
    agent = opened.agent()
    assert agent is not None
    database = opened.engine().database
    assert (checked(database.reading(), agent), checked(database.reading(), agent, most=2)) == (3, 2)
    with database.writing() as writer:
        writer.execute(damage)
    with pytest.raises(LogDamaged, match="rollback"):
        act(opened, "show")
    with database.writing() as writer:
        links.set_state(writer, agent, 99, b"damaged")
    with pytest.raises(LogDamaged, match="rollback"):
        act(opened, "diff", name=kept.id)
    assert PacketTools(opened).context_packet("Client.retry").items  # questions are answered all the same
    report = act(opened, "rollback", name=kept.id)
    assert "could not be kept" in report.notes[0]
    use(opened, "docs/guide.md")
    assert same_as_log(opened)


def test_a_log_from_which_events_were_taken_lawfully_is_chained_anew(opened: Services) -> None:
    use(opened, "src/client.py")
    act(opened, "commit")
    use(opened, "settings.toml", "docs/guide.md")
    agent = opened.agent()
    assert agent is not None
    with opened.engine().database.writing() as writer:
        writer.execute("delete from event where detail = 'settings.toml'")
        writer.execute("delete from agent_version")
        rechain(writer, agent)
        state = folded(writer, agent)
        links.set_state(writer, agent, state.sequence, state.to_bytes())
    use(opened, "src/client.py")
    assert checked(opened.engine().database.reading(), agent) == 3
    assert same_as_log(opened)
    assert act(opened, "commit").versions[0].parents == []
