"""What a text calls or inherits from, and what its file imports, by syntax."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ..reading.code import parse
from ..reading.grammars import GRAMMARS

if TYPE_CHECKING:
    from tree_sitter import Node

SELF = frozenset({"self", "cls", "this"})
# Node types of calls, with the field that holds what is called; and of `object.name`, with both fields.
_CALLS = {
    "call": "function",
    "call_expression": "function",
    "new_expression": "constructor",
    "decorator": "",
    "invocation_expression": "function",
    "function_call_expression": "function",
}
_MEMBERS = {
    "attribute": ("object", "attribute"),
    "member_expression": ("object", "property"),
    "selector_expression": ("operand", "field"),
    "field_expression": ("value", "field"),
    "member_access_expression": ("expression", "name"),
}
_NAMES = frozenset({"identifier", "type_identifier", "name", "simple_identifier", "property_identifier"})
_BINDING = {
    "assignment": "left",
    "for_statement": "left",
    "for_in_clause": "left",
    "as_pattern": "alias",
    "named_expression": "name",
    "function_definition": "parameters",
    "lambda": "parameters",
    "function_declaration": "parameters",
    "method_definition": "parameters",
    "arrow_function": "parameters",
    "variable_declarator": "name",
}


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that is called, or with `base` inherited from; `owner` is what stands before its dot.

    The owner of `self.x()` is `self`; it is "" where it is no plain name, as in `f().x()`, and None for a bare name.
    """

    name: str
    owner: str | None = None
    base: bool = False


@dataclass(frozen=True, slots=True)
class Import:
    """What a local name stands for: a module, or a name in it. Dots before a Python module are kept."""

    module: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class References:
    """What a text refers to. `bound` are the names that it gives a meaning of its own."""

    made: tuple[Reference, ...]
    imports: dict[str, Import]
    bound: frozenset[str]


@lru_cache(maxsize=512)
def references(text: str, language: str) -> References:
    """Return the calls, base classes, decorators and imports of a text."""
    grammar = GRAMMARS.get(language)
    tree = parse(text.encode(), grammar) if grammar is not None else None
    made: dict[Reference, None] = {}
    imports: dict[str, Import] = {}
    bound: set[str] = set()
    todo = [] if tree is None else [tree.root_node]
    while todo:
        node = todo.pop()
        kind = node.type
        if kind in ("import_statement", "import_from_statement"):
            imports.update(_script_import(node) if node.child_by_field_name("source") else _python_import(node))
            continue
        if kind in _CALLS:
            made.update(dict.fromkeys(_called(node, kind)))
        elif kind in ("class_definition", "class_declaration", "class"):
            made.update(dict.fromkeys(_bases(node)))
        if kind in _BINDING:
            bound |= _bound(node.child_by_field_name(_BINDING[kind]))
        todo.extend(reversed(node.children))
    return References(tuple(made), imports, frozenset(bound))


def _called(node: Node, kind: str) -> list[Reference]:
    field = _CALLS[kind]
    called = node.child_by_field_name(field) if field else node.named_children[0] if node.named_children else None
    found = None if called is None else _reference(called)
    return [found] if found is not None else []


def _reference(node: Node, *, base: bool = False) -> Reference | None:
    if node.type in _NAMES:
        return Reference(_text(node), None, base)
    fields = _MEMBERS.get(node.type)
    if fields is None:
        return None
    owner, name = node.child_by_field_name(fields[0]), node.child_by_field_name(fields[1])
    if owner is None or name is None:
        return None
    text = _text(owner)
    is_plain = owner.type in _NAMES or owner.type in ("this", *_MEMBERS)
    return Reference(_text(name), text if is_plain and text.replace(".", "").isidentifier() else "", base)


def _bases(node: Node) -> list[Reference]:
    """Return what a class inherits from: Python's arguments, or what stands after `extends`."""
    listed = node.child_by_field_name("superclasses")
    if listed is None:
        heritage = next((child for child in node.named_children if child.type == "class_heritage"), None)
        listed = heritage
        if heritage is not None:
            listed = next((child for child in heritage.named_children if child.type == "extends_clause"), heritage)
    found: list[Reference] = []
    for child in listed.named_children if listed is not None else []:
        named = child.child_by_field_name("value") if child.type == "subscript" else child
        base = None if named is None else _reference(named, base=True)
        if base is not None:
            found.append(base)
    return found


def _bound(node: Node | None) -> set[str]:
    """Return the names in a pattern or a list of parameters; defaults and annotations are no names there."""
    names: set[str] = set()
    todo = [] if node is None else [node]
    while todo:
        at = todo.pop()
        if at.type in _NAMES or at.type == "shorthand_property_identifier_pattern":
            names.add(_text(at))
        elif at.type in _MEMBERS or at.type in ("subscript", "subscript_expression", "call"):
            continue
        elif at.type in ("default_parameter", "typed_default_parameter", "assignment_pattern"):
            first = at.child_by_field_name("name") or at.child_by_field_name("left")
            todo.extend([] if first is None else [first])
        elif at.type in ("typed_parameter", "required_parameter", "optional_parameter"):
            todo.extend(at.named_children[:1])
        else:
            todo.extend(at.named_children)
    return names


def _python_import(node: Node) -> dict[str, Import]:
    """Read `import a.b as c` and `from .a import b as c`."""
    module = _text(node.child_by_field_name("module_name")).replace(" ", "")
    found: dict[str, Import] = {}
    for each in node.children_by_field_name("name"):
        aliased = each.type == "aliased_import"
        name = _text(each.child_by_field_name("name")) if aliased else _text(each)
        local = _text(each.child_by_field_name("alias")) if aliased else name
        if node.type == "import_from_statement":
            found[local] = Import(module, name)
        else:
            found[local] = Import(name)
    return found


def _script_import(node: Node) -> dict[str, Import]:
    """Read `import a, { b as c } from "./d"` and `import * as e from "./d"`."""
    module = _text(node.child_by_field_name("source")).strip("'\"`")
    found: dict[str, Import] = {}
    clause = next((child for child in node.named_children if child.type == "import_clause"), None)
    for part in clause.named_children if clause is not None else []:
        if part.type == "identifier":
            found[_text(part)] = Import(module, _text(part))
        elif part.type == "namespace_import" and part.named_children:
            found[_text(part.named_children[0])] = Import(module)
        elif part.type == "named_imports":
            for each in part.named_children:
                name = _text(each.child_by_field_name("name"))
                found[_text(each.child_by_field_name("alias")) or name] = Import(module, name)
    return found


def _text(node: Node | None) -> str:
    return "" if node is None else (node.text or b"").decode(errors="replace")
