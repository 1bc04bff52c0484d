"""Shape: what a piece of code does, as far as its outline shows, against what is asked.

A question is answered by what returns something more often than by what does not, and seldom by a special method or the
head of a class, unless it names them; whether something is so is told by what returns a truth value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..query import Query
from .lane import Candidate, Context, Lane

# Fitted beside the other lanes' weights, whose unit they share: the words of the best place have 1.
RETURNS, CLASS_HEAD, SPECIAL, TRUTH = 0.1, -0.35, -0.3, 0.7
OUTLINE = 600  # characters in which a definition has begun, decorators and comments before it
_HEAD = re.compile(
    r"^[ \t]*(?:(?:export|default|async|public|private|protected|static|final|abstract|sealed|pub)\s+)*"
    r"(?:(class|interface|struct|enum|trait)|def|function|fn|func)\b",
    re.MULTILINE,
)
_TRUTH = re.compile(r"\breturn (?:True|False|true|false|not |!|[^\n]*(?: in | is |[=<>!]=))")
_TRUTH_NAME = re.compile(r"(?:is|has|can|should|are|was|needs)(?:_|[A-Z])")
_ASKS_TRUTH = re.compile(
    r"\b(?:whether|true|false|checks?|checked|decides?|determines?|tests? (?:if|for|whether)|if (?:the|this|a|an))\b",
    re.IGNORECASE,
)


def weigh(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return what the outline of each piece of code says for it, or against it."""
    asks_truth = _ASKS_TRUTH.search(query.text) is not None
    return [_value(query, candidate, asks_truth) if candidate.kind == "code" else 0.0 for candidate in candidates]


def _value(query: Query, candidate: Candidate, asks_truth: bool) -> float:
    body, name = candidate.body, (candidate.place.symbol or "").rpartition(".")[2]
    returns = "return" in body
    value = RETURNS if returns else 0.0
    if name not in query.spelled and name.lower() not in query.names:
        head = _HEAD.search(body, 0, OUTLINE)
        value += CLASS_HEAD if head is not None and head[1] else 0.0
        value += SPECIAL if name.startswith("__") else 0.0
    if asks_truth and (_TRUTH_NAME.match(name) or (returns and _TRUTH.search(body))):
        value += TRUTH
    return value


LANE = Lane("shape", weigh=weigh)
