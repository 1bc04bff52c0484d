"""Whether what a document says of the workspace is so now: true, false, or not to be told.

A false alarm is what makes people ignore an audit, so a name that is not found is called false only with evidence that
it should be there: its folder is, its class is, a name much like it is, the store knew it. All else is unknown.
"""

from __future__ import annotations

import difflib
import os
import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ..reading.filters import role
from ..reading.languages import kind_of, language_of
from ..reading.mentions import Mention, bare, mentions
from ..reading.statements import Document, Statement
from . import lookup
from .grounds import Ground, Grounds, same_path

_PAST = re.compile(
    r"\b(?:removed?|removing|deleted?|dropped|deprecat\w+|renam(?:e|ed|ing)|replac(?:e|es|ed|ing)|no longer|formerly"
    r"|previously|used to|obsolete|legacy|missing|does not exist|doesn't exist|not exist|planned|todo|upgrad\w+"
    r"|migrat\w+|third.party|hypothetical|placeholder)\b",
    re.IGNORECASE,
)
_MADE_UP = re.compile(
    r"\b(?:creat(?:e|es|ed|ing)|sav(?:e|ed|ing)|writ(?:e|es|ing)|generat(?:e|es|ed|ing)|e\.g|examples?|for instance"
    r"|such as|suppose|imagine|let's|your|might|would|output|download\w*|temporary|external|other projects?"
    r"|something like|name it|call it)\b",
    re.IGNORECASE,
)
_NOT_MEANT = re.compile(
    r"(?:^|[/_.-])(?:foo|bar|baz|foobar|spam|eggs|example|path|some|my\w*|your\w*|usr|home|xxx+"
    r"|(?:module|class|file|test|method|package|project|app)[_-]?name)(?=[/_.-]|$)"
)
_MADE_UP_NAME = re.compile(r"(?:my|your|some|foo|bar|spam)(?:_|(?<=[a-z])[A-Z])|(?:My|Your|Some|Foo|Bar)[A-Z]")
_SETS = re.compile(
    r"\b(?:set(?:s|ting)?|export|use[sd]?|using|pass(?:es|ed|ing)?|run|enable[sd]?|disable[sd]?|overrid\w+|chang\w+|if|when"
    r"|unless|to turn|turn|configure[sd]?|try|increase|decrease|raise|lower|bump|before|until|provide[sd]?|specif\w+"
    r"|equivalent|environment)\b",
    re.IGNORECASE,
)
_MADE = frozenset(
    """build dist _build htmlcov node_modules venv .venv env .env target out site coverage __pycache__ .tox .nox .git
    .cache tmp temp .mypy_cache .pytest_cache .ruff_cache public static media logs log data bin obj release debug
    instance generated wheelhouse""".split()  # where a build or a run leaves files that are not in the repository
)
_PAGES = (".html", ".htm", ".php", ".aspx")
_UNSURE_FILES = re.compile(
    r".*\.(?:json|env|html?|xml|csv|service|socket|timer|conf|log|txt|r|t|m|go|ml|sc|inc|h|sql|db|pl)"
)
NEAR_NAME, CLOSE_NAME = 0.82, 0.92  # how alike two names are for one to be a slip of the other; in an example
MOST_SLIPS = 2  # letters of a file's name
FEWEST_LETTERS = 5
DOC_NAMES = frozenset("readme changes changelog contributing license licence authors history news security".split())


@dataclass(frozen=True, slots=True)
class Finding:
    """What one name of a statement comes to: `truth` is true, false or unknown; `why` says what is there instead."""

    statement: Statement
    mention: Mention
    truth: str
    why: str = ""


class Audit:
    """Judges the statements of one document within one snapshot of the store.

    Args:
        grounds: Where names are looked up.
        document: The document, split.
        path: Its path relative to its root: what it says itself is no evidence.
    """

    def __init__(self, grounds: Grounds, document: Document, path: str) -> None:
        self._grounds = grounds
        self._document = document
        self._path = path

    def judge(self, statement: Statement) -> list[Finding]:
        """Return what each name of a statement comes to."""
        named = mentions(statement.text, rst=self._document.rst, shell=statement.shell)
        if statement.literal is not None:
            named.append(Mention("literal", " = ".join(statement.literal), *statement.literal, marked=True))
        near = [mention.name for mention in named if mention.sort == "path"]
        return [self._judge(statement, mention, near) for mention in named]

    def _judge(self, statement: Statement, mention: Mention, near: Sequence[str]) -> Finding:
        ground = self._grounds.find(mention, near)
        if ground.found:
            return Finding(statement, mention, "true")
        why = None
        if mention.sort == "literal":
            why = self._literal(statement, ground)
        elif mention.sort == "command":
            why = self._command(mention)
        elif not _PAST.search(bare(statement.text)):
            is_made_up = _MADE_UP.search(bare(statement.text)) is not None
            why = (
                self._path_of(mention, is_made_up)
                if mention.sort == "path"
                else self._symbol(mention, near, is_made_up)
            )
        return Finding(statement, mention, "unknown") if why is None else Finding(statement, mention, "false", why)

    def _path_of(self, mention: Mention, is_made_up: bool) -> str | None:
        """Return why a path that was not found should be there."""
        name = mention.name
        folders = self._made_folders(name)
        if not mention.marked and "/" not in name:
            return None
        if folders or name.endswith(_PAGES) or name.startswith(("/", "~")):
            return None
        if lookup.was_there(self._grounds.connection, name, self._grounds.roots.keys()):
            return f"no {name} any more"
        folder = posixpath.dirname(name)
        is_there = folder and any(
            os.path.isdir(os.path.join(root.path, at)) for root, at in self._grounds.places(folder)
        )
        if is_made_up or _NOT_MEANT.search((posixpath.basename(name) if is_there else name).lower()):
            return None
        return self._slip_of_file(mention) if "/" not in name else self._in_known_folder(name)

    def _made_folders(self, name: str) -> list[str]:
        """Return the folders of a path that builds make, but for those that hold files of the workspace."""
        pieces = name.split("/")[:-1]
        above = ["/".join(pieces[: depth + 1]) for depth in range(len(pieces))]
        made = [folder for folder, piece in zip(above, pieces, strict=True) if piece.lower() in _MADE]
        return [folder for folder in made if not any(f"/{folder}/" in f"/{path}" for path in self._paths)]

    def _in_known_folder(self, name: str) -> str | None:
        has_ending = "." in name.rpartition("/")[2][1:]
        for root, path in self._grounds.places(name):
            parent = posixpath.dirname(path)
            if parent and os.path.isdir(os.path.join(root.path, parent)) and (has_ending or parent.count("/")):
                like = self._like_path(name)
                return f"no {name} in {parent}/" + (f"; there is {like}" if like else "")
            top = posixpath.normpath(path.removesuffix(name) + name.partition("/")[0])
            if has_ending and path.endswith(name) and os.path.isdir(os.path.join(root.path, top)):
                like = self._like_path(name)
                return f"no {name}" + (f"; there is {like}" if like else "")
        return None

    def _slip_of_file(self, mention: Mention) -> str | None:
        """Return the file that a bare name is a slip of; any other may be an example's, or another project's."""
        stem, _, ending = mention.name.rpartition(".")
        if _UNSURE_FILES.fullmatch(mention.name.lower()) or len(stem) < FEWEST_LETTERS:
            return None
        for path in self._paths:
            other_stem, _, other_ending = path.rpartition("/")[2].rpartition(".")
            if other_stem.lower() == stem.lower() and stem.lower() in DOC_NAMES and "/" not in path:
                return f"no {mention.name}; there is {path}"
            if other_ending == ending and _is_slip(_own(stem), _own(other_stem)):
                return f"no {mention.name}; there is {path}"
        return None

    def _like_path(self, name: str) -> str | None:
        base = name.rpartition("/")[2]
        same = [path for path in self._paths if path.rpartition("/")[2] == base]
        if len(same) == 1:
            return same[0]
        close = difflib.get_close_matches(name, self._paths, 1, 0.85)
        return close[0] if close else None

    def _symbol(self, mention: Mention, near: Sequence[str], is_made_up: bool) -> str | None:
        """Return why a symbol that was not found should be there."""
        last = mention.name.rpartition(".")[2]
        if mention.value is not None:
            return self._in_file(mention, last, is_made_up)
        if not mention.marked or not mention.looks_like_code or last in self._document.examples:
            return None
        if last.startswith("__") or self._stands(last):
            return None
        head, owner = mention.name.split(".")[0], mention.name.split(".")[-2] if "." in mention.name else None
        if _MADE_UP_NAME.match(last) or (owner is not None and not self._is_known(head)):
            return None
        like = self._like_name(last, CLOSE_NAME if is_made_up else NEAR_NAME)
        if like is not None:
            return f"no {mention.name} anywhere; there is {like}"
        if is_made_up or _NOT_MEANT.search(last.lower()):
            return None
        if owner is not None and self._is_ours(head, owner):
            return f"no {last} in {mention.name.rpartition('.')[0]}, nor anywhere else"
        there = [path for path in near if any(same_path(known, path) for known in self._paths)]
        return f"no {mention.name} in {there[0]}, nor anywhere else" if there and "(" in mention.text else None

    def _in_file(self, mention: Mention, last: str, is_made_up: bool) -> str | None:
        """`path::Symbol` says where it stands: false where that file is known and does not hold the word."""
        files = lookup.ending(self._grounds.connection, mention.value or "", self._grounds.roots.keys())
        if not files:
            return self._path_of(Mention("path", mention.text, mention.value or "", marked=True), is_made_up)
        texts = lookup.texts_with(self._grounds.connection, last, self._grounds.roots.keys())
        if any(path == files[0].path and _holds(text, last) for path, _, text in texts):
            return None
        return f"no {mention.name} in {files[0].path}"

    def _stands(self, word: str) -> bool:
        """Whether a word stands anywhere in the files but this document."""
        texts = lookup.texts_with(self._grounds.connection, word, self._grounds.roots.keys())
        return any(path != self._path and _holds(text, word) for path, _, text in texts)

    def _like_name(self, name: str, least: float) -> str | None:
        """Return the symbol that a name is a slip of."""
        if len(name) < FEWEST_LETTERS:
            return None
        close = difflib.get_close_matches(name, [known for known in self._last_names if known != name], 1, least)
        return self._last_names[close[0]] if close else None

    def _is_known(self, head: str) -> bool:
        """Whether a dotted name begins in the workspace, as far as names tell."""
        return head in self._classes or head in self._modules or head in self._last_names

    def _is_ours(self, head: str, owner: str) -> bool:
        """Whether a dotted name begins in one of the workspace's own classes or packages."""
        if owner in self._classes:
            return head == owner or head in self._classes or head in self._modules
        is_inside = head != owner and head in self._modules and owner in self._modules
        return is_inside or head in self._packages

    def _literal(self, statement: Statement, ground: Ground) -> str | None:
        """Return the one value that a key has, where the statement says that it has another."""
        mention = ground.mention
        if statement.shell or not mention.marked or _PAST.search(bare(statement.text)) or _sets(statement):
            return None
        others = [each for each in ground.others if each.source.path != self._path]
        shipped = [each for each in others if role(each.source.path) is None] or others
        values = {each.fact.value for each in shipped}
        is_key = mention.name.isupper() or "." in mention.name or "_" in mention.name or len(shipped) == 1
        if len(values) != 1 or None in values or not is_key:
            return None
        if _is_argument(statement, mention, shipped):
            return None
        first = shipped[0]
        return f"{first.fact.key} is {first.fact.value} at {first.source.path}:{first.fact.line}"

    def _command(self, mention: Mention) -> str | None:
        if mention.value == "npm":
            files = lookup.ending(self._grounds.connection, "package.json", self._grounds.roots.keys())
            scripts = [
                fact.key
                for each in files
                for fact in lookup.facts_in(self._grounds.connection, each.content or 0)
                if fact.key.startswith("scripts.")
            ]
            return f"no script {mention.name} in {files[0].path}" if scripts else None
        made = self._grounds.makefiles()
        if not made:
            was = lookup.was_there(self._grounds.connection, "Makefile", self._grounds.roots.keys())
            return "no Makefile any more" if was else None
        if any(_may_make(text, mention.name) for _, text in made):
            return None
        return f"no target {mention.name} in {made[0][0].path}"

    @cached_property
    def _paths(self) -> list[str]:
        return lookup.paths(self._grounds.connection, self._grounds.roots.keys())

    @cached_property
    def _symbols(self) -> list[str]:
        return lookup.names(self._grounds.connection, self._grounds.roots.keys())

    @cached_property
    def _last_names(self) -> dict[str, str]:
        """Every symbol by its last name; names that code uses without defining are not known."""
        return {symbol.rpartition(".")[2]: symbol for symbol in reversed(self._symbols)}

    @cached_property
    def _classes(self) -> set[str]:
        """Names that hold other definitions."""
        return {part for symbol in self._symbols for part in symbol.split(".")[:-1]}

    @cached_property
    def _packages(self) -> set[str]:
        """The modules and packages that stand at the top."""
        tops = {path.removeprefix("src/").removeprefix("lib/").partition("/")[0] for path in self._paths}
        return {top.removesuffix(".py") for top in tops} & self._modules

    @cached_property
    def _modules(self) -> set[str]:
        pieces = [path.rpartition(".")[0].split("/") for path in self._paths if path.endswith((".py", ".pyi"))]
        return {part for each in pieces for part in each} - {"src", "lib", "test", "tests", "docs"}


def _may_make(makefile: str, target: str) -> bool:
    """Whether a makefile may have a rule for a target that it does not name: by a pattern, a variable, an include."""
    if re.search(r"^-?include\b|^\$[({](?:wildcard|shell)", makefile, re.MULTILINE):
        return True
    if re.search(r"^\$[({][^\n:=]*:", makefile, re.MULTILINE) and _holds(makefile, target):
        return True
    patterns = re.findall(r"^([^\s#:=]*%[^\s#:=]*)[^\n:=]*:", makefile, re.MULTILINE)
    return any(re.fullmatch(re.escape(each).replace("%", ".+"), target) for each in patterns)


def _sets(statement: Statement) -> bool:
    return statement.literal is None and _SETS.search(bare(statement.text)) is not None


def _is_argument(statement: Statement, mention: Mention, found: Sequence[lookup.Standing]) -> bool:
    """Whether a statement may show how a parameter is passed: only one that speaks of a default says what it is."""
    if statement.literal is not None or mention.name.isupper() or "efault" in statement.text:
        return False
    return all(kind_of(language_of(each.source.path)) == "code" for each in found)


def _own(stem: str) -> str:
    """Return the part of a file's name that is its own: all test files begin alike."""
    return re.sub(r"^test_|_test$", "", stem)


def _holds(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def _is_slip(one: str, other: str) -> bool:
    """Whether two names begin alike and differ by a letter or two."""
    if one == other or one[:1] != other[:1] or abs(len(one) - len(other)) > MOST_SLIPS:
        return False
    blocks = difflib.SequenceMatcher(None, one, other).get_matching_blocks()
    return sum(block.size for block in blocks) >= max(len(one), len(other)) - MOST_SLIPS
