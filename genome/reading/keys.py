"""Where each key of a configuration file stands, found line by line so that a broken file still gives most of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

_LONGEST_VALUE = 120
_DEEPEST = 64


class Key(NamedTuple):
    """A key, a table header or a list element: its row (0-based), nesting depth and dotted path.

    `value` is its literal as text, where it has one of at most 120 characters. An element has the path of its list.
    """

    row: int
    depth: int
    path: str
    form: str = "key"
    value: str | None = None


def keys(text: str, language: str) -> list[Key]:
    """Return the keys of a configuration file in reading order; an unknown language has none."""
    scan = _SCANS.get(language)
    return scan(text) if scan is not None else []


def literal(value: str, comments: str = "#") -> str | None:
    """Return a value's text without quotes and trailing comment; None for what is empty, long or not a literal."""
    value = value.strip()
    if value[:1] in ('"', "'"):
        end = value.find(value[0], 1)
        rest = value[end + 1 :].lstrip(" \t,;")
        inner = value[1:end]
        whole = end > 1 and (not rest or rest[0] in comments) and "\\" not in inner
        return inner if whole and len(inner) <= _LONGEST_VALUE else None
    for mark in comments:
        at = value.find(" " + mark)
        if at >= 0:
            value = value[:at].rstrip()
    return value if value and len(value) <= _LONGEST_VALUE and value[0] not in comments else None


# The string alternative always matches, closed or not, so that no text makes the scan start over.
_JSON = re.compile(
    r"""("(?:[^"\\\n]|\\.)*+"?)(\s*:)?|[{}\[\],]|//[^\n]*|/\*.*?(?:\*/|\Z)|[^\s,:{}\[\]"/]+|/""", re.DOTALL
)


def _json(text: str) -> list[Key]:
    found: list[Key] = []
    stack: list[tuple[str, bool]] = []  # the path around, and whether it is a list
    path, pending, row, last = "", False, 0, 0
    for token in _JSON.finditer(text):
        word = token[0]
        mark = word[0]
        if mark in "{[":
            row, last = row + text.count("\n", last, token.start()), token.start()
            if stack and stack[-1][1]:
                found.append(Key(row, min(len(stack), _DEEPEST), stack[-1][0], "element"))
            around = path if pending else stack[-1][0] if stack else ""
            stack.append((around, mark == "["))
            pending = False
        elif mark in "}]":
            if stack:
                stack.pop()
            pending = False
        elif token[2] is not None and stack and not stack[-1][1]:
            row, last = row + text.count("\n", last, token.start()), token.start()
            name = token[1].strip('"')
            path = f"{stack[-1][0]}.{name}" if stack[-1][0] else name
            found.append(Key(row, min(len(stack), _DEEPEST), path))
            pending = True
        elif pending and mark not in ",/":
            value = word[1:-1] if mark == '"' else word
            if 0 < len(value) <= _LONGEST_VALUE and "\\" not in value:
                found[-1] = found[-1]._replace(value=value)
            pending = False
    return found


_YAML_LINE = re.compile(
    r"""( *)((?:-[ ]+)*)("[^"]*"|'[^']*'|[^\s#:'"\-\[\]{},&*!|>%@`?][^:#]*|<<)\s*:(?:[ \t]+(.*))?$"""
)
_YAML_DASH = re.compile(r"( *)-(?: |$)")
_LISTS = frozenset(("ports", "expose"))  # lists whose elements answer a question by themselves
_YAML_OPEN = re.compile(r"(?:[&!][^\s]*\s*)*(?:#.*)?$")


def _yaml(text: str) -> list[Key]:
    found: list[Key] = []
    stack: list[tuple[float, str]] = []
    skip: float | None = None  # deeper lines continue the last value
    several = bool(text[: max(0, text.find("\n---"))].strip())
    below = 1 if several else 0
    if several:
        found.append(Key(0, 0, "", "section"))
    for row, line in enumerate(text.split("\n")):
        body = line.lstrip(" ")
        if not body or body[0] == "#":
            continue
        indent = len(line) - len(body)
        if skip is not None and indent > skip:
            continue
        skip = None
        if line.startswith("---"):
            stack.clear()
            if several and row:
                found.append(Key(row, 0, "", "section"))
            continue
        if body[0] == "-" and _YAML_DASH.match(line):
            _pop(stack, indent + 0.5)
            path = stack[-1][1] if stack else ""
            item = literal(body[1:].strip()) if path.rpartition(".")[2] in _LISTS else None
            found.append(Key(row, len(stack) + below, path, "element", item))
            stack.append((indent + 0.5, path))
        match = _YAML_LINE.match(line) if len(line) < 4096 else None
        if match is None:
            continue
        column = indent + len(match[2])
        _pop(stack, column)
        name = match[3].strip().strip("\"'")
        path = f"{stack[-1][1]}.{name}" if stack and stack[-1][1] else name
        raw = match[4] or ""
        opens = _YAML_OPEN.match(raw) is not None
        value = literal(raw) if raw and raw[0] not in "[{&*!|>" else None
        found.append(Key(row, min(len(stack) + below, _DEEPEST), path, "key", value))
        if opens:
            stack.append((column, path))
        else:
            skip = column
    return found


def _pop(stack: list[tuple[float, str]], indent: float) -> None:
    while stack and stack[-1][0] >= indent:
        stack.pop()


_TOML_TABLE = re.compile(r"\s*\[\[?\s*([^\[\]\n]+?)\]\]?\s*(?:#.*)?$")
_TOML_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=\s*(.*)$""")
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*+"?|' + r"'[^']*+'?|#.*")


def _toml(text: str) -> list[Key]:
    found: list[Key] = []
    table, closer, open_brackets = "", "", 0
    for row, line in enumerate(text.split("\n")):
        if closer:
            closer = "" if closer in line else closer
            continue
        if open_brackets > 0:
            open_brackets += _nesting(line)
            continue
        if line.lstrip()[:1] == "[":
            header = _TOML_TABLE.match(line)
            if header is not None:
                table = re.sub(r"""["']|\s+(?=\.)|(?<=\.)\s+""", "", header[1]).strip()
                found.append(Key(row, 0, table, "section"))
            continue
        match = _TOML_KEY.match(line)
        if match is None:
            continue
        name, value = re.sub(r"""["'\s]""", "", match[1]), match[2]
        path = f"{table}.{name}" if table else name
        if value[:3] in ('"""', "'''"):
            closer = "" if value.find(value[:3], 3) > 0 else value[:3]
            value = ""
        elif value[:1] in ("[", "{"):
            open_brackets = _nesting(value)
            value = ""
        found.append(Key(row, 1 if table else 0, path, "key", literal(value)))
    return found


def _nesting(line: str) -> int:
    bare = _STRINGS.sub("", line)
    return bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}")


_INI_SECTION = re.compile(r"\s*\[\s*([^\]\n]+?)\s*\]")
_INI_KEY = re.compile(r"\s*(?:export\s+)?([^=:#;!\[\s][^=:]*)([=:])(.*)$")


def _ini(text: str) -> list[Key]:
    found: list[Key] = []
    section, after_value = "", False
    for row, line in enumerate(text.split("\n")):
        if not line or line.isspace() or line.lstrip()[0] in "#;!":
            after_value = False
            continue
        header = _INI_SECTION.match(line) if "[" in line and not after_value else None
        if header is not None:
            section, after_value = header[1].replace('"', "").replace(" ", "."), False
            found.append(Key(row, 0, section, "section"))
            continue
        if line[0] in " \t" and after_value:
            continue  # it goes on with the value above
        match = _INI_KEY.match(line) if len(line) < 4096 else None
        if match is not None:
            name = match[1].strip()
            path = f"{section}.{name}" if section else name
            found.append(Key(row, 1 if section else 0, path, "key", literal(match[3], "#;")))
            after_value = line[0] not in " \t" and not match[3].strip()
    return found


_SCANS: Mapping[str, Callable[[str], list[Key]]] = {"json": _json, "yaml": _yaml, "toml": _toml, "ini": _ini}
