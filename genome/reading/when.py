"""When something was said: the ways in which chats and exports write a moment, in one form that sorts.

`2024-03-01` or `2024-03-01 10:22`. A moment that may be read in two ways (`03/04/2024`) has no such form.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?(?:\.\d{1,6})?(?:[ \u00a0\u202f]?[APap]\.?[Mm]\.?)?"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"
_WEEKDAY = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},?[ ]+)?"
DAY = (
    rf"{_WEEKDAY}(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{2,4}}"
    rf"|{_MONTH}[ ]+\d{{1,2}}(?:st|nd|rd|th)?,?[ ]+\d{{4}}|\d{{1,2}}(?:st|nd|rd|th)?\.?[ ]+{_MONTH},?[ ]+\d{{4}}"
    r"|\d{4}年\d{1,2}月\d{1,2}日)"
)
STAMP = rf"(?:{DAY}(?:(?:T|,?[ ]+(?:at[ ]+)?){CLOCK}(?:[ ]?(?:Z|UTC|GMT|[+-]\d{{2}}:?\d{{2}}))?)?|{CLOCK})"
_ISO = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})")
_SHORT = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})\b")
_LONG = re.compile(
    rf"(?:(\d{{1,2}})(?:st|nd|rd|th)?\.?[ ]+)?({_MONTH})[ ,]+(?:(\d{{1,2}})(?:st|nd|rd|th)?,?[ ]+)?(\d{{4}})"
)
_TIME = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?::\d{2})?(?:\.\d+)?[ \u00a0\u202f]?(?:([APap])\.?[Mm])?")
_EPOCH = (1e8, 4e9)  # 1973 to 2096, in seconds


def moment(written: str, day_first: bool | None = None) -> str | None:
    """Return a moment in the form that sorts, None where it has no day or can be read in two ways.

    Args:
        written: As it stands there.
        day_first: Whether `03/04/2024` is in April; None where nothing tells.

    >>> moment("March 5, 2024 at 3:07 PM"), moment("5.3.2024"), moment("25/12/2023, 09:15")
    ('2024-03-05 15:07', '2024-03-05', '2023-12-25 09:15')
    >>> moment("03/04/2024") is None
    True
    """
    day = _day(written, day_first)
    if day is None:
        return None
    time = clock(written)
    return f"{day} {time}" if time else day


def is_day_first(written: str) -> bool | None:
    """Say whether a date of two numbers and a year has the day first, None where it tells nothing."""
    found = _SHORT.search(written)
    if found is None or _ISO.search(written) or (int(found[1]) > 12) == (int(found[3]) > 12):
        return None
    return int(found[1]) > 12


def clock(written: str) -> str | None:
    """Return the time of day as `15:07`, None where there is none."""
    found = _TIME.search(written)
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2])
    if found[3]:
        hour = hour % 12 + (12 if found[3] in "Pp" else 0)
    return f"{hour:02d}:{minute:02d}" if hour < 24 and minute < 60 else None


def of_epoch(seconds: float) -> str | None:
    """Return the moment of a number of seconds, or milliseconds, since 1970 (UTC); None for any other number."""
    seconds = seconds / 1_000 if seconds >= _EPOCH[1] else seconds
    if not _EPOCH[0] <= seconds < _EPOCH[1]:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


def _day(written: str, day_first: bool | None) -> str | None:
    if found := _ISO.search(written):
        return _checked(int(found[1]), int(found[2]), int(found[3]))
    if found := _SHORT.search(written):
        year = int(found[4]) + (2_000 if len(found[4]) == 2 else 0)
        one, two = int(found[1]), int(found[3])
        if found[2] == "." or one > 12 or (day_first and two <= 12):  # with dots the day comes first everywhere
            return _checked(year, two, one)
        return _checked(year, one, two) if two > 12 or one == two or day_first is False else None
    if (found := _LONG.search(written)) and (day := found[1] or found[3]):
        return _checked(int(found[4]), _MONTHS.index(found[2][:3].lower()) + 1, int(day))
    return None


def _checked(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
