"""Keep a question's candidates from being all notes: a thousand short notes would outweigh every file."""

from __future__ import annotations

import json
import re

import apsw

from ..store.boundary import SEEN_ROOTS
from . import lexical
from .lexical import Idf

MOST = 8  # passages of notes among the candidates
_ASKS = re.compile(
    r"\b(?:notes?|noted|remember(?:ed|s)?|recall|decided|decisions?|agreed|conventions?|prefer(?:red|s|ences?)?"
    r"|lessons?|learned|learnt|findings?)\b|\bwhy\s+(?:did|do|are|were|have)\s+we\b|\bhow\s+do\s+we\b",
    re.IGNORECASE,
)
_OF_NOTES = f"""
    select l.passage
    from note n
    join source s on s.id = n.source and s.root in ({SEEN_ROOTS})
    join place l on l.content = s.content
"""  # noqa: S608  a constant


def asks_for_notes(text: str) -> bool:
    """Whether a question is about what was decided, preferred or found, rather than about the files.

    >>> asks_for_notes("why did we pin the driver?"), asks_for_notes("where is the driver pinned")
    (True, False)
    """
    return _ASKS.search(text[:4_000]) is not None


def propose(connection: apsw.Connection, idf: Idf, *, wants_notes: bool) -> dict[int, float]:
    """Return the passages that hold the question's rarest terms with their scores, few of them notes unless wanted."""
    found = lexical.propose(connection, idf)
    if wants_notes or not connection.execute("select exists (select 1 from note)").get:
        return found
    sql = f"{_OF_NOTES} where l.passage in (select value from json_each(?))"  # noqa: S608  a constant
    of_notes = {passage for (passage,) in connection.execute(sql, (json.dumps(list(found)),))}
    if len(of_notes) <= MOST:
        return found
    kept = {passage: found[passage] for passage in [one for one in found if one in of_notes][:MOST]}
    return kept | lexical.propose(connection, idf, without=_OF_NOTES)
