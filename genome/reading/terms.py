"""The terms that text is found by: identifiers whole and split, words stemmed.

`parse_HTTPHeader2` gives parse, http, header, 2 and the whole parse_httpheader2. The same function serves the index,
the question and the share of a question that a place covers, so the three always agree.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache

import apsw

WORD = re.compile(r"\w+")
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
WIDE_PART = re.compile(r"[^\W\d_]+|\d+")  # letters beyond ASCII: case is no border
WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")  # scripts without spaces
_BETWEEN = "".join(chr(code) if chr(code).isalnum() or code == ord("_") else " " for code in range(128))
LONGEST = 64  # a longer run of letters is data, not a word
CACHE_SIZE = 16_384  # distinct words kept with their terms, about 3 MB

STOP_WORDS = frozenset(
    """a about after all also an and any are as at be because been before being between both but by can could did do
    does doing done each else for from get gets given had has have having he her here him his how i if in instead into
    is it its just know let like made make makes may me more most my need needs no nor not now of off on once one only
    onto or other our out over own please same she should so some such tell than that the their them then there these
    they this those through to too under until up upon us use used uses using very via was we were what when where
    whether which while who whom whose why will with within without would you your""".split()
)

_local = threading.local()


class _Terms(dict[str, str]):
    """The terms of every word met so far, joined by spaces. A dict, so that a text is one pass in C."""

    def __missing__(self, word: str) -> str:
        if len(self) >= CACHE_SIZE:
            self.clear()
        found = self[word] = " ".join(_split(word))
        return found


_terms = _Terms()


def index_text(text: str) -> str:
    """Return the terms of a text in order, joined by spaces, as the index stores them.

    >>> index_text("def parse_HTTPHeader2(lines):")
    'def pars http header 2 parse_httpheader2 line'
    """
    return " ".join(map(_terms.__getitem__, words_of(text)))


def words_of(text: str) -> list[str]:
    """Return what `WORD` finds in a text, in order; plain English and code in half the time."""
    return text.translate(_BETWEEN).split() if text.isascii() else WORD.findall(text)


def terms_of_word(word: str) -> tuple[str, ...]:
    """Return the terms of one word or identifier: its parts, stemmed, then the whole where it has several parts."""
    return tuple(_terms[word].split())


def is_stop_word(word: str) -> bool:
    """Whether a word of a question says nothing about what is asked."""
    return word.lower() in STOP_WORDS


def _split(word: str) -> tuple[str, ...]:
    if not word.isascii():
        word = unicodedata.normalize("NFKC", word)
        if WIDE.search(word):
            return _pairs(word)
    split = PART if word.isascii() else WIDE_PART
    parts = [stem(part.lower()) for part in split.findall(word)]
    whole = word.strip("_").lower()
    if len(parts) < 2:
        return tuple(part[:LONGEST] for part in parts)
    return (*(part[:LONGEST] for part in parts), whole[:LONGEST])


def _pairs(word: str) -> tuple[str, ...]:
    """Overlapping pairs of characters: how text without spaces is searched."""
    word = word.lower()
    return tuple(word[i : i + 2] for i in range(max(1, len(word) - 1)))


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """Return a lower-case word without its English ending (Porter 1980, SQLite's own implementation)."""
    if not word.isascii() or not word.isalpha():
        return word
    tokenizer: apsw.FTS5Tokenizer | None = getattr(_local, "tokenizer", None)
    if tokenizer is None:
        _local.connection = apsw.Connection(":memory:")  # the tokenizer lives in a connection
        tokenizer = _local.tokenizer = _local.connection.fts5_tokenizer("porter", ["ascii"])
        assert tokenizer is not None
    found = tokenizer(word.encode(), apsw.FTS5_TOKENIZE_DOCUMENT, None, include_offsets=False, include_colocated=False)
    return str(next(iter(found)))
