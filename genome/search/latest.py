"""Latest wins: of two turns that say different things of what is asked, the later comes first and the earlier says so.

Rules over the words of question and turns alone. A later turn comes first if both speak of what the question names,
both state a value of the sort asked for (or of one sort, where none is), and the values differ. It is said to replace
the earlier one where it has a word for a change (`moved`, `no longer`) or is otherwise worded alike. Beside that, a
turn that only asks, or has no value of the sort asked for, comes after one that states one. docs/prose.md says how
often that is right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..reading.conversation import TURN, said_at
from ..reading.terms import WORD, is_stop_word, terms_of_word
from ..store.notes import PREFIX
from .fuse import Hit
from .lexical import Idf
from .query import Query
from .utterance import Statement, statement

DEPTH = 60  # hits that are compared
RELEVANT, CENTRAL = 0.5, 0.7  # of the most that a turn holds of the question
ALIKE = 0.5  # of the words that either of two turns has, those that both have
NEAR = 12  # lines within which a reply is to what was said
_OF_THE_PAST = re.compile(
    r"\b(?:first(?:ly)?|original(?:ly)?|initial(?:ly)?|previous(?:ly)?|former(?:ly)?|earlier|old|used to"
    r"|in the beginning|before (?:that|then|the (?:change|switch|move))|histor(?:y|ical(?:ly)?)|once|back then"
    r"|over time|ever|all the|every|each time|list)\b"
    r"|最初|以前|当初|之前|原来|처음|이전",
    re.IGNORECASE,
)
_SORTS = (
    (
        "name",
        re.compile(
            r"^\W*(?:where|who|whom|whose)\b(?! (?:said|says|asked|told|mentioned|wrote|suggested|proposed|wants?)\b)",
            re.IGNORECASE,
        ),
    ),
    (
        "date",
        re.compile(
            r"^\W*(?:when\b|(?:on |by |at |from )?(?:what|which) (?:day|date|time|month|weekday)\b)", re.IGNORECASE
        ),
    ),
    (
        "number",
        re.compile(
            r"\bhow (?:many|much|often|long|large|big|high|low|old|far)\b|\bwhat (?:number|percentage)\b", re.IGNORECASE
        ),
    ),
)
_OPEN = (
    re.compile(r"\b(?:what|which|how|whose|who|when|where)\b(?:\W+(?:many|much|often|long))?\W+(\w+)", re.IGNORECASE),
    re.compile(r"\b(?:do|does|did)\b.*?(\w+)\W*$", re.IGNORECASE),
    re.compile(r"\b(?:is|are|was|gets?)\b.*?(\w+e[dn])(?: \w{1,4})?\W*$", re.IGNORECASE),
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a question asks for."""

    terms: frozenset[str]
    named: frozenset[str]  # of the terms, those that say of what: a turn without one speaks of something else
    sort: str | None  # of the value that answers


@dataclass(frozen=True, slots=True)
class _Said:
    """A turn among the hits, with what it says."""

    hit: Hit
    says: Statement
    asked: frozenset[str]  # of the question's terms, those it holds
    values: frozenset[tuple[str, str]]  # beside the words asked for
    at: str | None
    is_central: bool = False  # it holds nearly as much of the question as any


def latest_first(query: Query, idf: Idf, hits: list[Hit]) -> list[Hit]:
    """Return the hits with each turn that was replaced after the one that holds now; it says which that is."""
    if sum(_is_said(hit) for hit in hits[:DEPTH]) < 2 or _OF_THE_PAST.search(query.text):
        return hits
    asked = _asked(query)
    said = _relevant(idf, [_said(asked, hit) for hit in hits[:DEPTH] if _is_said(hit) and hit.weighed.matched])
    heirs: dict[int, _Said] = {}  # by the hit's id
    first: dict[int, list[_Said]] = {}  # by the hit's id, what comes before it
    for earlier in said:
        if not earlier.is_central or earlier.says.asks:
            continue
        later = [other for other in said if _is_later(other, earlier) and _is_answer_too(asked, other, earlier)]
        replacing = [other for other in later if _says_so(other, earlier)]
        if replacing:
            heirs[id(earlier.hit)] = _last(replacing)
        if later:
            first[id(earlier.hit)] = [_last(later)]
    stating = [each for each in said if each.is_central and not each.says.asks and _fits(asked, each)]
    for each in said:
        if each.says.asks or not _fits(asked, each):
            told = [other for other in stating if each.asked & asked.named <= other.asked]
            first[id(each.hit)] = [*first.get(id(each.hit), ()), *told]
    return _ordered(hits, first, heirs)


def _ordered(hits: list[Hit], first: Mapping[int, Sequence[_Said]], heirs: Mapping[int, _Said]) -> list[Hit]:
    """Put before each hit what comes first, and tell of what was replaced what holds now."""
    ordered: list[Hit] = []
    placed: set[int] = set()

    def place(hit: Hit) -> None:
        if id(hit) in placed:
            return
        placed.add(id(hit))
        for other in first.get(id(hit), ()):
            place(other.hit)
        heir = heirs.get(id(hit))
        while heir is not None and id(heir.hit) in heirs:
            heir = heirs[id(heir.hit)]
        ordered.append(hit if heir is None else replace(hit, later=heir.hit))

    for hit in hits:
        place(hit)
    return ordered


def _asked(query: Query) -> _Asked:
    """Return what a question asks for.

    The word after its interrogative, and the one that ends a question with `does` or `is`, may be put otherwise.
    """
    terms = frozenset(query.terms)
    found = [match[1] for form in _OPEN if (match := form.search(query.text))]
    loose = {term for word in found for term in terms_of_word(word)}
    words = [word for word in WORD.findall(query.text) if not is_stop_word(word)]
    named = terms - loose if len(words) > 1 else terms
    return _Asked(terms, named or terms, next((sort for sort, form in _SORTS if form.search(query.text)), None))


def _is_said(hit: Hit) -> bool:
    """Whether a hit is a turn, or a text that was kept and is no note: a note has receipts of its own."""
    if hit.gone or hit.replaced or hit.fact is not None:
        return False
    kept = hit.root.kind == "virtual" and not hit.source.path.startswith(PREFIX) and hit.kind in ("note", "doc")
    return hit.place.form == TURN or (kept and hit.place.form == "paragraph")


def _said(asked: _Asked, hit: Hit) -> _Said:
    says = statement(hit.body)
    values = frozenset(value for value in says.values if value[1] not in asked.terms)
    return _Said(hit, says, says.terms & asked.terms, values, said_at(hit.place.heading or ""))


def _relevant(idf: Idf, said: Sequence[_Said]) -> list[_Said]:
    """Keep the statements that hold much of what is asked."""
    kept = [each for each in said if each.asked]
    mass = [sum(idf.weight.get(term, 0.0) for term in sorted(each.asked)) for each in kept]
    most = max(mass, default=0.0)
    return [
        replace(each, is_central=held >= CENTRAL * most)
        for each, held in zip(kept, mass, strict=True)
        if held >= RELEVANT * most
    ]


def _fits(asked: _Asked, said: _Said) -> bool:
    """Whether a turn states a value of the sort asked for, where there is one."""
    return asked.sort is None or any(sort == asked.sort for sort, _ in said.values)


def _names(later: _Said, earlier: _Said) -> bool:
    """Whether a turn names a value that an earlier one stated."""
    return any(later.says.terms.issuperset(value.split()) for _, value in earlier.values)


def _is_answer_too(asked: _Asked, later: _Said, earlier: _Said) -> bool:
    """Whether a turn says of what is asked something else than an earlier one."""
    now, then = later.says, earlier.says
    if now.asks or not now.words - then.words or not _fits(asked, earlier):
        return False
    if not _is_other_value(asked, later, earlier):
        return False
    shared = earlier.asked & later.asked & asked.named
    if now.changes and _names(later, earlier):  # it names the value that it replaces
        return bool(shared) and (_are_near(later.hit, earlier.hit) or len(shared) > 1 or shared == asked.named)
    if not shared or not earlier.asked & asked.named <= later.asked:
        return False
    is_typed = asked.sort is not None and later.is_central
    is_close = bool((now.words & then.words) - shared) or earlier.asked <= shared
    return is_typed or (is_close and _says_so(later, earlier))


def _says_so(later: _Said, earlier: _Said) -> bool:
    """Whether a turn has a word for a change, or is worded like the earlier one but for the value."""
    now, then = later.says, earlier.says
    return now.changes or len(now.words & then.words) >= ALIKE * len(now.words | then.words)


def _is_other_value(asked: _Asked, later: _Said, earlier: _Said) -> bool:
    """Whether a turn states another value of the sort asked for, or of a sort that both have."""
    sorts = {asked.sort} if asked.sort else {sort for sort, _ in earlier.values}
    new = {value for value in later.values - earlier.values if value[0] in sorts}
    if later.says.retracts or new:
        return True
    return not earlier.values and not later.values  # values that have no form of their own: lower-case names


def _are_near(one: Hit, other: Hit) -> bool:
    return one.source.id == other.source.id and abs(one.place.start_line - other.place.start_line) <= NEAR


def _is_later(one: _Said, other: _Said) -> bool:
    """Whether one was said after the other: by their moments, else by their order in a file, or in being kept."""
    if one is other:
        return False
    if one.at and other.at:
        most = min(len(one.at), len(other.at))  # a day alone is as good as the same day with a time
        if one.at[:most] != other.at[:most]:
            return one.at[:most] > other.at[:most]
    if one.hit.source.id == other.hit.source.id:
        return one.hit.place.start_line > other.hit.place.start_line
    are_kept = one.hit.root.kind == other.hit.root.kind == "virtual"
    if are_kept or (one.at and other.at):
        return one.hit.source.id > other.hit.source.id
    return False


def _last(said: Sequence[_Said]) -> _Said:
    """Return the one after which none comes."""
    last = said[0]
    for each in said[1:]:
        if _is_later(each, last):
            last = each
    return last
