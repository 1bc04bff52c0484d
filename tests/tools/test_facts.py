"""A question that asks for a value is answered by the fact, its line and its proof."""

import sqlite3
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from cistron.tools.models.packet import Item, Packet
from cistron.tools.packet import PacketTools
from cistron.tools.verify import VerifyTools

from .conftest import read_in

CLIENT = '''"""A client."""

MAX_RETRIES = 5


class Client:
    """Talks to a server."""

    def __init__(self, address: str, timeout: float = 2.5, verify: bool = True) -> None:
        self.address = address
'''
SERVER = '''"""A server."""

import os

API_PASSWORD = "hunter2-Xy7-Qz9w8"


def main(port: int = 8000, workers: int = 4) -> None:
    """Serve until the end."""
    level = os.environ.get("LOG_LEVEL", "info")
'''
PYPROJECT = '[project]\nname = "demo"\nversion = "1.4.0"\nrequires-python = ">=3.10"\n'

Ask = Callable[..., Packet]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "repo"
    tree.mkdir()
    for name, text in {"client.py": CLIENT, "server.py": SERVER, "pyproject.toml": PYPROJECT}.items():
        (tree / name).write_text(text)
    (tree / "compose.yaml").write_text('services:\n  db:\n    image: postgres:16\n    ports:\n      - "5433:5432"\n')
    return tree


@pytest.fixture
def ask(tree: Path, store: Path) -> Generator[Ask]:
    services = read_in(store, tree)
    tools = PacketTools(services)
    yield tools.context_packet
    services.close()


def facts(packet: Packet) -> list[Item]:
    return [item for item in packet.items if item.kind == "fact"]


@pytest.mark.parametrize(
    ("query", "path", "line", "text"),
    [
        pytest.param("what port does the server listen on?", "server.py", 8, "port = 8000", id="port"),
        pytest.param("default timeout of the client", "client.py", 9, "timeout = 2.5", id="timeout"),
        pytest.param("default deadline of Client", "client.py", 9, "timeout = 2.5", id="another word"),
        pytest.param(
            "which python version is required", "pyproject.toml", 4, "project.requires-python = >=3.10", id="python"
        ),
        pytest.param("what is MAX_RETRIES", "client.py", 3, "MAX_RETRIES = 5", id="constant"),
        pytest.param("how many retries are made at most", "client.py", 3, "MAX_RETRIES = 5", id="how many"),
        pytest.param("is verify enabled by default for the client", "client.py", 9, "verify = True", id="switch"),
        pytest.param("what is LOG_LEVEL set to", "server.py", 10, "LOG_LEVEL = info", id="environment"),
        pytest.param(
            "which port does the db service expose", "compose.yaml", 5, "services.db.ports = 5433:5432", id="yaml"
        ),
        pytest.param(
            "what is the value of API_PASSWORD", "server.py", 5, "API_PASSWORD = (secret, not kept)", id="secret"
        ),
    ],
)
def test_a_question_for_a_value_is_answered_by_its_line_first(
    ask: Ask, query: str, path: str, line: int, text: str
) -> None:
    first = ask(query).items[0]
    assert (first.kind, first.path, first.start_line, first.end_line, first.text) == ("fact", path, line, line, text)
    assert (first.status, first.location) == ("verified", "probable")


@pytest.mark.parametrize(
    "query",
    [
        "how does the client talk to a server",
        "Client.__init__",
        "why does the client time out",
        "where is MAX_RETRIES used",
        "which function serves until the end",
        "Talks to a server.",
    ],
)
def test_a_question_that_asks_for_no_value_gets_no_facts(ask: Ask, query: str) -> None:
    assert not facts(ask(query))


def test_no_more_than_three_facts_are_given(tree: Path, ask: Ask) -> None:
    for n in range(8):
        (tree / f"part{n}.py").write_text(f"def run_{n}(timeout: float = {n}.5) -> None:\n    pass\n")
    assert len(facts(ask("what is the default timeout"))) <= 3


def test_a_value_that_changed_is_given_as_it_is_now_and_healed(tree: Path, ask: Ask) -> None:
    ask("what is MAX_RETRIES")
    (tree / "client.py").write_text(CLIENT.replace('"""A client."""\n', '"""A client."""\n\n').replace("= 5", "= 9"))
    first = ask("what is MAX_RETRIES").items[0]
    assert (first.text, first.start_line, first.status) == ("MAX_RETRIES = 9", 4, "verified")
    assert (first.evidence.rung, first.healed) == ("changed", True)


def test_a_line_that_moved_keeps_its_value_and_says_so(tree: Path, ask: Ask) -> None:
    (tree / "client.py").write_text("# one more line\n" + CLIENT)
    first = ask("what is MAX_RETRIES").items[0]
    assert (first.text, first.start_line, first.evidence.rung) == ("MAX_RETRIES = 5", 4, "moved")


def test_a_value_is_read_from_the_file_while_another_holds_the_store(tree: Path, store: Path, ask: Ask) -> None:
    ask("what is MAX_RETRIES")
    other = sqlite3.connect(store, isolation_level=None)
    other.execute("begin immediate")
    (tree / "client.py").write_text(CLIENT.replace("= 5", "= 9"))
    first = ask("what is MAX_RETRIES").items[0]
    other.execute("rollback")
    other.close()
    assert (first.text, first.status, first.evidence.rung) == ("MAX_RETRIES = 9", "verified", "changed")


def test_a_setting_that_was_removed_is_no_longer_answered(tree: Path, ask: Ask) -> None:
    (tree / "client.py").write_text(CLIENT.replace("MAX_RETRIES = 5\n", ""))
    assert not [item for item in facts(ask("what is MAX_RETRIES")) if "MAX_RETRIES" in (item.text or "")]


def test_the_id_of_a_fact_can_be_verified(tree: Path, store: Path) -> None:
    services = read_in(store, tree)
    item = PacketTools(services).context_packet("what is MAX_RETRIES").items[0]
    result = VerifyTools(services).verify([item.id]).results[0]
    services.close()
    assert (result.status, result.path) == ("verified", "client.py")


def test_a_session_that_was_shown_a_fact_is_told_when_its_place_changes(tree: Path, ask: Ask) -> None:
    ask("default timeout of the client", session="one")
    (tree / "client.py").write_text(CLIENT.replace("2.5", "7.5"))
    told = ask("default timeout of the client", session="one")
    assert (told.items[0].text, told.items[0].evidence.seen) == ("timeout = 7.5", "older")
