"""Defaults that code gives in lower case: parameters, fields of classes, attributes, options of frameworks.

`facts` finds upper-case constants; these are the other places where a program says what holds unless told otherwise.
Every pattern begins with a mark the engine can search for and repeats within bounds, so the time is linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_STRING = r""""[^"\\\n]{1,120}"|'[^'\\\n]{1,120}\'"""
_NUMBER = r"-?(?:0[xX][0-9a-fA-F_]{1,32}|\d[\d_]{0,40}(?:\.\d{0,40})?(?:[eE][-+]?\d{1,4})?)"
_LITERAL = rf"{_STRING}|{_NUMBER}|True|False|true|false"
_OPTION = r"(?:[\w.]{0,40}(?:Option|Argument|Field|field|Query|Param|Header)\([ \t\n]{0,40}(?:default[ \t]?=[ \t]?)?)?"
_NOTE = r"[ \t]{0,8}:(?:[^\n=()#,\[\]]|\[[^\[\]\n]{0,60}\]){1,60}"
_DEF = re.compile(r"\bdef[ \t]+\w{1,80}\(((?:[^)]|\)(?![ \t]*(?::|->))){0,4000})\)[ \t]*(?:->|:)")
_PARAMETER = re.compile(
    rf"(?:^|[,\n])[ \t]*([a-zA-Z]\w{{1,60}})(?:{_NOTE})?[ \t]?=[ \t]?{_OPTION}({_LITERAL})(?=[ \t]*(?:[,)\n#]|\Z))"
)
# In order: a class begins, anything else begins at the margin (with what it assigns), an attribute one level in.
_OUTLINE = re.compile(
    rf"\n(?:(class)\b|([a-zA-Z_]\w{{1,60}})(?:{_NOTE})?[ \t]?=[ \t]?{_OPTION}({_LITERAL})(?=[ \t]*(?:\n|\Z|\#|,|\)))"
    rf"|([^\s\#)\]}}])"
    rf"|(?:    |\t)([a-zA-Z_]\w{{1,60}})(?:{_NOTE})?[ \t]?=[ \t]?{_OPTION}({_LITERAL})(?=[ \t]*(?:\n|\Z|\#|,|\))))"
)
_ATTRIBUTE = re.compile(rf"\bself\.([a-zA-Z]\w{{1,60}})(?:{_NOTE})?[ \t]?=[ \t]?({_LITERAL})(?=[ \t]*(?:\n|\Z|#))")
_KEYWORD = re.compile(rf"\n[ \t]+(python_requires|version)[ \t]?=[ \t]?({_STRING})(?=,?[ \t]*(?:\n|\Z|#))")
_CALLED_ENV = re.compile(
    r"\b(?:env(?:\.\w{1,20})?|config)\([ \t\n]{0,40}[\"']([A-Z]\w{1,60})[\"'][^()\n]{0,80}?"
    rf"\bdefault=({_LITERAL})"
)
_SCRIPT_CONSTANT = re.compile(
    rf"\n[ \t]*(?:export[ \t]+)?(?:const|let|var)[ \t]+([a-z]\w{{1,60}})(?:{_NOTE})?[ \t]*=[ \t]*({_LITERAL})"
    r"(?=;?[ \t]*(?:\n|\Z|//))"
)
_SCRIPT_PROPERTY = re.compile(rf"\n[ \t]+([a-z]\w{{1,60}}):[ \t]+({_LITERAL})(?=,?[ \t]*(?:\n|\Z|//))")
_GO_CONSTANT = re.compile(
    rf"\n(?:const[ \t]+|\t)([a-zA-Z]\w{{1,60}})(?:[ \t]+\w{{1,20}})?[ \t]+=[ \t]+({_LITERAL})(?=[ \t]*(?:\n|\Z|//))"
)
_SCRIPTS = frozenset({"javascript", "typescript", "tsx", "jsx"})

Match = tuple[int, str, str]


def defaults(body: str, language: str) -> Iterator[Match]:
    """Yield (offset of the key, key, raw value) of a text that begins with a newline, in any order."""
    if language == "python":
        yield from _python(body)
    elif language in _SCRIPTS:
        yield from _pairs(_SCRIPT_CONSTANT, body)
        yield from _pairs(_SCRIPT_PROPERTY, body)
    elif language == "go":
        yield from _pairs(_GO_CONSTANT, body)


def _python(body: str) -> Iterator[Match]:
    yield from _outlined(body)
    for match in _DEF.finditer(body):
        inside, start = match[1], match.start(1)
        if "=" in inside:
            yield from ((start + at, key, raw) for at, key, raw in _pairs(_PARAMETER, inside))
    if "self." in body:
        yield from _pairs(_ATTRIBUTE, body)
    if "setup(" in body:
        yield from _pairs(_KEYWORD, body)
    if "default=" in body:
        yield from _pairs(_CALLED_ENV, body)


def _outlined(body: str) -> Iterator[Match]:
    """Yield what a module assigns at its margin, and its classes one level in; never a function's own variables."""
    in_class = False
    for match in _OUTLINE.finditer(body):
        if match[1]:
            in_class = True
        elif match[2]:
            in_class = False
            if not _is_left_out(match[2]):
                yield match.start(2), match[2], match[3]
        elif match[4]:
            in_class = in_class and match[4] in "@"
        elif in_class and match[5] and not _is_left_out(match[5]):
            yield match.start(5), match[5], match[6]


def _is_left_out(name: str) -> bool:
    """Whether `facts` has it already (upper case, from three characters on), or it is its class's own affair."""
    if name[0] == "_":
        return name != "__version__"
    return name.upper() == name and len(name) > 2


def _pairs(pattern: re.Pattern[str], body: str) -> Iterator[Match]:
    return ((match.start(1), match[1], match[2]) for match in pattern.finditer(body))
