"""Every place says which lane brought it where it stands, and a lane that is switched off says nothing."""

from pathlib import Path

import pytest

from cistron.genome.search.fuse import PER_FILE
from cistron.genome.search.lanes.table import NAMES
from cistron.tools.errors import UsageError
from cistron.tools.explain import ExplainTools, explain_text
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services

from .conftest import read_in

QUESTIONS = ("Client.send_request", "where is a body sent again", "src/client.py retry", "how often is a request sent?")


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_parts_add_up_to_the_order_of_the_packet(asked: Services, question: str) -> None:
    explained = [item for item in ExplainTools(asked).explain(question, 50).items if item.fact is None]
    paths = [item.path for item in explained]
    scores = [item.score for at, item in enumerate(explained) if paths[:at].count(item.path) < PER_FILE]
    assert scores == sorted(scores, reverse=True)
    assert all(item.score == pytest.approx(sum(item.lanes.values()), abs=1e-3) for item in explained)
    packet = PacketTools(asked).context_packet(question, max_items=50, max_tokens=20_000)
    order = [(item.path, item.start_line) for item in packet.items if item.kind != "fact"]
    told = [(item.path, item.start_line) for item in explained]
    assert order == [place for place in told if place in set(order)]


def test_each_lane_is_named_where_it_speaks(asked: Services) -> None:
    named = ExplainTools(asked).explain("Client.send_request in src/client.py").items[0]
    assert named.lanes["symbol"] > 0
    assert named.lanes["path"] > 0
    assert named.values["text"] > 0


def test_a_lane_that_is_off_adds_nothing(tree: Path, store: Path) -> None:
    services = read_in(store, tree, lanes={"symbol": False})
    answer = ExplainTools(services).explain("Client.send_request")
    assert answer.off == ["symbol", *[name for name in NAMES if name in answer.off and name != "symbol"]]
    assert all("symbol" not in item.lanes for item in answer.items)
    assert "off: symbol" in explain_text(answer)
    services.close()


@pytest.mark.parametrize("only", NAMES)
def test_each_lane_alone_answers_or_finds_nothing(tree: Path, store: Path, only: str) -> None:
    services = read_in(store, tree, lanes={name: name == only for name in NAMES})
    for question in QUESTIONS:
        packet = PacketTools(services).context_packet(question)
        assert 0 <= packet.confidence <= 1
    services.close()


def test_an_unknown_lane_is_named_with_those_there_are(store: Path) -> None:
    with pytest.raises(UsageError, match="no lane 'sonar'; the lanes are: text, symbol"):
        Services(store, lanes={"sonar": True})
