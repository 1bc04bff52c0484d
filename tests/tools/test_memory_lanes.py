"""What an agent used, and what it was used with or asked for, speaks for places, for it and its party alone."""

from collections.abc import Generator
from pathlib import Path

import pytest

from cistron.genome.records import Identity
from cistron.tools.caller import Caller, acting
from cistron.tools.explain import ExplainTools
from cistron.tools.ingest import IngestTools
from cistron.tools.models.explain import Explained
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services
from cistron.tools.verify import VerifyTools

from .conftest import Clock

LANES = ("coactivation", "context", "episodes")
DEPOTS = ("harbour", "airport", "station")
QUESTION = "how is a parcel weighed"
OWN, FELLOW = Caller(Identity(agent="ann"), "s9"), Caller(Identity(agent="ben"), "s9")
STRANGER = Caller(Identity(party="laptop", agent="ann"), "s9")


@pytest.fixture
def depots(tmp_path: Path, clock: Clock) -> Generator[Services]:
    """Three files that answer alike, of which an agent used two together, and one of them again and again."""
    for name in DEPOTS:
        (tmp_path / "repo").mkdir(exist_ok=True)
        text = f'def weigh_parcel(parcel):\n    """Weigh a parcel at the {name}."""\n    return parcel\n'
        (tmp_path / "repo" / f"{name}.py").write_text(text)
    services = Services(tmp_path / "genome.db", [tmp_path / "repo"], clock=clock, lanes=dict.fromkeys(LANES, True))
    assert IngestTools(services).ingest(path=str(tmp_path / "repo")).state == "done"
    for session, used in (("s1", ["station.py", "airport.py"]), ("s2", ["airport.py"]), ("s3", ["airport.py"])):
        clock.now += 86_400
        with acting(OWN):
            PacketTools(services).context_packet("where do we weigh a parcel", session=session)
            VerifyTools(services).verify([], used=used, session=session)
    yield services
    services.close()


def values(services: Services, lane: str, caller: Caller, query: str = QUESTION) -> dict[str, float]:
    with acting(caller):
        items = ExplainTools(services).explain(query).items
    return {item.path.removesuffix(".py"): item.values.get(lane, 0.0) for item in items}


def test_what_is_in_focus_comes_first_and_what_never_was_has_nothing(depots: Services) -> None:
    found = values(depots, "context", OWN)
    assert 1.0 >= found["airport"] > found["station"] > found["harbour"] == 0.0


def test_what_was_used_with_what_is_in_hand_is_linked(depots: Services) -> None:
    found = values(depots, "coactivation", OWN)
    assert 1.0 >= found["station"] > found["airport"] == found["harbour"] == 0.0


def test_what_was_used_after_a_like_question_is_recalled_for_the_whole_party(depots: Services) -> None:
    assert 1.0 >= values(depots, "episodes", OWN)["airport"] > 0.0
    assert not any(values(depots, "episodes", OWN, "port of the server").values())
    with acting(FELLOW):
        VerifyTools(depots).verify([], used=["harbour.py"], session="s4")
    assert values(depots, "episodes", FELLOW)["airport"] == values(depots, "episodes", OWN)["airport"]


@pytest.mark.parametrize("lane", LANES)
def test_nobody_elses_past_speaks_to_an_agent_without_one(depots: Services, lane: str) -> None:
    for caller in (FELLOW, STRANGER):
        assert not any(values(depots, lane, caller).values())


def test_another_party_is_recalled_nothing_though_it_has_a_past(depots: Services) -> None:
    with acting(STRANGER):
        VerifyTools(depots).verify([], used=["harbour.py"], session="s3")
    assert not any(values(depots, "episodes", STRANGER).values())
    assert not any(values(depots, "coactivation", STRANGER).values())


def test_the_same_state_gives_the_same_answer_years_later(depots: Services, clock: Clock) -> None:
    def items() -> list[Explained]:
        with acting(OWN):
            return ExplainTools(depots).explain(QUESTION).items

    before = items()
    clock.now += 1_000 * 86_400
    assert items() == before
    assert {"coactivation", "context", "episodes"} <= before[0].lanes.keys()


def test_what_another_process_learns_is_recalled_by_this_one(depots: Services, tmp_path: Path) -> None:
    assert values(depots, "episodes", OWN)["harbour"] == 0.0
    other = Services(tmp_path / "genome.db", [tmp_path / "repo"], clock=depots.clock)
    with acting(OWN):
        PacketTools(other).context_packet("how is any parcel weighed", session="s4")
        VerifyTools(other).verify([], used=["harbour.py"], session="s4")
    other.close()
    assert values(depots, "episodes", OWN)["harbour"] > 0.0
