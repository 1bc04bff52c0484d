"""Sentence encoders of a few kilobytes: a row for each word, their mean; as ONNX and as model2vec folders.

Words of one group have nearly the same row, so a question may ask in other words than the text it is answered by.
"""

import json
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

GROUPS = (
    ("request", "body", "send", "server"), ("install", "installer", "run"), ("port", "attempts", "settings"),
    ("pool", "reservoir", "idle"), ("again", "times", "retry", "three", "sent"), ("address", "client", "open"),
)  # fmt: skip
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
PIECES = [*SPECIAL, *(word for group in GROUPS for word in group), *LETTERS, *(f"##{letter}" for letter in LETTERS)]
FLOAT, INT64 = 1, 7


def rows(dimensions: int = 16, seed: int = 0) -> NDArray[np.float32]:
    """Return a row for each piece; letters and special tokens say next to nothing."""
    random = np.random.default_rng(seed)
    table = random.standard_normal((len(PIECES), dimensions)).astype(np.float32) * 0.01
    for group in GROUPS:
        meaning = random.standard_normal(dimensions).astype(np.float32)
        for word in group:
            table[PIECES.index(word)] += meaning
    return table


def onnx_folder(
    folder: Path, table: NDArray[np.float32] | None = None, inputs: Sequence[str] = ("input_ids", "attention_mask")
) -> Path:
    """Write a folder with `model.onnx` and `vocab.txt`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(graph(rows() if table is None else table, inputs))
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n")
    return folder


def static_folder(folder: Path, table: NDArray[np.float32] | None = None, **more: NDArray[np.generic]) -> Path:
    """Write a folder in model2vec's form."""
    folder.mkdir(parents=True, exist_ok=True)
    held = {"embeddings": rows() if table is None else table, **more}
    (folder / "model.safetensors").write_bytes(safetensors(held))
    (folder / "tokenizer.json").write_text(json.dumps(TOKENIZER))
    (folder / "config.json").write_text('{"model_type": "model2vec", "normalize": true}')
    return folder


TOKENIZER = {
    "version": "1.0", "truncation": None, "padding": None, "added_tokens": [],
    "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                   "strip_accents": None, "lowercase": True},
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
    "decoder": None,
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
              "max_input_chars_per_word": 100, "vocab": {piece: at for at, piece in enumerate(PIECES)}},
}  # fmt: skip


def safetensors(held: dict[str, NDArray[np.generic]]) -> bytes:
    """Return arrays as the bytes of a safetensors file."""
    names = {"float32": "F32", "float16": "F16", "int64": "I64", "int8": "I8"}
    header, body = {}, b""
    for name, array in held.items():
        data = np.ascontiguousarray(array).tobytes()
        header[name] = {
            "dtype": names[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [len(body), len(body) + len(data)],
        }
        body += data
    said = json.dumps(header).encode()
    return struct.pack("<Q", len(said)) + said + body


def graph(table: NDArray[np.float32], inputs: Sequence[str]) -> bytes:
    """Return a model that looks each token up in a table, in ONNX's protobuf form (onnx.proto, IR version 8)."""
    node = _text(1, "table") + _text(1, "input_ids") + _text(2, "last_hidden_state") + _text(4, "Gather")
    tensor = b"".join(_number(1, size) for size in table.shape) + _number(2, FLOAT)
    tensor += _text(8, "table") + _field(9, np.ascontiguousarray(table).tobytes())
    body = _field(1, node) + _text(2, "tiny") + _field(5, tensor)
    body += b"".join(_field(11, _value(name, INT64, ("batch", "sequence"))) for name in inputs)
    body += _field(12, _value("last_hidden_state", FLOAT, ("batch", "sequence", table.shape[1])))
    return _number(1, 8) + _field(7, body) + _field(8, _number(2, 13))


def _value(name: str, kind: int, shape: Sequence[str | int]) -> bytes:
    sizes = (_text(2, size) if isinstance(size, str) else _number(1, size) for size in shape)
    dims = b"".join(_field(1, size) for size in sizes)
    return _text(1, name) + _field(2, _field(1, _number(1, kind) + _field(2, dims)))


def _varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _field(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _text(field: int, text: str) -> bytes:
    return _field(field, text.encode())
