"""Read JSON with comments and trailing commas, and know where each part stands.

A scanner of our own: libraries that keep comments write the file anew from a tree, and then own every byte of it. With
positions we splice, and what we do not touch stays as it was.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from .records import Json

DEEPEST = 200
TRIVIA = re.compile(r"(?:[ \t\r\n]++|//[^\r\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)*+")
COMMENT = re.compile(r"//[^\r\n]*+|/\*(?:[^*]|\*(?!/))*+\*/")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\.)*+"')
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*+)(?:\.\d++)?(?:[eE][-+]?\d++)?")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


class JsoncError(ValueError):
    """The text is not JSON; `line` and `column` are 1-based."""

    def __init__(self, what: str, text: str, position: int) -> None:
        before = text[:position].replace("\r\n", "\n").replace("\r", "\n")
        self.line = before.count("\n") + 1
        self.column = len(before) - before.rfind("\n")
        super().__init__(f"line {self.line}, column {self.column}: {what}")


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands, `[start, end)`; `children` are an object's members or an array's items."""

    start: int
    end: int
    value: Json
    children: tuple[Child, ...] = ()

    def member(self, key: str) -> Node | None:
        """Return the member of an object, None where it has none."""
        return next((child.node for child in self.children if child.key == key), None)


@dataclass(frozen=True, slots=True)
class Child:
    """A member, which starts with its key, or an item, which has none."""

    key: str | None
    start: int
    node: Node


def parse(text: str) -> Node:
    """Return the one value of a text.

    Raises:
        JsoncError: It is empty, cut off, or something else, as at a given line and column.
    """
    start = _skip(text, 0)
    if start == len(text):
        raise JsoncError("nothing stands here, where a value should", text, start)
    node = _value(text, start, 0)
    rest = _skip(text, node.end)
    if rest != len(text):
        raise JsoncError(f"{text[rest]!r} after the end of the value", text, rest)
    return node


def comma_after(text: str, position: int) -> int | None:
    """Return where the comma stands that follows a value's end, with nothing but blanks and comments between."""
    place = _skip(text, position)
    return place if text[place : place + 1] == "," else None


def _skip(text: str, position: int) -> int:
    found = TRIVIA.match(text, position)
    assert found is not None
    return found.end()


def _value(text: str, position: int, depth: int) -> Node:
    if depth > DEEPEST:
        raise JsoncError(f"more than {DEEPEST} levels", text, position)
    letter = text[position : position + 1]
    if letter == "{" or letter == "[":
        return _container(text, position, depth)
    if letter == '"':
        value, end = _string(text, position)
        return Node(position, end, value)
    if number := _NUMBER.match(text, position):
        whole = number[0].lstrip("-").isdigit() and len(number[0]) < 4000
        return Node(position, number.end(), int(number[0]) if whole else float(number[0]))
    for word, value in _WORDS.items():
        if text.startswith(word, position):
            return Node(position, position + len(word), value)
    what = f"{letter!r} where a value should stand" if letter else "the text ends where a value should stand"
    raise JsoncError(what, text, position)


def _container(text: str, start: int, depth: int) -> Node:
    """Read an object or an array from its bracket to the one that closes it."""
    is_object = text[start] == "{"
    close = "}" if is_object else "]"
    children: list[Child] = []
    keys: set[str] = set()
    position = _skip(text, start + 1)
    while text[position : position + 1] != close:
        child = (
            _member(text, position, depth) if is_object else Child(None, position, _value(text, position, depth + 1))
        )
        if child.key is not None and child.key in keys:
            raise JsoncError(f"{child.key!r} a second time in one object", text, child.start)
        keys.add(child.key or "")
        children.append(child)
        position = _skip(text, child.node.end)
        letter = text[position : position + 1]
        if letter == ",":
            position = _skip(text, position + 1)
        elif letter != close:
            what = f"{letter!r} where ',' or {close!r} should stand" if letter else f"the text ends before {close!r}"
            raise JsoncError(what, text, position)
    value: Json = [child.node.value for child in children]
    if is_object:
        value = {child.key or "": child.node.value for child in children}
    return Node(start, position + 1, value, tuple(children))


def _member(text: str, start: int, depth: int) -> Child:
    if text[start : start + 1] != '"':
        what = f"{text[start]!r} where a key should stand" if start < len(text) else "the text ends before '}'"
        raise JsoncError(what, text, start)
    key, end = _string(text, start)
    colon = _skip(text, end)
    if text[colon : colon + 1] != ":":
        raise JsoncError(f"no ':' after the key {key!r}", text, colon)
    return Child(key, start, _value(text, _skip(text, colon + 1), depth + 1))


def _string(text: str, start: int) -> tuple[str, int]:
    found = _STRING.match(text, start)
    if found is None:
        raise JsoncError("a text begins here that does not end on its line", text, start)
    try:
        return json.loads(found[0]), found.end()
    except json.JSONDecodeError as error:
        raise JsoncError(error.msg.lower(), text, start + error.pos) from error
