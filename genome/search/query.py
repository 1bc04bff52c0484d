"""What a question says: its terms, the identifiers and paths in it, what stands in quotes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..reading.terms import WORD, is_stop_word, terms_of_word
from .rules import Form, form_of

MAX_CHARS = 8_000  # of a longer question the beginning and the end are used
MAX_TERMS = 96
IDENTIFIER = re.compile(r"[A-Za-z_][\w]*(?:(?:\.|::|#|->)[A-Za-z_]\w*)*")
PATH = re.compile(r"(?<![\w.@+-])[\w.@+-]*(?:[/\\][\w.@+-]+)+|(?<![\w-])[\w-]+\.[A-Za-z][A-Za-z0-9]{0,7}\b")
CAMEL = re.compile(r"[a-z0-9][A-Z]|[A-Z]{2}[a-z]")


@dataclass(frozen=True, slots=True)
class Query:
    """A question, parsed.

    `terms` are distinct and in order. `names` are the last parts of identifiers, in lower case; `spelled` are names
    and capitalised words as they were written. `dotted` and `paths` are in lower case. `form` is how it is put.
    """

    text: str
    terms: tuple[str, ...]
    names: tuple[str, ...]
    spelled: tuple[str, ...]
    dotted: tuple[str, ...]
    paths: tuple[str, ...]
    about_tests: bool
    form: Form

    @property
    def to_the_letter(self) -> bool:
        """Whether it names a thing or a file, or quotes an error, so that its words are those of the answer."""
        return bool(self.names or self.paths or self.form.message)


def parse(text: str) -> Query:
    """Parse a question. Never fails; a question without a word has no terms.

    >>> parse("where is Client.send_request retried?").terms
    ('client', 'send', 'request', 'send_request', 'retri')
    >>> parse("where is Client.send_request retried?").dotted
    ('client.send_request',)
    """
    kept = text if len(text) <= MAX_CHARS else f"{text[: MAX_CHARS // 2]} {text[-MAX_CHARS // 2 :]}"
    words = WORD.findall(kept)
    asked = [word for word in words if not is_stop_word(word)] or words
    terms = dict.fromkeys(term for word in asked for term in terms_of_word(word))
    identifiers = [re.sub(r"::|#|->", ".", found) for found in IDENTIFIER.findall(kept) if _looks_like_code(found)]
    if len(asked) <= 2:  # a bare word or two may well be a name
        identifiers += [word for word in asked if word.isidentifier()]
    last = dict.fromkeys(name.rpartition(".")[2] for name in identifiers)
    names = dict.fromkeys(name.lower() for name in last)
    spelled = {**last, **dict.fromkeys(word for word in asked if word[0].isupper() and word.isidentifier())}
    dotted = dict.fromkeys(name.lower() for name in identifiers if "." in name)
    paths = dict.fromkeys(path.replace("\\", "/").lower().strip("./") for path in PATH.findall(kept))
    return Query(
        text=text,
        terms=tuple(terms)[:MAX_TERMS],
        names=tuple(names)[:16],
        spelled=tuple(spelled)[:16],
        dotted=tuple(dotted)[:16],
        paths=tuple(path for path in paths if path)[:8],
        about_tests=any(term in terms for term in ("test", "tests", "pytest", "spec")),
        form=form_of(kept),
    )


def _looks_like_code(word: str) -> bool:
    """Whether a word is written as no ordinary word is: dotted, underscored or with an inner capital."""
    return (
        "_" in word.strip("_")
        or not word.replace("_", "").isalnum()
        or bool(CAMEL.search(word))
        or word.startswith("_")
    )
