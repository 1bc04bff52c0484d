"""What a statement names: paths, symbols, `key = value` literals and commands, as they are written in prose.

Marked as code (in backticks, as a role or a link) is what its author meant as a name; a bare word that only looks like
one is a weaker mention. Nothing is looked up here. Every expression has bounded repeats.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .languages import language_of

LONGEST = 4_000  # of a statement; what comes behind it is not searched
MOST = 64  # mentions of one statement
FILE_NAMES = frozenset(
    """Makefile GNUmakefile Dockerfile Containerfile Gemfile Rakefile Vagrantfile Jenkinsfile Procfile Brewfile Pipfile
    Justfile LICENSE LICENCE COPYING NOTICE AUTHORS CODEOWNERS Tiltfile SConstruct""".split()
)
_MEDIA = re.compile(r"(?:application|text|image|audio|video|multipart|font|message)/")
_PIECE = r"[\w.@+~-]{1,120}"
_PATH = re.compile(rf"(?:\./)?({_PIECE}(?:/{_PIECE}){{0,20}}/?)")
_PLACE = re.compile(
    rf"({_PIECE}(?:/{_PIECE}){{0,20}})(?:(?::|\#)L?(\d{{1,6}})(?:-L?(\d{{1,6}}))?|::([A-Za-z_][\w.:]{{0,120}}))"
)
_NAME = r"[A-Za-z_]\w{0,80}"
_SYMBOL = re.compile(rf"@?({_NAME}(?:(?:\.|::|\#){_NAME}){{0,8}})(\([^()\n]{{0,80}}\))?")
_VALUE = r"\"[^\"\n]{1,80}\"|'[^'\n]{1,80}'|[\w.+/:~-]{1,80}"
_LITERAL = re.compile(
    rf"(?:export\s{{1,4}})?([A-Za-z_][\w.-]{{1,60}})[ ]{{0,2}}(?:=|:(?=[ ]))[ ]{{0,2}}({_VALUE})[;,.]?"
)
_LOOSE_LITERAL = re.compile(
    rf"(?<![\w.$?&/-])((?=[\w.-]{{0,60}}[A-Z_.])[A-Za-z_][\w.-]{{1,60}})(?:=|[ ]=[ ]|:[ ])({_VALUE})(?![\w(\[])"
)
_IS = re.compile(
    r"`{1,2}([A-Za-z_][\w.-]{1,60})`{1,2}[ ]{0,2}(?:\(|is|=|:|defaults[ ]to|default[ ]is|is[ ]set[ ]to)[ ]"
    r"{0,2}(?:`{1,2}([^`\n]{1,80})`{1,2}|(\d[\w.]{0,20}))"
)
_MAKE = re.compile(r"(?:\$ ?)?make((?:[ ]{1,3}[\w.=/-]{1,60}){1,8})")
_RUN = re.compile(r"(?:\$ ?)?(npm|pnpm|yarn|bun)[ ]{1,3}(?:run(?:-script)?[ ]{1,3}([\w:.-]{1,60})|(test|start)\b)")
_SPAN = {
    False: re.compile(r"(?<!`)(`{1,2})(?!`)([^`\n]{1,400})\1(?!`)"),
    True: re.compile(
        r"(?<![:`\w])(`{1,2})(?!`)([^`<>\n]{1,400})\1(?![`_])"
    ),  # single ones name what a default role finds
}
_ROLE = re.compile(
    r":(?:py:)?(func|meth|class|attr|mod|exc|data|obj):`~?!?\.?(?:[^`<>\n]{0,120}<)?([\w.]{1,160})(?:\(\))?>?`"
)
_LINK = re.compile(
    r"\]\(<?([^()\s<>]{1,300})>?(?:[ ]\"[^\"\n]{0,200}\")?\)|^\[[^\]\n]{1,100}\]:[ ]{1,4}(\S{1,300})", re.MULTILINE
)
_URL = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s<>\"']{1,400}")
_LOOSE_PATH = re.compile(rf"(?<![\w/.@:~$-])({_PIECE}(?:/{_PIECE}){{1,20}}|[\w-]{{1,80}}\.[A-Za-z]\w{{0,7}})(?![\w/])")
_LOOSE_SYMBOL = re.compile(rf"(?<![\w./@-])({_NAME}(?:\.{_NAME}){{0,8}})(\(\))?")
_HUMP = re.compile(r"[a-z0-9][A-Z]|[A-Z]{2,20}[a-z]")
_NOT_A_PATH = re.compile(r"[*<>{}$|]|\.\.\.|://|path/to|^www\.|%|^[^/]*=|^\W*$")


@dataclass(frozen=True, slots=True)
class Mention:
    """One name in a statement.

    `sort` is path, symbol, literal or command. `name` is the path, the dotted symbol, the key, or the target of the
    command; `value` the literal's value, the command's program, or the path that a symbol is said to stand in.
    """

    sort: str
    text: str
    name: str
    value: str | None = None
    lines: tuple[int, int] | None = None
    marked: bool = False
    linked: bool = False  # the target of a link, relative to the document

    @property
    def looks_like_code(self) -> bool:
        """Whether a symbol is written as no ordinary word is: called, dotted, underscored or with an inner capital."""
        return (
            "(" in self.text or "." in self.name or "_" in self.name.strip("_") or _HUMP.search(self.name) is not None
        )


def mentions(text: str, *, rst: bool = False, shell: bool = False) -> list[Mention]:
    """Return what a statement names, in order, each name once.

    Args:
        text: One statement.
        rst: Whether single backticks are no code.
        shell: Whether the whole statement is a command line.
    """
    text = text[:LONGEST]
    found = list(_of_code(text.removeprefix("$ "), shell=True)) if shell else list(_in_prose(text, rst))
    once = {(each.sort, each.name, each.value, each.lines): each for each in reversed(found)}
    return [each for each in found if once[each.sort, each.name, each.value, each.lines] is each][:MOST]


def bare(text: str) -> str:
    """Return a statement without what it marks as code: the words that say how it is meant."""
    return _LINK.sub(" ", _SPAN[False].sub(" ` ", _ROLE.sub(" ` ", text[:LONGEST])))


def _in_prose(text: str, rst: bool) -> Iterator[Mention]:
    for found in _IS.finditer(text):
        value = _bare(found[2] or found[3])
        if re.fullmatch(_VALUE, value) and value.strip("."):
            yield Mention("literal", found[0], found[1], value, marked=True)
    for found in _ROLE.finditer(text):
        yield Mention("symbol", found[2], found[2], marked=True)
    for found in _LINK.finditer(text):
        target = (found[1] or found[2]).partition("#")[0]
        if target and not _NOT_A_PATH.search(target) and ":" not in target and not target.startswith("/"):
            yield Mention("path", target, target.removeprefix("./"), marked=True, linked=True)
    for found in _SPAN[rst].finditer(text):
        yield from _of_code(found[2].strip())
    rest = _URL.sub(" ", _LINK.sub(" ", _SPAN[rst].sub(" ` ", _ROLE.sub(" ` ", text))))
    yield from _loose(rest)


def _of_code(code: str, shell: bool = False) -> Iterator[Mention]:
    """Return what a stretch marked as code names."""
    commands = list(_commands(code, shell))
    if commands:
        yield from commands
    elif (found := _PLACE.fullmatch(code)) and (found[4] or _is_file(found[1])):
        yield _place(found, marked=True)
    elif not shell and (found := _LITERAL.fullmatch(code)) and found[2].strip("."):
        yield Mention("literal", code, found[1], _bare(found[2]), marked=True)
    elif " " in code or shell:
        words = [word for word in code.split() if "/" in word and _is_path(word, marked=False)]
        yield from (Mention("path", word, _path(word), marked=True) for word in words)
    elif _is_path(code, marked=True):
        yield Mention("path", code, _path(code), marked=True)
    elif (found := _SYMBOL.fullmatch(code)) and not keyword.iskeyword(found[1]):
        yield Mention("symbol", code, re.sub(r"::|#", ".", found[1]), marked=True)


def _commands(code: str, shell: bool) -> Iterator[Mention]:
    """Return the targets of `make` and the scripts of `npm run` and its kin."""
    if found := _MAKE.fullmatch(code) or (_MAKE.match(code) if shell else None):
        targets = [word for word in found[1].split() if re.fullmatch(r"[A-Za-z][\w.-]*", word)]
        yield from (Mention("command", f"make {word}", word, "make", marked=True) for word in targets)
    elif found := _RUN.match(code):
        yield Mention("command", found[0], found[2] or found[3], "npm", marked=True)


def _loose(text: str) -> Iterator[Mention]:
    """Return what is named without being marked."""
    placed = [found for found in _PLACE.finditer(text) if _is_file(found[1])]
    yield from (_place(found, marked=False) for found in placed)
    for found in placed:
        text = f"{text[: found.start()]}{' ' * len(found[0])}{text[found.end() :]}"
    for found in _LOOSE_LITERAL.finditer(text):
        yield Mention("literal", found[0], found[1], _bare(found[2]))
    for found in _LOOSE_PATH.finditer(text):
        word = found[1].rstrip(".")
        if _is_path(word, marked=False):
            yield Mention("path", word, _path(word))
    for found in _LOOSE_SYMBOL.finditer(text):
        mention = Mention("symbol", found[0], found[1])
        is_short = all(len(part) < 2 for part in found[1].split("."))  # e.g., i.e.
        if mention.looks_like_code and not is_short and not _is_file(found[1]):
            yield mention


def _place(found: re.Match[str], marked: bool) -> Mention:
    path = _path(found[1])
    if found[4]:
        return Mention("symbol", found[0], re.sub(r"::", ".", found[4]), path, marked=marked)
    start = int(found[2])
    return Mention("path", found[0], path, lines=(start, int(found[3] or start)), marked=marked)


def _is_path(word: str, marked: bool) -> bool:
    if _NOT_A_PATH.search(word) or _MEDIA.match(word) or not _PATH.fullmatch(word) or word.startswith("~"):
        return False
    return _is_file(word) or (marked and "/" in word.strip("/")) or (marked and word.endswith("/") and len(word) > 2)


def _is_file(word: str) -> bool:
    """Whether the last part of a path is a name that files have."""
    name = word.rstrip("/").rpartition("/")[2]
    stem, dot, extension = name.rpartition(".")
    if name in FILE_NAMES:
        return True
    return bool(dot and (stem or len(extension) > 2) and language_of(f"x.{extension}") is not None)


def _path(word: str) -> str:
    return word.removeprefix("./").rstrip("/")


def _bare(value: str) -> str:
    value = value.strip()
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value.rstrip(".,;")
