"""Other ways to find the place: grep, SQLite's full-text search, BM25 over code-aware words, and semble.

All of them see the same files; semble passes over prose and settings, as it does by default (with them it finds less).
Its model cannot be had without a download, so it runs twice: its lexical half with its ranking rules (alpha 0), and its
hybrid with the static vectors that the wordllama package ships in the place of its own.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import bm25s
from questions import words
from shared.scores import Ranked, Ranking

CHUNK = 1_500  # characters
WORD = re.compile(r"\w+")


class Rival(Protocol):
    """A system that is asked the same questions."""

    name: str

    def index(self, tree: Path) -> None:
        """Take in a source tree, and forget the one before."""

    def ask(self, question: str, most: int) -> Ranking:
        """Return at most so many places, best first."""
        ...


class Grep:
    """`grep -n` for each word: files by how many of the words they hold, each with its fullest line."""

    name = "grep"

    def index(self, tree: Path) -> None:
        self._files = {path: text.lower().split("\n") for path, text in texts(tree)}

    def ask(self, question: str, most: int) -> Ranking:
        asked = sorted(words(question)) or WORD.findall(question.lower())
        found: list[tuple[int, int, str, int]] = []
        for path, lines in self._files.items():
            held: Counter[int] = Counter()
            kinds = 0
            for word in asked:
                at = [number for number, line in enumerate(lines, 1) if word in line]
                held.update(at)
                kinds += bool(at)
            if held:
                line = min(held, key=lambda number: (-held[number], number))
                found.append((-kinds, -held[line], path, line))
        places = [_ranked(path, line, line, self._files[path][line - 1]) for _, _, path, line in sorted(found)[:most]]
        return Ranking(places, sum(place.tokens for place in places))


class Fts:
    """SQLite FTS5 with its own tokenizer and ranking, over chunks of whole lines."""

    name = "fts5"

    def index(self, tree: Path) -> None:
        self._chunks = list(chunks(tree))
        self._database = sqlite3.connect(":memory:")
        self._database.execute("create virtual table chunk using fts5 (text)")
        self._database.executemany(
            "insert into chunk (rowid, text) values (?, ?)",
            ((number, f"{place.path} {text}") for number, (place, text) in enumerate(self._chunks)),
        )

    def ask(self, question: str, most: int) -> Ranking:
        expression = " OR ".join(f'"{word}"' for word in dict.fromkeys(WORD.findall(question.lower())))
        sql = "select rowid from chunk where chunk match ? order by rank, rowid limit ?"
        rows = self._database.execute(sql, (expression, most)).fetchall() if expression else []
        places = [self._chunks[number][0] for (number,) in rows]
        return Ranking(places, sum(place.tokens for place in places))


class Bm25:
    """bm25s over the same chunks; identifiers whole and split, paths included."""

    name = "bm25"

    def index(self, tree: Path) -> None:
        self._chunks = list(chunks(tree))
        split = [code_words(f"{place.path} {text}") for place, text in self._chunks]
        self._known = {word for found in split for word in found}
        self._index = bm25s.BM25()
        self._index.index(split, show_progress=False)

    def ask(self, question: str, most: int) -> Ranking:
        asked = [word for word in code_words(question) if word in self._known]
        if not asked:
            return Ranking([], 0)
        most = min(most, len(self._chunks))
        found, scores = self._index.retrieve([asked], k=most, show_progress=False)
        places = [self._chunks[int(number)][0] for number, score in zip(found[0], scores[0], strict=True) if score > 0]
        return Ranking(places, sum(place.tokens for place in places))


class Semble:
    """Semble's own chunks, indexes, search and rules.

    Args:
        alpha: Weight of the vectors; None leaves the choice to semble.
    """

    def __init__(self, name: str, alpha: float | None) -> None:
        self.name = name
        self._alpha = alpha

    def index(self, tree: Path) -> None:
        self._bm25, self._vectors, self._chunks = _semble_index(tree)

    def ask(self, question: str, most: int) -> Ranking:
        from semble.search import search

        found = search(question, _model(), self._vectors, self._bm25, self._chunks, most, alpha=self._alpha)
        places = [
            _ranked(one.chunk.file_path, one.chunk.start_line, one.chunk.end_line, one.chunk.content) for one in found
        ]
        return Ranking(places, sum(place.tokens for place in places))


def all_rivals() -> list[Rival]:
    """Return every rival, none of them with a tree yet."""
    return [Grep(), Fts(), Bm25(), Semble("semble lexical", 0.0), Semble("semble hybrid", None)]


def texts(tree: Path) -> Iterator[tuple[str, str]]:
    """Yield every file of a tree with its path."""
    for path in sorted(tree.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(tree)), path.read_text(encoding="utf-8", errors="replace")


def chunks(tree: Path) -> Iterator[tuple[Ranked, str]]:
    """Yield runs of whole lines of about 1,500 characters, with their paths and lines."""
    for path, text in texts(tree):
        held: list[str] = []
        start = 1
        for number, line in enumerate(text.split("\n"), 1):
            held.append(line)
            if sum(map(len, held)) + len(held) >= CHUNK:
                yield _ranked(path, start, number, "\n".join(held)), "\n".join(held)
                held, start = [], number + 1
        if any(line.strip() for line in held):
            yield _ranked(path, start, start + len(held) - 1, "\n".join(held)), "\n".join(held)


def code_words(text: str) -> list[str]:
    """Return the words of a text in lower case; of an identifier its parts and the whole."""
    found: list[str] = []
    for word in WORD.findall(text):
        parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", word)
        found += [part.lower() for part in parts]
        if len(parts) > 1:
            found.append(word.lower())
    return found


def _ranked(path: str, start: int, end: int, text: str) -> Ranked:
    return Ranked(path, start, end, -(-(len(text) + len(f"{path}:{start}-{end}\n")) // 4))


@cache
def _model() -> Any:
    """Return the static vectors of wordllama as the kind of model that semble asks for."""
    import numpy as np
    import wordllama
    from model2vec import StaticModel
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    folder = Path(wordllama.__file__).parent
    vectors = next(iter(load_file(folder / "weights" / "l2_supercat_256.safetensors").values())).astype(np.float32)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizers" / "l2_supercat_tokenizer_config.json"))
    return StaticModel(vectors, tokenizer, normalize=True)


@cache
def _semble_index(tree: Path) -> tuple[Any, Any, list[Any]]:
    from semble.index.create import create_index_from_path
    from semble.types import ContentType

    bm25, vectors, found, _ = create_index_from_path(tree, _model(), content=(ContentType.CODE,), display_root=tree)
    return bm25, vectors, found
