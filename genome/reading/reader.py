"""One file's bytes to a `Reading`: its text without secrets, divided into spans, with the facts in it."""

from __future__ import annotations

from ..records import Fact, Reading, Span
from .code import divide
from .config import divide_config
from .decode import decode, generated, minified
from .facts import facts
from .grammars import GRAMMARS
from .keys import keys
from .languages import kind_of, language_of
from .notebook import divide_notebook
from .prose import divide_paragraphs, divide_prose
from .secrets import redact

READER = "3"
"""The version of the division; a content that was divided by another one is divided again."""

# One line for each way in which a file's name decides what `redact` takes out.
_PROBE = "plain\nplain = value\nlogin: hunter2-Xy7-Qz9w8\npassword: hunter2-Xy7-Qz9w8\nmachine a password b\n"


def read(path: str, data: bytes) -> Reading | None:
    """Read a file, or return None for a binary one.

    Args:
        path: its path with forward slashes; only the name tells something, nothing is opened.
        data: the whole file.
    """
    text = decode(data)
    if text is None:
        return None
    language = language_of(path, text)
    if minified(text):
        spans = tuple(divide_paragraphs(text))
        return Reading(text, language, kind_of(language), spans, (), generated=True, unfit="minified")
    text, redacted = redact(path, text)
    spans, found = _divided(text, language)
    return Reading(text, language, kind_of(language), tuple(spans), tuple(found), generated(text), redacted)


def mode(path: str) -> str:
    """Return how a file's name says that its bytes are to be read: as which language, with which secrets.

    The same bytes under two paths of one mode give the same reading.
    """
    language = language_of(path) or ""
    header = "?" if path.endswith(".h") else ""  # the text decides between C and C++
    covered = redact(path, _PROBE)[0].split("\n")
    sort = "".join("x" if line != plain else "." for line, plain in zip(covered, _PROBE.split("\n"), strict=True))
    return f"{language}{header}:{sort.rstrip('.')}"


def _divided(text: str, language: str | None) -> tuple[list[Span], list[Fact]]:
    if language in ("toml", "yaml", "json", "ini"):
        found = keys(text, language)
        return divide_config(text, language, found), facts(text, language, found)
    return _spans(text, language), facts(text, language)


def _spans(text: str, language: str | None) -> list[Span]:
    if language is None:
        return divide_paragraphs(text)
    if language in GRAMMARS:
        return divide(text, language)
    if language == "notebook":
        return divide_notebook(text)
    return divide_prose(text, language)
