"""The lexical lane: FTS5 proposes passages by the question's rarest terms, BM25 over fields orders them.

FTS5's own ranking reads the postings of every term twice, so common terms of a large store are left out of the
proposal, and counted in the few passages that come back (Robertson and Zaragoza 2009, BM25F with one length for all
fields).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import apsw

from ..reading.terms import index_text
from ..store.boundary import first_seen
from .synonyms import Synonyms, aliases

PROPOSED = 150  # more than are weighed: which of them are prose or tests is not in the index
FEWEST, MOST = 4, 24  # terms that propose
POSTINGS = 4_000  # read at most for a proposal, beyond the fewest terms; about 2 ms
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
        self.holding = {
            term: connection.execute("select doc from text_term where term = ?", (term,)).get or 0 for term in asked
        }
        for other, term in self.alias.items():
            self.holding[term] += connection.execute("select doc from text_term where term = ?", (other,)).get or 0
        in_paths = {
            term: connection.execute("select doc from path_term where term = ?", (term,)).get or 0
            for term, n in self.holding.items()
            if n == 0
        }
        self.held = {term: n or in_paths.get(term, 0) for term, n in self.holding.items()}
        self.weight = {term: self._idf(n) for term, n in self.held.items()}
        self.mass = sum(self.weight.values())

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
            if len(chosen) >= FEWEST and read > POSTINGS:
                break
            chosen.append(term)
        return chosen

    def _idf(self, holding: int) -> float:
        return math.log1p((max(self.passages, holding) - holding + 0.5) / (holding + 0.5))


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
        select rowid, -bm25(text_search, 4.0, 3.0, 1.0, 1.0) as score
        from text_search
        where text_search match ? {excluded}
        order by score desc, rowid
        limit ?
    """  # noqa: S608  a constant of ours
    return first_seen(connection, limit, lambda most: dict(connection.execute(sql, (expression, most))))  # type: ignore[arg-type]


def weigh(idf: Idf, fields: Mapping[str, str]) -> Weighed:
    """Return what the question's terms say of one place, given its symbol, heading, path and body."""
    counts: dict[str, float] = {}
    in_names: set[str] = set()
    length = 0
    for name, text in fields.items():
        found = terms_of(text).split()
        length += len(found)
        for term in idf.weight.keys() & set(found):
            counts[term] = counts.get(term, 0.0) + WEIGHTS[name] * found.count(term)
            if name != "body":
                in_names.add(term)
        for other in idf.alias.keys() & set(found) if idf.alias else ():
            term = idf.alias[other]
            counts[term] = counts.get(term, 0.0) + BY_SYNONYM * WEIGHTS[name] * found.count(other)
    norm = K1 * (1 - B + B * length / MEAN_TERMS)
    matched = sorted(counts, key=lambda term: (-idf.weight[term], term))
    score = sum(idf.weight[term] * counts[term] * (K1 + 1) / (counts[term] + norm) for term in matched)
    share = sum(idf.weight[term] for term in matched) / idf.mass if idf.mass else 0.0
    # many of the terms come before one of them often
    return Weighed(score * math.sqrt(share), min(1.0, share), tuple(matched), frozenset(in_names))


@lru_cache(maxsize=1_024)  # strings of one or two kilobytes
def terms_of(text: str) -> str:
    """Return the terms of a text, joined by spaces; an agent's questions come back to the same places."""
    return index_text(text)
