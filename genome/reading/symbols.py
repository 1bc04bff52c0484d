"""Which node of a syntax tree is a definition, and what it is called."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from .grammars import Definition, Grammar, Role
from .names import LONGEST_NAME, name_of, plain_name, text_of
from .script import script_statement, script_value

if TYPE_CHECKING:
    from tree_sitter import Node


def find(node: Node, grammar: Grammar, role: Role) -> Definition | None:
    """Return the definition that stands at a node, or None when it is only a statement."""
    found: Definition | None = None
    if role in ("function", "class", "type"):
        if node.type in grammar.bodied and not _has_body(node):
            return None
        name = name_of(node, grammar.parser)
        found = Definition(role, name, node) if name is not None else None
    elif role == "wrap":
        found = _unwrap(node, grammar)
    elif role == "look":
        found = _LOOKS.get(grammar.parser, _nothing)(node)
    if found is not None and grammar.least.get(node.type, 0) > node.end_point.row - node.start_point.row + 1:
        return None
    return found


def _has_body(node: Node) -> bool:
    if node.child_by_field_name("body") is not None:
        return True
    return any(child.type == "function_body" for child in node.children)


def _unwrap(node: Node, grammar: Grammar) -> Definition | None:
    """Look for the definition inside decorators, `export`, `declare` and `template <...>`."""
    value = node.child_by_field_name("value")
    if value is not None:
        return script_value("default", value)
    inner = node.child_by_field_name("definition") or node.child_by_field_name("declaration")
    for child in [inner] if inner is not None else reversed(node.named_children[-6:]):
        role = grammar.roles.get(child.type)
        if role is not None and role != "open" and (role != "wrap" or child.type != node.type):
            return find(child, grammar, role)
        if role == "wrap":
            return _unwrap_again(child, grammar)
    return None


def _unwrap_again(node: Node, grammar: Grammar) -> Definition | None:
    """Follow wrappers of one type (`template <> template <>`) without recursion."""
    for _ in range(8):
        inner = next((child for child in reversed(node.named_children) if child.type in grammar.roles), None)
        if inner is None:
            return None
        if inner.type != node.type:
            return find(inner, grammar, grammar.roles[inner.type])
        node = inner
    return None


def _nothing(node: Node) -> Definition | None:
    return None


def _typedef(node: Node) -> Definition | None:
    kind = node.child_by_field_name("type")
    if kind is None or kind.child_by_field_name("body") is None:
        return None
    return Definition("type", text_of(node.child_by_field_name("declarator")), node)


def _go_types(node: Node) -> Definition | None:
    specs = [child for child in node.named_children if child.type in ("type_spec", "type_alias")]
    if not specs:
        return None
    if len(specs) == 1:
        return Definition("type", text_of(specs[0].child_by_field_name("name")), node)
    return Definition("class", "", node)


def _ruby_call(node: Node) -> Definition | None:
    """Recognise `private def send`."""
    arguments = node.child_by_field_name("arguments")
    for child in arguments.named_children[:1] if arguments is not None else []:
        if child.type in ("method", "singleton_method"):
            return Definition("function", plain_name(text_of(child.child_by_field_name("name"))), child)
    return None


_ELIXIR_SCOPES = frozenset({"defmodule", "defprotocol", "defimpl"})
_ELIXIR_FUNCTIONS = frozenset({"def", "defp", "defmacro", "defmacrop", "defguard", "defguardp", "defdelegate", "test"})
_WORD = re.compile(r"[\w.?!]+")


def _elixir_call(node: Node) -> Definition | None:
    target = text_of(node.child_by_field_name("target"))
    if target not in _ELIXIR_SCOPES and target not in _ELIXIR_FUNCTIONS:
        return None
    arguments = next((child for child in node.named_children if child.type == "arguments"), None)
    if arguments is None or not arguments.named_children:
        return None
    first = text_of(arguments.named_children[0])[:LONGEST_NAME]
    if target == "test":
        return Definition("function", first.strip('"'), node)
    word = _WORD.match(first)
    name = word.group() if word else first.split("(", 1)[0].strip()
    return Definition("class" if target in _ELIXIR_SCOPES else "function", name, node)


def _lua(node: Node) -> Definition | None:
    inner = next((c for c in node.named_children if c.type == "assignment_statement"), node)
    value = inner.child_by_field_name("value")
    name = inner.child_by_field_name("name")
    if inner.type == "assignment_statement":
        values = inner.named_children[-1].named_children if inner.named_children else []
        value = values[0] if len(values) == 1 else None
        name = inner.named_children[0]
    if value is None or value.type != "function_definition":
        return None
    return Definition("function", text_of(name).replace(":", "."), value)


def _zig(node: Node) -> Definition | None:
    if node.type == "TestDecl":
        title = next((c for c in node.named_children if c.type == "STRINGLITERALSINGLE"), None)
        return Definition("function", text_of(title).strip('"') or "test", node)
    for child in node.named_children[:3]:
        name = child.child_by_field_name("function")
        if child.type == "FnProto" and name is not None:
            return Definition("function", text_of(name), node)
        name = child.child_by_field_name("variable_type_function")
        inner: Node | None = child
        for _ in range(4):
            inner = inner.named_children[-1] if inner is not None and inner.named_children else None
            if inner is not None and inner.type == "ContainerDecl" and name is not None:
                return Definition("class", text_of(name), inner)
    return None


def _assigned_function(node: Node) -> Definition | None:
    """Recognise `name <- function(...)` in R and `name(x) = ...` in Julia."""
    children = node.named_children
    if len(children) < 2:
        return None
    if node.type == "assignment":
        return (
            Definition("function", text_of(children[0].named_children[0]), node)
            if (children[0].type == "call_expression" and children[0].named_children)
            else None
        )
    if children[-1].type != "function_definition" or children[0].type not in ("identifier", "string"):
        return None
    return Definition("function", plain_name(text_of(children[0])), node)


def _sql(node: Node) -> Definition | None:
    created = node.named_children[0] if node.named_children else None
    if created is None or not created.type.startswith("create_") or created.type == "create_query":
        return None
    name = next((child for child in created.named_children if child.type in ("object_reference", "identifier")), None)
    role: Role = "function" if "function" in created.type or "trigger" in created.type else "type"
    return Definition(role, plain_name(text_of(name)), node) if name is not None else None


def _terraform(node: Node) -> Definition | None:
    words = [text_of(child).strip('"') for child in node.named_children if child.type in ("identifier", "string_lit")]
    return Definition("type", ".".join(words[:4]), node) if words else None


_LOOKS: Mapping[str, Callable[[Node], Definition | None]] = {
    "c": _typedef,
    "cpp": _typedef,
    "go": _go_types,
    "javascript": script_statement,
    "typescript": script_statement,
    "tsx": script_statement,
    "ruby": _ruby_call,
    "elixir": _elixir_call,
    "lua": _lua,
    "zig": _zig,
    "julia": _assigned_function,
    "r": _assigned_function,
    "sql": _sql,
    "hcl": _terraform,
}
