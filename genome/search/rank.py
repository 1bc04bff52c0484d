"""From a question to ranked places, each with its reasons.

The lanes propose passages and places, and give each of all candidates a value; `fuse` makes one order of them. Places
of what was ingested and has changed since are candidates too: such a hit is answered with what stands under the same
symbol now, or named as gone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import apsw

from ..reading.terms import index_text
from ..records import Place, Root
from ..store import contents
from . import fuse, lexical, rules
from .candidates import Spot, standing
from .dense import Near
from .facts import FactSpot
from .fuse import Hit, Scale
from .lanes.lane import Candidate, Context, Lane, Proposed, nothing_else
from .lanes.table import chosen
from .latest import latest_first
from .lexical import Idf, Weighed
from .past import Past
from .patience import in_time
from .query import Query

SAME_TEXT = 0.7  # share of common terms from which two definitions of one name are one that was moved
__all__ = ["Hit", "Ranking", "explain", "rank"]


@dataclass(frozen=True, slots=True)
class Ranking:
    """All hits of a question, best first, and what their order was measured by."""

    hits: list[Hit]
    by: Scale


def rank(
    connection: apsw.Connection,
    query: Query,
    roots: Sequence[Root],
    limit: int,
    idf: Idf | None = None,
    near: Near | None = None,
    lanes: Sequence[Lane] | None = None,
    deadline: float | None = None,
    past: Past | None = None,
    linked: frozenset[str] = frozenset(),
) -> list[Hit]:
    """Rank the places of these roots for a question, best first, in an order that store and question alone decide.

    Args:
        connection: A reading connection; hold it at one snapshot for the whole packet.
        query: The parsed question.
        roots: Where to look.
        limit: Most hits to return.
        idf: The weights of the question's terms in this store, where the caller has them already.
        near: What the vectors say of the question, from `Dense.near`.
        lanes: Those that take part; None for the usual ones.
        deadline: On `time.monotonic`; what is not done by then is left out.
        past: What the caller's own past says of spots.
        linked: Symbols that the question names in words, in lower case.
    """
    by_id = {root.id: root for root in roots}
    idf = idf or Idf(connection, query.terms)
    context = Context(connection, by_id, idf, near or Near(), deadline, past or Past(), linked)
    return explain(query, context, chosen() if lanes is None else lanes).hits[:limit]


def explain(query: Query, context: Context, lanes: Sequence[Lane]) -> Ranking:
    """Rank as `rank` does, and return the measures that tell what each lane adds to each hit."""
    passages: dict[int, None] = {}
    named: list[Spot] = []
    for lane in lanes:
        proposed = Proposed()
        with in_time(context):
            proposed = lane.propose(query, context)
        passages.update(dict.fromkeys(proposed.passages))
        named += proposed.spots
    spots = standing(context.connection, passages, context.roots) + named
    candidates = _candidates(query, context, spots)
    candidates += _expanded(query, context, lanes, candidates)
    values = {lane.name: _weighed(query, context, lane, candidates) for lane in lanes}
    hits = _hits(query, candidates, values)
    by = fuse.scale(query, hits, values)
    ranking = latest_first(query, context.idf, fuse.order(hits, by))
    facts: list[FactSpot] = []
    for lane in lanes:
        with in_time(context):
            facts += lane.follow(query, context, ranking).facts
    return Ranking(_with_facts(ranking, facts), by)


def _expanded(
    query: Query, context: Context, lanes: Sequence[Lane], candidates: Sequence[Candidate]
) -> list[Candidate]:
    """Return the candidates that those found by the lanes lead to."""
    known = {candidate.passage for candidate in candidates}
    passages: dict[int, None] = {}
    for lane in lanes:
        if lane.expand is not nothing_else:
            with in_time(context):
                passages.update(dict.fromkeys(lane.expand(query, context, candidates).passages))
    further = [passage for passage in passages if passage not in known]
    return _candidates(query, context, standing(context.connection, further, context.roots)) if further else []


def _weighed(query: Query, context: Context, lane: Lane, candidates: Sequence[Candidate]) -> Sequence[float]:
    weighed: Sequence[float] = [0.0] * len(candidates)
    if lane.name == "text":  # it reads nothing more
        return lane.weigh(query, context, candidates)
    with in_time(context):
        weighed = lane.weigh(query, context, candidates)
    return weighed


def _with_facts(ranking: list[Hit], facts: list[FactSpot]) -> list[Hit]:
    """Put facts that hold most of the question before the places, and the others after the first place."""
    hits = [
        Hit(spot.root, spot.source, spot.place, spot.score, spot.share, spot.exact, spot.why, "fact", fact=spot.fact)
        for spot in facts
    ]
    strong = sum(spot.is_strong for spot in facts)
    return [*hits[:strong], *ranking[:1], *hits[strong:], *ranking[1:]]


def _candidates(query: Query, context: Context, spots: list[Spot]) -> list[Candidate]:
    """Read the text of every spot once; answer a spot of the past with what stands there now."""
    texts = _texts(context.connection, {spot.place.passage for spot in spots})
    live = {spot.place.passage for spot in spots if spot.current}
    found: list[Candidate] = []
    for spot in spots:
        if not spot.current and spot.place.passage in live:
            continue  # the same text stands somewhere now: that is the answer
        body = texts[spot.place.passage]
        fields = {
            "symbol": spot.place.symbol or "",
            "heading": spot.place.heading or "",
            "path": spot.source.path,
            "body": body,
        }
        candidate = _candidate(query, context, spot, body, lexical.weigh(context.idf, fields))
        if candidate is not None:
            found.append(candidate)
    return found


def _candidate(query: Query, context: Context, spot: Spot, body: str, weighed: Weighed) -> Candidate | None:
    place, gone, replaced = spot.place, False, False
    if not spot.current:
        now = _under_same_name(context.connection, spot)
        if now is None and spot.source.state != "gone" and (place.symbol is None or place.part > 0):
            return None  # loose statements or the rest of a definition in an older version: nothing to point at
        place, gone, replaced = (now, False, True) if now is not None else (place, True, False)
    kind = "note" if spot.root.kind == "virtual" else spot.kind  # what was kept on purpose is no project's prose
    prior = rules.prior(query.form, spot.source.path, kind, spot.generated, query.about_tests)
    return Candidate(
        spot.root, spot.source, place, spot.place.passage, spot.kind, body, weighed, prior, spot.current, gone, replaced
    )


def _hits(query: Query, candidates: Sequence[Candidate], values: Mapping[str, Sequence[float]]) -> list[Hit]:
    """Return what the lanes found, each place once."""
    best: dict[tuple[int, int, int], Hit] = {}
    texts: dict[int, str] = {}
    names = list(values)
    for candidate, row in zip(candidates, zip(*values.values(), strict=True), strict=True):
        texts[candidate.passage] = candidate.body
        hit = _hit(query, candidate, dict(zip(names, row, strict=True)))
        if hit is None:
            continue
        key = (hit.source.id, hit.place.content, hit.place.ordinal)
        known = best.get(key)
        if known is None or _standing(hit) > _standing(known):
            best[key] = hit
    return [hit for hit in best.values() if not (hit.gone and _went_elsewhere(hit, best.values(), texts))]


def _standing(hit: Hit) -> tuple[float, float, bool]:
    """Return by what one of several hits at one place is kept."""
    return hit.score, hit.value("dense"), not hit.replaced


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


def _hit(query: Query, candidate: Candidate, values: Mapping[str, float]) -> Hit | None:
    """Return a candidate as a hit; None where neither words nor a lane beside them speak for it."""
    score = fuse.of_words(values, candidate.prior)
    if score <= 0 and not (candidate.current and any(values.get(name) for name in fuse.SPEAKING)):
        return None
    place = candidate.place
    named, on_path = values.get("symbol", 0.0) > 0, values.get("path", 0.0) > 0
    exact = on_path or (named and (place.symbol or "").rpartition(".")[2].lower() in query.names)
    return Hit(
        candidate.root, candidate.source, place, score, candidate.weighed.share, exact,
        _why(place, candidate.weighed, named, on_path), candidate.kind, candidate.gone, candidate.replaced,
        weighed=candidate.weighed, body=candidate.body, prior=candidate.prior, values=tuple(values.items()),
    )  # fmt: skip


def _under_same_name(connection: apsw.Connection, spot: Spot) -> Place | None:
    """Return what stands now under the symbol or heading that a place of the past had."""
    if spot.source.content is None or (spot.place.symbol is None and spot.place.heading is None):
        return None
    same = contents.namesakes(connection, spot.source.content, spot.place.symbol, spot.place.heading)
    if not same:
        return None
    return min(same, key=lambda place: (place.part != spot.place.part, abs(place.nth - spot.place.nth), place.ordinal))


def _why(place: Place, weighed: Weighed, is_named: bool, is_on_path: bool) -> str:
    reasons = [f"symbol {place.symbol}"] if is_named else []
    reasons += ["path"] if is_on_path else []
    if weighed.matched:
        reasons.append("terms " + " ".join(weighed.matched[:4]))
    return "; ".join(reasons)
