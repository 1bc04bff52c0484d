"""The lexical lane: FTS5 proposes passages by the question's rarest terms, BM25 over fields orders them.

FTS5's own ranking reads the postings of every term twice, so common terms of a large store are left out of the
proposal, and counted in the few passages that come back (Robertson and Zaragoza 2009, BM25F with one length for all
fields).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import apsw

from ..reading.terms import index_text
from ..store.boundary import first_seen
from .synonyms import Synonyms, aliases

PROPOSED = 150  # more than are weighed: which of them are prose or tests is not in the index
FEWEST, MOST = 4, 24  # terms that propose
POSTINGS = 4_000  # read at most for a proposal, beyond the fewest terms; about 2 ms
MOST_POSTINGS = 80_000  # beyond the first term; of a million passages no answer is lost by it (docs/scale.md)
MOST_SCORED = 50_000  # passages; what holds nothing but everyday words is not worth more
K1, B = 1.2, 0.75
MEAN_TERMS = 60.0  # length at which a passage counts as ordinary
BY_SYNONYM = 0.85  # what another word for a term counts
WEIGHTS = {"symbol": 4.0, "heading": 3.0, "path": 1.0, "body": 1.0}


@dataclass(frozen=True, slots=True)
class Weighed:
    """A passage with what the question's terms say of it."""

    score: float
    share: float  # of the question's idf mass, in [0, 1]
    matched: tuple[str, ...]  # rarest first
    in_names: frozenset[str] = frozenset()  # of the terms, those in symbol, heading or path


class Idf:
    """How much each of a question's terms tells in this store; `alias` has other words for them, each with its term."""

    def __init__(self, connection: apsw.Connection, asked: Sequence[str], synonyms: Synonyms | None = None) -> None:
        self.alias = aliases(asked, synonyms) if synonyms else {}
        self.passages: int = connection.execute("select coalesce(max(id), 0) from passage").get
        self.holding = _holding(connection, "text_term", asked)
        if self.alias:
            others = _holding(connection, "text_term", list(self.alias))
            for other, term in self.alias.items():
                self.holding[term] += others[other]
        in_paths = _holding(connection, "path_term", [term for term, n in self.holding.items() if n == 0])
        self.held = {term: n or in_paths.get(term, 0) for term, n in self.holding.items()}
        self.weight = {term: self._idf(n) for term, n in self.held.items()}
        self.mass = sum(self.weight.values())
        by_weight = sorted(self.weight, key=lambda term: (-self.weight[term], term))
        self.order = {term: number for number, term in enumerate(by_weight)}  # rarest first

    def rarity(self, term: str, met: int = 0) -> float:
        """Return -ln of the share of this store's passages that hold a term; `met` where the index cannot tell."""
        return math.log((self.passages + 1.0) / (min(self.passages, self.held[term] or met) + 0.5))

    def rarest(self) -> list[str]:
        """Return the terms that propose passages: the rarest, as many as the budget of postings allows."""
        present = sorted((n, term) for term, n in self.holding.items() if n > 0)
        chosen: list[str] = []
        read = 0
        for n, term in present[:MOST]:
            read += n
            if (len(chosen) >= FEWEST and read > POSTINGS) or (chosen and read > MOST_POSTINGS):
                break
            chosen.append(term)
        return chosen

    def _idf(self, holding: int) -> float:
        return math.log1p((max(self.passages, holding) - holding + 0.5) / (holding + 0.5))


def _holding(
    connection: apsw.Connection, index: Literal["text_term", "path_term"], terms: Sequence[str]
) -> dict[str, int]:
    """Return in how many rows of an index each term stands."""
    if not terms:
        return {}
    sql = f"select t.term, t.doc from json_each(?) w cross join {index} t on t.term = w.value"  # noqa: S608  a literal
    held: dict[str, int] = dict(connection.execute(sql, (json.dumps(list(terms)),)))  # type: ignore[arg-type]  # two columns
    return {term: held.get(term, 0) for term in terms}


def propose(connection: apsw.Connection, idf: Idf, limit: int = PROPOSED, without: str = "") -> dict[int, float]:
    """Return the passages that hold the question's rarest terms, best first, with FTS5's score: higher is better.

    `without` selects ids to leave out.
    """
    chosen = idf.rarest()
    if not chosen:
        return {}
    chosen += [other for other, term in idf.alias.items() if term in chosen]
    expression = " OR ".join(f'"{term}"' for term in chosen)
    excluded = f"and rowid not in ({without})" if without else ""
    sql = f"""
        select rowid, score
        from (
            select rowid, -bm25(text_search, 4.0, 3.0, 1.0, 1.0) as score
            from text_search
            where text_search match ? {excluded}
            limit {MOST_SCORED}
        )
        order by score desc, rowid
        limit ?
    """  # noqa: S608  a constant of ours
    return first_seen(connection, limit, lambda most: dict(connection.execute(sql, (expression, most))))  # type: ignore[arg-type]


def weigh(idf: Idf, fields: Mapping[str, str]) -> Weighed:
    """Return what the question's terms say of one place, given its symbol, heading, path and body."""
    counts: dict[str, float] = {}
    in_names: set[str] = set()
    length = 0
    is_asked = idf.weight.__contains__
    for name, text in fields.items():
        found = terms_of(text).split() if name == "body" else terms_of_name(text)
        length += len(found)
        asked = list(filter(is_asked, found))
        if name != "body":
            in_names.update(asked)
        for term in asked:
            counts[term] = counts.get(term, 0.0) + WEIGHTS[name]
        for other in filter(idf.alias.__contains__, found) if idf.alias else ():
            term = idf.alias[other]
            counts[term] = counts.get(term, 0.0) + BY_SYNONYM * WEIGHTS[name]
    norm = K1 * (1 - B + B * length / MEAN_TERMS)
    matched = sorted(counts, key=idf.order.__getitem__)
    score = mass = 0.0
    for term in matched:
        weight, count = idf.weight[term], counts[term]
        score += weight * count * (K1 + 1) / (count + norm)
        mass += weight
    share = mass / idf.mass if idf.mass else 0.0
    # many of the terms come before one of them often
    return Weighed(score * math.sqrt(share), min(1.0, share), tuple(matched), frozenset(in_names))


@lru_cache(maxsize=2_048)  # names and paths come back more often than texts
def terms_of_name(text: str) -> tuple[str, ...]:
    """Return the terms of a symbol, a heading or a path."""
    return tuple(index_text(text).split())


@lru_cache(maxsize=384)  # texts and their terms, three kilobytes each
def terms_of(text: str) -> str:
    """Return the terms of a text, joined by spaces; an agent's questions come back to the same places."""
    return index_text(text)
