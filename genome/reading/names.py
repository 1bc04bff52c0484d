"""What a definition is called: the dotted path that its node gives it, language by language."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

_NAME_TYPES = frozenset({
    "bareword", "constant", "enum_name", "field_identifier", "function_name", "identifier", "message_name",
    "module_name", "name", "property_identifier", "service_name", "simple_identifier", "simple_name",
    "type_identifier", "word",
})  # fmt: skip
_FIXED_NAMES = {
    "companion_object": "Companion",
    "secondary_constructor": "constructor",
    "constructor_definition": "constructor",
    "init_declaration": "init",
    "deinit_declaration": "deinit",
    "subscript_declaration": "subscript",
    "indexer_declaration": "this",
}
_ANGLES = re.compile(r"<[^<>]*>|\[[^][]*\]")
_SPACE = re.compile(r"\s+")
LONGEST_NAME = 120
"""Characters of a name that are kept."""


def name_of(node: Node, parser: str) -> str | None:
    """Return a definition's name as a dotted path; "" for one that adds nothing to the path of its members."""
    special = _NAMES.get(parser)
    if special is not None:
        found = special(node)
        if found is not None:
            return plain_name(found) or None
    named = node.child_by_field_name("name")
    if named is None or node.type in _FIXED_NAMES:
        if node.type in _FIXED_NAMES:
            return _FIXED_NAMES[node.type]
        named = next((child for child in node.children if child.type in _NAME_TYPES), None)
    if named is None:
        return "" if node.type == "namespace_definition" else None
    return plain_name(text_of(named)) or None


def plain_name(text: str) -> str:
    """Write a name as a dotted path: no type arguments, no spaces, `::` and `:` as a dot."""
    if "operator" not in text:
        while True:
            shorter = _ANGLES.sub("", text)
            if shorter == text:
                break
            text = shorter
    text = _SPACE.sub(" ", text.replace("::", ".").replace("\\", ".")).strip(" .\"'`*&")
    return text[:LONGEST_NAME]


def text_of(node: Node | None) -> str:
    """Return the text a node stands for."""
    return (node.text or b"").decode(errors="replace") if node is not None else ""


def _declarator_name(node: Node) -> str | None:
    if node.type != "function_definition":
        return None
    part: Node | None = node.child_by_field_name("declarator")
    for _ in range(12):
        if part is None:
            return None
        if part.type == "operator_cast":
            return text_of(part).split("(", 1)[0]
        if part.type.endswith(("identifier", "_name")):
            return text_of(part)
        inner = part.child_by_field_name("declarator")
        if inner is None:
            inner = next((c for c in part.named_children if c.type.endswith(("declarator", "identifier"))), None)
        part = inner
    return None


def _receiver_name(node: Node) -> str | None:
    receiver = node.child_by_field_name("receiver")
    if receiver is None:
        return None
    owner = plain_name(text_of(receiver).strip("()").split(" ", 1)[-1].strip())
    return f"{owner}.{text_of(node.child_by_field_name('name'))}"


def _implementing_name(node: Node) -> str | None:
    return text_of(node.child_by_field_name("type")) if node.type == "impl_item" else None


_NAME_HOLDERS = ("signature", "clause", "expression", "head")


def _signature_name(node: Node) -> str | None:
    """Find the name in a Dart, Julia or Erlang signature, whose node wraps the one with the name."""
    inner: Node | None = node
    for _ in range(5):
        if inner is None:
            return None
        named = inner.child_by_field_name("name")
        if named is not None:
            return text_of(named)
        if inner.type == "type_head":
            return text_of(inner).split("<:", 1)[0]
        if inner.type == "call_expression" and inner.named_children:
            return text_of(inner.named_children[0])
        inner = next((c for c in inner.named_children if c.type.endswith(_NAME_HOLDERS)), None)
    return None


def _lua_name(node: Node) -> str | None:
    return text_of(node.child_by_field_name("name")).replace(":", ".")


def _operator_name(node: Node) -> str | None:
    if node.type == "destructor_declaration":
        return "~" + text_of(node.child_by_field_name("name"))
    operator = node.child_by_field_name("operator")
    return f"operator {text_of(operator)}" if operator is not None else None


_NAMES: Mapping[str, Callable[[Node], str | None]] = {
    "c": _declarator_name,
    "cpp": _declarator_name,
    "go": _receiver_name,
    "rust": _implementing_name,
    "dart": _signature_name,
    "julia": _signature_name,
    "erlang": _signature_name,
    "lua": _lua_name,
    "csharp": _operator_name,
}
