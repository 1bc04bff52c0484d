"""Text as it came from a client, made fit for UTF-8."""


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
