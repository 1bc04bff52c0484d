import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cistron.genome.reading import vectors
from cistron.genome.reading.vectors import Encoder
from cistron.genome.search import dense as dense_lane
from cistron.genome.search import matrix as matrices
from cistron.genome.search.candidates import standing
from cistron.genome.search.dense import Dense, load
from cistron.genome.search.matrix import Matrix
from cistron.genome.store.database import Database
from cistron.tools.services import Services

ENCODER = Encoder()
CODE = {
    "net/pool.py": "def acquire(pool):\n    conn = pool.idle.pop()\n    conn.ping()\n    return conn\n",
    "text/wrap.py": "def wrap(words, width):\n    for word in words:\n        if len(line) > width: flush()\n",
    "auth/tokens.py": "def verify(token, key):\n    payload = jwt.decode(token, key)\n    check_expiry(payload)\n",
}


def forever() -> bool:
    return False


def write(tree: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)


def ingest(services: Services) -> Database:
    services.ingest_work(services.roots()[0], None)(lambda _: None, forever)
    return services.engine().database


def found(services: Services, dense: Dense, question: str, limit: int = 10) -> list[str]:
    with services.engine().database.snapshot() as connection:
        near = dense.propose(connection, question, limit)
        roots = {root.id: root for root in services.roots()}
        return [spot.source.path for spot in standing(connection, [passage for passage, _ in near], roots)]


def random_rows(seed: int, count: int, dimensions: int = 64) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((count, dimensions))
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return np.rint(rows * 127).astype(np.int8)


def brute(rows: np.ndarray, keys: np.ndarray, live: np.ndarray, query: np.ndarray, limit: int) -> list[int]:
    scores = rows.astype(np.float64) @ query
    order = sorted(np.flatnonzero(live & (scores > 0)), key=lambda at: (-np.float32(scores[at]), keys[at]))
    return [int(keys[at]) for at in order[:limit]]


@settings(deadline=None)
@given(
    parts=st.lists(st.integers(0, 70), min_size=1, max_size=6),
    seed=st.integers(0, 10_000),
    limit=st.integers(1, 30),
    share=st.floats(0, 0.9),
)
def test_search_equals_brute_force_over_appends_and_removals(parts: list[int], seed: int, limit: int, share: float):
    random = np.random.default_rng(seed)
    rows, keys = random_rows(seed, sum(parts)), random.permutation(sum(parts)).astype(np.int64)
    query = np.sign(random.standard_normal(64)).astype(np.float32) / 8  # eighths: sums are exact, so ties are ties
    matrix = Matrix(64)
    start = 0
    for part in parts:
        matrix.append(keys[start : start + part], rows[start : start + part])
        start += part
    live = random.random(start) >= share
    matrix.remove(np.flatnonzero(~live))
    positions, got, cosines = matrix.search(query, limit)
    assert got.tolist() == brute(rows, keys, live, query, limit)
    assert keys[positions].tolist() == got.tolist()
    assert np.all(np.diff(cosines) <= 0)


def test_sign_codes_alone_choose_the_rows_that_agree_most(monkeypatch: pytest.MonkeyPatch):
    rows, keys = random_rows(1, 3_000), np.arange(3_000)
    matrix = Matrix(64)
    matrix.append(keys, rows)
    query = rows[1234].astype(np.float32) / 127
    exact = matrix.search(query, 5, exact=True)[1].tolist()
    monkeypatch.setattr(matrices, "EXACT_ROWS", 0)
    assert exact[0] == 1234
    monkeypatch.setattr(matrices, "RESCORED", 3_000)
    assert matrix.search(query, 5)[1].tolist() == exact  # all pass: the same answer
    monkeypatch.setattr(matrices, "RESCORED", 40)
    apart = (np.sign(rows) * np.sign(query) <= 0).sum(1)
    chosen = matrix.search(query, 5)[1].tolist()
    assert chosen[0] == 1234
    assert all(apart[at] <= np.sort(apart)[60] for at in chosen)


def test_an_empty_matrix_and_a_zero_question_find_nothing():
    matrix = Matrix(64)
    assert matrix.search(np.ones(64, np.float32), 5)[1].tolist() == []
    matrix.append(np.arange(10), random_rows(3, 10))
    assert matrix.search(np.zeros(64, np.float32), 5)[1].tolist() == []


def test_rows_of_another_width_are_refused():
    matrix = Matrix(64)
    with pytest.raises(ValueError, match=r"\(4, 128\)"):
        matrix.append(np.arange(4), random_rows(0, 4, 128))
    with pytest.raises(ValueError, match="3 keys"):
        matrix.append(np.arange(3), random_rows(0, 4))
    with pytest.raises(ValueError, match="multiple of 64"):
        Matrix(100)


def test_a_question_finds_the_function_it_describes(services: Services, tree: Path):
    write(tree, CODE)
    dense = Dense(ENCODER)
    assert dense.update(ingest(services), forever) == 3
    assert found(services, dense, "take a free connection")[0] == "net/pool.py"
    assert found(services, dense, "break a paragraph so that it fits a column")[0] == "text/wrap.py"


def test_nothing_is_found_before_the_first_update_and_in_an_empty_store(services: Services, tree: Path):
    dense = Dense(ENCODER)
    assert found(services, dense, "take a free connection") == []
    write(tree, CODE)
    ingest(services)
    assert found(services, dense, "take a free connection") == []
    assert found(services, dense, "?!") == []


def test_an_edit_is_found_after_the_next_update_alone(services: Services, tree: Path):
    write(tree, CODE)
    dense = Dense(ENCODER)
    dense.update(ingest(services), forever)
    write(tree, {"zip/pack.py": "def compress(archive):\n    for member in archive:\n        zlib.deflate(member)\n"})
    database = ingest(services)
    assert dense.update(database, forever) == 1
    assert found(services, dense, "make an archive smaller")[0] == "zip/pack.py"
    assert dense.update(database, forever) == 0


def test_passages_that_are_forgotten_are_no_longer_proposed(services: Services, tree: Path):
    write(tree, CODE)
    dense = Dense(ENCODER)
    database = ingest(services)
    dense.update(database, forever)
    with database.snapshot() as connection:
        before = [passage for passage, _ in dense.propose(connection, "take a free connection", 10)]
    with database.writing() as writer:
        writer.execute("delete from place where passage = ?", (before[0],))
        writer.execute("delete from passage where id = ?", (before[0],))
    with database.snapshot() as connection:
        after = [passage for passage, _ in dense.propose(connection, "take a free connection", 10)]
        assert after == before[1:]


def test_an_older_snapshot_is_not_shown_what_came_later(services: Services, tree: Path, tmp_path: Path):
    write(tree, CODE)
    dense = Dense(ENCODER)
    ingest(services)
    other = Database(tmp_path / "store" / "genome.db")
    with other.snapshot() as old:
        assert old.execute("select count(*) from embedding").get == 0
        dense.update(services.engine().database, forever)
        assert found(services, dense, "take a free connection")[0] == "net/pool.py"
        assert dense.propose(old, "take a free connection", 10) == []
    assert found(services, dense, "take a free connection")[0] == "net/pool.py"
    other.close()


def test_two_processes_follow_one_store(services: Services, tree: Path, tmp_path: Path):
    write(tree, CODE)
    dense, reader = Dense(ENCODER), Dense(Encoder())
    database = ingest(services)
    assert found(services, reader, "take a free connection") == []
    dense.update(database, forever)
    assert found(services, reader, "take a free connection") == found(services, dense, "take a free connection")
    other = Database(tmp_path / "store" / "genome.db")
    assert reader.update(other, forever) == 0
    other.close()


def test_a_question_takes_in_a_batch_of_what_came_and_an_update_all_of_it(
    services: Services, tree: Path, monkeypatch: pytest.MonkeyPatch
):
    write(tree, CODE)
    database = ingest(services)
    Dense(ENCODER).update(database, forever)
    monkeypatch.setattr("cistron.genome.search.dense.TAKEN_AT_ONCE", 1)
    whole, reader = Dense(ENCODER), Dense(ENCODER)
    assert whole.update(database, forever) == 0
    answers = [found(services, reader, "take a free connection") for _ in range(3)]
    assert len(answers[0]) <= 1
    assert answers[2] == found(services, whole, "take a free connection")
    assert answers[2][0] == "net/pool.py"


def test_an_update_that_is_stopped_goes_on_where_it_was(
    services: Services, tree: Path, monkeypatch: pytest.MonkeyPatch
):
    write(tree, CODE)
    monkeypatch.setattr("cistron.genome.search.dense.BATCH", 1)
    database = ingest(services)
    asked = iter([False, False, True])
    assert Dense(ENCODER).update(database, lambda: next(asked)) == 2
    assert Dense(ENCODER).update(database, forever) == 1


def test_rows_of_another_size_are_left_alone(services: Services, tree: Path):
    write(tree, CODE)
    dense = Dense(ENCODER)
    database = ingest(services)
    dense.update(database, forever)
    with database.writing() as writer:
        writer.execute("update embedding set vector = x'0102' where seq = 1")
    assert len(found(services, Dense(ENCODER), "take a free connection and break words of the token")) == 2


def another_model(folder: Path, name: str) -> Encoder:
    folder.mkdir()
    shipped = Path(vectors.__file__).parent
    shutil.copy(shipped / vectors.TABLE, folder)
    with np.load(shipped / vectors.REST) as held:
        parts = {part: held[part] for part in held.files}
    parts["model"] = np.frombuffer(name.encode(), np.uint8)
    np.savez(folder / vectors.REST, **parts)
    return Encoder(folder)


def test_each_model_searches_its_own_vectors_and_the_newest_two_are_kept(
    services: Services, tree: Path, tmp_path: Path
):
    write(tree, CODE)
    database = ingest(services)
    first = Dense(ENCODER)
    first.update(database, forever)
    second = Dense(another_model(tmp_path / "b", "b" * 16))
    assert found(services, second, "take a free connection") == []  # not by vectors that were made otherwise
    assert second.update(database, forever) == 3
    assert found(services, second, "take a free connection")[0] == "net/pool.py"
    assert found(services, first, "take a free connection")[0] == "net/pool.py"
    assert first.update(database, forever) == 0
    Dense(another_model(tmp_path / "c", "c" * 16)).update(database, forever)
    with database.snapshot() as connection:
        held = [row[0] for row in connection.execute("select name from embedding_model order by id")]
        assert held == ["b" * 16, "c" * 16]
        assert connection.execute("select count(*) from embedding").get == 6


def test_threads_ask_while_another_embeds(services: Services, tree: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cistron.genome.search.dense.BATCH", 3)
    write(tree, CODE)
    write(tree, {f"more/part{n}.py": f"def step{n}(batch):\n    return batch.split({n}).rows\n" for n in range(60)})
    database = ingest(services)
    dense = Dense(ENCODER)
    wrong: list[object] = []
    done = threading.Event()

    def ask() -> None:
        try:
            while not done.is_set():
                with database.snapshot() as connection:
                    known = connection.execute("select count(*) from embedding").get
                    near = dense.propose(connection, "take a free connection of the batch rows", 100)
                    if len(near) > known or len({passage for passage, _ in near}) < len(near):
                        wrong.append(near)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert dense.update(database, forever) == 63
    done.set()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_store_that_cannot_be_written_is_left_alone(services: Services, tree: Path, tmp_path: Path):
    write(tree, CODE)
    database = ingest(services)
    database.writable = False
    assert Dense(ENCODER).update(database, forever) == 0


def test_a_lane_without_its_model_is_none_and_says_why(monkeypatch: pytest.MonkeyPatch):
    said: list[str] = []
    monkeypatch.setattr(dense_lane.logger, "warning", lambda message, *values: said.append(message % values))
    assert load() is not None
    monkeypatch.setattr(vectors, "TABLE", "no such file")
    assert load() is None
    assert len(said) == 1
    assert "reinstall cistron-mcp" in said[0]
