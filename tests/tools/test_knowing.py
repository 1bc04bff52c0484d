"""What a packet says of its own knowledge: through the tool, on a tree of real files."""

import random
from collections.abc import Generator
from pathlib import Path
from typing import get_args

import pytest

from cistron.tools.models.packet import TaskType
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services

CHANGING = ("edit", "debug", "ops", "quote")
STEMS = "order invoice customer shipment refund voucher basket address payment delivery".split()
VERBS = "create send cancel validate print archive merge export".split()


@pytest.fixture(scope="module", params=[True, False], ids=["with vectors", "words alone"])
def shop(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Generator[Services]:
    folder = tmp_path_factory.mktemp("knowing")
    rng = random.Random(7)
    for stem in STEMS:
        lines = [f"{stem.upper()}_LIMIT = {rng.randint(2, 90)}", ""]
        for verb in VERBS:
            other = rng.choice(STEMS)
            lines += ["", f"def {verb}_{stem}({stem}, {other}_id):", f"    if not {stem}.is_open:"]
            lines += [f'        raise ValueError("cannot {verb} a closed {stem} twice")']
            lines += [f"    return {stem}.{verb}({other}_id, limit={stem.upper()}_LIMIT)", ""]
        (folder / "repo" / stem).mkdir(parents=True)
        (folder / "repo" / stem / f"{stem}s.py").write_text("\n".join(lines))
    services = Services(folder / "store" / "genome.db", [folder / "repo"], vectors=request.param)
    services.start()
    services.ingest_work(services.roots()[0], None)(lambda _: None, lambda: False)
    while request.param and not services.engine().embedder.is_complete:
        services.engine().embedder.settle()
    yield services
    services.close()


def known(shop: Services, query: str, task: str = "explain") -> str:
    return PacketTools(shop).context_packet(query, task).known


@pytest.mark.parametrize("task", get_args(TaskType))
@pytest.mark.parametrize("query", ["cancel_refund", "where is print_voucher defined?", "refund/refunds.py"])
def test_what_is_named_as_it_stands_there_is_known_for_every_task(shop: Services, query: str, task: str) -> None:
    packet = PacketTools(shop).context_packet(query, task)
    assert (packet.known, packet.reason, packet.escalate_to) == ("yes", None, None)
    assert packet.items[0].location == "probable"


TASKS = ("explain", "edit")


def test_a_setting_and_an_error_that_stand_there_are_known(shop: Services) -> None:
    assert known(shop, "where is VOUCHER_LIMIT set?") == "yes"
    assert known(shop, 'why do I get "cannot merge a closed basket twice"') == "yes"


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("where is rotate_voucher defined", id="a name made of its own words"),
        pytest.param("how does CustomerMergeStrategy work", id="a class made of its own words"),
        pytest.param("eigenvalues of the laplacian matrix of a directed graph", id="another subject"),
        pytest.param("kubernetes ingress controller annotations", id="no word of it"),
        pytest.param("ConnectionResetError: peer closed the socket during the handshake", id="an error from elsewhere"),
    ],
)
@pytest.mark.parametrize("task", ["explain", "edit"])
def test_what_is_not_there_is_not_known_and_nothing_is_verified(shop: Services, query: str, task: str) -> None:
    packet = PacketTools(shop).context_packet(query, task)
    assert packet.known == "no"
    assert packet.reason in ("off_topic", "weak_match")
    assert packet.escalate_to == "grep"
    assert all(item.status != "verified" for item in packet.items)


@pytest.mark.parametrize("task", CHANGING)
def test_a_change_is_offered_no_doubtful_place_where_the_answer_is_not_known(shop: Services, task: str) -> None:
    packet = PacketTools(shop).context_packet("which spindle rotates a customer clockwise", task)
    assert packet.known == "no"
    assert all(item.location == "probable" for item in packet.items)


def test_who_changes_is_told_yes_no_sooner_than_who_looks(shop: Services) -> None:
    order = {"no": 0, "partial": 1, "yes": 2}
    for query in ("archive invoices", "open orders cannot", "voucher limit of a basket", "who exports the address"):
        looking, changing = known(shop, query, "explain"), known(shop, query, "edit")
        assert order[changing] <= order[looking], query


def test_a_change_is_offered_the_same_places_as_a_look_where_the_answer_may_be_here(shop: Services) -> None:
    looking, changing = (PacketTools(shop).context_packet("cancel_refund", task, max_items=50) for task in TASKS)
    assert changing.known != "no"
    assert len(changing.items) > 3
    assert [item.id for item in changing.items] == [item.id for item in looking.items]


@pytest.mark.parametrize(
    "query",
    ["how is a shipment exported", "what ends a purchase", "basket_id", 'raise "cannot print a closed voucher twice"'],
)
def test_confidence_does_not_depend_on_how_many_items_are_asked_for(shop: Services, query: str) -> None:
    tools = PacketTools(shop)
    few, many = (tools.context_packet(query, max_items=n) for n in (2, 20))
    assert few.confidence == many.confidence
    assert [item.p for item in few.items] == [item.p for item in many.items][: len(few.items)]


@pytest.mark.parametrize("task", TASKS)
def test_a_name_that_stands_in_a_text_without_being_defined_there_is_worth_a_look(tmp_path: Path, task: str) -> None:
    (tmp_path / "repo").mkdir()
    for number in range(9):
        (tmp_path / "repo" / f"a{number}.py").write_text(f"def needle_{number}x():\n    return {number}\n")
    (tmp_path / "repo" / "notes").write_text("def needle_99x():\n    return 99\n")
    services = Services(tmp_path / "store" / "genome.db", [tmp_path / "repo"])
    services.start()
    services.ingest_work(services.roots()[0], None)(lambda _: None, lambda: False)
    packet = PacketTools(services).context_packet("needle_99x", task)
    others = [PacketTools(services).context_packet(name, task) for name in ("needle_77x", "eedle_99")]
    services.close()
    assert (packet.known, packet.items[0].path) == ("partial", "notes")
    assert [other.known for other in others] == ["no", "no"]


def test_an_empty_store_says_so(tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    services = Services(tmp_path / "store" / "genome.db", [tmp_path / "repo"])
    services.start()
    packet = PacketTools(services).context_packet("anything at all")
    services.close()
    assert (packet.known, packet.confidence, packet.reason) == ("no", 0.0, "empty_store")
