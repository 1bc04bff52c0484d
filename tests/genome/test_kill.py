"""SIGKILL during an ingest, at twenty points: what was reported as done is there, and the next ingest completes it."""

import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from cistron.genome.reading.ingest import Ingester
from cistron.genome.store import sources
from cistron.genome.store.database import Database

from .trees import Places, everything

FILES = 120
POINTS = 20

CHILD = """
import json, sys
from pathlib import Path
from cistron.genome.reading.ingest import Ingester
from cistron.genome.store import sources
from cistron.genome.store.database import Database

store, tree = sys.argv[1:3]
database = Database(Path(store))
with database.writing() as writer:
    root = sources.add_root(writer, tree, "folder", 0.0)
print(json.dumps("begin"), flush=True)
Ingester(database).ingest(root, progress=lambda progress: print(json.dumps(progress.path), flush=True))
print(json.dumps("end"), flush=True)
database.close()
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hundred and twenty small files, some of them with the same text."""
    tree = tmp_path_factory.mktemp("kill") / "tree"
    for number in range(FILES):
        place = tree / f"d{number % 7}" / f"n{number:03}.py"
        place.parent.mkdir(parents=True, exist_ok=True)
        text = f"def work_{number % 100}(x):\n    return x + {number % 100}\n\n\ndef shared(x):\n    return x\n"
        place.write_text(text + f"\n\nlimit_{number} = {number}\n" * (number % 5))
    (tree / "README.md").write_text("# Title\n\n## Part\n\nText.\n")
    return tree


@pytest.fixture(scope="module")
def undisturbed(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Places:
    """What a single ingest that nobody disturbs stores."""
    database = Database(tmp_path_factory.mktemp("undisturbed") / "genome.db")
    complete(database, tree)
    found = everything(database.reading())
    database.close()
    assert len(found) > 2 * FILES
    return found


def complete(database: Database, tree: Path) -> None:
    with database.writing() as writer:
        root = sources.add_root(writer, str(tree), "folder", 0.0)
    Ingester(database).ingest(root)


def terms(connection: apsw.Connection) -> Places:
    return list(connection.execute("select term, doc, cnt from text_term order by term"))


def killed_after(count: int, store: Path, tree: Path) -> list[str]:
    """Start an ingest in a process, kill it once it has reported so many files, and return all that it reported."""
    command = [sys.executable, "-c", CHILD, str(store), str(tree)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said: list[str] = []
        for line in process.stdout:
            said.append(json.loads(line))
            if len(said) > count:
                break
        process.send_signal(signal.SIGKILL)
        said += [json.loads(line) for line in process.stdout if line.endswith("\n")]
    return [path for path in said if path not in ("begin", "end")]


def assert_sound(database: Database) -> None:
    assert database.integrity() == []
    connection = database.reading()
    assert list(connection.execute("pragma foreign_key_check")) == []
    orphans = "select count(*) from passage where id not in (select id from text_search_docsize)"
    assert connection.execute(orphans).get == 0
    with database.writing() as writer:
        writer.execute("insert into path_search (path_search) values ('integrity-check')")


@pytest.mark.parametrize("point", range(POINTS))
def test_an_ingest_that_is_killed_is_completed_by_the_next(
    tmp_path: Path, tree: Path, undisturbed: Places, point: int
) -> None:
    store = tmp_path / "genome.db"
    count = random.Random(point).randrange(0, FILES)
    done = killed_after(count, store, tree)
    database = Database(store)
    try:
        assert_sound(database)
        root = sources.roots(database.reading())[0]
        live = sources.of_root(database.reading(), root.id)
        assert {path for path in done if path not in live or live[path].state != "live"} == set()
        complete(database, tree)
        assert everything(database.reading()) == undisturbed
        assert_sound(database)
        assert sources.roots(database.reading())[0].complete
    finally:
        database.close()


def test_an_ingest_that_is_killed_again_and_again_is_completed_in_the_end(
    tmp_path: Path, tree: Path, undisturbed: Places
) -> None:
    store = tmp_path / "genome.db"
    chance = random.Random(99)
    for _ in range(6):
        killed_after(chance.randrange(10, 60), store, tree)
    database = Database(store)
    try:
        complete(database, tree)
        assert everything(database.reading()) == undisturbed
        assert_sound(database)
        fresh = Database(tmp_path / "fresh.db")
        complete(fresh, tree)
        assert terms(database.reading()) == terms(fresh.reading())
        fresh.close()
    finally:
        database.close()


def test_a_file_that_changes_between_the_kill_and_the_next_ingest_is_read_as_it_is_then(
    tmp_path: Path, undisturbed: Places
) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    for number in range(30):
        (tree / f"n{number:02}.py").write_text(f"def work_{number}(x):\n    return x\n")
    store = tmp_path / "store" / "genome.db"
    killed_after(15, store, tree)
    (tree / "n03.py").write_text("def other(x):\n    return x\n")
    (tree / "n04.py").unlink()
    (tree / "n25.py").unlink()
    database = Database(store)
    fresh = Database(tmp_path / "fresh" / "genome.db")
    try:
        complete(database, tree)
        complete(fresh, tree)
        assert everything(database.reading()) == everything(fresh.reading())
    finally:
        database.close()
        fresh.close()
