"""How a question stands in a passage: word for word, in order, close together, as a name that is given a value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from .lexical import terms_of

GIVEN = re.compile(r"[\"']?\s*(?::[^=\n(){}]{0,60})?(?:=(?!=)|:)")  # what stands behind a name that is given a value
NEAR = 3  # terms apart within which two count as together


def share_of_phrases(phrases: Sequence[str], body: str) -> float:
    """Return the share of a question's runs of words, in lower case, that a passage holds to the letter."""
    if not phrases:
        return 0.0
    lower = body.lower()
    return sum(phrase in lower for phrase in phrases) / len(phrases)


def assigns(name: str, body: str) -> bool:
    """Whether a passage gives a value to a name: `name = `, `name: int = `, `name: `."""
    if len(name) < 3:
        return False
    at = body.find(name)
    while at >= 0:
        before = body[at - 1 : at]  # nothing at the start
        if not (before.isalnum() or before in ("_", ".")) and GIVEN.match(body, at + len(name)):
            return True
        at = body.find(name, at + 1)
    return False


def together(order: Sequence[str], body: str) -> tuple[float, float]:
    """Return how much of the question stands together in a passage.

    Returns:
        The longest run of the question's terms in its order with at most two terms between, as a share of the
        question; the share of neighbours in the question that are within `NEAR` terms.
    """
    wanted = set(order)
    where: dict[str, list[int]] = {}
    terms = terms_of(body).split()
    for position, term in [(at, term) for at, term in enumerate(terms) if term in wanted]:
        where.setdefault(term, []).append(position)
    near = 0
    for first, second in pairwise(order):
        if first in where and second in where:
            near += any(0 < abs(b - a) <= NEAR for a in where[first][:12] for b in where[second][:12])
    return _run(order, where), near / max(1, len(order) - 1)


def _run(order: Sequence[str], where: dict[str, list[int]]) -> float:
    best = 0
    ends: dict[int, int] = {}  # position of a run's last term -> its length
    for term in order:
        now: dict[int, int] = {}
        if term in where and not ends:
            now = dict.fromkeys(where[term][:24], 1)
            best = max(best, 1)
        elif term in where:
            before = ends.get
            for position in where[term][:24]:  # within NEAR, written out: this is the inmost loop
                length = 1 + max(before(position - 1, 0), before(position - 2, 0), before(position - 3, 0))
                now[position] = length
                if length > best:
                    best = length
        ends = now
    return best / max(1, len(order))
