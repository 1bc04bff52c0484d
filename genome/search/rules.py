"""What a question's form and a file's role say about where the answer stands: few rules, each of them measured.

Code answers before prose, tests and copies come after the project's own files, and what repeats the question word for
word comes first. docs/retrieval.md shows what each rule adds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ..reading.filters import Role, role
from ..reading.terms import index_text
from .lexical import terms_of

DEMOTED = {"test": 0.5, "example": 0.7, "vendored": 0.6, "generated": 0.6}
PROSE = 0.5  # of documentation, where the question does not ask for any
SIDE = 3  # words side by side that are too many for chance
VERBATIM = 1.0  # of a place's score, for each three words of a message that stand in it side by side
VERBATIM_ELSE = 0.25  # the same for other questions, from four words on

_MESSAGE = re.compile(
    r"^\W*(?:[A-Za-z_][\w.]*\.)?[A-Za-z_]*"
    r"(?:Error|Exception|Warning|Exit|Failure|Fault|Interrupt|Invalid|Timeout)\b\s*[:(]"
    r"|^\s*(?:error|warning|fatal|panic|traceback|fail(?:ed|ure)?)\b\s*[:\[]",
    re.IGNORECASE,
)
# What was filled into a message: quoted texts, addresses, paths, numbers.
_VALUE = re.compile(
    r"'[^']*'|\"[^\"]*\"|`[^`]*`|\u2018[^\u2019]*\u2019|\u201c[^\u201d]*\u201d|<[^>]*>|\bhttps?://\S+|(?:/[\w.@-]+)+/?"
    r"|\b0x[0-9a-fA-F]+|\b[\w.-]+@[\w.-]+|\b\d[\w.:,-]*"
)
_ASKS_PROSE = re.compile(
    r"\b(?:docs?|documentation|documented|readme|guide|tutorial|manual|examples?(?!\.)|install(?:ation)?"
    r"|how (?:do|can|should) (?:i|you)|how to|change ?log|history|released?|release notes|new in"
    r"|since (?:which|what|when|version)|which version|licen[cs]e|deprecated|removed in|added in|introduced)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Form:
    """How a question is put: as a `message` that a program gave, and whether `prose` may well answer it.

    `windows` are its words three by three as the index holds them, a row for each stretch without filled-in values.
    """

    message: bool
    prose: bool
    windows: tuple[tuple[str, ...], ...]


def form_of(text: str) -> Form:
    """Return the form of a question.

    >>> form_of("ValueError: no parcel 17 in the depot").windows
    ((' valu error valueerror ', ' error valueerror no ', ' valueerror no parcel '), (' in the depot ',))
    """
    is_message = bool(_MESSAGE.search(text))
    stretches = [index_text(part).split() for part in (_VALUE.split(text) if is_message else [text])]
    windows = tuple(
        tuple(f" {' '.join(terms[at : at + SIDE])} " for at in range(len(terms) - SIDE + 1)) for terms in stretches
    )
    return Form(is_message, bool(_ASKS_PROSE.search(text)), tuple(row for row in windows if row))


def prior(form: Form, path: str, kind: str, generated: bool, about_tests: bool) -> float:
    """Return how readily a file is offered, whatever it says, in (0, 1].

    >>> plain = form_of("where is the limit checked")
    >>> prior(plain, "src/limit.py", "code", False, False), prior(plain, "tests/README.md", "doc", False, False)
    (1.0, 0.25)
    """
    part = _role(path) or ("generated" if generated else "")
    factor = 1.0 if about_tests else DEMOTED.get(part, 1.0)
    return factor * (PROSE if kind == "doc" and not form.prose else 1.0)


def verbatim(form: Form, text: str) -> float:
    """Return by what part of itself a score grows for a piece of the question that stands in a text as it is."""
    run = _longest_run(form, f" {terms_of(text)} ")
    return VERBATIM * run if form.message else VERBATIM_ELSE * max(0, run - 1)


@lru_cache(maxsize=8_192)  # every question looks at some 150 paths, mostly the same
def _role(path: str) -> Role | None:
    return role(path)


def _longest_run(form: Form, terms: str) -> int:
    """Return how many of the question's windows, one after the other, stand in a text."""
    best = 0
    for row in form.windows:
        run = 0
        for window in row:
            run = run + 1 if window in terms else 0
            best = max(best, run)
    return best
