"""A tree of a million chunks: the large tree, and copies of it in which a third of the words are other words.

Plain copies would share every chunk. In each copy a third of the vocabulary (another third each time; keywords and
short words aside) is exchanged: a common word for one about as common, so that postings grow with the tree as those of
common words do, and a rare word for a new one, so that the vocabulary grows too. Syntax, sizes and paths stay.
"""

import hashlib
import keyword
import os
import random
import re
import shutil
from collections import Counter
from pathlib import Path

from shared import corpora
from shared.report import say

FORM = 1  # of this file's work; another one writes the tree anew
COPIES = 8
SHARE = 1 / 3
RARE = 20  # times in the large tree, up to which a word is replaced by a new one
WINDOW = 16  # words of neighbouring frequency that are exchanged among each other
PART = re.compile(r"([A-Z]?[a-z]{3,})")
# of the languages that the tree is written in; what stands in strings and names is the same to the pattern
KEPT = {
    *map(str.lower, keyword.kwlist),
    *"""self args kwargs function const static void char int long float double struct enum union typedef extern inline
    unsigned signed short sizeof switch case default goto define ifdef ifndef endif include elif undef pragma error
    export extends implements interface public private protected readonly abstract declare namespace module require
    this super delete typeof instanceof throw catch finally async await yield null undefined true false cdef cpdef
    ctypedef cimport nogil register volatile template typename class using operator virtual const_cast""".split(),
}


def million() -> Path:
    """Return the tree, written once: a folder for each copy, `copy0` the original."""
    made_from = repr((FORM, COPIES, SHARE, RARE, WINDOW, PART.pattern, sorted(KEPT), corpora.large().name))
    digest = hashlib.blake2b(made_from.encode(), digest_size=4).hexdigest()
    place = corpora.CACHE / "trees" / f"million-{digest}"
    if place.is_dir():
        return place
    building = place.with_name(f"{place.name}.part{os.getpid()}")
    shutil.copytree(corpora.large(), building / "copy0", copy_function=os.link)
    texts = {path: path.read_text(encoding="utf-8", errors="surrogateescape") for path in _files()}
    counts: Counter[str] = Counter()
    for text in texts.values():
        counts.update(word.lower() for word in PART.findall(text))
    for number in range(1, COPIES + 1):
        words = _exchanged(counts, number)
        for path, text in texts.items():
            target = building / f"copy{number}" / path.relative_to(corpora.large())
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text("".join(map(words.__getitem__, PART.split(text))), "utf-8", errors="surrogateescape")
        say(f"copy {number} of {COPIES} written")
    building.rename(place)
    return place


def _files() -> list[Path]:
    return corpora.files(corpora.large())


class _Words(dict[str, str]):
    """What each stretch of text becomes; a dict, so that a file is one pass in C."""

    def __init__(self, exchanged: dict[str, str]) -> None:
        super().__init__()
        self._exchanged = exchanged

    def __missing__(self, part: str) -> str:
        other = self._exchanged.get(part.lower()) if PART.fullmatch(part) else None
        found = part if other is None else other.capitalize() if part[0].isupper() else other
        if other is not None:
            self[part] = found
        return found


def _exchanged(counts: Counter[str], number: int) -> _Words:
    drawn = random.Random(f"copy {number}")
    order = sorted((word for word in counts if word not in KEPT), key=lambda word: (-counts[word], word))
    chosen = [word for word in order if drawn.random() < SHARE]
    found: dict[str, str] = {}
    for at in range(0, len(chosen), WINDOW):
        window = chosen[at : at + WINDOW]
        others = drawn.sample(window, len(window))
        for word, other in zip(window, others, strict=True):
            found[word] = f"{word}{chr(96 + number)}x" if counts[word] <= RARE else other
    return _Words(found)
