"""Bytes of a file to text, and two questions about a text: was it minified, was it generated."""

from __future__ import annotations

import re

_BINARY_WINDOW = 8192
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LONGEST_LINE = 20_000
_MEAN_LINE = 500
_SHORT_TEXT = 4096
_HEAD_LINES = 10
# The phrase must be what the comment says, not a word in the middle of a sentence about generators.
_GENERATED = re.compile(
    r"""^\s*(?:\#+|//+!?|/\*+!?|\*+|--+|;+|%+|<!--|"{3}|'{3}|\(\*)\W*(?:
        (?:this\s+(?:file|code|module|class)\s+(?:is|was|has\s+been)\s+)?
            (?:auto[- ]?(?:matically\s+)?|machine[- ])generated
            (?:\s+(?:by|from|file|code|using|with|on|at)\b|[.,;!\s*#/-]*$)
        |code\s+generated\s+(?:by|from|with)\b
        |(?:this\s+(?:file|code)\s+(?:is|was|has\s+been)\s+)generated\s+(?:by|from|with|using)\b
        |generated\s+by\s+.{1,80}\bdo\s+not\s+(?:edit|modify)\b
        |do\s+not\s+edit(?:\s+(?:this\s+file|by\s+hand|manually|directly)|\W*$)
        |@(?:auto)?generated\b
        |.{0,80}(?:[.,;!(-]|--)\s*do\s+not\s+edit\b(?:\W*$|\s+(?:this\s+file|by\s+hand|manually|directly))
    )""",
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)


def decode(data: bytes) -> str | None:
    """Return the text of a file, or None for a binary one.

    The byte order mark is dropped and CRLF becomes LF; a lone CR stays. Bytes that are not UTF-8 become
    replacement characters.
    """
    if data[:2] in _UTF16_MARKS:
        text = data.decode("utf-16", errors="replace")
    elif b"\0" in data[:_BINARY_WINDOW]:
        return None
    else:
        text = data.decode("utf-8-sig", errors="replace")
    return text.replace("\r\n", "\n") if "\r" in text else text


def minified(text: str) -> bool:
    """Tell whether a text was packed by a machine: a line no person reads, or long lines on the average."""
    size = len(text)
    if size < _SHORT_TEXT:
        return False
    count = text.count("\n") + 1
    if size / count > _MEAN_LINE:
        return True
    return size > _LONGEST_LINE and max(map(len, text.split("\n"))) > _LONGEST_LINE


def generated(text: str) -> bool:
    """Tell whether a comment in the first lines says that a program wrote the file."""
    end = -1
    for _ in range(_HEAD_LINES):
        end = text.find("\n", end + 1)
        if end < 0:
            end = len(text)
            break
    return any(_GENERATED.match(line[:300]) for line in text[:end].split("\n"))
