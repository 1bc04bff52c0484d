"""What documents say a setting's value is: "Default: 16" below its name, "listens on port 8000", "requires Python 3.9".

Only such sentences are taken. An example of a call or of a setting made otherwise claims nothing about the default.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..records import Fact

PYTHON = "requires-python"
_NAME = r"(?:[A-Z][A-Z0-9_]{2,60}|--[a-z][\w-]{1,60}|[a-z][a-z0-9]*(?:[_.][a-z0-9]+){1,6})"
_NAMED_LINE = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]+|[-*+][ \t]+|\.\. (?:[a-z]+:)?[a-z]+:: |\|[ \t]*)?"
    rf"[`*:\"]{{0,3}}(?:[a-z]+:`)?({_NAME})\b"
)
_UNDERLINE = re.compile(r"^([=\-~^\"'`#*+:.])\1{2,}[ \t]*$")
_VALUE = r"[`*\"']{0,4}([-+]?\d[\w.]{0,20}|[Tt]rue|[Ff]alse|None|[\w./:-]{1,60}(?=[`\"']))"
_DEFAULT_LINE = re.compile(
    rf"^[ \t]*(?:[-*+][ \t]+)?[*:_(]{{0,3}}[Dd]efault(?:[ \t]value|s to)?[*_]{{0,2}}:?[*_]{{0,2}}[ \t]+{_VALUE}"
    r"[`*\"']{0,4}[.)]?[ \t]*$"
)
_SAME_LINE = re.compile(
    rf"[`\"*]{{1,3}}({_NAME})(?:[ =][A-Z<][\w<>.-]{{0,20}})?[`\"*]{{1,3}}[^\n`]{{0,120}}?"
    rf"\b(?:[Dd]efault(?:s to|(?:[ \t]value)?(?:[ \t]is|:|[ \t]=))|(?<=\()[Dd]efault)[ \t]*{_VALUE}"
)
_DEFAULT_OF = re.compile(
    rf"\b[Dd]efault(?: value)? (?:of|for) [`\"*]{{1,3}}({_NAME})[`\"*]{{1,3}}(?: is|:| =)[ \t]*{_VALUE}"
)
_CELL = re.compile(rf"[`*\"']{{0,3}}({_NAME})(?:[ =][A-Z<][\w<>.-]{{0,20}})?[`*\"']{{0,3}}")
_CELL_VALUE = re.compile(r"[`*\"']{0,4}([-+]?\d[\w.]{0,20}|[Tt]rue|[Ff]alse|None|[\w./:-]{1,60})[`*\"']{0,4}")
_RULE = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)+\|?[ \t]*")
_PYTHON = re.compile(
    r"\b(?:[Rr]equires?|[Nn]eeds?|[Ss]upports?|[Rr]uns on|[Ww]orks with|[Ii]nstall)[ \t](?:\w+[ \t]){0,2}?"
    r"[`*]{0,2}Python[`*]{0,2}[ \t]*(?:\(?(>=?|≥)[ \t]*)?[`*]{0,2}(3\.\d{1,2})\b[`*]{0,2}"
    r"(\+| (?:or|and) (?:newer|later|higher|above|greater|up))?"
)
_PYTHON_FIRST = re.compile(
    r"\bPython[ \t]*(?:(>=|≥)[ \t]*)?(3\.\d{1,2})(\+| or (?:newer|later|higher|above|greater))?"
    r"[ \t]+(?:is|are)[ \t]required"
)
_PORT = re.compile(
    r"\b(?:[Ll]isten(?:s|ing)?|[Rr]uns?|[Ss]erves?|[Bb]inds?)\b"
    r"[^\n.]{0,30}\bon (?:[\w ]{0,20})?port[ \t]+[`*]{0,2}(\d{2,5})\b"
)
_ANOTHER_TIME = re.compile(r"\b(?:will|next|last|future|drop(?:s|ped)?|until|before|older|earlier|since|was|were)\b")
NEAR = 12  # lines between a name and its default


def claims(text: str, language: str) -> list[Fact]:
    """Return what a document says of settings' values, in line order; what it merely shows is left out."""
    if language not in ("markdown", "rst", "asciidoc", "text"):
        return []
    found = {(fact.line, fact.key): fact for fact in _claims(text)}
    return [found[each] for each in sorted(found)]


def _claims(text: str) -> Iterator[Fact]:
    lowered = "efault" in text
    if not lowered and "Python" not in text and "port" not in text:
        return
    name, named_at = "", -NEAR
    lines = text.split("\n")
    for row, line in enumerate(lines):
        if len(line) > 1_000:
            continue
        if lowered:
            named = _heading(lines, row)
            if named is not None:
                name, named_at = named, row
            default = _DEFAULT_LINE.match(line) if "efault" in line else None
            if default is not None and name and row - named_at <= NEAR:
                yield Fact(name, default[1].rstrip(".,"), row + 1)
                name = ""
            elif "efault" in line:
                yield from _on_line(lines, row)
        if "Python" in line and _ANOTHER_TIME.search(line) is None:
            yield from _of_python(line, row)
        if "port" in line:
            yield from (Fact("port", each[1], row + 1) for each in _PORT.finditer(line))


def _on_line(lines: list[str], row: int) -> Iterator[Fact]:
    """Yield the settings that one line, or the table that it heads, gives a default to."""
    for pattern in (_SAME_LINE, _DEFAULT_OF):
        for each in pattern.finditer(lines[row]):
            yield Fact(each[1], each[2].rstrip(".,"), row + 1)
    if "|" in lines[row] and row + 1 < len(lines) and _RULE.fullmatch(lines[row + 1].strip()) is not None:
        yield from _of_table(lines, row)


def _of_table(lines: list[str], row: int) -> Iterator[Fact]:
    """Yield the settings of a table with one column of defaults, whose head is at `row`; names stand first."""
    head = [cell.strip("`* ").lower() for cell in _cells(lines[row])]
    columns = [column for column, cell in enumerate(head) if cell in ("default", "default value", "defaults")]
    if len(columns) != 1 or columns[0] == 0:
        return
    for below in range(row + 2, len(lines)):
        cells = _cells(lines[below])
        if len(cells) != len(head):
            return
        name, value = _CELL.fullmatch(cells[0]), _CELL_VALUE.fullmatch(cells[columns[0]])
        if name is not None and value is not None:
            yield Fact(name[1], value[1], below + 1)


def _cells(line: str) -> list[str]:
    """Return the cells of a table's line, none where it is no such line; a bar inside code stays in its cell."""
    if "|" not in line or len(line) > 1_000:
        return []
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def _heading(lines: list[str], row: int) -> str | None:
    """Return the setting that a line is the heading of, empty for another heading, None for what is no heading.

    A heading is underlined, or has a heading's or a directive's mark; a lone name in backquotes is one too.
    """
    line = lines[row]
    below = lines[row + 1] if row + 1 < len(lines) else ""
    is_underlined = _UNDERLINE.match(below) is not None and bool(line.strip())
    match = _NAMED_LINE.match(line)
    rest = line[match.end() :].strip("`*:\"' \t|") if match is not None else line
    if match is None or rest:
        return "" if is_underlined or line.startswith("#") else None
    return match[1] if is_underlined or line.lstrip()[:1] in ("#", ".") or "`" in line else None


def _of_python(line: str, row: int) -> Iterator[Fact]:
    for pattern in (_PYTHON, _PYTHON_FIRST):
        for match in pattern.finditer(line):
            if match[1] or match[3]:  # "supports Python 3.9" alone names no lower bound
                yield Fact(PYTHON, f">={match[2]}", row + 1)
