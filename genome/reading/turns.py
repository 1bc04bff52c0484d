"""Who says what in a transcript: lines that begin with a speaker, a moment, or both.

`Ana: text`, `[10:22] <ana> text`, `2024-03-01 10:22 Ana: text`, `**Ana** (10:22): text`, `## Ana, 2024-03-01`,
`Ana  10:22 AM` over the text. A document whose lines merely have labels (`Note: ...`) is none; nor is a log.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .when import DAY, STAMP, clock, is_day_first, moment

_MARKS = r"[\u200e\u200f\u202a-\u202e\ufeff]*"  # of direction, which exports put before a line
_NAME = r"[^\W\d_][\w.'\u2019@-]{0,30}(?: [\w.'\u2019()-]{1,30}){0,3}?"
# a line is tried from its start alone, and no part can be matched in two ways beyond these bounds
_SPOKEN = re.compile(
    rf"{_MARKS}[ \t]{{0,8}}(?:[-*>][ \t]+)?(?:[\[(]?({STAMP})[\])]?[ \t]*(?:[-\u2013\u2014|,][ \t]*)?)?"
    rf"(?:\*\*|__)?<?@?({_NAME})>?(?:\*\*|__)?"
    rf"(?:[ \t]*[\[(]({STAMP})[\])]|[ \t]+({STAMP}))?[ \t]*(?:[:\uff1a](?:\*\*|__)?(?:[ \t]|$|(?<=\uff1a))|>[ \t])"
)
_IRC = re.compile(rf"{_MARKS}[\[(]?({STAMP})[\])]?[ \t]*<[@+ ]?({_NAME})>[ \t]")
_HEADED = re.compile(
    rf"{_MARKS}(#{{1,6}}[ \t]+)?(?:\*\*)?({_NAME})(?:\*\*)?"
    rf"(?:[ \t]*[-\u2013\u2014,|(\[@]?[ \t]*({STAMP})[)\]]?)?[ \t]*:?[ \t]*$"
)
_DATED = re.compile(rf"{_MARKS}(?:#{{1,6}}[ \t]+|[-=*_\u2014\u2013 \t]*)(?:Date:[ \t]*)?({DAY})[-=*_\u2014\u2013 \t]*$")
_ROLES = frozenset("user assistant human ai system bot model agent customer support tool".split())
_LEVELS = frozenset("info debug warn error fatal critical notice trace severe err panic".split())
_LABELS = _LEVELS | frozenset(
    """note notes warning usage example examples todo fixme see tip hint important caution returns return raises args
    arguments parameters params default defaults type version author authors license copyright date title description
    summary source url http https file path input output result results question answer q a step steps problem solution
    cause fix fixed added changed removed deprecated security name email keywords status subject to from cc re sent
    required requires optional features feature install installation syntax where and or if then else deadline update
    updated created tags category categories goal goals context background overview pros cons ps nb edit bug issue
    rule rules definition key value keys values contents references reference abstract region""".split()
)
_WORTH = re.compile(r"[:\uff1a\d]|^\W*#")  # without any of it a line begins no turn
_VERSION = re.compile(r"(?:v|version|release)?[ .]?\d", re.IGNORECASE)  # whose heading has a day: of its release
_FEW_LINES = 12  # a text so short may be one turn
_LONGEST = 400  # characters of a line that are looked at


@dataclass(frozen=True, slots=True)
class Turn:
    """Where someone begins to speak. `at` is a moment as it sorts, else as it was written, None where none is told."""

    row: int
    speaker: str
    at: str | None = None


@dataclass(frozen=True, slots=True)
class _Seen:
    row: int
    speaker: str
    written: str | None
    is_heading: bool


def turns(lines: Sequence[str]) -> list[Turn]:
    """Return the turns of a conversation in order; none where a text is no conversation."""
    seen: list[_Seen] = []
    days: dict[int, str] = {}
    fenced = False
    for row, line in enumerate(lines):
        head = line[:_LONGEST]
        if head.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif fenced or not head.strip() or _WORTH.search(head) is None:
            continue
        elif day := _DATED.match(head):
            days[row] = day[1]
        elif (found := _seen(row, head, lines)) is not None:
            seen.append(found)
    filled = sum(1 for line in lines if line.strip())
    if not _is_conversation(seen, days, filled, lines):
        return []
    return list(_dated(_own(seen), days))


def said_on(line: str) -> str:
    """Return what is said on the line that begins a turn, without who says it and when.

    >>> said_on("[10:22] Ana: it is 9090"), said_on("## Ana, 2024-03-01"), said_on("and more of it")
    ('it is 9090', '', 'and more of it')
    """
    head = line[:_LONGEST]
    match = _IRC.match(head) or _SPOKEN.match(head)
    if match is not None:
        return line[match.end() :]
    headed = _HEADED.match(head)
    return "" if headed is not None and (headed[1] or headed[3]) else line


def _seen(row: int, line: str, lines: Sequence[str]) -> _Seen | None:
    if "<" in line and (match := _IRC.match(line)):
        return _Seen(row, match[2], match[1], False)
    has_colon = ":" in line or "\uff1a" in line
    if (has_colon or ">" in line) and (match := _SPOKEN.match(line)) and not line[match.end() - 1 :].startswith("//"):
        written = match[1] or match[3] or match[4]
        is_listed = line.lstrip()[:2] in ("- ", "* ")  # without a moment such lines are a list of changes
        return None if is_listed and written is None else _Seen(row, match[2], written, False)
    if (
        (match := _HEADED.match(line))
        and not _VERSION.match(match[2])
        and (match[3] or (match[1] and match[2].lower() in _ROLES))
    ):
        below = lines[row + 1] if row + 1 < len(lines) else ""
        if match[1] or below.strip():
            return _Seen(row, match[2], match[3], True)
    return None


def _is_conversation(seen: Sequence[_Seen], days: dict[int, str], filled: int, lines: Sequence[str]) -> bool:
    names = Counter(each.speaker.lower() for each in seen)
    if not names or names.keys() & _LEVELS:
        return False
    labels = sum(count for name, count in names.items() if name in _LABELS)
    if labels * 5 > len(seen):
        return False
    stamped = sum(each.written is not None for each in seen)
    if filled <= _FEW_LINES and (stamped == len(seen) or days) and _begins(seen, lines):
        return True
    if stamped >= 2 and stamped * 2 >= len(seen):
        return len(names) >= 2 or stamped * 4 >= filled
    if names.keys() & _ROLES and len(names.keys() & _ROLES) >= 2:
        return len(seen) >= 2
    again = sum(1 for count in names.values() if count >= 2)
    return len(seen) >= 4 and again >= 2 and len(names) * 2 <= len(seen) + 1 and len(seen) * 3 >= filled


def _begins(seen: Sequence[_Seen], lines: Sequence[str]) -> bool:
    """Whether nothing but days and headings comes before the first turn."""
    above = [line for line in lines[: seen[0].row] if line.strip()]
    return all(_DATED.match(line[:_LONGEST]) or line.startswith("#") for line in above)


def _own(seen: Sequence[_Seen]) -> list[_Seen]:
    """Leave out labels inside a turn: names met once, without a moment, where the others have one or are headings."""
    names = Counter(each.speaker.lower() for each in seen if each.written is not None or each.is_heading)
    if not names:
        return list(seen)
    again = Counter(each.speaker.lower() for each in seen)
    return [
        each
        for each in seen
        if each.written is not None or each.is_heading or names[each.speaker.lower()] or again[each.speaker.lower()] > 1
    ]


def _dated(seen: Sequence[_Seen], days: dict[int, str]) -> Iterator[Turn]:
    """Give each turn its moment: its own, else the day that was last named with its own time."""
    written = [*days.values(), *(each.written for each in seen if each.written is not None)]
    day_first = next((found for each in written if (found := is_day_first(each)) is not None), None)
    waiting = sorted(days.items(), reverse=True)
    day: str | None = None
    for each in seen:
        while waiting and waiting[-1][0] < each.row:
            day = waiting.pop()[1]
        own = None if each.written is None else moment(each.written, day_first)
        if own is None:
            on = None if day is None else moment(day, day_first)
            time = None if each.written is None else clock(each.written)
            own = f"{on} {time}" if on and time else each.written if on is None and each.written else on
        yield Turn(each.row, each.speaker.strip(), own if own is not None else day)
