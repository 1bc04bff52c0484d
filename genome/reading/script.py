"""The statements that make definitions in JavaScript and TypeScript: values given to names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .grammars import Definition
from .names import LONGEST_NAME, plain_name, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_FUNCTIONS = frozenset({"arrow_function", "function_expression", "generator_function", "function"})
_DRESS = frozenset({"parenthesized_expression", "as_expression", "satisfies_expression", "await_expression"})
_MEMBER = re.compile(r"[\w$#]+(?:\.[\w$#]+)*")
_EXPORTS = re.compile(r"^(?:module\.exports|exports|window|globalThis|global|this|self)(?:\.|$)")


def script_statement(node: Node) -> Definition | None:
    """Recognise the JavaScript statements that name a function, a class or an object with methods."""
    if node.type in ("lexical_declaration", "variable_declaration"):
        for declarator in node.named_children[:8]:
            found = script_value(
                text_of(declarator.child_by_field_name("name")), declarator.child_by_field_name("value")
            )
            if found is not None:
                return found if _MEMBER.fullmatch(found.name) else None
        return None
    if node.type == "expression_statement":
        inner = node.named_children[0] if node.named_children else None
        if inner is not None and inner.type == "assignment_expression":
            return _assignment(inner)
        if inner is not None and inner.type == "internal_module":
            return Definition("class", plain_name(text_of(inner.child_by_field_name("name"))), inner)
        return None
    key = node.child_by_field_name("key") or node.child_by_field_name("property") or node.child_by_field_name("name")
    return script_value(text_of(key).strip("\"'"), node.child_by_field_name("value"))


def _assignment(node: Node) -> Definition | None:
    left = text_of(node.child_by_field_name("left"))
    if len(left) > LONGEST_NAME or not _MEMBER.fullmatch(left):
        return None
    name = _EXPORTS.sub("", left).replace(".prototype.", ".")
    name = _EXPORTS.sub("", name).removesuffix(".prototype")
    found = script_value(name, node.child_by_field_name("right"))
    if found is None or found.name or found.role == "class":
        return found
    return found._replace(name="exports")


def script_value(name: str, value: Node | None) -> Definition | None:
    """Return the definition that a name gets by being given a value: a function, a class, an object of functions."""
    for _ in range(6):
        if value is None or value.type in _FUNCTIONS:
            break
        if value.type == "class":
            return Definition("class", name or text_of(value.child_by_field_name("name")), value)
        if value.type == "object":
            return Definition("class", name, value) if _has_methods(value) else None
        if value.type in _DRESS and value.named_children:
            value = value.named_children[0]
        elif value.type == "assignment_expression":
            value = value.child_by_field_name("right")
        elif value.type == "call_expression" and value.end_point.row - value.start_point.row >= 2:
            arguments = value.child_by_field_name("arguments")
            dressed = arguments.named_children if arguments is not None else []
            value = next((child for child in dressed if child.type in _CALLED), None)
        else:
            return None
    if value is None or value.type not in _FUNCTIONS:
        return None
    return Definition("function", name or text_of(value.child_by_field_name("name")), value)


_CALLED = _FUNCTIONS | {"object", "class", "call_expression"}


def _has_methods(node: Node) -> bool:
    for child in node.named_children:
        if child.type == "method_definition":
            return True
        value = child.child_by_field_name("value") if child.type == "pair" else None
        if value is not None and (value.type in _FUNCTIONS or (value.type == "object" and _has_function(value))):
            return True
    return False


def _has_function(node: Node) -> bool:
    values = (child.child_by_field_name("value") for child in node.named_children if child.type == "pair")
    return any(child.type == "method_definition" for child in node.named_children) or any(
        value is not None and value.type in _FUNCTIONS for value in values
    )
