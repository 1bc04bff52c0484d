"""A syntax tree as a run of tokens in which layout no longer shows.

Every node gives its type, every leaf its text, and every node its end, so that two runs are equal only for equal trees.
Comments are left out; so are, where the grammar makes them mean nothing, quotes of one style, the last comma of a
list and, in Python, parentheses that only group.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from ..reading.grammars import Grammar

if TYPE_CHECKING:
    from tree_sitter import Node

Token = str
END = "\0"  # closes a node
AFTER = "\0\0"  # the end of a body
COMMENTS = frozenset(
    "comment line_comment block_comment multiline_comment documentation_comment doc_comment html_comment haddock pod "
    "line_continuation".split()
)
_SCRIPTS = frozenset({"javascript", "typescript", "tsx"})
_COMMAS = _SCRIPTS | {"go", "rust"}  # languages where a comma before a closing bracket means nothing
_CLOSING = frozenset({")", "]", "}"})
_DIRECTIVE = re.compile(rb"//(?:go:|\s*\+build\b)")
_RAW = re.compile(r"string|regex|heredoc|interpolation|jsx_text|scalar|template_literal")
_FUNCTIONS = frozenset("arrow_function function_expression generator_function class function".split())
_BODIES = frozenset(
    "class_body declaration_list field_declaration_list block enum_body interface_body statement_block "
    "compound_statement function_body template_body enum_variant_list do_block object_type body_statement".split()
)
_DRESS = frozenset("decorator annotation attribute attribute_item attribute_list marker_annotation modifiers".split())
# Python: lists whose commas and brackets only mark the elements, under the type that both spellings share.
_PYTHON_LISTS = {
    **{name: name for name in "argument_list parameters list dictionary set lambda_parameters list_pattern".split()},
    "tuple": "tuple",
    "expression_list": "tuple",
    "tuple_pattern": "tuple_pattern",
    "pattern_list": "tuple_pattern",
    "import_from_statement": "import_from_statement",
    "with_clause": "with_clause",
}
_MARKS = frozenset(",()[]{}")
_QUOTED = re.compile(r"""\\(?:.*['"]|$)|['"].*\\""", re.DOTALL)  # a quote and a backslash, or a backslash at the end
_OCTAL = re.compile(r"\\[0-7]{1,2}$")  # would take a digit of what is joined to it
_PYTHON_STRING = re.compile(r"""([A-Za-z]*)(\"{3}|'{3}|"|')(.*)\2""", re.DOTALL)


def tokens_of(
    root: Node, source: bytes, language: str, body: tuple[int, int] | None
) -> tuple[tuple[Token, ...], tuple[Token, ...]]:
    """Return a tree's tokens, those outside `body` first.

    Args:
        root: The tree.
        source: The bytes that it was parsed from.
        language: Whose rules of layout apply.
        body: First and last byte of a definition's body; None where all is body.
    """
    head: list[Token] = []
    rest: list[Token] = []
    out = rest if body is None else head
    python = language == "python"
    todo: list[Node | Token] = [root]
    while todo:
        node = todo.pop()
        if isinstance(node, str):
            if node is AFTER:
                out = head
            else:
                out.append(node)
            continue
        if out is head and body is not None and (node.start_byte, node.end_byte) == body:
            out = rest
            todo.append(AFTER)
        kind = node.type
        if kind in COMMENTS and not _DIRECTIVE.match(source, node.start_byte):
            continue
        children = node.children
        if python and kind == "concatenated_string":
            out.extend(_joined(children))
            continue
        if not children or _is_raw(kind):
            out.append(_leaf(source[node.start_byte : node.end_byte].decode(errors="replace"), kind, language))
            continue
        kept = _python(node, children) if python else _others(node, children, source, language)
        todo.append(END)
        todo.extend(reversed(kept))
    return tuple(head), tuple(rest)


def definition_in(root: Node, grammar: Grammar, *, wrapped: bool) -> tuple[int, int] | None:
    """Return the first and last byte of the body of the definition that a fragment begins with.

    Args:
        root: The fragment's tree.
        grammar: Which node types are definitions.
        wrapped: Whether the fragment was put into a class.
    """
    top = _body(root.named_children[0]) if wrapped and root.named_children else root
    first = next(
        (child for child in (top or root).named_children if child.type not in COMMENTS and child.type not in _DRESS),
        None,
    )
    todo = [] if first is None else [first]
    for _ in range(64):
        if not todo:
            return None
        node = todo.pop()
        if grammar.roles.get(node.type) in ("function", "class", "type") or node.type in _FUNCTIONS:
            found = _body(node)
            if found is not None:
                return found.start_byte, found.end_byte
        inner = node.child_by_field_name("definition") or node.child_by_field_name("declaration")
        children = [inner] if inner is not None else node.named_children
        todo.extend(child for child in reversed(children) if child.type not in COMMENTS and child.type not in _DRESS)
    return None


@cache
def _is_raw(kind: str) -> bool:
    """Whether white space inside such a node counts."""
    return _RAW.search(kind) is not None


def _body(node: Node) -> Node | None:
    return node.child_by_field_name("body") or next((c for c in node.children if c.type in _BODIES), None)


def _leaf(text: str, kind: str, language: str) -> Token:
    if language == "python" and kind == "string":
        return _python_string(text)
    if kind == "string" and language in _SCRIPTS and not re.search(r"""['"`\\]""", text[1:-1]):
        return f"|{text[1:-1]}"
    return text


def _python_string(text: str) -> Token:
    """Return a string as `prefix|content` where its quotes cannot change its value, else as it stands."""
    found = _PYTHON_STRING.fullmatch(text)
    if found is None or _QUOTED.search(found[3]):
        return text
    return f"{found[1].lower()}|{found[3]}"


def _python(node: Node, children: list[Node]) -> list[Node | Token]:
    kind = node.type
    name = _PYTHON_LISTS.get(kind)
    kept: list[Node | Token] = [name or kind]
    for child in children:
        inner = child.type
        if inner == ";" or (name is not None and inner in _MARKS):
            continue
        if inner == "parenthesized_expression":
            kept += _ungrouped("target" if kind == "assignment" and child == children[0] else kind, child)
        elif kind == "class_definition" and inner == "argument_list" and child.named_child_count == 0:
            continue
        elif kind == "delete_statement":
            kept += [f"del {inner}", child]
        else:
            kept.append(child)
    return kept


def _ungrouped(around: str, node: Node) -> list[Node | Token]:
    """Return what stands in parentheses; they stay where Python's own tree tells them from none."""
    inside = node
    while inside.type == "parenthesized_expression":
        within = [child for child in inside.named_children if child.type not in COMMENTS]
        if len(within) != 1:
            return [inside]
        inside = within[0]
    keeps = around in ("delete_statement", "with_item", "target") or around == inside.type == "boolean_operator"
    return ["(", inside] if keeps else [inside]


def _joined(children: list[Node]) -> list[Token]:
    """Join neighbouring strings of one sort, as Python does."""
    parts = [_python_string((c.text or b"").decode(errors="replace")) for c in children if c.type not in COMMENTS]
    split = [part.partition("|") for part in parts]
    sorts = {prefix for prefix, _, _ in split}
    if any(_OCTAL.search(part) for part in parts) or not (sorts <= {"", "f"} or sorts == {"b"}):
        return parts
    if sorts == {"", "f"} and any(not prefix and re.search("[{}]", content) for prefix, _, content in split):
        return parts
    return [f"{max(sorts)}|{''.join(content for _, _, content in split)}"]


def _others(node: Node, children: list[Node], source: bytes, language: str) -> list[Node | Token]:
    """Return a node's children, and between them whatever text the grammar gives no node."""
    kept: list[Node | Token] = [node.type]
    here = node.start_byte
    for number, child in enumerate(children):
        between = source[here : child.start_byte].strip()
        if between:
            kept.append(between.decode(errors="replace"))
        here = child.end_byte
        after = children[number + 1].type if number + 1 < len(children) else ""
        is_last_comma = child.type == "," and after in _CLOSING and language in _COMMAS
        if is_last_comma and number and children[number - 1].type not in (",", "[", "(", "{"):
            continue
        if child.type == ";" and language in _SCRIPTS and not after and node.type != "for_statement" and number:
            continue
        kept.append(child)
    between = source[here : node.end_byte].strip()
    return [*kept, between.decode(errors="replace")] if between else kept
