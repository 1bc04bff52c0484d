import json
import runpy
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cistron.genome.errors import ModelUnusable
from cistron.genome.reading import vectors
from cistron.genome.reading.vectors import Document, Encoder, to_int8

ROOT = Path(__file__).parents[2]
SHIPPED = Path(vectors.__file__).parent
ENCODER = Encoder()


def cosine(query: str, document: Document) -> float:
    row = ENCODER.encode_documents([document])[0].astype(np.float32) / 127
    return float(ENCODER.encode_query(query) @ row)


def copy_of_model(folder: Path, **changes: np.ndarray) -> Path:
    shutil.copy(SHIPPED / vectors.TABLE, folder)
    with np.load(SHIPPED / vectors.REST) as held:
        np.savez(folder / vectors.REST, **{**{name: held[name] for name in held.files}, **changes})
    return folder


def test_a_sentence_is_nearest_to_the_function_it_describes():
    functions = [
        Document("net/pool.py", "Pool.acquire", "", "conn = self._idle.pop()\nawait conn.ping()\nreturn conn"),
        Document("text/wrap.py", "wrap_lines", "", "for word in words:\n    if len(line) > width:\n        flush()"),
        Document("auth/tokens.py", "verify", "", "payload = jwt.decode(token, key)\ncheck_expiry(payload)"),
    ]
    rows = ENCODER.encode_documents(functions).astype(np.float32)
    for asked, right in [
        ("take a free connection", 0),
        ("break a paragraph so that it fits a column", 1),
        ("is the signature of a login valid", 2),
    ]:
        assert int(np.argmax(rows @ ENCODER.encode_query(asked))) == right


def test_identifiers_are_split_in_questions_and_documents():
    assert np.allclose(ENCODER.encode_query("parse HTTP header"), ENCODER.encode_query("header http_parse"), atol=0.3)
    assert cosine("retry request", Document("", "", "", "def retryRequest(): ...")) > cosine(
        "retry request", Document("", "", "", "def sortColumns(): ...")
    )


def test_symbol_heading_and_path_count():
    plain = Document("", "", "", "return x")
    for named in (
        plain._replace(symbol="compress_archive"),
        plain._replace(heading="Compress an archive"),
        plain._replace(path="tools/compress/archive.py"),
    ):
        assert cosine("compress the archive", named) > cosine("compress the archive", plain) + 0.1


@given(st.text(max_size=300), st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_any_text_gives_unit_length_or_zeros(text: str, path: str, symbol: str, heading: str):
    query = ENCODER.encode_query(text)
    row = ENCODER.encode_documents([Document(path, symbol, heading, text)])[0]
    assert query.dtype == np.float32
    assert query.shape == row.shape == (ENCODER.dimensions,)
    assert row.dtype == np.int8
    for vector in (query, row.astype(np.float32) / 127):
        assert np.linalg.norm(vector) == pytest.approx(1, abs=0.05) or not vector.any()  # rounded to 1/127


@pytest.mark.parametrize("text", ["", " \n\t", "!?*", "()[]{}"])
def test_text_without_a_word_is_a_zero_vector(text: str):
    assert not ENCODER.encode_query(text).any()
    assert not ENCODER.encode_documents([Document("", "", "", text)]).any()


def test_no_documents_give_no_rows():
    assert ENCODER.encode_documents([]).shape == (0, ENCODER.dimensions)


def test_the_same_text_gives_the_same_bytes_whatever_came_before():
    document = Document("a/b.py", "f", "", "for each file read the lines and count words")
    first = Encoder().encode_documents([document])[0].tobytes()
    used = Encoder()
    used.encode_documents([Document("z.py", "g", "words", "count lines of each file backwards: zebra, yak")] * 3)
    assert used.encode_documents([document])[0].tobytes() == first


def test_a_full_word_cache_changes_nothing(monkeypatch: pytest.MonkeyPatch):
    texts = ["open the file and read its lines", "close the socket after the last byte", "open the socket"]
    expected = [ENCODER.encode_query(text) for text in texts]
    monkeypatch.setattr(vectors, "CACHE_SIZE", 3)
    small = Encoder()
    for text, vector in zip(texts, expected, strict=True):
        assert np.array_equal(small.encode_query(text), vector)


def test_threads_share_an_encoder():
    shared = Encoder()
    texts = [f"read block {n} of the archive and verify checksum {n * n}" for n in range(200)]
    expected = [ENCODER.encode_query(text) for text in texts]
    wrong: list[str] = []

    def ask() -> None:
        wrong.extend(t for t, v in zip(texts, expected, strict=True) if not np.array_equal(shared.encode_query(t), v))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_the_model_is_named_by_its_content_and_fits_a_package():
    assert ENCODER.model == Encoder().model
    assert len(ENCODER.model) == 16
    size = sum((SHIPPED / name).stat().st_size for name in (vectors.TABLE, vectors.REST))
    assert size <= 10_000_000


def test_a_missing_model_is_said(tmp_path: Path):
    with pytest.raises(ModelUnusable, match="reinstall cistron-mcp"):
        Encoder(tmp_path)


@pytest.mark.parametrize("name", [vectors.TABLE, vectors.REST])
@pytest.mark.parametrize("kept", [0, 40, 5_000], ids=["empty", "half a head", "head alone"])
def test_a_truncated_model_is_said(tmp_path: Path, name: str, kept: int):
    folder = copy_of_model(tmp_path)
    (folder / name).write_bytes((folder / name).read_bytes()[:kept])
    with pytest.raises(ModelUnusable, match="reinstall cistron-mcp"):
        Encoder(folder)


@pytest.mark.parametrize("name", [vectors.TABLE, vectors.REST])
def test_a_foreign_file_is_said(tmp_path: Path, name: str):
    folder = copy_of_model(tmp_path)
    (folder / name).write_bytes(b"SQLite format 3\0" + bytes(5_000))
    with pytest.raises(ModelUnusable, match="reinstall cistron-mcp"):
        Encoder(folder)


def test_a_model_with_broken_numbers_or_another_form_is_said(tmp_path: Path):
    with np.load(SHIPPED / vectors.REST) as held:
        scale, means = held["scale"].copy(), held["means"]
    scale[3] = np.nan
    for changes in ({"scale": scale}, {"format": np.array(99)}, {"means": means[:, :10]}, {"scale": scale[:5]}):
        with pytest.raises(ModelUnusable, match="does not read"):
            Encoder(copy_of_model(tmp_path, **changes))


def test_numbers_that_are_not_finite_become_zeros():
    assert not to_int8(np.array([np.nan, 1.0, 0.5], np.float32)).any()
    assert to_int8(np.array([1.0, -1.0, 0.5], np.float32)).tolist() == [127, -127, 64]


def test_no_package_of_an_evaluation_was_trained_on():
    trained = {
        name for names in json.loads((ROOT / "fixtures/embedding/packages.json").read_text()).values() for name in names
    }
    corpora = runpy.run_path(str(ROOT / "tests/bench/shared/corpora.py"))
    known = runpy.run_path(str(ROOT / "tests/bench/knowledge/packages.py"))
    judged = {*corpora["RELEASES"], *corpora["LARGE"], *known["TRAIN"], *known["TEST"]}
    for listed in (ROOT / "fixtures").glob("questions/packages*.json"):
        judged |= set(json.loads(listed.read_text()))
    assert len(trained) > 1_000
    assert not trained & judged
