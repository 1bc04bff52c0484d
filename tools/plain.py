"""Text as it came from a client or a file's name, made fit for UTF-8, for messages and for lines."""

import re

UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    r"""Return the text with lone surrogates replaced, which JSON can carry and UTF-8 cannot.

    >>> plain("caf\u00e9 \ud800")
    'café ?'
    """
    return text.encode("utf-8", "replace").decode("utf-8")


def quoted(text: str, most: int = 80) -> str:
    r"""Return a caller's text for a message: in quotes, escaped, and cut.

    >>> quoted("a\nb"), quoted("x" * 100, 6)
    ("'a\\nb'", "'xxxxxx...'")
    """
    return repr(text if len(text) <= most else f"{text[:most]}...")


def one_line(text: str) -> str:
    r"""Return a text with line breaks, control and direction characters escaped: no name may forge a line.

    >>> one_line("a\nverified b")
    'a\\nverified b'
    """
    return UNSAFE.sub(lambda found: found.group().encode("unicode_escape").decode(), text)
