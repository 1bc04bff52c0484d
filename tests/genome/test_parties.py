"""To whom the texts of a store belong that was made before parties had texts of their own."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from cistron.genome.reading.reader import READER, read
from cistron.genome.records import Identity, Stamp
from cistron.genome.store import contents, migrate, sources
from cistron.tools.caller import Caller, acting
from cistron.tools.packet import PacketTools
from cistron.tools.resonance import ResonanceTools
from cistron.tools.services import Services
from cistron.tools.verify import VerifyTools

BEFORE = 6  # the schema without parties
WORDS = {"local": "The harbour crane is greased weekly.", "laptop": "The harbour crane is painted yearly."}


def older_store(path: Path, tree: Path, parties: tuple[str, ...]) -> None:
    """Make a store of the schema before, with a note, a kept text and a link by an agent of each party."""
    connection = apsw.Connection(str(path))
    connection.create_scalar_function("index_text", migrate._index_text, 1, deterministic=True)
    connection.create_scalar_function("canonical", migrate._canonical, 1, deterministic=True)
    for number, sql in migrate.steps().items():
        if number <= BEFORE:
            connection.execute(sql)
    connection.pragma("user_version", BEFORE)
    connection.pragma("application_id", migrate.APPLICATION_ID)
    connection.execute("insert into root values (1, ?, 'repo', 'folder', null, 0, null, null, null)", (str(tree),))
    connection.execute("insert into root values (2, 'notes', 'notes', 'virtual', null, 0, 0, null, null)")
    connection.execute("insert into org values (1, 'local')")
    for number, party in enumerate(parties, 1):
        connection.execute("insert into party values (?, 1, ?)", (number, party))
        connection.execute("insert into participant values (?1, ?1, 'local')", (number,))
        connection.execute("insert into agent values (?1, ?1, 'agent')", (number,))
        for name in (f"note/n{number}", f"page/{party}"):
            source = kept(connection, name, WORDS[party])
            if name.startswith("note/"):
                sql = "insert into note values (?, ?, 'finding', 'live', ?, null, null, 0, 1.0)"
                connection.execute(sql, (number, source, number))
            else:
                sql = "insert into event (agent, kind, detail, at) values (?, 'ingest', ?, 1.0)"
                connection.execute(sql, (number, name))
    connection.execute("insert into anchor values (1, 1, 'src/app.py', null, null, 0), (2, 1, 'b.py', null, null, 0)")
    connection.execute("insert into link values (1, 'coactivation', 2, 1.0, 1.0), (2, 'co-change', 1, 1.0, 1.0)")
    connection.execute("insert into usage values (1, 'use', 1.0, 1.0), (2, 'commit', 1.0, 1.0)")
    connection.close()


def kept(connection: apsw.Connection, name: str, text: str) -> int:
    reading = read(name, text.encode())
    assert reading is not None
    content, _ = contents.add(connection, text.encode() + name.encode(), "note:text", reading, READER, 1.0)
    return sources.point(connection, 2, name, content, Stamp(1, 1, 1, 0, 0), 1.0, ingested=True)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "repo" / "src").mkdir(parents=True)
    (tmp_path / "repo" / "src" / "app.py").write_text("def run() -> int:\n    return 1\n")
    return tmp_path / "repo"


def seen(services: Services, party: str) -> set[str]:
    """The texts of older notes and pages that a party is shown."""
    with acting(Caller(Identity(party=party), "s-1")):
        packet = PacketTools(services).context_packet("remember: harbour crane", max_items=20)
        known = VerifyTools(services).verify(["n1", "n2"]).results
    assert len([one for one in known if one.note and "receipts" in one.note]) == 1
    return {item.path for item in packet.items if item.path.startswith(("note/", "page/"))}


@pytest.mark.parametrize("host", ["local", "box-1"])
def test_the_owner_of_an_older_store_is_still_shown_its_notes(tree: Path, tmp_path: Path, host: str) -> None:
    older_store(tmp_path / "genome.db", tree, ("local",))
    services = Services(tmp_path / "genome.db", [tree], host=host, vectors=False)
    assert seen(services, "local") == {"note/n1", "page/local"}
    assert ResonanceTools(services).resonance("src/app.py").neighbours
    services.close()


def test_what_several_parties_had_written_is_each_ones_own(tree: Path, tmp_path: Path) -> None:
    older_store(tmp_path / "genome.db", tree, ("laptop", "local"))
    services = Services(tmp_path / "genome.db", [tree], host="box-1", vectors=False)
    assert seen(services, "laptop") == {"note/n1", "page/laptop"}
    assert seen(services, "local") == {"note/n2", "page/local"}
    services.close()


def test_a_store_whose_party_was_always_named_is_that_partys(tree: Path, tmp_path: Path) -> None:
    older_store(tmp_path / "genome.db", tree, ("laptop",))
    services = Services(tmp_path / "genome.db", [tree], host="box-1", vectors=False)
    assert seen(services, "local") == seen(services, "laptop") == {"note/n1", "page/laptop"}
    services.close()
