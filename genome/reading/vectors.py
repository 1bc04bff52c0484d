"""Static vectors of code and questions: a learnt row for each term, summed over the set of a text's terms.

`docs/embedding.md` tells how the rows were trained, and on what. A text's vector is the weighted sum of its terms'
rows, less the mean of all such sums, at unit length; questions and documents have term weights and means of their own.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelUnusable
from .terms import WORD, terms_of_word

TABLE, REST = "embedding.npy", "embedding.npz"
FORMAT = 1
MOST_WORDS = 1_500  # of a document; later ones say little that is new
MOST_WORDS_ASKED = 400
PATH_PARTS = 3  # of a path, from its end
INT8 = 127.0
CACHE_SIZE = 65_536  # words kept with their rows, about 10 MB
_PATH_PART = re.compile(r"[^/\\]+")


class Document(NamedTuple):
    """A text with what names it; empty where nothing does."""

    path: str
    symbol: str
    heading: str
    text: str


class Encoder:
    """The shipped model, or another of the same form.

    `model` names it by its content: vectors of two models cannot be compared. Several threads may share an encoder.

    Args:
        folder: Holds `embedding.npy` (int8, terms x dimensions, read through a memory map) and `embedding.npz`.

    Raises:
        ModelUnusable: A file is missing, damaged or of another form.
    """

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or Path(__file__).parent
        try:
            table = np.load(folder / TABLE, mmap_mode="r", allow_pickle=False)
            with (folder / REST).open("rb") as file, np.load(file, allow_pickle=False) as rest:
                held = {name: rest[name] for name in rest.files}
            terms = bytes(held["terms"]).decode().split("\n")
            form, self.model = int(held["format"]), bytes(held["model"]).decode()
            self._scale: NDArray[np.float32] = held["scale"].astype(np.float32)
            self._asked: NDArray[np.float32] = held["query_weight"].astype(np.float32)
            self._told: NDArray[np.float32] = held["document_weight"].astype(np.float32)
            self._fields: NDArray[np.float32] = held["field_weight"].astype(np.float32)  # symbol, heading, body, path
            self._means: NDArray[np.float32] = held["means"].astype(np.float32)  # (2, dimensions): query, document
        except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as error:
            raise ModelUnusable(
                f"the embedding in {folder} cannot be read ({error}); reinstall cistron-mcp, questions go on without it"
            ) from error
        self._table: NDArray[np.int8] = table
        self._check(folder, form, len(terms))
        self.dimensions: int = table.shape[1]
        self._rows = Rows(terms, len(table) - len(terms))
        for weights in (self._asked, self._told):
            weights *= self._scale  # a row's scale belongs to every sum it goes into

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """Return a question's vector: (dimensions,), unit length; zeros where no word says anything."""
        rows = sorted(_known(self._rows, WORD.findall(text)[:MOST_WORDS_ASKED]))
        return self._unit(self._sum(rows, self._asked[rows]), 0)

    def encode_documents(self, documents: Iterable[Document]) -> NDArray[np.int8]:
        """Return a row for each document: (documents, dimensions), unit vectors times 127, rounded.

        A document without a known word is a row of zeros, which no question comes near.
        """
        found = [to_int8(self._document(document)) for document in documents]
        return np.stack(found) if found else np.zeros((0, self.dimensions), np.int8)

    def term_vectors(self, terms: Sequence[str]) -> NDArray[np.float32]:
        """Return a unit row for each term: (terms, dimensions); zeros where a term is not in the table."""
        rows = np.array([self._rows.row_of(term) for term in terms], np.intp)
        found = self._table[np.maximum(rows, 0)].astype(np.float32)
        lengths = np.sqrt(np.einsum("ij,ij->i", found, found)) + 1e-9
        return np.where((rows >= 0)[:, None], found / lengths[:, None], np.float32(0))

    def _document(self, document: Document) -> NDArray[np.float32]:
        fields = document_rows(self._rows, document)
        rows: list[int] = []
        weights: list[NDArray[np.float32]] = []
        for held, factor in zip(fields, self._fields, strict=True):
            order = sorted(held)
            rows += order
            weights.append(self._told[order] * factor)
        return self._unit(self._sum(rows, np.concatenate(weights)), 1)

    def _sum(self, rows: Sequence[int], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        return weights @ self._table[np.asarray(rows, np.intp)].astype(np.float32)

    def _unit(self, total: NDArray[np.float32], which: int) -> NDArray[np.float32]:
        length = float(np.sqrt(total @ total))
        if not length > 0:
            return np.zeros(self.dimensions, np.float32)
        centred = total / length - self._means[which]
        length = float(np.sqrt(centred @ centred))
        return centred / length if length > 0 else np.zeros(self.dimensions, np.float32)

    def _check(self, folder: Path, form: int, terms: int) -> None:
        table, size = self._table, len(self._table)
        arrays = (self._scale, self._asked, self._told, self._fields, self._means)
        shapes = tuple(array.shape for array in arrays)
        expected = ((size,), (size,), (size,), (4,), (2, table.shape[-1]))
        fits = form == FORMAT and table.ndim == 2 and table.dtype == np.int8 and 0 < terms <= size
        if not fits or shapes != expected or not all(np.isfinite(array).all() for array in arrays):
            raise ModelUnusable(
                f"the embedding in {folder} has form {form} and a table {table.shape} of {table.dtype}, which this "
                "release does not read; reinstall cistron-mcp, questions go on without it"
            )


class Rows(dict[str, tuple[int, ...]]):
    """The rows of every word met so far. A dict, so that a text is one pass in C."""

    def __init__(self, terms: Sequence[str], buckets: int) -> None:
        super().__init__()
        self._row = {term: row for row, term in enumerate(terms)}
        self._buckets = buckets

    def __missing__(self, word: str) -> tuple[int, ...]:
        if len(self) >= CACHE_SIZE:
            self.clear()
        found = self[word] = tuple(self._rows_of(word))
        return found

    def row_of(self, term: str) -> int:
        """Return the row of a term that is in the table, -1 of any other."""
        return self._row.get(term, -1)

    def _rows_of(self, word: str) -> Iterable[int]:
        terms = terms_of_word(word)
        parts, whole = (terms[:-1], terms[-1:]) if len(terms) > 1 else (terms, ())
        for term in parts:
            row = self._row.get(term)
            if row is not None:
                yield row
            elif self._buckets and len(term) > 2 and not term.isdigit():
                yield len(self._row) + bucket(term, self._buckets)
        for term in whole:
            row = self._row.get(term)
            if row is not None:
                yield row


def to_int8(vector: NDArray[np.float32]) -> NDArray[np.int8]:
    """Return a unit vector times 127, rounded; anything but finite numbers gives zeros."""
    if not np.isfinite(vector).all():
        return np.zeros(vector.shape, np.int8)
    return np.clip(np.rint(vector * INT8), -INT8, INT8).astype(np.int8)


def bucket(term: str, buckets: int) -> int:
    """Return the row, among those that unknown terms share, that a term has."""
    return int.from_bytes(hashlib.blake2b(term.encode(), digest_size=4).digest(), "little") % buckets


def document_rows(rows: dict[str, tuple[int, ...]], document: Document) -> tuple[set[int], ...]:
    """Return the rows of a document's symbol, heading, body and path: each row under the first field that has it."""
    taken: set[int] = set()
    fields: list[set[int]] = []
    path = " ".join(_PATH_PART.findall(document.path)[-PATH_PARTS:]).rpartition(".")
    for text in (document.symbol, document.heading, document.text, path[0] or path[2]):
        held = _known(rows, WORD.findall(text)[:MOST_WORDS]) - taken
        taken |= held
        fields.append(held)
    return tuple(fields)


def _known(rows: dict[str, tuple[int, ...]], words: Sequence[str]) -> set[int]:
    return set().union(*map(rows.__getitem__, words))
