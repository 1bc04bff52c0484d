"""Change one part of a JSON text and no other byte: put a member or an item in, take one out, give one a new value."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from .jsonc import COMMENT, Child, Node, comma_after, parse
from .records import Json

_END_OF_LINE = re.compile(r"\r\n|\n|\r")
_FIRST_INDENT = re.compile(r"[{\[][ \t]*+[\r\n]++([ \t]++)[^ \t\r\n]")


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is laid out: one step of indentation, and how its lines end."""

    step: str
    end: str


def style_of(text: str) -> Style:
    """Return a text's own layout; two blanks and a line feed where it shows none."""
    end = _END_OF_LINE.search(text)
    step = _FIRST_INDENT.search(text)
    return Style(step[1] if step and len(step[1]) <= 8 else "  ", end[0] if end else "\n")


def insert(text: str, container: Node, key: str | None, value: Json) -> str:
    """Return the text with a member or an item at the end of a container; nothing that stands there is taken away."""
    style = style_of(text)
    close = container.end - 1
    if not container.children:
        after = _past_comments(text, container.start + 1, close)
        inner = _indent_at(text, container.start) + style.step
        tail = "" if _END_OF_LINE.search(text, after, close) else style.end + _indent_at(text, container.start)
        return f"{text[:after]}{style.end}{inner}{_dump(key, value, style, inner)}{tail}{text[after:]}"
    last = container.children[-1]
    comma = comma_after(text, last.node.end)
    after = _past_comments(text, last.node.end if comma is None else comma + 1, close)
    trailing = "" if comma is None else ","
    if _END_OF_LINE.search(text, container.start, close) is None:
        put = f" {_dump(key, value, None, '')}{trailing}"
    else:
        inner = _indent_of(text, container, style)
        put = f"{style.end}{inner}{_dump(key, value, style, inner)}{trailing}"
        if _END_OF_LINE.search(text, after, close) is None:
            put += style.end + _indent_at(text, container.start)
    if comma is None:
        return f"{text[: last.node.end]},{text[last.node.end : after]}{put}{text[after:]}"
    return f"{text[:after]}{put}{text[after:]}"


def remove(text: str, container: Node, child: Child) -> str:
    """Return the text without one child of a container; comments around it stay."""
    place = container.children.index(child)
    before = container.children[place - 1] if place else None
    comma = comma_after(text, child.node.end)
    start = container.start + 1
    if before is not None:
        start = (comma_after(text, before.node.end) or before.node.end) + 1
    after = _past_comments(text, start, child.start)
    end = child.node.end if comma is None else comma + 1
    kept = text[child.node.end : end - 1] if comma is not None else ""
    if comma is None and place == len(container.children) - 1 and before is not None:
        # It was the last of a list without a trailing comma, and so is the one before it now.
        dropped = comma_after(text, before.node.end)
        assert dropped is not None
        head = text[:dropped] + text[dropped + 1 : after]
    else:
        head = text[:after]
    rest = text[end:]
    rest = (kept if COMMENT.search(kept) else "") + rest
    if text[start:after].rpartition("//")[1] and not text[:after].endswith("*/"):
        rest = rest.lstrip(" \t")  # the comment goes to the end of its line
        head += "" if rest[:1] in ("", "\r", "\n") else style_of(text).end
    return head + rest


def replace(text: str, node: Node, value: Json) -> str:
    """Return the text with another value where a node stands."""
    style = style_of(text)
    flat = _END_OF_LINE.search(text) is None
    put = _dump(None, value, None if flat else style, _indent_at(text, node.start))
    return text[: node.start] + put + text[node.end :]


def put(text: str, keys: tuple[str, ...], value: Json) -> str:
    """Return the text with a value at the end of a path of keys; objects that are not there yet are made.

    Raises:
        JsoncError: The text is not JSON.
        TypeError: Something on the way is no object; the message says what.
    """
    node = parse(text)
    for depth, key in enumerate(keys):
        if not isinstance(node.value, dict):
            where = ".".join(keys[:depth])
            raise TypeError(f"{where or 'the whole'} is {kind(node.value)} where an object should stand")
        inner = node.member(key)
        if inner is None:
            for outer in reversed(keys[depth + 1 :]):
                value = {outer: value}
            return insert(text, node, key, value)
        node = inner
    return text if node.value == value else replace(text, node, value)


def kind(value: Json) -> str:
    """Return what a value is, for a message.

    >>> kind([]), kind("a"), kind(None)
    ('a list', 'a text', 'null')
    """
    names = (
        ("an object", dict),
        ("a list", list),
        ("a text", str),
        ("true or false", bool),
        ("a number", (int, float)),
    )
    return next((name for name, kinds in names if isinstance(value, kinds)), "null")


def _past_comments(text: str, start: int, end: int) -> int:
    """Return the end of the last comment between two positions, or the first of them."""
    return max((found.end() for found in COMMENT.finditer(text, start, end)), default=start)


def _indent_at(text: str, position: int) -> str:
    """Return the blanks that the line of a position begins with."""
    start = max(text.rfind("\n", 0, position), text.rfind("\r", 0, position)) + 1
    line = text[start:position]
    return line[: len(line) - len(line.lstrip(" \t\ufeff"))].replace("\ufeff", "")


def _indent_of(text: str, container: Node, style: Style) -> str:
    """Return what the lines of a container's children begin with."""
    for child in reversed(container.children):
        indent = _indent_at(text, child.start)
        if text[: child.start].endswith((f"\n{indent}", f"\r{indent}")):
            return indent
    return _indent_at(text, container.start) + style.step


def _dump(key: str | None, value: Json, style: Style | None, indent: str) -> str:
    """Return a member or an item as text; without a style on one line."""
    body = json.dumps(value, ensure_ascii=False, indent=None if style is None else style.step)
    if style is not None:
        body = body.replace("\n", style.end + indent)
    return body if key is None else f"{json.dumps(key, ensure_ascii=False)}: {body}"
