"""Words that a person says mean the same: a question with one of them finds what has another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..reading.terms import WORD, terms_of_word

Synonyms = Mapping[str, frozenset[str]]
"""By a term, the other terms of its group."""
MOST_GROUPS, MOST_WORDS = 1_000, 32


def synonyms(groups: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    """Return for each term the terms that mean the same.

    Args:
        groups: A word, and other words for it; each of a group stands for every other.

    Raises:
        ValueError: One of them is no single word, or there are too many.

    >>> sorted(synonyms({"db": ["database", "store"]})["store"])
    ['databas', 'db']
    """
    if len(groups) > MOST_GROUPS:
        raise ValueError(f"{len(groups):,} groups of synonyms; {MOST_GROUPS:,} is the most")
    found: dict[str, frozenset[str]] = {}
    for word, others in groups.items():
        terms = {_term(each) for each in (word, *others)}
        if len(terms) > MOST_WORDS:
            raise ValueError(f"{len(terms)} synonyms of {word!r}; {MOST_WORDS} is the most")
        for term in terms:
            found[term] = found.get(term, frozenset()) | (terms - {term})
    return found


def aliases(asked: Sequence[str], known: Synonyms) -> dict[str, str]:
    """Return other words for the terms of a question, each with the term that it stands for."""
    found: dict[str, str] = {}
    for term in asked:
        for other in sorted(known.get(term, ())):
            if other not in asked:
                found.setdefault(other, term)
    return found


def _term(word: str) -> str:
    if WORD.fullmatch(word) is None:
        raise ValueError(f"{word!r} is no single word; a synonym is one word, like `database`")
    return terms_of_word(word)[-1]
