"""A static sentence encoder in model2vec's form: a row for each token, and the mean of a text's rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelUnusable
from . import tokenizer
from .encoders import Document, Vectors, as_text, as_words, name_of, settings_in, to_rows, tried, unit

WEIGHTS = "model.safetensors"
LONGEST = 512  # tokens of a text, as model2vec reads
MOST_HEADER = 1 << 24  # bytes
TYPES = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "I64": np.int64, "I32": np.int32, "I8": np.int8}


class StaticEncoder:
    """The rows of a model2vec folder, read through a memory map. Several threads may share it.

    Args:
        folder: Holds `model.safetensors`, `tokenizer.json` and `config.json`.

    Raises:
        ModelUnusable: A file is missing, damaged, or of another form.
    """

    kind = "static"

    def __init__(self, folder: Path) -> None:
        weights, self._what = folder / WEIGHTS, f"the model {folder.name!r}"
        if not weights.is_file():
            raise ModelUnusable(f"{folder.name!r} has neither model.onnx nor {WEIGHTS}; name a folder with one of them")
        spelled = tokenizer.files_of(folder)
        self._tokenizer = tokenizer.read(spelled[0], LONGEST, tokenizer.settings_of(folder))
        held = tensors(weights)
        if "embeddings" not in held or held["embeddings"].ndim != 2:
            raise ModelUnusable(f"{self._what} has no static rows; a transformer is needed as model.onnx")
        self._rows = held["embeddings"]
        self._factors = held.get("weights")
        self._row_of = held.get("mapping")
        self._check()
        self.model = name_of([weights, *spelled], "static")
        self._unknown = _unknown(self._tokenizer, spelled[0])
        self.dimensions = tried(self._run, self._what)

    def encode_query(self, text: str) -> Vectors:
        """Return a question's vector: (dimensions,), unit length; zeros where no token is known."""
        return unit(self._run([as_words(text)]))[0]

    def encode_documents(self, documents: Sequence[Document]) -> NDArray[np.int8]:
        """Return a row for each document: (documents, dimensions), only its direction counts."""
        if not documents:
            return np.zeros((0, self.dimensions), np.int8)
        return to_rows(self._run([as_text(document) for document in documents]))

    def _run(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._mean(ids) for ids in tokenizer.cut(self._tokenizer, texts, special=False)])

    def _mean(self, tokens: list[int]) -> Vectors:
        most = len(self._rows if self._row_of is None else self._row_of)
        ids = np.array([token for token in tokens if token != self._unknown and token < most], np.intp)
        if not len(ids):
            return np.zeros(self._rows.shape[1], np.float32)
        at = ids if self._row_of is None else np.asarray(self._row_of[ids], np.intp)
        rows = np.asarray(self._rows[at], np.float32)
        factors = np.ones(len(ids), np.float32) if self._factors is None else np.asarray(self._factors[ids], np.float32)
        with np.errstate(invalid="ignore", over="ignore"):  # whoever asked looks for what is not finite
            return (factors @ rows / np.float32(len(ids))).astype(np.float32)

    def _check(self) -> None:
        size, rows = self._tokenizer.get_vocab_size(), len(self._rows)
        tokens = rows if self._row_of is None else len(self._row_of)
        wrong = tokens < size or (self._factors is not None and self._factors.shape != (tokens,))
        wrong = wrong or (self._row_of is not None and (self._row_of.min() < 0 or self._row_of.max() >= rows))
        if wrong:
            raise ModelUnusable(f"{self._what} has {rows} rows for {size} tokens; its files do not belong together")


def _unknown(cut: tokenizer.Tokenizer, path: Path) -> int | None:
    """Return the token that stands for what the vocabulary lacks, which model2vec leaves out of the mean."""
    model = settings_in(path).get("model") if path.suffix == ".json" else None
    piece = model.get("unk_token") if isinstance(model, dict) else "[UNK]"
    return cut.token_to_id(piece) if isinstance(piece, str) else None


def tensors(path: Path) -> dict[str, NDArray[np.generic]]:
    """Return the tensors of a safetensors file by name, through a memory map; of types not read here none.

    Raises:
        ModelUnusable: The file is truncated or is none.

    Source: the format's description, https://github.com/huggingface/safetensors
    """
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= MOST_HEADER:
                raise ValueError(f"a header of {length} bytes")
            header = json.loads(file.read(length))
        whole = np.memmap(path, np.uint8, mode="r", offset=8 + length)
        found: dict[str, NDArray[np.generic]] = {}
        for name, entry in header.items():
            if name != "__metadata__" and entry["dtype"] in TYPES:
                start, end = entry["data_offsets"]
                found[name] = whole[start:end].view(TYPES[entry["dtype"]]).reshape(entry["shape"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelUnusable(f"{path.name} of the model is damaged ({error})") from error
    return found
