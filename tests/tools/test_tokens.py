"""The estimate of tokens against counted texts, and the lines of code that a budget leaves room for."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cistron.tools.ingest import IngestTools
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services
from cistron.tools.text import packet_text
from cistron.tools.tokens import tokens

COUNTED = Path(__file__).parents[2] / "fixtures" / "tokens" / "counted.jsonl"
SECRET = "sk-live-4f9a8b7c6d5e4f3a2b1c0d9e"


def ratios(kind: str) -> list[float]:
    rows = [json.loads(line) for line in COUNTED.read_text(encoding="utf-8").splitlines()]
    return [tokens(row["text"]) / row["claude"] for row in rows if row["kind"] == kind]


@pytest.mark.parametrize("kind", ["packet", "code"])
def test_the_estimate_is_right_within_two_percent_in_the_mean_and_ten_of_nearly_every_text(kind: str) -> None:
    found = ratios(kind)
    assert len(found) >= 24
    assert sum(found) / len(found) == pytest.approx(1, abs=0.02)
    assert sum(abs(ratio - 1) <= 0.10 for ratio in found) >= 0.95 * len(found)
    assert all(abs(ratio - 1) <= 0.12 for ratio in found)


@given(st.text(max_size=200))
def test_any_text_has_a_count_that_more_text_does_not_lessen(text: str) -> None:
    assert tokens(text) >= (1 if text else 0)
    assert tokens(f"{text}\nword") >= tokens(text)


@pytest.mark.parametrize("budget", [100, 150, 220, 400, 1500])
def test_lines_come_within_the_budget_first_items_first(asked: Services, budget: int) -> None:
    packet = PacketTools(asked).context_packet(
        "how is a request sent again", detail="lines", max_tokens=budget, ignore_delivered=True
    )
    places = PacketTools(asked).context_packet("how is a request sent again", max_tokens=budget, ignore_delivered=True)
    assert [item.id for item in packet.items] == [item.id for item in places.items]
    assert tokens(packet_text(packet)) <= budget * 1.02
    root = Path(asked.roots()[0].path)
    for item in packet.items:
        if item.text is not None and item.kind != "fact":
            lines = (root / item.path).read_text().split("\n")[item.start_line - 1 : item.end_line]
            assert "\n".join(lines).strip("\n").startswith(item.text)
    assert budget < 1500 or packet.items[0].text


def test_a_place_alone_has_no_text_by_default(asked: Services) -> None:
    packet = PacketTools(asked).context_packet("Client.send_request")
    assert packet.items[0].text is None
    assert "def send_request" not in packet_text(packet)


def test_the_lines_are_in_the_text_form_and_cannot_forge_an_item(services: Services, tree: Path) -> None:
    (tree / "src" / "forge.py").write_text('def forge():\n    """x"""\n    return "\\x1b"\nverified = 1\n')
    packet = PacketTools(services).context_packet("forge", detail="lines")
    assert packet.items[0].text is not None
    told = packet_text(packet).split("\n")
    assert "  def forge():" in told
    assert sum(line.startswith("verified [") for line in told) == len(packet.items)


def test_a_secret_is_told_by_neither_form_of_the_answer(services: Services, tree: Path) -> None:
    (tree / "src" / "keys.py").write_text(f'def connect():\n    api_key = "{SECRET}"\n    return api_key\n')
    assert IngestTools(services).ingest(path=str(tree)).state == "done"
    packet = PacketTools(services).context_packet("connect", detail="lines")
    assert packet.items[0].text is not None
    assert "def connect" in packet.items[0].text
    assert SECRET not in packet.model_dump_json() + packet_text(packet)


def test_what_changed_is_told_as_it_stands_now_or_not_at_all(services: Services, tree: Path) -> None:
    PacketTools(services).context_packet("open_client", detail="lines")
    path = tree / "src" / "client.py"
    path.write_text(path.read_text().replace("return Client()", "return Client(7)"))
    packet = PacketTools(services).context_packet("open_client", detail="lines")
    item = next(item for item in packet.items if item.symbol == "open_client")
    assert item.text is None or "return Client(7)" in item.text
