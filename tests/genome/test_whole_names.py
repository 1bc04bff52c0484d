"""Identifiers are terms of their own in the index, in a new store and in one that an older release wrote."""

from pathlib import Path

import apsw
import pytest

from cistron.genome.reading.ingest import Ingester
from cistron.genome.search.lexical import Idf
from cistron.genome.search.query import parse
from cistron.genome.search.rank import rank
from cistron.genome.store import migrate, sources
from cistron.genome.store.database import Database

APART = "def send():\n    return request\n\n\ndef other(send, request):\n    return send + request\n" * 3
WHOLE = "def deliver(queue):\n    return queue.send_request(retry_limit=3)\n"
OLD = """
    drop table text_term;
    drop table text_search;
    create virtual table text_search using fts5 (
        symbol, heading, body, facts, content = '', contentless_delete = 1, tokenize = 'ascii', detail = full
    );
    create virtual table text_term using fts5vocab (text_search, 'row');
    drop table encoding;
    drop table encoder;
    pragma user_version = 10;
"""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store over two modules, one of which holds the name, the other its words."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "apart.py").write_text(APART)
    (tree / "whole.py").write_text(WHOLE)
    database = Database(tmp_path / "genome.db")
    with database.writing() as writer:
        root = sources.add_root(writer, str(tree.resolve()), "folder", 0.0)
    Ingester(database).ingest(root)
    database.close()
    return tmp_path / "genome.db"


def answers(path: Path) -> tuple[int, list[tuple[str, float]]]:
    """How many passages hold the whole name, and what is found for it."""
    database = Database(path)
    reading = database.reading()
    query = parse("who calls send_request with retry_limit")
    held = Idf(reading, query.terms).held["send_request"]
    hits = rank(reading, query, sources.roots(reading), 9)
    database.close()
    return held, [(hit.source.path, round(hit.score, 6)) for hit in hits]


def test_a_name_is_counted_where_it_stands_and_not_where_its_words_do(store: Path) -> None:
    held, found = answers(store)
    assert held == 1
    assert found[0][0] == "whole.py"


def test_a_store_of_an_older_release_answers_as_a_new_one(store: Path) -> None:
    new = answers(store)
    connection = apsw.Connection(str(store))
    connection.execute(OLD)
    connection.close()
    assert answers(store) == new


def test_a_file_that_changed_after_the_upgrade_is_found_by_what_it_says_now(store: Path) -> None:
    (store.parent / "tree" / "whole.py").write_text(WHOLE.replace("send_request", "post_parcel"))
    database = Database(store)
    Ingester(database).ingest(sources.roots(database.reading())[0])
    reading = database.reading()
    assert Idf(reading, ("post_parcel", "parcel_post")).held == {"post_parcel": 1, "parcel_post": 0}
    database.close()
    assert migrate.latest() >= 11
