"""A packet is back within two seconds, whatever is asked and however long a lane would take."""

import base64
import random
import time
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from cistron.genome.search.lanes.lane import Candidate, Context, Lane, Proposed
from cistron.genome.search.lanes.table import NAMES
from cistron.genome.search.query import Query
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services

from .conftest import read_in

LIMIT_S = 2.0
ENDLESS = "with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) from n"
MANY = 50_000


def words(seed: int, count: int) -> str:
    drawn = random.Random(seed)
    return " ".join(
        drawn.choice(["send", "request", "retry", "client_", "body", "attempts", "x"]) for _ in range(count)
    )


TRACE = "Traceback (most recent call last):\n" + "".join(
    f'  File "/srv/app/src/client.py", line {n}, in send_request\n    return self.retry(body_{n}, attempts=3)\n'
    for n in range(150)
)
ADVERSARIAL = {
    "a stack trace of 300 lines": TRACE + "ValueError: the server took none of 3 attempts",
    "twenty thousand characters": words(1, 4_000)[:20_000],
    "a message of quotes": 'Error: "' + '" "' * 6_000,
    "a message of one word": "Error: " + "a" * 20_000,
    "nested repetition": "(a+)+$" * 3_000,
    "base64": base64.b64encode(random.Random(2).randbytes(15_000)).decode(),
    "paths": " ".join(f"src/part{n}/client.py" for n in range(900)),
    "names": " ".join(f"Client{n}.send_request{n}" for n in range(900)),
    "columns": "symbol: body: NEAR(send retry) " * 600,
    "stop words": "the of and to " * 1_400,
    "a value": "what is the default " + "port " * 50,
}


@pytest.fixture(scope="module")
def every_lane(tmp_path_factory: pytest.TempPathFactory) -> Generator[Services]:
    """Services over some hundred modules, with every lane switched on and a place with fifty thousand links."""
    folder = tmp_path_factory.mktemp("limit")
    tree = folder / "repo"
    (tree / "src").mkdir(parents=True)
    for n in range(120):
        text = (
            f"def send_{n}(request, body):\n    return retry(request, body, attempts={n})\n\n\nPORT_{n} = {8000 + n}\n"
        )
        (tree / "src" / f"client{n}.py").write_text(text)
    services = read_in(folder / "store" / "genome.db", tree, lanes=dict.fromkeys(NAMES, True))
    with services.engine().database.writing() as writer:
        root = services.roots()[0].id
        sql = "insert into anchor (root, path, nth) select ?, value, 0 from json_each(?) returning id"
        names = "[" + ",".join(f'"src/client{n}.py"' for n in range(MANY)) + "]"
        ids = [id_ for (id_,) in writer.execute(sql, (root, names))]
        rows = [(ids[0], id_) for id_ in ids[1:]] + [(id_, ids[0]) for id_ in ids[1:120]]
        writer.executemany(
            "insert into party_link values (0, ?, 'coactivation', ?, 1.0, 0.0)",
            rows,
        )
    yield services
    services.close()


@pytest.mark.parametrize("query", ADVERSARIAL.values(), ids=ADVERSARIAL.keys())
def test_an_adversarial_question_is_answered_in_time(every_lane: Services, query: str) -> None:
    begun = time.monotonic()
    PacketTools(every_lane).context_packet(query)
    assert time.monotonic() - begun < LIMIT_S


def test_a_place_with_fifty_thousand_links_costs_no_more_than_another(every_lane: Services) -> None:
    begun = time.monotonic()
    packet = PacketTools(every_lane).context_packet("send_0 request body")
    assert time.monotonic() - begun < LIMIT_S
    assert packet.items[0].path == "src/client0.py"


def _slow(query: Query, context: Context) -> Proposed:
    context.connection.execute(ENDLESS).fetchall()
    raise AssertionError("it was not ended")


def _slowly(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    context.connection.execute(ENDLESS).fetchall()
    raise AssertionError("it was not ended")


@pytest.mark.parametrize("lane", [Lane("slow", propose=_slow), Lane("slow", weigh=_slowly)], ids=["propose", "weigh"])
def test_a_lane_without_end_is_given_up_and_the_rest_is_told(
    tree: Path, store: Path, monkeypatch: pytest.MonkeyPatch, lane: Lane
) -> None:
    services = read_in(store, tree)
    monkeypatch.setattr(services, "lanes", (lane, *services.lanes))
    begun = time.monotonic()
    packet = PacketTools(services).context_packet("where might the installer fail to retry")
    assert time.monotonic() - begun < LIMIT_S
    assert packet.known != "yes"
    assert packet.reason == "time"
    assert packet.escalate_to == "grep"
    assert packet.items
    monkeypatch.undo()
    assert PacketTools(services).context_packet("where might the installer fail to retry").reason != "time"
    services.close()
