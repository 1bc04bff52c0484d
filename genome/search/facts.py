"""The fact lane: a question that asks for a value is answered by `key = value`, its line and where it stands.

The index of fact names proposes keys that share words with the question. Each is scored by the share of the question's
idf mass that its key, the definition around it and its path hold, by how much of the key the question names, and by
whether its value is of the sort asked for. No more than three are given, and only to a question that asks for a value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import apsw

from ..reading.filters import role
from ..reading.terms import stem
from ..records import Fact, Place, Root, Source
from ..store import contents, sources
from ..store.boundary import first_seen, unseen_names
from .lexical import Idf
from .query import Query
from .wanted import GENERIC, SORT_TERMS, SYNONYMS, Wanted, fit, names_key, split, wanted

MOST = 3
NAMES, POSTINGS, ROWS = 20, 300, 100
STRONG, WEAK = 0.60, 0.35  # scores from which a fact stands first, and from which it is given at all
NEAR_BEST = 0.6  # of the best score; what is further off is another matter
IN_SCOPE, IN_PATH, BY_SYNONYM = 0.9, 0.7, 0.85  # weight of a term found there instead of in the key itself
DEMOTED = {"test": 0.5, "example": 0.6, "vendored": 0.5, "generated": 0.6}
BY_DOC = 0.95  # a document says what the code does
OF_ANOTHER = 0.1  # taken off where the definition around it has a name of which the question says nothing
SECRET = "(secret, not kept)"

IN_BEST_FILE, IN_GOOD_FILE = 0.25, 0.15  # added to a fact's score in a file that answers well
LEAST = 0.2  # of a fact that may be lifted
ROWS_IN_FILES = 400
_Scored = tuple[float, float, bool, list[str]]  # score, share of the mass, whether the key is named, terms in the key
Told = tuple[str, float, frozenset[str]]  # a term asked for, its weight, and the words that say the same


@dataclass(frozen=True, slots=True)
class FactSpot:
    """A fact at its place. `share` is of the question's idf mass; `exact` where the question names the key."""

    root: Root
    source: Source
    place: Place
    fact: Fact
    score: float
    share: float
    exact: bool
    why: str
    lift: float = 0.0  # what the rest of its file adds: to its place, not to how sure it is

    @property
    def is_strong(self) -> bool:
        """Whether it comes before the places."""
        return self.exact or self.score + self.lift >= STRONG


@dataclass(frozen=True, slots=True)
class _Row:
    """A fact that was proposed, with the name around it and the file it is in."""

    source: int
    root: int
    path: str
    is_doc: bool
    content: int
    fact: Fact
    scope: str


def text_of(fact: Fact) -> str:
    """Return a fact as it is shown; a secret's value was never kept."""
    return f"{fact.key} = {SECRET if fact.value is None else fact.value}"


def find_facts(
    connection: apsw.Connection, query: Query, idf: Idf, roots: dict[int, Root], files: Sequence[int] = ()
) -> list[FactSpot]:
    """Return the facts that answer a question, best first; none where it asks for no value.

    Args:
        connection: A reading connection at the packet's snapshot.
        query: The parsed question.
        idf: What its terms weigh in this store.
        roots: Where to look, by id.
        files: Contents of the files that answer best, best first: what stands there is likelier meant.
    """
    asked = wanted(query.text, query.terms)
    if asked is None:
        return []
    rows = _rows(connection, _propose(connection, asked, query.text), roots)
    known = {(row.source, row.fact) for row in rows}
    rows += [row for row in _rows_in(connection, files, roots) if (row.source, row.fact) not in known]
    lift = {content: IN_BEST_FILE if at == 0 else IN_GOOD_FILE for at, content in enumerate(files)}
    told = [
        (term, max(idf.weight.get(term, 0.0), 0.1), SYNONYMS.get(term, frozenset()) | {term})
        for term in asked.terms
        if "_" not in term
    ]
    scored = [(_score(query, asked, told, row), lift.get(row.content, 0.0), row) for row in rows]
    kept = [each for each in scored if each[0][0] >= LEAST and each[0][0] + each[1] >= WEAK]
    kept.sort(
        key=lambda each: (-round(each[0][0] + each[1], 9), len(each[2].fact.key), each[2].path, each[2].fact.line)
    )
    return list(_spots(connection, kept, roots))


def _propose(connection: apsw.Connection, asked: Wanted, query_text: str) -> list[int]:
    """Return the names whose key holds the rarest words asked for, or another word for one of them; best first."""
    groups = [sorted({term} | SYNONYMS.get(term, frozenset())) for term in asked.terms]
    told = [word for word in re.findall(r"[a-z0-9]+", query_text.lower()) if stem(word) in asked.terms]
    groups += [[f"{one}_{two}"] for one, two in pairwise(told)]  # as an identifier would have them
    every = json.dumps(sorted({term for group in groups for term in group}))
    sql = "select t.term, t.doc from json_each(?) w cross join fact_term t on t.term = w.value"
    held_by: dict[str, int] = {str(term): int(doc) for term, doc in connection.execute(sql, (every,))}
    counted = sorted((sum(held_by.get(term, 0) for term in group), group) for group in groups)
    chosen: list[str] = []
    read = 0
    for held, group in counted:
        read += held
        if held and (read <= POSTINGS or not chosen):
            chosen += [term for term in group if term in held_by]
    if not chosen:
        return []
    any_of = " OR ".join(f'"{term}"' for term in dict.fromkeys(chosen))
    sql = """
        select rowid
        from fact_search
        where fact_search match ?
        order by bm25(fact_search, 3.0, 1.0), rowid
        limit ?
    """
    found = first_seen(
        connection,
        NAMES,
        lambda most: {name: None for (name,) in connection.execute(sql, (any_of, most))},
        unseen_names,
    )
    return list(found)


def _rows(connection: apsw.Connection, names: Sequence[int], roots: dict[int, Root]) -> list[_Row]:
    sql = """
        select s.id, s.root, s.path, c.kind = 'doc', f.content, f.key, f.value, f.line, n.scope
        from json_each(?1) w
        cross join fact_name n on n.id = w.value
        cross join fact f on f.name = n.id
        cross join source s on s.content = f.content
        cross join content c on c.id = f.content
        where s.state = 'live' and s.root in (select value from json_each(?3))
        limit ?2
    """
    return [
        _Row(source, root, path, bool(is_doc), content, Fact(key, value, line), scope)
        for source, root, path, is_doc, content, key, value, line, scope in connection.execute(
            sql, (json.dumps(list(names)), ROWS, json.dumps(list(roots)))
        )
    ]


def _rows_in(connection: apsw.Connection, files: Sequence[int], roots: dict[int, Root]) -> list[_Row]:
    """Return the facts of the files that answer best."""
    if not files:
        return []
    sql = """
        select s.id, s.root, s.path, c.kind = 'doc', f.content, f.key, f.value, f.line, coalesce(n.scope, '')
        from json_each(?1) w
        join fact f on f.content = w.value
        left join fact_name n on n.id = f.name
        join source s on s.content = f.content
        join content c on c.id = f.content
        where s.state = 'live'
        limit ?2
    """
    return [
        _Row(source, root, path, bool(is_doc), content, Fact(key, value, line), scope)
        for source, root, path, is_doc, content, key, value, line, scope in connection.execute(
            sql, (json.dumps(list(files)), ROWS_IN_FILES)
        )
        if root in roots
    ]


def _score(query: Query, asked: Wanted, told: Sequence[Told], row: _Row) -> _Scored:
    """Return how well a fact answers."""
    head, _, last = row.fact.key.rpartition(".")
    own = split(last)
    around = split(head) | split(row.scope)
    if own <= GENERIC:  # `default`, `value`: the name around it says of what
        own, around = own | split(row.scope.rpartition(".")[2]), around
    path = split(row.path)
    fitting = fit(asked.sort, row.fact.value)
    is_fitting = fitting == 1.0
    mass = held = 0.0
    matched: list[str] = []
    in_key: set[str] = set()
    for term, weight, same in told:
        mass += weight
        if hit := same & own:
            in_key |= hit
            matched.append(term)
            held += weight * (1.0 if term in own else BY_SYNONYM)
        elif same & around:
            held += weight * (IN_SCOPE if term in around else IN_SCOPE * BY_SYNONYM)
        elif term in path:
            held += weight * IN_PATH
        elif term in SORT_TERMS.get(asked.sort or "", ()) and is_fitting:
            held += weight * BY_SYNONYM
    is_named = names_key(query.text, row.fact.key)
    if not (in_key or is_named) or not mass:
        return 0.0, 0.0, False, []
    telling = own - GENERIC or own
    of_key = 1.0 if is_named else len(in_key & telling) / len(telling)
    share = min(1.0, held / mass)
    around_it = split(row.scope.rpartition(".")[2]) - own
    beside = sum(1 for _, _, same in told if same & around_it) / max(1, len(around_it)) if around_it else 1.0
    factor = 1.0 if query.about_tests else _of_role(row.path)
    factor *= (BY_DOC if row.is_doc else 1.0) * (1 - OF_ANOTHER * (1 - min(1.0, beside)))
    score = share * (0.4 + 0.6 * of_key) * fitting * factor
    return round(score, 9), share, is_named, matched


@lru_cache(maxsize=2_048)
def _of_role(path: str) -> float:
    return DEMOTED.get(role(path) or "", 1.0)


def _spots(
    connection: apsw.Connection,
    scored: Iterable[tuple[_Scored, float, _Row]],
    roots: dict[int, Root],
) -> Iterable[FactSpot]:
    """Yield the best facts, each name with each value once, with the place around them."""
    best = 0.0
    told: set[tuple[str, str, str | None]] = set()
    for (score, share, is_named, matched), lift, row in scored:
        best = max(best, score + lift)
        what = (row.fact.key, row.scope, row.fact.value)
        if len(told) == MOST or score + lift < NEAR_BEST * best:
            return
        place = None if what in told else contents.place_around(connection, row.content, row.fact.line)
        source = None if place is None else sources.get(connection, row.source)
        if place is None or source is None:
            continue
        told.add(what)
        why = f"fact {row.fact.key}" + (f"; terms {' '.join(matched[:4])}" if matched else "")
        exact = is_named and score >= WEAK
        yield FactSpot(roots[row.root], source, place, row.fact, score, min(score, share), exact, why, lift)
