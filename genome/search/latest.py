"""Latest wins: of two turns that say different things of what is asked, the later comes first and the earlier says so.

A turn is taken to replace an earlier one by rules over their words alone. Both must hold the same of the question's
words, both must state something, and what they state must differ: in wording that is otherwise alike, by a word for a
change (`moved`, `no longer`), or because the later one names what the earlier one said. docs/prose.md says how often
that is right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from ..reading.conversation import TURN, said_at
from ..reading.terms import WORD, is_stop_word, terms_of_word
from ..store.notes import PREFIX
from .fuse import Hit
from .lexical import Idf
from .query import Query

DEPTH = 60  # hits that are compared
RELEVANT = 0.5  # of the most that a turn holds of the question
COVERED = 0.8  # of what the earlier turn holds of the question, in the later one
COVERS = 0.6  # of what the later one holds of it, in the earlier one
NEAR = 12  # lines within which a reply is to what was said
ALIKE = 0.5  # of the shorter statement's words
# Words for a change, each with its endings.
_VERBS = """chang mov switch replac migrat rais lower increas decreas reduc bump doubl halv swap revert updat postpon
reschedul renam retir overrul supersed revis""".split()
_CHANGE = re.compile(
    rf"\b(?:(?:{'|'.join(_VERBS)})(?:e|ed|d|es|s|ing|p?ped|p?ping)?"
    r"|no longer|any ?more|any longer|instead|rather than|actually|scratch that|scrap(?:ped)?|correction|now(?:adays)?"
    r"|from now on|as of|these days|henceforth|new(?:ly)?|cut (?:it|to|from|down)|t(?:akes?|aking|aken|ook) over"
    r"|hand(?:ed|s|ing)? (?:over|off)|roll(?:ed|s|ing)? back|(?:went|goes?|going|are|is|be) back|back (?:to|on|at|with)"
    r"|push(?:ed)? (?:back|out)|drop(?:ped|s|ping)|decided (?:against|to drop)|turns out|forget (?:what|the)|used to"
    r"|w(?:as|ere) wrong|my mistake|i misspoke|(?:settled|agreed) on|went with|going with|made? (?:it|that)"
    r"|ended up)\b"
    r"|変更|移行|切り替|今後|代わりに|もう|やめ|改为|改成|换成|不再|现在|而不是|변경|이제|대신",
    re.IGNORECASE,
)
_RETRACTS = re.compile(
    r"\b(?:no longer|any ?more|scratch that|scrap(?:ped)?|cancel(?:led|ed|s)?|dropped|removed|retired|abandoned)\b"
    r"|不再|やめ",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"[?\uff1f\u061f][\s\"')\]}]*$|^\s*(?:can|could|would|will|should|shall|does|do|did|is|are|was|has|have|please|who"
    r"|what|when|where|why|how|which|anyone|any idea|i wonder|remind me|if)\b",
    re.IGNORECASE,
)
_OF_THE_PAST = re.compile(
    r"\b(?:first(?:ly)?|original(?:ly)?|initial(?:ly)?|previous(?:ly)?|former(?:ly)?|earlier|old|used to"
    r"|in the beginning|before (?:that|then|the (?:change|switch|move))|histor(?:y|ical(?:ly)?)|once|back then"
    r"|over time|ever|all the|every|each time|list)\b"
    r"|最初|以前|当初|之前|原来|처음|이전",
    re.IGNORECASE,
)
_LEAD = re.compile(r"^[^:\uff1a>]{0,80}(?:[:\uff1a]|>[ \t])(?:\*\*|__)?[ \t]*")  # the speaker and the moment
_DAY_LINE = re.compile(r"^\s*(?:#{1,6}\s+)?[\W_]*\d{4}-\d{2}-\d{2}[\W_]*$")
_JSON_TEXT = re.compile(r'"(?:content|text|message|body|value|utterance)"\s*:\s*"((?:[^"\\]|\\.){1,4000})"')
_DIGITS = re.compile(r"\d")
_NUMBERS = {
    word: str(number)
    for number, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())
}


@dataclass(frozen=True, slots=True)
class _Statement:
    """What one turn says, whoever asks."""

    words: frozenset[str]  # terms, without those that say nothing and those that say that something changed
    values: frozenset[str]  # those with digits
    changes: bool
    retracts: bool
    asks: bool  # it states nothing


@dataclass(frozen=True, slots=True)
class _Said:
    """A turn among the hits, with what it says."""

    hit: Hit
    statement: _Statement
    asked: frozenset[str]  # of the question's terms, those it holds
    at: str | None

    @property
    def values(self) -> frozenset[str]:
        """What has digits, beside the words asked for."""
        return self.statement.values - self.asked


def latest_first(query: Query, idf: Idf, hits: list[Hit]) -> list[Hit]:
    """Return the hits with each turn that was replaced after the one that holds now; it says which that is."""
    if sum(_is_said(hit) for hit in hits[:DEPTH]) < 2 or _OF_THE_PAST.search(query.text):
        return hits
    said = _relevant(idf, [_said(query, hit) for hit in hits[:DEPTH] if _is_said(hit) and hit.weighed.matched])
    replaced: dict[int, _Said] = {}  # by the place in `said`
    for at, earlier in enumerate(said):
        later = [other for other in said if _is_later(other, earlier) and _replaces(idf.weight, other, earlier)]
        if later:
            replaced[at] = _last(later)
    return _ordered(hits, said, replaced) if replaced else hits


def _ordered(hits: list[Hit], said: Sequence[_Said], replaced: Mapping[int, _Said]) -> list[Hit]:
    """Move each last word up to the first of those that it replaces."""
    number = {id(each): at for at, each in enumerate(said)}
    heirs: dict[int, Hit] = {}  # by the hit's id, what holds now
    for at, heir in replaced.items():
        while (further := replaced.get(number[id(heir)])) is not None:
            heir = further
        heirs[id(said[at].hit)] = heir.hit
    ordered: list[Hit] = []
    placed: set[int] = set()
    for hit in hits:
        heir = heirs.get(id(hit))
        if heir is not None and id(heir) not in placed:
            placed.add(id(heir))
            ordered.append(heir)
        if heir is not None:
            ordered.append(replace(hit, later=heir))
        elif id(hit) not in placed:
            placed.add(id(hit))
            ordered.append(hit)
    return ordered


def _is_said(hit: Hit) -> bool:
    """Whether a hit is a turn, or a text that was kept and is no note: a note has receipts of its own."""
    if hit.gone or hit.replaced or hit.fact is not None:
        return False
    kept = hit.root.kind == "virtual" and not hit.source.path.startswith(PREFIX) and hit.kind in ("note", "doc")
    return hit.place.form == TURN or (kept and hit.place.form == "paragraph")


def _said(query: Query, hit: Hit) -> _Said:
    statement = _statement(hit.body)
    return _Said(hit, statement, statement.words & frozenset(query.terms), said_at(hit.place.heading or ""))


@lru_cache(maxsize=2_048)  # the same turns come back
def _statement(body: str) -> _Statement:
    text = _text(body)
    said: list[str] = WORD.findall(_CHANGE.sub(" ", text))
    told = [_NUMBERS.get(word.lower(), word) for word in said if not is_stop_word(word)]
    words = frozenset(term for word in told for term in terms_of_word(word))
    return _Statement(
        words,
        frozenset(word for word in words if _DIGITS.search(word)),
        _CHANGE.search(text) is not None,
        _RETRACTS.search(text) is not None,
        _ASKS.search(text.strip()) is not None,
    )


def _text(body: str) -> str:
    """Return what is said, without who said it and when."""
    if body.lstrip(" \t[,").startswith("{") and (found := _JSON_TEXT.search(body)):
        return found[1]
    lines = [line for line in body.split("\n") if line.strip() and not _DAY_LINE.match(line)]
    return _LEAD.sub("", "\n".join(lines), count=1) if lines else ""


def _relevant(idf: Idf, said: Sequence[_Said]) -> list[_Said]:
    """Keep the statements that hold much of what is asked."""
    kept = [each for each in said if each.asked and not each.statement.asks]
    most = max((_mass(idf.weight, each.asked) for each in kept), default=0.0)
    return [each for each in kept if _mass(idf.weight, each.asked) >= RELEVANT * most]


def _replaces(weight: Mapping[str, float], later: _Said, earlier: _Said) -> bool:
    """Whether a turn says something else of what is asked than an earlier one."""
    now, then = later.statement, earlier.statement
    if not now.words - then.words:
        return False
    shared = _mass(weight, later.asked & earlier.asked)
    is_same = shared >= COVERED * _mass(weight, earlier.asked) and shared >= COVERS * _mass(weight, later.asked)
    is_other = bool(later.values - earlier.values)
    if not is_same:  # "not 8080 any more", said soon after: it names the value, not what has it
        names_old = bool(later.values & earlier.values) and is_other
        return now.changes and shared > 0 and names_old and _are_near(later.hit, earlier.hit)
    if earlier.values and not is_other and not now.retracts:
        return False  # the same value again, or none
    return now.changes or len(now.words & then.words) >= ALIKE * min(len(now.words), len(then.words))


def _are_near(one: Hit, other: Hit) -> bool:
    return one.source.id == other.source.id and abs(one.place.start_line - other.place.start_line) <= NEAR


def _mass(weight: Mapping[str, float], terms: frozenset[str]) -> float:
    return sum(weight.get(term, 0.0) for term in sorted(terms))


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
