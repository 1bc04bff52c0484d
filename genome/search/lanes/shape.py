"""Shape: what a piece of code does, as far as its outline shows, against what is asked.

A question is answered by what returns something more often than by what does not, and seldom by a special method or the
head of a class, unless it names them; whether something is so is told by what returns a truth value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from ..query import Query
from .lane import Candidate, Context, Lane

# What each trait counts; `tests/bench/fit_fusion.py` fits them in the lanes' unit: the words of the best place have 1.
POINTS = {"returns": 0.1, "class head": -0.35, "special": -0.3, "truth": 0.5}
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


def traits(query: Query, symbol: str | None, body: str) -> dict[str, bool]:
    """Return what the outline of a piece of code shows, by the names in `POINTS`.

    Args:
        query: A class or a special method that it names is not held against it.
        symbol: Of the piece, with its owner's.
        body: Its text.
    """
    name = (symbol or "").rpartition(".")[2]
    is_named = name in query.spelled or name.lower() in query.names
    head = None if is_named else _HEAD.search(body, 0, OUTLINE)
    returns = "return" in body
    return {
        "returns": returns,
        "class head": head is not None and head[1] is not None,
        "special": name.startswith("__") and not is_named,
        "truth": _asks_truth(query.text)
        and (_TRUTH_NAME.match(name) is not None or (returns and _TRUTH.search(body) is not None)),
    }


@lru_cache(maxsize=16)  # it is asked of every candidate
def _asks_truth(text: str) -> bool:
    return _ASKS_TRUTH.search(text) is not None


def weigh(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return the points of each piece of code for what its outline shows."""
    return [
        sum(POINTS[name] for name, is_so in traits(query, each.place.symbol, each.body).items() if is_so)
        if each.kind == "code"
        else 0.0
        for each in candidates
    ]


LANE = Lane("shape", weigh=weigh)
