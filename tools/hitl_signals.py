"""What the words of a question say of risk, of doubt, and of whether it can be undone.

Plain lists and counts, so that a person can see why a question was marked. An agent that knows better says so itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Recoverability = Literal["recoverable", "uncertain", "lost"]

# Each word stands for itself and its forms: delete, deletes, deleted, deleting. A space stands for any white space.
LOST_WORDS = (
    "drop table", "drop database", "drop schema", "drop column", "drop index", "truncate", "wipe", "purge",
    "format disk", "rm -rf", "rm -r", "force push", "push --force", "push -f",
    "reset --hard", "clean -fd", "rewrite history", "filter-branch", "irreversible", "permanently", "shred",
    "send email", "publish", "pay", "transfer funds",
)  # fmt: skip
RISK_WORDS = (
    "delete", "drop", "remove", "overwrite", "destroy", "erase", "revert", "roll back", "rollback", "migrate", "deploy",
    "release", "restart", "shut down", "kill", "disable", "chmod", "chown", "sudo", "root access", "prod",
    "production", "live data", "customer data", "personal data", "backup", "credential", "password", "secret",
    "api key", "access token", "private key", "permission", "firewall", "invoice", "billing",
)  # fmt: skip
HEDGES = (
    "maybe", "perhaps", "possibly", "probably", "might", "could be", "not sure", "unsure", "uncertain", "unclear",
    "ambiguous", "guess", "assume", "i think", "i believe", "seems", "appears", "likely", "unknown", "don't know",
    "do not know", "cannot tell", "can't tell", "either", "or should", "which of",
)  # fmt: skip
STEP = 0.25  # of uncertainty for each hedge that occurs
_FORMS = r"(?:e?s|e?d|ing|ped|ping|ied|d)?"


@dataclass(frozen=True, slots=True)
class Signals:
    """`tone` in [0, 1] is how unsure it sounds, `risk` the words of risk that occur, in the order of the lists."""

    tone: float
    risk: tuple[str, ...]
    recoverability: Recoverability


def signals(text: str, risk: Sequence[str] | None = None) -> Signals:
    """Return what a text says by its words.

    Args:
        text: The question with its context.
        risk: Words of risk that the asker gave; they take the place of those in the text.

    >>> signals("Not sure, maybe I should force-push to prod?")
    Signals(tone=0.5, risk=('force push', 'prod'), recoverability='lost')
    >>> signals("Is the retry limit three?")
    Signals(tone=0.0, risk=(), recoverability='recoverable')
    """
    found = tuple(occurring(text, (*LOST_WORDS, *RISK_WORDS)) if risk is None else risk)
    tone = min(1.0, STEP * len(occurring(text, HEDGES)))
    if occurring(" ; ".join(found), LOST_WORDS):
        return Signals(tone, found, "lost")
    return Signals(tone, found, "uncertain" if found else "recoverable")


def occurring(text: str, words: Sequence[str]) -> list[str]:
    """Return which of some words occur in a text, in any of their forms.

    >>> occurring("it was Dropped, and the deletion deletes nothing", ("drop", "delete", "prod"))
    ['drop', 'delete']
    """
    return [word for word in words if _pattern(word).search(text)]


def _pattern(word: str) -> re.Pattern[str]:
    stem = word.removesuffix("e") if word.isalpha() else word
    spaced = re.escape(stem).replace(r"\ ", r"[\s_-]+")
    ending = "(?:e|es|ed|ing)" if stem != word else _FORMS
    return re.compile(rf"(?<!\w){spaced}{ending}(?!\w)", re.IGNORECASE)
