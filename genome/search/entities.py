"""Symbols that a question names in words: `the request context` is `RequestContext`. Needs the extra `nlp` (spaCy).

A blank English pipeline with one pipe, an entity ruler, which is fed with the symbols of the store that have two words
or more, and with the synonyms of the settings. Importing spaCy takes seconds: it is done in the background, and until
then a question names nothing. Only questions are looked at: they are prose, and there is one of them.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from typing import Any

import apsw

logger = logging.getLogger(__name__)
MOST_SYMBOLS = 20_000
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_NOTHING: frozenset[str] = frozenset()


class Linker:
    """Finds the symbols that questions name, once it is ready.

    Args:
        synonyms: A word, and others that mean the same.
    """

    def __init__(self, synonyms: Mapping[str, Iterable[str]] | None = None) -> None:
        self._synonyms = {word.lower(): tuple(others) for word, others in (synonyms or {}).items()}
        self._pipeline: Callable[[str], Any] | None = None  # a spaCy `Language`, which is not there for every checker
        self._symbols: dict[str, frozenset[str]] = {}
        self._worker: threading.Thread | None = None

    @staticmethod
    def is_installed() -> bool:
        """Whether the extra is there."""
        return find_spec("spacy") is not None

    def prepare(self, connection: apsw.Connection) -> None:
        """Begin to load in the background, once; the symbols are read at once from this connection."""
        if self._worker is None and self.is_installed():
            symbols = self._phrases(_symbols(connection))
            self._worker = threading.Thread(target=self._load, args=(symbols,), name="cistron-entities", daemon=True)
            self._worker.start()

    def wait(self) -> None:
        """Wait until it is ready; for benches and tests."""
        if self._worker is not None:
            self._worker.join()

    def linked_in(self, connection: apsw.Connection, text: str) -> frozenset[str]:
        """Return what `linked` does, and begin to load where that was not begun."""
        self.prepare(connection)
        return self.linked(text)

    def linked(self, text: str) -> frozenset[str]:
        """Return the symbols, in lower case, that a question names in words; none before it is ready."""
        if self._pipeline is None:
            return _NOTHING
        found = self._pipeline(text[:2_000]).ents
        return frozenset(symbol for each in found for symbol in self._symbols.get(each.text.lower(), _NOTHING))

    def _phrases(self, symbols: Iterable[str]) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for symbol in symbols:
            words = [word.lower() for word in _WORD.findall(symbol)]
            if len(words) < 2:
                continue
            spelled = [words, *(self._with(words, at) for at, word in enumerate(words) if word in self._synonyms)]
            for each in spelled:
                phrase = " ".join(each)
                found[phrase] = found.get(phrase, _NOTHING) | {symbol.lower()}
        return found

    def _with(self, words: list[str], at: int) -> list[str]:
        return [*words[:at], next(iter(self._synonyms[words[at]]), words[at]), *words[at + 1 :]]

    def _load(self, symbols: dict[str, frozenset[str]]) -> None:
        try:
            pipeline = import_module("spacy").blank("en")  # 2.9 s, and an extra
            ruler = pipeline.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
            ruler.add_patterns([{"label": "SYMBOL", "pattern": phrase} for phrase in symbols])
        except Exception:  # what a large library raises as it loads; a question goes on without it
            logger.exception("entities are left out")
            return
        self._symbols, self._pipeline = symbols, pipeline


def _symbols(connection: apsw.Connection) -> list[str]:
    sql = "select distinct symbol from passage where symbol is not null order by symbol"
    names = dict.fromkeys(str(symbol).rpartition(".")[2] for (symbol,) in connection.execute(sql))
    return list(islice(names, MOST_SYMBOLS))
