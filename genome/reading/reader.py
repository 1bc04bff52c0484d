"""One file's bytes to a `Reading`: its text without secrets, divided into spans, with the facts in it."""

from __future__ import annotations

from ..records import Fact, Kind, Reading, Span
from .chats import chat, readable
from .code import divide
from .config import divide_config
from .conversation import divide_turns
from .decode import decode, generated, minified
from .facts import facts
from .grammars import GRAMMARS
from .html import is_html, page
from .keys import keys
from .languages import kind_of, language_of
from .notebook import Notebook, divide_cells, divide_notebook, notebook
from .pdf import Pages, divide_pages, is_pdf, pages
from .prose import divide_paragraphs, divide_prose, divide_under
from .secrets import redact
from .turns import turns

READER = "4"
"""The version of the division; a content that was divided by another one is divided again."""

_TALKED = frozenset({"markdown", "text", None})
"""Languages in which a conversation may be written."""

# One line for each way in which a file's name decides what `redact` takes out.
_PROBE = "plain\nplain = value\nlogin: hunter2-Xy7-Qz9w8\npassword: hunter2-Xy7-Qz9w8\nmachine a password b\n"


def read(path: str, data: bytes) -> Reading | None:
    """Read a file, or return None for a binary one.

    Args:
        path: its path with forward slashes; only the name tells something, nothing is opened.
        data: the whole file.
    """
    if is_pdf(path, data):
        return _read_pdf(path, pages(data))
    text = decode(data)
    if text is None:
        return None
    language = language_of(path, text) or ("html" if is_html(text) else None)
    if language in _TALKED or language in ("html", "json"):
        return _read_prose(path, text, language)
    if language == "notebook" and (shown := notebook(text)) is not None:
        return _read_notebook(path, shown)
    if minified(text):
        return _minified(text, language)
    text, redacted = redact(path, text)
    spans, found = _divided(text, language)
    return Reading(text, language, kind_of(language), tuple(spans), tuple(found), generated(text), redacted)


def _read_prose(path: str, text: str, language: str | None) -> Reading:
    """Read what may be a page to be seen, or a conversation."""
    seen = page(text) if language == "html" else None
    text = text if seen is None else seen.text
    said = chat(text) if language == "json" else turns(text.split("\n")) if language in _TALKED else []
    if said and language == "json":
        text = readable(text)
    elif minified(text):
        return _minified(text, language)
    text, redacted = redact(path, text)
    if said:
        spans, found = divide_turns(text, said)
    elif seen is not None:
        spans, found = divide_under(text, seen.headings), []
    else:
        spans, found = _divided(text, language)
    kind = Kind.DOC if said or seen is not None else kind_of(language)
    return Reading(text, language, kind, tuple(spans), tuple(found), generated(text), redacted)


def _read_notebook(path: str, found: Notebook) -> Reading:
    if minified(found.text):
        return _minified(found.text, "notebook")
    text, redacted = redact(path, found.text)
    return Reading(text, "notebook", kind_of("notebook"), tuple(divide_cells(text, found.cells)), (), False, redacted)


def _read_pdf(path: str, found: Pages) -> Reading:
    if found.reason is not None:
        return Reading("", "pdf", Kind.DOC, (), (), unfit=found.reason)
    text, redacted = redact(path, found.text)
    return Reading(text, "pdf", Kind.DOC, tuple(divide_pages(text, found)), (), redacted=redacted)


def _minified(text: str, language: str | None) -> Reading:
    spans = tuple(divide_paragraphs(text))
    return Reading(text, language, kind_of(language), spans, (), generated=True, unfit="minified")


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
