"""`key = value` literals with their line: what a question about a default, a port or a limit is answered from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ..records import Fact
from .claims import claims
from .defaults import defaults
from .keys import Key, keys, literal
from .secrets import REDACTED

_STRING = r""""[^"\\\n]{0,120}"|'[^'\\\n]{0,120}\'"""
_NUMBER = r"[-+]?(?:0[xX][0-9a-fA-F_]{1,32}|\d[\d_]{0,40}(?:\.\d{1,40})?(?:[eE][-+]?\d{1,4})?)\w{0,4}"
_LITERAL = rf"{_STRING}|{_NUMBER}|[Tt]rue|[Ff]alse|None|null|nil"
_PRODUCT = rf"{_STRING}|{_NUMBER}(?:[ \t]?(?:\*\*?|<<|[-+/])[ \t]?{_NUMBER}){{0,5}}|[Tt]rue|[Ff]alse|None|null|nil"
# Each pattern begins with a letter or a newline that the engine can search for, and no part of it can be
# matched in two ways, so the time is linear; every repetition is bounded.
_NAMED = (
    rf"\*?([A-Z][A-Z0-9_]{{2,60}})(?:[ \t]*:[ \t]*[\w.'\"&\[\]| ]{{1,60}}?)?"
    rf"[ \t]*:?=[ \t]*({_PRODUCT})[ \t]*(?=[;,)]?[ \t]*(?:\n|\Z|//|#|/\*|--))"
)
_PLAIN_CONSTANT = re.compile(rf"\n[ \t]*{_NAMED}")
_TYPED_CONSTANT = re.compile(
    r"\n[^\n\w]{0,40}(?=[a-zA-Z][^\n=(]{0,80}=)(?:(?:[a-z]\w{0,30}|[A-Z][a-z]\w{0,30})[ \t]+){0,6}" + _NAMED
)
_DEFINE = re.compile(rf"\n#[ \t]*define[ \t]+(\w{{2,60}})[ \t]+\(?({_LITERAL})\)?[ \t]*(?=\n|\Z|//|/\*)")
_ENV_ARGUMENTS = rf"\(\s{{0,40}}[\"'](\w{{1,80}})[\"'],\s{{0,40}}({_LITERAL})\s{{0,40}}\)"
_PROCESS_ENV = re.compile(
    rf"process\.env(?:\.(\w{{1,80}})|\[[\"'](\w{{1,80}})[\"']\])\)?[ \t]*(?:\|\||\?\?)[ \t]*({_LITERAL})"
)
_OPTION_ARGUMENTS = (
    r"\(\s{0,60}(?:[\"']-\w[\"'],\s{0,60})?[\"'](--[\w-]{1,60})[\"']"
    rf"(?:[^()\"']|{_STRING}|\([^()]{{0,200}}\)){{0,200}}?\bdefault\s?=\s?({_LITERAL})(?=\s{{0,60}}[,)])"
)
# A pattern runs only when its mark is in the text, and begins with the mark, which the engine then searches for.
_MARKED = (
    ("environ.get", re.compile(r"environ\.get" + _ENV_ARGUMENTS)),
    ("environ.setdefault", re.compile(r"environ\.setdefault" + _ENV_ARGUMENTS)),
    ("getenv(", re.compile("getenv" + _ENV_ARGUMENTS)),
    ("get_env(", re.compile("get_env" + _ENV_ARGUMENTS)),
    ("ENV.fetch(", re.compile(r"ENV\.fetch" + _ENV_ARGUMENTS)),
    (" env(", re.compile(" env" + _ENV_ARGUMENTS)),
    ("add_argument(", re.compile("add_argument" + _OPTION_ARGUMENTS)),
    ("option(", re.compile("option" + _OPTION_ARGUMENTS)),
    ("#define", _DEFINE),
)
_UNTYPED = frozenset({"python", "ruby", "lua", "perl", "r", "julia", "elixir"})
_SHELL_DEFAULT = re.compile(r"\$\{(\w{1,80}):?[-=]([^}{$\n]{1,120})\}")
_ASSIGN = re.compile(r"\n[ \t]*(?:(?:export|override)[ \t]+)?([A-Z][A-Z0-9_]{1,60})[ \t]*[:?]?=[ \t]*([^\n]{1,160})")
_SHELL_ASSIGN = re.compile(r"\n[ \t]*(?:(?:export|readonly|local|declare)[ \t]+)?([A-Za-z_]\w{1,60})=([^\n]{1,160})")
_EXPOSE = re.compile(r"\n[ \t]*(EXPOSE|FROM|WORKDIR|USER)[ \t]+([^\n]{1,120})")
_DOCKER_ENV = re.compile(r"\n[ \t]*(?:ENV|ARG)[ \t]+([A-Za-z_]\w{1,60})(?:=|[ \t]+)([^\n]{1,160})")
_TRIPLE = re.compile(r'"{3}|\'{3}')
_WITHOUT = frozenset(
    {"markdown", "rst", "asciidoc", "org", "text", "html", "css", "csv", "xml", "notebook", "latex", "pdf"}
)


def facts(text: str, language: str | None, found: Sequence[Key] | None = None) -> list[Fact]:
    """Return the facts of a text in line order.

    Keys of configuration files come with their full path. Code gives upper-case constants, defaults of environment
    variables, of command-line options, of parameters and of fields; Dockerfiles, shell scripts and makefiles their
    assignments; documents what they say a default is. A value that was redacted is None.

    Args:
        text: the file, after redaction.
        language: as `language_of` gave it.
        found: the keys of a configuration file, where the caller has them already.
    """
    if language in ("toml", "yaml", "json", "ini"):
        found = keys(text, language) if found is None else found
        return [Fact(key.path, _shown(key.value), key.row + 1) for key in found if key.value and key.path]
    if language is None or language in _WITHOUT:
        return claims(text, language) if language is not None else []
    body = "\n" + text
    return _with_lines(body, language, sorted(_matches(body, language), key=lambda match: match[0]))


def _matches(body: str, language: str) -> Iterator[tuple[int, str, str]]:
    """Yield (offset of the key, key, raw value) in any order; patterns that cannot match are not tried."""
    if language == "dockerfile":
        yield from _pairs(_EXPOSE, body)
        yield from _pairs(_DOCKER_ENV, body)
    elif language in ("bash", "make"):
        yield from _pairs(_SHELL_ASSIGN if language == "bash" else _ASSIGN, body)
    else:
        yield from _pairs(_PLAIN_CONSTANT if language in _UNTYPED else _TYPED_CONSTANT, body)
    if language in ("bash", "dockerfile") and "${" in body:
        yield from _pairs(_SHELL_DEFAULT, body)
    yield from defaults(body, language)
    if "process.env" in body:
        yield from ((m.start(), m[1] or m[2], m[3]) for m in _PROCESS_ENV.finditer(body))
    for mark, pattern in _MARKED:
        if mark in body:
            yield from _pairs(pattern, body)


def _pairs(pattern: re.Pattern[str], body: str) -> Iterator[tuple[int, str, str]]:
    return ((match.start(1), match[1], match[2]) for match in pattern.finditer(body))


def _docstrings(body: str) -> Iterator[tuple[int, int]]:
    """Yield where strings in triple quotes begin and end; a single string or a comment with such quotes is rare."""
    at = 0
    while (match := _TRIPLE.search(body, at)) is not None:
        end = body.find(match[0], match.end())
        at = len(body) if end < 0 else end + 3
        yield match.start(), at


def _with_lines(body: str, language: str, matches: Iterable[tuple[int, str, str]]) -> list[Fact]:
    found: list[Fact] = []
    line, last, before = 0, 0, -1
    quoted = iter(_docstrings(body)) if language == "python" else iter(())
    start, end = next(quoted, (len(body), len(body)))
    for at, key, raw in matches:
        while at >= end and end < len(body):
            start, end = next(quoted, (len(body), len(body)))
        if at == before or start <= at < end:  # two patterns see one assignment; a docstring shows an example
            continue
        line += body.count("\n", last, at)
        last = before = at
        value = literal(raw)
        if value is not None and (value == REDACTED or not value.startswith(("$(", "`", "[", "{"))):
            found.append(Fact(key, _shown(value), line))
    return found


def _shown(value: str | None) -> str | None:
    return None if value is None or REDACTED in value else value
