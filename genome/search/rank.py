"""From a question to ranked places, each with its reasons.

Candidates come from the lexical lane, from symbols and from paths that the question names. Places of what was
ingested and has changed since are candidates too: such a hit is answered with what stands under the same symbol now,
or named as gone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import apsw

from ..proof.age import AUTHORITY, SPECIFICITY, specificity
from ..reading.terms import index_text
from ..records import Fact, Place, Root, Source
from ..store import contents
from . import lexical, rules
from .candidates import Spot, likely, on_path, standing
from .candidates import named as naming
from .crowd import asks_for_notes, propose
from .facts import FactSpot, find_facts
from .lexical import Idf, Weighed
from .query import Query
from .wanted import wanted

SYMBOL_BONUS = 1.0  # of a place's own score, for a definition that the question names
OTHER_CASE = 0.4  # of that bonus, where the question spells the name another way
PATH_BONUS = 0.35
BY_VECTOR = 0.4  # weight of the vectors where the question names no symbol or path that is there
BY_VECTOR_NAMED = 0.2  # and where it does, quotes a message or asks for a value
FILE_SUPPORT = 0.15  # weight of a file's other hits
SAME_TEXT = 0.7  # share of common terms from which two definitions of one name are one that was moved
PER_FILE = 3  # hits of one file that come before other files' hits
NOTHING = Weighed(0.0, 0.0, ())


@dataclass(frozen=True, slots=True)
class Hit:
    """A place that may answer.

    `place` is where it stands now; with `gone` true it is where it stood, and nothing stands there any more.
    `replaced` is true where the text that matched has given way to this one under the same symbol. With a `fact` it
    is that fact's line that answers, and `place` is what stands around it.
    """

    root: Root
    source: Source
    place: Place
    score: float
    share: float
    exact: bool
    why: str
    kind: str
    gone: bool = False
    replaced: bool = False
    fact: Fact | None = None
    weighed: Weighed = NOTHING
    body: str = ""  # the text that matched
    cosine: float = 0.0  # of its vector and the question's, where that proposed it


def rank(
    connection: apsw.Connection,
    query: Query,
    roots: Sequence[Root],
    limit: int,
    idf: Idf | None = None,
    near: Mapping[int, float] | None = None,
) -> list[Hit]:
    """Rank the places of these roots for a question, best first, in an order that store and question alone decide.

    Args:
        connection: A reading connection; hold it at one snapshot for the whole packet.
        query: The parsed question.
        roots: Where to look.
        limit: Most hits to return.
        idf: The weights of the question's terms in this store, where the caller has them already.
        near: Passages whose vectors are near the question's, with their cosines, from the dense lane.
    """
    near = near or {}
    idf = idf or Idf(connection, query.terms)
    by_id = {root.id: root for root in roots}
    proposed = propose(connection, idf, wants_notes=asks_for_notes(query.text))
    passages = dict.fromkeys(likely(connection, proposed, query))
    passages.update(dict.fromkeys(naming(connection, query)))
    passages.update(dict.fromkeys(near))
    spots = standing(connection, passages, by_id) + on_path(connection, query, by_id)
    ranking = _order(_resolve(connection, query, idf, spots, near), literally=_is_literal(query))
    return _with_facts(ranking, find_facts(connection, query, idf, by_id))[:limit]


def _with_facts(ranking: list[Hit], facts: list[FactSpot]) -> list[Hit]:
    """Put facts that hold most of the question before the places, and the others after the first place."""
    hits = [
        Hit(spot.root, spot.source, spot.place, spot.score, spot.share, spot.exact, spot.why, "fact", fact=spot.fact)
        for spot in facts
    ]
    strong = sum(spot.is_strong for spot in facts)
    return [*hits[:strong], *ranking[:1], *hits[strong:], *ranking[1:]]


def _resolve(
    connection: apsw.Connection, query: Query, idf: Idf, spots: list[Spot], near: Mapping[int, float]
) -> list[Hit]:
    """Weigh every spot once; answer a spot of the past with what stands there now."""
    texts = _texts(connection, {spot.place.passage for spot in spots})
    live = {spot.place.passage for spot in spots if spot.current}
    best: dict[tuple[int, int, int], Hit] = {}
    for spot in spots:
        if not spot.current and spot.place.passage in live:
            continue  # the same text stands somewhere now: that is the answer
        place = spot.place
        fields = {
            "symbol": place.symbol or "",
            "heading": place.heading or "",
            "path": spot.source.path,
            "body": texts[place.passage],
        }
        weighed = rules.with_run(query.form, lexical.weigh(idf, fields), fields["body"])
        hit = _hit(connection, query, spot, weighed, fields["body"], near.get(place.passage, 0.0))
        if hit is None:
            continue
        key = (hit.source.id, hit.place.content, hit.place.ordinal)
        known = best.get(key)
        if known is None or (hit.score, hit.cosine, known.replaced) > (known.score, known.cosine, hit.replaced):
            best[key] = hit
    return [hit for hit in best.values() if not (hit.gone and _went_elsewhere(hit, best.values(), texts))]


def _went_elsewhere(gone: Hit, hits: Iterable[Hit], texts: Mapping[int, str]) -> bool:
    """Whether a definition that is gone stands, much the same, under its name in another file: that is the answer."""
    own = set(index_text(texts[gone.place.passage]).split())
    for hit in hits:
        if hit.gone or hit.place.symbol is None or hit.place.symbol != gone.place.symbol:
            continue
        other = set(index_text(texts.get(hit.place.passage, "")).split())
        if len(own & other) >= SAME_TEXT * len(own | other):
            return True
    return False


def _texts(connection: apsw.Connection, passages: set[int]) -> dict[int, str]:
    sql = """
        select p.id, c.text
        from json_each(?) w
        join passage p on p.id = w.value
        join chunk c on c.id = p.chunk
    """
    return dict(connection.execute(sql, (json.dumps(sorted(passages)),)))  # type: ignore[arg-type]  # two columns


def _hit(
    connection: apsw.Connection, query: Query, spot: Spot, weighed: Weighed, body: str, cosine: float
) -> Hit | None:
    if weighed.score <= 0 and (cosine <= 0 or not spot.current):
        return None
    place, gone, replaced = spot.place, False, False
    if not spot.current:
        now = _under_same_name(connection, spot)
        if now is None and spot.source.state != "gone" and (place.symbol is None or place.part > 0):
            return None  # loose statements or the rest of a definition in an older version: nothing to point at
        place, gone, replaced = (now, False, True) if now is not None else (place, True, False)
    named = _names_it(query, place)
    is_on_path = any(_path_matches(path, spot.source.path) for path in query.paths)
    kind = "note" if spot.root.kind == "virtual" else spot.kind  # what was kept on purpose is no project's prose
    factor = rules.prior(query.form, spot.source.path, kind, spot.generated, query.about_tests)
    score = weighed.score * factor * (1 + SYMBOL_BONUS * named + PATH_BONUS * is_on_path)
    exact = is_on_path or (named > 0 and (place.symbol or "").rpartition(".")[2].lower() in query.names)
    why = _why(place, weighed, named > 0, is_on_path)
    return Hit(
        spot.root, spot.source, place, score, weighed.share, exact, why, spot.kind, gone, replaced,
        weighed=weighed, body=body, cosine=cosine * factor,
    )  # fmt: skip


def _under_same_name(connection: apsw.Connection, spot: Spot) -> Place | None:
    """Return what stands now under the symbol or heading that a place of the past had."""
    if spot.source.content is None or (spot.place.symbol is None and spot.place.heading is None):
        return None
    same = contents.namesakes(connection, spot.source.content, spot.place.symbol, spot.place.heading)
    if not same:
        return None
    return min(same, key=lambda place: (place.part != spot.place.part, abs(place.nth - spot.place.nth), place.ordinal))


def _names_it(query: Query, place: Place) -> float:
    """Return how surely the question names this definition: 1 as it is spelled, less in other letters, 0 not at all."""
    if place.symbol is None or place.part > 0:
        return 0.0
    symbol = place.symbol.lower()
    name = place.symbol.rpartition(".")[2]
    if any(symbol == dotted or symbol.endswith(f".{dotted}") for dotted in query.dotted) or name in query.spelled:
        return 1.0
    return OTHER_CASE if name.lower() in query.names else 0.0


def _path_matches(asked: str, path: str) -> bool:
    lower = path.lower()
    return lower == asked or lower.endswith(f"/{asked}")


def _why(place: Place, weighed: Weighed, is_named: bool, is_on_path: bool) -> str:
    reasons = [f"symbol {place.symbol}"] if is_named else []
    reasons += ["path"] if is_on_path else []
    if weighed.matched:
        reasons.append("terms " + " ".join(weighed.matched[:4]))
    return "; ".join(reasons)


def _unproven(hit: Hit) -> float:
    """Return how little speaks for a text that nothing can prove, in [0, 1]; 0 for a file. It breaks ties alone."""
    if hit.root.kind != "virtual":
        return 0.0
    return 1.0 - AUTHORITY[hit.source.authority] * SPECIFICITY[specificity(hit.kind)]


def _is_literal(query: Query) -> bool:
    """Whether the words themselves are asked for: a message as it was printed, or the value of a setting."""
    return query.form.message or wanted(query.text, query.terms) is not None


def _order(hits: list[Hit], *, literally: bool) -> list[Hit]:
    """Order hits by what the words and the vectors say and what else of their file matched; ties by path and line.

    The two scores are each scaled to the best of their kind, and their convex sum taken.
    """
    by_file: dict[int, list[float]] = {}
    for hit in hits:
        by_file.setdefault(hit.source.id, []).append(hit.score)
    support = {source: sum(sorted(scores, reverse=True)[:3]) for source, scores in by_file.items()}

    best = max((hit.score for hit in hits), default=0.0) or 1.0
    nearest = max((hit.cosine for hit in hits), default=0.0)
    farthest = min((hit.cosine for hit in hits if hit.cosine > 0), default=0.0)
    share = 0.0 if nearest <= 0 else BY_VECTOR_NAMED if literally or any(hit.exact for hit in hits) else BY_VECTOR

    def key(hit: Hit) -> tuple[float, float, str, str, int, int]:
        words = (hit.score + FILE_SUPPORT * (support[hit.source.id] - hit.score)) / best
        vector = max(hit.cosine, farthest) / nearest if nearest > 0 else 0.0
        total = (1 - share) * words + share * vector
        return (-round(total, 9), _unproven(hit), hit.root.name, hit.source.path, hit.place.start_line, hit.source.id)

    first: list[Hit] = []
    later: list[Hit] = []
    taken: dict[int, int] = {}
    for hit in sorted(hits, key=key):
        taken[hit.source.id] = taken.get(hit.source.id, 0) + 1
        (first if taken[hit.source.id] <= PER_FILE else later).append(hit)
    return first + later
