"""Leases on paths: said to others, never held by two, gone with their holder."""

from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from cistron.genome.errors import RootNotGranted
from cistron.genome.records import Identity
from cistron.genome.store import events, sessions, sources
from cistron.genome.store.database import Database
from cistron.genome.store.sessions import Lease, overlap
from cistron.tools.packet import PacketTools
from cistron.tools.presence import ACTIVE_S, LEASE_S
from cistron.tools.refresh import RefreshTools
from cistron.tools.services import Services
from cistron.tools.session import SessionTools
from cistron.tools.session_text import session_text
from cistron.tools.text import packet_text

from ..conftest import read_in

PATHS = ["", "src", "src/app", "src/app/a.py", "src/app.py", "docs"]


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Desk:
    services: Services
    handle: str = field(init=False)

    def __post_init__(self) -> None:
        self.handle = SessionTools(self.services).session("start", name="editor").handle or ""

    def claim(self, *paths: str) -> list[bool]:
        claimed = SessionTools(self.services).session("claim", session=self.handle, paths=list(paths)).claimed
        return [each.yours for each in claimed]

    def release(self, *paths: str) -> int | None:
        return SessionTools(self.services).session("release", session=self.handle, paths=list(paths) or None).released

    def notes(self, query: str) -> list[str]:
        packet = PacketTools(self.services).context_packet(query, session=self.handle)
        assert all(note in packet_text(packet) for note in packet.notes)
        plan = RefreshTools(self.services).refresh_targets(query, session=self.handle)
        told = [note for note in packet.notes if "is editing" in note]
        assert told == [note for note in plan.notes if "is editing" in note]
        return told


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desks(store: Path, tree: Path, clock: Clock) -> Generator[list[Desk]]:
    """Two agents, each at a server of its own over one store."""
    read_in(store, tree).close()
    opened = [Services(store, [tree], identity=Identity(agent=agent), clock=clock) for agent in ("one", "two")]
    yield [Desk(services) for services in opened]
    for services in opened:
        services.close()


def test_a_claim_is_told_where_the_path_is_touched_and_nowhere_else(desks: list[Desk], clock: Clock) -> None:
    one, two = desks
    assert one.claim("src/client.py") == [True]
    clock.now += 119
    assert two.notes("Client.retry") == ["agent one/editor is editing src/client.py since 1 min"]
    clock.now += ACTIVE_S
    assert two.notes("Client.retry") == [
        "agent one/editor is editing src/client.py since 3 min, last heard of 3 min ago"
    ]
    assert one.notes("Client.retry") == []
    assert two.notes("where is the port set") == []
    assert two.claim("src", "docs") == [False, True]
    assert one.claim("src/client.py") == [True]


def test_a_refused_claim_says_who_holds_what_since_when(desks: list[Desk], clock: Clock) -> None:
    one, two = desks
    one.claim("src")
    clock.now += 150
    report = SessionTools(two.services).session("claim", session=two.handle, paths=["src/client.py"])
    assert session_text(report) == "not yours: src/client.py; agent one/editor is editing src since 2 min"


def test_a_lease_goes_by_release_by_the_end_and_by_silence(desks: list[Desk], clock: Clock) -> None:
    one, two = desks
    one.claim("src", "docs")
    assert two.claim("src") == [False]
    assert one.release("src") == 1
    assert two.claim("src", "docs") == [True, False]
    clock.now += LEASE_S
    assert one.notes("Client.retry") == []
    assert two.claim("docs") == [True]
    assert one.claim("docs", "src") == [False, False]
    SessionTools(two.services).session("end", session=two.handle)
    assert one.claim("docs", "src") == [True, True]
    assert one.release() == 2


def test_a_claim_outside_the_roots_is_refused_and_of_a_new_file_is_not(desks: list[Desk], outside: Path) -> None:
    assert desks[0].claim("src/not_yet.py") == [True]
    for path in (str(outside / "secret.txt"), "../repo-evil/secret.txt"):
        with pytest.raises(RootNotGranted):
            desks[0].claim(path)


class Holders(RuleBasedStateMachine):
    """Three sessions claim, release, fall silent, come back, end and take over as they like."""

    folder: Path

    @initialize()
    def open(self) -> None:
        self.database = Database(self.folder / f"{id(self)}.db")
        self.now = 0.0
        with self.database.writing() as writer:
            self.root = sources.add_root(writer, str(self.folder), "folder", 0.0).id
            self.agent = events.agent_id(writer, Identity())
            self.party = sessions.party_id(writer, Identity()) or 0
            for number in range(3):
                sessions.touch(writer, f"s-{number}", self.agent, 0.0, minted=True)
        self.handles = [f"s-{number}" for number in range(3)]

    def teardown(self) -> None:
        self.database.close()

    def live(self) -> list[Lease]:
        return sessions.leases(self.database.reading(), self.party, self.now - LEASE_S)

    @rule(who=st.integers(0, 2), path=st.sampled_from(PATHS))
    def claim(self, who: int, path: str) -> None:
        before = self.live()
        with self.database.writing() as writer:
            session = sessions.by_handle(writer, self.party, self.handles[who])
            assert session is not None
            sessions.beat(writer, session.handle, self.now)
            others = [each for each in before if each.session != session.id and overlap(each.path, path)]
            held = sessions.claim(writer, self.party, session.id, self.root, path, self.now, self.now - LEASE_S)
        assert held == (others[0] if others else None)
        assert any(each.path == path and each.session == session.id for each in self.live()) == (held is None)

    @rule(who=st.integers(0, 2), path=st.sampled_from([*PATHS, None]))
    def release(self, who: int, path: str | None) -> None:
        with self.database.writing() as writer:
            session = sessions.by_handle(writer, self.party, self.handles[who])
            assert session is not None
            sessions.release(writer, session.id, None if path is None else [(self.root, path)])

    @rule(seconds=st.sampled_from([60.0, LEASE_S]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    @rule(who=st.integers(0, 2))
    def come_back(self, who: int) -> None:
        with self.database.writing() as writer:
            sessions.beat(writer, self.handles[who], self.now)

    @rule(who=st.integers(0, 2), ends=st.booleans())
    def hand_over(self, who: int, ends: bool) -> None:
        with self.database.writing() as writer:
            old = sessions.by_handle(writer, self.party, self.handles[who])
            assert old is not None
            if ends:
                sessions.end(writer, old, self.now)
            handle = f"{old.handle}'"
            sessions.touch(writer, handle, self.agent, self.now, minted=True)
            new = sessions.by_handle(writer, self.party, handle)
            assert new is not None
            sessions.hand_over(writer, old, new, self.now)
        self.handles[who] = handle

    @invariant()
    def no_path_has_two_holders(self) -> None:
        live = self.live()
        for one in live:
            assert all(
                one.session == each.session or each.root != one.root or not overlap(one.path, each.path)
                for each in live
            )


def test_a_path_never_has_two_live_holders(tmp_path: Path) -> None:
    machine = type("Machine", (Holders,), {"folder": tmp_path})
    run_state_machine_as_test(machine, settings=settings(max_examples=40, stateful_step_count=25, deadline=None))
