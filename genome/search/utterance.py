"""What one turn of a conversation states: its words, its values by sort, and whether it says that something changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ..reading.terms import WORD, is_stop_word, terms_of_word
from ..reading.turns import said_on

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
    r"|ended up|left|leaves|leaving)\b"
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
_DAY_LINE = re.compile(r"^\s*(?:#{1,6}\s+)?[\W_]*\d{4}-\d{2}-\d{2}[\W_]*$")
_JSON_TEXT = re.compile(r'"(?:content|text|message|body|value|utterance)"\s*:\s*"((?:[^"\\]|\\.){1,4000})"')
_DIGITS = re.compile(r"\d")
_NUMBERS = {
    word: str(number)
    for number, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())
}


_MONTHS = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_DATE = re.compile(
    rf"\b(?:\d{{4}}-\d{{2}}-\d{{2}}|{_MONTHS}\.? \d{{1,2}}(?:st|nd|rd|th)?\b"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\.? (?:of )?{_MONTHS}"
    r"|\d{1,2}[./]\d{1,2}(?:[./]\d{2,4})?|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|tomorrow|q[1-4])\b"
    r"|\b\d{1,2}:\d{2}\b|\b\d{1,2} ?[ap]m\b",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"(?<=[^.!?:\s])\s+([A-Z][\w'-]+)|(?:^|[.!?:]\s+)([A-Z][a-z]+)(?= (?:is|has|will|took|left|\w+(?:s|ed))\b)"
)
_NO_NAMES = frozenset("i i'm i'll i've i'd ok".split())


@dataclass(frozen=True, slots=True)
class Statement:
    """What one turn says, in terms as the index has them, without stop words; `words` are those not of a change.

    `values` are pairs of a sort (date, number, name) and a term.
    """

    words: frozenset[str]
    terms: frozenset[str]
    values: frozenset[tuple[str, str]]
    changes: bool
    retracts: bool
    asks: bool  # it states nothing


@lru_cache(maxsize=2_048)  # the same turns come back
def statement(body: str) -> Statement:
    """Return what a turn says, given its lines.

    >>> sorted(statement("[10:22] Ana: we moved the search port to 9090").values)
    [('number', '9090')]
    """
    text = _text(body)
    plain = _CHANGE.sub(" ", text)
    return Statement(
        words=frozenset(_terms(plain)),
        terms=frozenset(_terms(text)),
        values=_values(text),
        changes=plain != text,
        retracts=_RETRACTS.search(text) is not None,
        asks=_ASKS.search(text.strip()) is not None,
    )


def _terms(text: str) -> list[str]:
    words: list[str] = WORD.findall(text)
    told = [_NUMBERS.get(word.lower(), word) for word in words if not is_stop_word(word)]
    return [term for word in told for term in terms_of_word(word)]


def _values(text: str) -> frozenset[tuple[str, str]]:
    dates = [" ".join(_terms(found[0])) for found in _DATE.finditer(text)]
    rest = _DATE.sub(" ", text)
    numbers = [term for term in _terms(rest) if _DIGITS.search(term)]
    named = [found[1] or found[2] for found in _NAME.finditer(rest)]
    names = [" ".join(terms_of_word(name)) for name in named if name.lower() not in _NO_NAMES]
    return frozenset(
        [
            *(("date", each) for each in dates),
            *(("number", each) for each in numbers),
            *(("name", each) for each in names),
        ]
    )


def _text(body: str) -> str:
    """Return what is said, without who said it and when."""
    if body.lstrip(" \t[,").startswith("{") and (found := _JSON_TEXT.search(body)):
        return found[1]
    lines = [line for line in body.split("\n") if line.strip() and not _DAY_LINE.match(line)]
    while len(lines) > 1 and lines[0].startswith("#") and said_on(lines[0]):  # the document's title
        del lines[0]
    return "\n".join([said_on(lines[0]), *lines[1:]]) if lines else ""
