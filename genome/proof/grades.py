"""How much a span has changed: its layout alone, its head, or what it does.

Texts of a language with a grammar are compared as syntax trees without comments, so white space counts exactly where
it does to the parser. Where a fragment does not parse, only blank lines and whole comment lines are layout.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from ..reading.code import parse
from ..reading.grammars import GRAMMARS, Grammar
from .shapes import Token, definition_in, tokens_of

if TYPE_CHECKING:
    from tree_sitter import Node

Grade = Literal[
    "unchanged", "moved", "cosmetic", "signature_changed", "body_changed", "dependency_changed", "renamed", "gone"
]
DEFINITIONS = frozenset({"function", "method", "class", "type"})
REAL = frozenset({"signature_changed", "body_changed", "gone"})
"""The grades of a span whose meaning may be another one now."""

PROSE = frozenset({"markdown", "rst", "asciidoc", "org", "text", "latex"})
_CONFIG = {name: Grammar(name, {}) for name in ("json", "toml", "yaml")}
_CLASS = ("class X {\n", "\n}\n")
_BRACED = (("", ""), _CLASS, ("class X {\n", ""), ("", "\n}\n"))
_AROUND = {
    **dict.fromkeys(("javascript", "typescript", "tsx", "java", "csharp", "kotlin", "swift", "scala", "dart"), _BRACED),
    "php": (("", ""), *((f"<?php\n{before}", after) for before, after in _BRACED)),
    "json": (("", ""), ("{", "}")),
}
"""What is put around a fragment until it parses: a method stands outside its class here."""

_LINE_COMMENT = {
    **dict.fromkeys("python yaml toml dockerfile make cmake bash ruby elixir julia r perl powershell".split(), ("#",)),
    **dict.fromkeys("javascript typescript tsx go rust java c cpp csharp kotlin swift scala zig dart".split(), ("//",)),
    **dict.fromkeys("php hcl".split(), ("#", "//")),
    **dict.fromkeys("lua sql haskell".split(), ("--",)),
    "ini": ("#", ";"),
    "erlang": ("%",),
}
_MULTILINE = ('"""', "'''", "`", "/*", "<<")  # something may run over several lines here
_LIST = re.compile(r"(?:[-*+>|]|#{1,6}|\d{1,3}[.)])(?=\s|$)")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")


def grade(before: str, now: str, language: str | None, form: str) -> Grade:
    """Say how a span's text differs from what it was under the same name.

    Args:
        before: The text then.
        now: The text now.
        language: As `languages.language_of` calls it; None for an unknown text, which is taken for prose.
        form: The span's form; only a definition has a head.

    Returns:
        unchanged, cosmetic, signature_changed (whatever else changed too) or body_changed.
    """
    if before == now:
        return "unchanged"
    if language is None or language in PROSE:
        return "cosmetic" if _prose(before) == _prose(now) else "body_changed"
    then, after = _shape(before, language, form), _shape(now, language, form)
    if then is not None and after is not None and then.whole and after.whole:
        same = then == after
    else:
        same = _lines(before, language) == _lines(now, language)
    if same:
        return "cosmetic"
    is_head = then is not None and after is not None and then.head != after.head
    return "signature_changed" if is_head else "body_changed"


@dataclass(frozen=True, slots=True)
class _Shape:
    """A text's tokens: those of its head, and the others. `whole` is false where the parser had to guess."""

    head: tuple[Token, ...]
    body: tuple[Token, ...]
    whole: bool


@lru_cache(maxsize=512)
def _shape(text: str, language: str, form: str) -> _Shape | None:
    """Return the tokens of a text, None for a language without a parser."""
    grammar = GRAMMARS.get(language) or _CONFIG.get(language)
    if grammar is None:
        return None
    found: tuple[Node, bytes, bool] | None = None
    for before, after in _AROUND.get(language, (("", ""),)):
        source = f"{before}{text.rstrip().rstrip(',') if language == 'json' else text}{after}".encode()
        tree = parse(source, grammar)
        if tree is None:
            return None
        if not tree.root_node.has_error:
            found = tree.root_node, source, before.endswith("{\n")
            break
        found = found or (tree.root_node, source, False)
    assert found is not None
    root, source, wrapped = found
    start = definition_in(root, grammar, wrapped=wrapped) if form in DEFINITIONS else None
    head, body = tokens_of(root, source, language, start)
    is_open = text.rstrip().endswith("\\")  # goes on in a line that is not there
    return _Shape(head, body, not root.has_error and not is_open)


def _lines(text: str, language: str) -> list[str]:
    """Return the lines that say something, for texts that do not parse."""
    if any(mark in text for mark in _MULTILINE) or (language == "yaml" and re.search(r"[|>]", text)):
        return text.rstrip().split("\n")
    markers = _LINE_COMMENT.get(language, ())
    lines = [line.rstrip() for line in text.split("\n")]
    return [line for line in lines if line and not (markers and line.lstrip().startswith(markers))]


def _prose(text: str) -> list[str]:
    """Return the words of a text; the marks that begin a line, and code with its white space, stay apart."""
    words: list[str] = []
    fence = ""
    blank, was_code = True, False
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence or mark:
            words.append(f"\n{line.rstrip()}")
            if mark and (not fence or mark[1].startswith(fence)):
                fence = "" if fence else mark[1]
            continue
        bare = line.strip()
        is_code = line.startswith(("    ", "\t")) and bool(bare) and (blank or was_code) and bool(words)
        if is_code:
            words.append(f"\n{line.rstrip()}")
        elif bare:
            found = _LIST.match(bare)
            words += [f"\n{found[0]}", *bare[found.end() :].split()] if found else bare.split()
        was_code, blank = is_code or (was_code and not bare), not bare
    return words
