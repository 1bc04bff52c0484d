"""Following a tree between questions: never complete before it was looked through, never in the way of a question."""

import os
import threading
from pathlib import Path

import apsw
import pytest

from cistron.genome.reading.freshen import Freshener
from cistron.genome.records import Root
from cistron.genome.store import sources
from cistron.tools.services import Services
from tests.genome.faults import child, store_of, write_works
from tests.genome.trees import write_tree

WAIT_S = 10.0
NOBODY = "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"


@pytest.fixture
def root(services: Services, tree: Path) -> Root:
    """The tree, read in, and edited before anybody looked."""
    write_tree(tree, 300)
    (root,) = services.roots()
    services.engine().ingester.ingest(root)
    (tree / "late.py").write_text("def late():\n    return 1\n")
    return services.roots()[0]


def is_known(services: Services, root: Root, path: str) -> bool:
    return sources.by_path(services.engine().database.reading(), root.id, path) is not None


def is_read_in_the_end(freshener: Freshener) -> bool:
    turn = threading.Event()
    return any(freshener.pending() == 0 or turn.wait(0.01) for _ in range(1_000))


def test_a_tree_that_was_never_looked_through_is_not_said_to_be_complete(services: Services, root: Root) -> None:
    freshener = services.engine().freshener
    assert freshener.freshen([root], 0.0) > 0
    assert freshener.freshen([root], WAIT_S) == 0
    assert is_known(services, root, "late.py")


def test_the_background_looks_through_what_no_question_waited_for(services: Services, root: Root) -> None:
    freshener = services.engine().freshener
    freshener.freshen([root], 0.0)
    assert is_read_in_the_end(freshener)
    assert is_known(services, root, "late.py")


def test_a_question_goes_on_while_another_writes_and_the_background_catches_up(services: Services, root: Root) -> None:
    engine = services.engine()
    other = apsw.Connection(str(engine.database.path))
    other.execute("begin immediate")
    assert engine.freshener.freshen([root], WAIT_S) > 0
    assert not is_known(services, root, "late.py")
    other.close()
    assert is_read_in_the_end(engine.freshener)
    assert is_known(services, root, "late.py")


def test_a_tree_that_went_away_keeps_its_files(services: Services, root: Root, tree: Path) -> None:
    freshener = services.engine().freshener
    assert freshener.freshen([root], WAIT_S) == 0
    tree.rename(tree.with_name("unplugged"))
    freshener.freshen([root], 0.2)
    reading = services.engine().database.reading()
    assert sources.count(reading, root.id, "live") == 301
    assert sources.count(reading, root.id, "gone") == 0


def test_a_closed_freshener_does_nothing(services: Services, root: Root) -> None:
    freshener = services.engine().freshener
    freshener.close()
    assert freshener.freshen([root], 0.0) > 0
    assert [thread.name for thread in threading.enumerate() if thread.name == "cistron-freshen"] == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up being root")
def test_files_below_a_folder_that_cannot_be_looked_into_are_not_gone(place: Path) -> None:
    tree = write_works(place / "tree")
    for mode in ("0", "0o111", "0o444"):
        locked = tree / f"locked{mode}"
        locked.mkdir()
        (locked / "n.py").write_text("def hidden():\n    return 1\n")
    store = store_of(tree, place / "store" / "genome.db")
    for mode in ("0", "0o111", "0o444"):
        (tree / f"locked{mode}").chmod(int(mode, 0))
    for path in (store.parent, *store.parent.iterdir()):
        path.chmod(0o777)
    program = """
from cistron.genome.store import sources
services = Services(store, [tree])
IngestTools(services).ingest(path=str(tree))
services.engine().freshener.freshen(services.roots(), 10.0)
known = sources.of_root(services.engine().database.reading(), services.roots()[0].id)
for path in sorted(known):
    if "locked" in path:
        print(path, known[path].state)
services.close()
"""
    said = child(place, tree, store, NOBODY + program)
    assert said == ["locked0/n.py live", "locked0o111/n.py live", "locked0o444/n.py live"]
