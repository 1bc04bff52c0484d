"""Named values of a text: constants, attributes of classes, defaults of parameters, keys of configuration files."""

from __future__ import annotations

import ast
import json
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import tomli

from .code import parse
from .grammars import GRAMMARS, Grammar
from .keys import keys
from .languages import language_of
from .names import plain_name, text_of
from .symbols import find

if TYPE_CHECKING:
    from tree_sitter import Node

_NAMES = ("left", "name", "pattern", "property")
_VALUES = ("right", "value")
_ARGUMENTS = frozenset({"keyword_argument", "named_argument", "attribute", "pair"})
_WITHOUT = (
    "expression",
    "call",
    "string",
    "list",
    "dictionary",
    "operator",
    "identifier",
    "comment",
    "import_statement",
)
_STUB = "..."  # the default that overloads and interfaces give
_DEEPEST = 60


class Value(NamedTuple):
    """A value as it is written, without spaces and styles of quotes that change nothing, and its lines."""

    text: str
    start_line: int
    end_line: int


@lru_cache(maxsize=8)
def literals(path: str, text: str) -> dict[str, list[Value]]:
    """Return the named values of a text by dotted name, in reading order; variables of functions left out.

    A constant is named as a symbol would be (`Client.timeout`), a parameter's default by its function
    (`Client.get.retries`), a key of a configuration file by its path (`tool.ruff.line-length`).
    """
    language = language_of(path, text) or ""
    grammar = GRAMMARS.get(language)
    if grammar is None:
        return _of_config(text, language)
    found: dict[str, list[Value]] = {}
    tree = parse(text.encode(), grammar)
    if tree is not None:
        _collect(tree.root_node, "", grammar, found, 0, in_body=False)
    return found


def _of_config(text: str, language: str) -> dict[str, list[Value]]:
    found: dict[str, list[Value]] = {}
    tree = _tree(text, language)
    for key in keys(text, language):
        value = key.value if tree is None else _at(tree, key.path)
        if value is not None and key.path:
            found.setdefault(key.path, []).append(Value(value, key.row + 1, key.row + 1))
    return found


def _tree(text: str, language: str) -> object:
    """Return what a file holds, None where only its lines can tell."""
    try:
        return tomli.loads(text) if language == "toml" else json.loads(text) if language == "json" else None
    except (ValueError, RecursionError):
        return None


def _at(tree: object, path: str) -> str | None:
    held = [tree]
    for part in path.split("."):
        held = [inner for each in held for inner in (each if isinstance(each, list) else [each])]  # of arrays, all
        held = [each[part] for each in held if isinstance(each, dict) and part in each]
    return repr(held) if held else None


def _collect(
    node: Node, scope: str, grammar: Grammar, found: dict[str, list[Value]], depth: int, *, in_body: bool
) -> None:
    """Add the values below a node; inside the body of a function only the defaults of functions in it."""
    for child in node.named_children if depth < _DEEPEST else []:
        role = grammar.roles.get(child.type)
        inner = find(child, grammar, role) if role is not None and role != "open" else None
        if inner is not None and inner.role == "function":
            for name, is_body in (("parameters", False), ("body", True)):
                part = inner.node.child_by_field_name(name)
                if part is not None:
                    _collect(part, f"{scope}{inner.name}.", grammar, found, depth + 1, in_body=is_body)
        elif inner is not None:
            below = f"{scope}{inner.name}." if inner.name else scope
            _collect(inner.node, below, grammar, found, depth + 1, in_body=in_body)
        elif child.type in _ARGUMENTS or child.type.endswith(_WITHOUT):
            continue
        elif in_body or not _take(child, scope, grammar, found):
            _collect(child, scope, grammar, found, depth + 1, in_body=in_body)


def _take(node: Node, scope: str, grammar: Grammar, found: dict[str, list[Value]]) -> bool:
    """Add the value of a node that gives a name one; say whether it did."""
    name, value = _field(node, _NAMES), _field(node, _VALUES)
    if name is None or value is None or not name.type.endswith(("identifier", "name")):
        return False
    if value.type == node.type:
        _take(value, scope, grammar, found)
        while value.type == node.type and (inner := _field(value, _VALUES)) is not None:
            value = inner
    start, end = node.start_point.row + 1, value.end_point.row + 1
    text = text_of(value)
    if text != _STUB:
        found.setdefault(scope + plain_name(text_of(name)), []).append(Value(_plain(text, grammar), start, end))
    return True


def _field(node: Node, names: tuple[str, ...]) -> Node | None:
    return next((inner for name in names if (inner := node.child_by_field_name(name)) is not None), None)


def _plain(value: str, grammar: Grammar) -> str:
    if grammar.parser == "python":
        try:
            tree = ast.parse(f"({value})", mode="eval").body
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant):
                    node.kind = None  # the u of u"text"
            return ast.dump(tree)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            pass
    return " ".join(value.split())
