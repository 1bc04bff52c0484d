"""What several lanes start from: the best candidates so far, the names in a text, and who defines a name."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from functools import lru_cache

from ...store.boundary import first_seen
from .lane import Candidate, Context

DENSE_SHARE = 0.5  # of a cosine beside the words, before the lanes are weighed
AMBIGUOUS = 3  # definitions of one name from which on it says nothing
_NAME = re.compile(r"[A-Za-z_]\w{2,}")


def best(
    context: Context, candidates: Sequence[Candidate], most: int, *, any_role: bool = False
) -> list[tuple[Candidate, float]]:
    """Return the candidates that words and vectors speak for most, each with its strength, the best one's about 1.

    Args:
        context: Of the question.
        candidates: All of them.
        most: How many to return.
        any_role: Whether tests and prose count as much as code.
    """
    found = context.near.found
    nearest = max(found.values(), default=0.0) or 1.0
    scores = [each.weighed.score * (1.0 if any_role else each.prior) for each in candidates]
    top = max(scores, default=0.0) or 1.0
    strengths = [
        score / top + DENSE_SHARE * found.get(each.passage, 0.0) / nearest
        for score, each in zip(scores, candidates, strict=True)
    ]
    order = sorted(range(len(candidates)), key=lambda at: (-strengths[at], candidates[at].source.id, at))
    return [(candidates[at], strengths[at]) for at in order[:most] if strengths[at] > 0]


@lru_cache(maxsize=1_024)
def names_in(text: str) -> frozenset[str]:
    """Return the names in a text, words of three letters and more among them."""
    return frozenset(_NAME.findall(text))


def defined(candidate: Candidate) -> str:
    """Return the name that a candidate defines, without its owner's; "" for what defines none."""
    symbol = candidate.place.symbol
    return "" if symbol is None or candidate.place.part > 0 else symbol.rpartition(".")[2]


def definitions(context: Context, names: Collection[str], most: int) -> list[int]:
    """Return the passages that define these names as they are spelled, if few do; those nearest to the question first.

    Args:
        context: Of the question.
        names: Last parts of symbols.
        most: How many to return.
    """
    if not names:
        return []
    sql = "select id, symbol from passage where name in (select value from json_each(?)) order by id limit ?"
    words = json.dumps(sorted({name.lower() for name in names}))
    connection = context.connection
    rows = first_seen(connection, 8 * most, lambda limit: dict(connection.execute(sql, (words, limit))))  # type: ignore[arg-type]
    by_name: dict[str, list[int]] = {}
    for passage, symbol in rows.items():
        name = str(symbol).rpartition(".")[2]
        if name in names:
            by_name.setdefault(name, []).append(passage)
    found = [passage for held in by_name.values() if len(held) < AMBIGUOUS for passage in held]
    cosines = context.near.cosines(found)
    return sorted(found, key=lambda passage: (-cosines.get(passage, 0.0), passage))[:most]
