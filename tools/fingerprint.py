"""`fingerprint`: everything that was ranked for a question, as pointers, with an account of what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from ..genome.search.query import parse
from ..genome.search.rank import Hit, rank
from ..genome.store import sources
from .ask import SCAN_BUDGET_S, check, index_first
from .models.introspect import Fingerprint, Print
from .packet import prefixes
from .plain import plain
from .services import Services

EVALUATED = 5_000  # more hits than the lanes propose
NEAREST = 200  # passages whose cosines are told


class FingerprintTools:
    """The tool that shows a whole ranking."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def fingerprint(
        self,
        query: Annotated[str, Field(description="as in context_packet")],
        max_results: Annotated[int, Field(ge=1, le=200)] = 20,
        score_floor: Annotated[float, Field(ge=0, le=1)] = 0.0,
        cursor: Annotated[int, Field(ge=0, description="next_cursor of the answer before")] = 0,
    ) -> Fingerprint:
        """List every place that was ranked for a question, as pointers without proof, and how many were left out."""
        query = plain(query)
        check(query)
        services, engine = self._services, self._services.engine()
        roots = index_first(services, services.roots())
        if engine.database.writable:
            engine.freshener.freshen(roots, SCAN_BUDGET_S)
        engine.embedder.settle()
        with engine.database.snapshot() as connection:
            near = engine.embedder.near(connection, query)
            cosines = dict(engine.embedder.nearest(connection, query, NEAREST))
            hits = [hit for hit in rank(connection, parse(query), roots, EVALUATED, None, near) if not hit.gone]
            generation = sources.generation(connection)
        best = max((hit.score for hit in hits if hit.fact is None), default=0.0) or 1.0
        above = [(hit, score) for hit in hits if (score := _score(hit, best, cosines)) >= score_floor]
        shown = above[cursor : cursor + max_results]
        end = cursor + len(shown)
        prefix = prefixes(roots)
        return Fingerprint(
            query=query[:400],
            prints=[
                _print(number, hit, score, cosines, prefix) for number, (hit, score) in enumerate(shown, cursor + 1)
            ],
            max_results=max_results,
            score_floor=score_floor,
            evaluated_total=len(hits),
            above_floor_total=len(above),
            returned=len(shown),
            filtered_by_floor=len(hits) - len(above),
            truncated_by_cap=max(0, len(above) - end),
            next_cursor=end if end < len(above) else None,
            generation=generation,
        )


def _score(hit: Hit, best: float, cosines: Mapping[int, float]) -> float:
    """Return what the words say, relative to the best place, or the vectors, whichever is more; of a fact its own."""
    words = hit.score if hit.fact is not None else hit.score / best
    return round(min(1.0, max(words, cosines.get(hit.place.passage, 0.0), 0.0)), 4)


def _print(number: int, hit: Hit, score: float, cosines: Mapping[int, float], prefix: Mapping[int, str]) -> Print:
    place = hit.place
    start, end = (place.start_line, place.end_line) if hit.fact is None else (hit.fact.line, hit.fact.line)
    suffix = "" if hit.fact is None else f".l{hit.fact.line:x}"
    return Print(
        rank=number,
        id=f"{hit.source.id:x}.{place.content:x}.{place.ordinal:x}{suffix}",
        path=prefix[hit.root.id] + hit.source.path,
        start_line=start,
        end_line=end,
        symbol=place.symbol,
        score=score,
        cosine=round(cosines.get(place.passage, 0.0), 4),
        why=hit.why,
    )
