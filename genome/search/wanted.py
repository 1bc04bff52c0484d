"""Whether a question asks for a value, and of which sort: a port, a number, a version, a switch, a place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ..reading.terms import stem, terms_of_word

# Words that ask for a value without saying of what; they weigh nothing where a key lacks them.
_GENERIC = """
    default defaults value values set setting setup config configuration configured option parameter variable
    constant many long much large big often current currently number amount equal defined built enabled
    s ms secs kb mb gb enable disabled active allowed on off which what
"""
GENERIC = frozenset(stem(word) for word in _GENERIC.split())
_SYNONYMS = (
    "port listen bind expose",
    "timeout deadline expiry expire",
    "retry retries attempts tries",
    "version release",
    "require requires minimum min least",
    "maximum max limit most cap highest",
    "size length bytes",
    "directory dir folder path",
    "host address hostname",
    "url uri endpoint",
    "interval period frequency every delay",
    "enabled enable active on",
    "concurrency workers threads parallel",
    "password passwd secret",
    "user username",
    "database db",
    "message msg",
    "count num",
    "buffer buf",
    "connection conn",
    "seconds secs",
    "argument arg",
    "colour color",
    "encoding charset",
    "file filename",
    "width columns",
)
SYNONYMS: dict[str, frozenset[str]] = {}
for _line in _SYNONYMS:
    _group = frozenset(stem(word) for word in _line.split())
    for _term in _group:
        SYNONYMS[_term] = SYNONYMS.get(_term, frozenset()) | _group

_ASKS = re.compile(
    r"\b(?:what|which|how (?:many|long|large|big|often|much|deep|wide|high|fast|old)|whether|value of|set to"
    r"|defaults? to|is|are|does|do)\b"
)
_ASKS_BY_DEFAULT = re.compile(r"\b(?:default|value of|set to|how (?:many|long|large|big|often|much)|whether)\b")
_OTHER = re.compile(
    r"\b(?:why|who|where|how (?:do|does|is|are|can|to|should|would)|what (?:do|does) \w+ do\b"
    r"|which (?:function|method|class|module|part|code)s?)\b"
)
# "idle timeout for connections": a noun that has a value, with nothing but its own adjectives and nouns before it.
_HEAD = re.compile(
    r"^(?:[\w./-]+: )?(?:(?!(?:how|why|where|who|when|whether|if|to|and|or|of|for|in|on|that|which)\b)[\w'./-]+ ){0,5}"
    r"(?:(?:timeout|time-out|limit|size|ports?|version|interval|length|capacity|range|prefix|suffix|number|count|codes?"
    r"|value|time|seconds|milliseconds|ms|bytes?|backlog|threshold|delay|width|backend|format|level|variable|precision"
    r"|encoding|scheme|schemes|path|url|address|order|depth|ratio|rate|factor|period|name|key|algorithm)"
    r"(?: (?:of|for|in|on|that|when|used|between|to|by|allowed|from|after|and|with|at|before|per)\b|\s*\??$)"
    r"|(?:largest|smallest|highest|lowest|longest|shortest|maximum|minimum|max|min|default|initial) \w+)"
)
_STILL_ASKS = re.compile(r"\bby default\b|\bdefault value\b|\bvalue of\b|\bset to\b")
_SORTS = (
    ("number", re.compile(r"^how (?:many|long|large|big|often|much|old)\b")),  # of whatever the question goes on with
    ("port", re.compile(r"\bports?\b|\blisten")),
    ("version", re.compile(r"\bversions?\b|\brelease\b")),
    (
        "switch",
        re.compile(r"^(?:is|are|does|do)\b|\bwhether\b|\benabled\b|\bdisabled\b|\bon or off\b|\bturned o"),
    ),
    (
        "number",
        re.compile(
            r"\b(?:time-?outs?|limit|size|count|number|max|maximum|minimum|retries|attempts|interval|delay|length|seconds"
            r"|milliseconds|bytes|how (?:many|long|large|big|often|much))\b"
        ),
    ),
    ("place", re.compile(r"\burl\b|\bhost(?:name)?\b|\bpath\b|\bdirectory\b|\bfolder\b|\bfile\b|\baddress\b")),
)
SORT_TERMS = {"version": frozenset(("version", "releas")), "port": frozenset(("port",))}  # a fitting value is one
_NUMBER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F_]+|[\d_]+(?:\.\d*)?(?:[eE][-+]?\d+)?)\s?(?:[a-zA-Z]{1,3}|%)?")
_PRODUCT = re.compile(rf"{_NUMBER.pattern}(?:\s?(?:\*\*?|<<|[-+/])\s?{_NUMBER.pattern}){{0,5}}")
_VERSION = re.compile(r"[~^<>=! v]*\d+(?:\.[\w*]+)*(?:[\s,|&]+[~^<>=! v]*\d+(?:\.[\w*]+)*)*(?:[-+][\w.]+)?")
_SWITCH = re.compile(r"true|false|yes|no|on|off|enabled?|disabled?|[01]", re.IGNORECASE)
_PORT = re.compile(r"(?:[\w.]*:)?(\d{1,5})(?::(\d{1,5}))?(?:/(?:tcp|udp))?")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a question about a value asks for. `sort` is port, number, version, switch or place, None for any."""

    sort: str | None
    terms: tuple[str, ...]  # what it is the value of


def wanted(text: str, terms: tuple[str, ...]) -> Wanted | None:
    """Return what value a question asks for, None where it asks for none.

    Args:
        text: The question.
        terms: Its terms, as `query.parse` gives them.

    >>> wanted("what port does the server listen on?", ("port", "server", "listen"))
    Wanted(sort='port', terms=('port', 'server', 'listen'))
    >>> wanted("how are requests retried", ("request", "retri")) is None
    True
    """
    lower = text.lower().strip()
    if len(lower) > 300:
        return None
    sort = next((name for name, pattern in _SORTS if pattern.search(lower)), None)
    asks = _ASKS.match(lower) or _ASKS_BY_DEFAULT.search(lower) or _HEAD.match(lower)
    if not asks or (_OTHER.search(lower) and not _STILL_ASKS.search(lower)):
        return None
    told = tuple(term for term in terms if term not in GENERIC)
    return Wanted(sort, told or terms) if terms else None


def names_key(text: str, key: str) -> bool:
    """Whether a question spells a key as it stands, or its last part."""
    last = key.rpartition(".")[2].lstrip("-")
    for name in {key, last}:
        is_telling = len(name) > 3 and (name.upper() == name or "_" in name or "." in name or "-" in name)
        if is_telling and name in text and re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text):
            return True
    return False


def fit(sort: str | None, value: str | None) -> float:
    """Return how well a value is of the sort asked for: 1 where it is, less where it is not, between for none asked.

    >>> fit("port", "8080"), fit("port", "http")
    (1.0, 0.4)
    """
    if sort is None or value is None:
        return 0.9
    return 1.0 if _is_of(sort, value.strip()) else 0.4


def _is_of(sort: str, value: str) -> bool:
    match sort:
        case "port":
            found = _PORT.fullmatch(value)
            return found is not None and all(1 <= int(part) <= 65_535 for part in found.groups() if part)
        case "number":
            return _PRODUCT.fullmatch(value) is not None
        case "version":
            return _VERSION.fullmatch(value) is not None
        case "switch":
            return _SWITCH.fullmatch(value) is not None
        case _:
            return len(value) > 1 and _NUMBER.fullmatch(value) is None and _SWITCH.fullmatch(value) is None


@lru_cache(maxsize=4_096)  # names and paths come back
def split(name: str) -> frozenset[str]:
    """Return the distinct terms of a key or a symbol, without its whole.

    >>> sorted(split("server.listen_port"))
    ['listen', 'port', 'server']
    """
    return frozenset(term for word in re.findall(r"[^\W_]+", name) for term in terms_of_word(word)[: _parts(word)])


def _parts(word: str) -> int:
    found = terms_of_word(word)
    return len(found) - 1 if len(found) > 1 else 1
