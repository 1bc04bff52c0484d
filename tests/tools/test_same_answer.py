"""The same question of the same store has the same answer: a hundred times, in any process, whatever hashes do."""

import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from cistron.tools.ingest import IngestTools
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services

from .conftest import read_in

TIMES = 100  # of one question
QUESTIONS = (
    "where is a request sent again until the server takes it",
    "Client7.send_request",
    "ValueError: the server took none of 3 attempts",
    "what is the default port",
    "retry",
    "the",
)
ASK = """
import os
import sys
from pathlib import Path
from cistron.tools.ingest import IngestTools
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services

services = Services(Path(sys.argv[1]), [Path(sys.argv[2])], clock=lambda: 2e9)
embedder = services.engine().embedder
while not embedder.is_complete:
    embedder.settle()
for number, query in enumerate(sys.argv[3:]):
    packet = PacketTools(services).context_packet(query, session=f"{os.getpid()} {number}")
    sys.stdout.buffer.write(packet.model_dump_json(exclude={"store"}).encode() + b"\\n")
services.close()
"""


def module(number: int) -> str:
    """Return a module like its neighbours in all but numbers: many places that answer nearly as well."""
    return f'''"""Send requests to server {number % 7}."""

PORT = {8000 + number % 5}


class Client{number}:
    """Talks to a server."""

    def send_request(self, body: bytes) -> int:
        """Send a body again until the server takes it."""
        for attempt in range(3):
            if self.retry(body, attempt):
                return attempt
        raise ValueError("the server took none of 3 attempts")
'''


def standing_still(place: Path) -> Services:
    """Return services whose clock stands, long after the files were written: their stamps are proof from the start."""
    return Services(place / "genome.db", [place / "repo"], clock=lambda: 2e9)


def settle(services: Services) -> None:
    """Wait for all vectors."""
    embedder = services.engine().embedder
    while not embedder.is_complete:
        embedder.settle()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tree of look-alikes and a store that has read it, vectors and all."""
    folder = tmp_path_factory.mktemp("same")
    (folder / "repo").mkdir()
    for number in range(60):
        (folder / "repo" / f"client{number}.py").write_text(module(number))
    services = standing_still(folder)
    assert IngestTools(services).ingest(path=str(folder / "repo")).state == "done"
    settle(services)
    services.close()
    return folder


@pytest.fixture
def services(place: Path) -> Generator[Services]:
    """Services that are asked by one process alone, at a time that stands still."""
    services = standing_still(place)
    settle(services)
    yield services
    services.close()


def test_a_hundred_times_the_same_question_has_one_answer(services: Services) -> None:
    tools = PacketTools(services)
    answers = {
        tools.context_packet(QUESTIONS[0], session=f"asked {number}").model_dump_json(exclude={"store"})
        for number in range(TIMES)
    }
    assert len(answers) == 1


def test_processes_with_other_hash_seeds_give_the_same_answers(place: Path) -> None:
    command = [sys.executable, "-c", ASK, str(place / "genome.db"), str(place / "repo"), *QUESTIONS]
    answers: set[bytes] = set()
    for seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        answers.add(subprocess.run(command, env=environment, check=True, capture_output=True, timeout=60).stdout)
    (answer,) = answers
    assert answer.count(b"\n") == len(QUESTIONS)
    assert answer.count(b'"path"') > len(QUESTIONS)


@pytest.mark.parametrize("query", ["4242", "the", "zyzzyva", "?!", "Client7", "العربية", "עברית", "設定", "🚀"])
def test_a_store_of_one_file_answers_any_question(tmp_path: Path, query: str) -> None:
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "one.py").write_text(module(7))
    services = read_in(tmp_path / "genome.db", tmp_path / "repo")
    packet = PacketTools(services).context_packet(query)
    assert {item.path for item in packet.items} <= {"one.py"}
    assert packet.known != "yes" or query == "Client7"
    services.close()


def test_two_stores_in_one_process_keep_their_answers_apart(tmp_path: Path) -> None:
    opened: list[Services] = []
    for name in ("first", "second"):
        tree = tmp_path / name / "repo"
        tree.mkdir(parents=True)
        (tree / f"{name}.py").write_text(f"def {name}_only():\n    return {name!r}\n" + module(3))
        opened.append(read_in(tmp_path / name / "genome.db", tree))
    for services, own, other in zip(opened, ("first", "second"), ("second", "first"), strict=True):
        tools = PacketTools(services)
        assert tools.context_packet(f"{own}_only").items[0].path == f"{own}.py"
        assert tools.context_packet(f"{other}_only").known != "yes"
        assert {item.path for item in tools.context_packet("send a body again").items} == {f"{own}.py"}
    for services in opened:
        services.close()
