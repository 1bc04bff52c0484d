"""`neighbors`: what lies near a place or a question: in meaning, or by being used and changed together."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..genome.search.candidates import Spot, standing
from ..genome.store import contents, events, links
from .claims import Claim, Claims
from .errors import UsageError
from .models.introspect import Near, Neighbors
from .packet import prefixes
from .plain import plain, quoted
from .services import Services
from .verify import VerifyTools

SPARE = 8  # looked at beyond k, for what stands nowhere now


class NeighborTools:
    """The tool that looks around."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def neighbors(
        self,
        query: Annotated[str | None, Field(description="words; pass this or id")] = None,
        id: Annotated[str | None, Field(description="an item's id, path::Symbol or path:10-20")] = None,  # noqa: A002
        k: Annotated[int, Field(ge=1, le=40, description="most of each sort")] = 10,
    ) -> Neighbors:
        """List the places nearest to a question or to a place by their vectors, and those linked to it by use.

        For similar code; for an answer ask context_packet.
        """
        if (query is None) == (id is None) or not (query or id or "").strip():
            raise UsageError("pass either query or id: words, or the id of an item")
        self._services.engine().embedder.settle()
        if query is not None:
            query = plain(query)
            return self._answer(query[:400], self._near_words(query, k))
        target = plain(id or "")
        claim = Claims(self._services).find(target, self._services.session)
        if isinstance(claim, str):
            raise UsageError(f"{quoted(target)}: {claim}")
        return self._answer(target, self._near_place(claim, k) + self._linked(claim, k))

    def _answer(self, about: str, found: list[Near]) -> Neighbors:
        """Prove what was found; one call for all."""
        proofs = VerifyTools(self._services).verify([one.target for one in found]).results if found else []
        near = [one.model_copy(update={"status": proof.status}) for one, proof in zip(found, proofs, strict=True)]
        embedder = self._services.engine().embedder
        waiting = "vectors are being made; ask again soon" if embedder.is_on else "vectors are off here"
        nothing = "nothing is near" if embedder.held() else waiting
        return Neighbors(about=about, neighbors=near, notes=[] if near else [nothing])

    def _near_words(self, query: str, k: int) -> list[Near]:
        engine = self._services.engine()
        with engine.database.snapshot() as connection:
            return self._placed(connection, engine.embedder.nearest(connection, query, k + SPARE), k)

    def _near_place(self, claim: Claim, k: int) -> list[Near]:
        engine = self._services.engine()
        passage = self._passage(claim)
        if passage is None:
            return []
        with engine.database.snapshot() as connection:
            near = engine.embedder.around(connection, passage, k + SPARE)
            return self._placed(connection, [one for one in near if one[0] != passage], k)

    def _passage(self, claim: Claim) -> int | None:
        """Return the passage that a claim is of; of lines the one around their beginning."""
        if claim.place is None or claim.place.passage:
            return None if claim.place is None else claim.place.passage
        reading = self._services.engine().database.reading()
        around = contents.place_around(reading, claim.place.content, claim.place.start_line)
        return None if around is None else around.passage

    def _placed(self, connection: object, near: list[tuple[int, float]], k: int) -> list[Near]:
        """Return where these passages stand now in the roots, one place each."""
        roots = {root.id: root for root in self._services.roots()}
        cosines = dict(near)
        prefix = prefixes(list(roots.values()))
        first: dict[int, Spot] = {}
        for spot in standing(connection, cosines, roots):  # type: ignore[arg-type]  # a connection of the store
            if spot.current and cosines[spot.place.passage] > 0:
                first.setdefault(spot.place.passage, spot)
        return [_near(spot, cosines[passage], prefix) for passage, spot in first.items()][:k]

    def _linked(self, claim: Claim, k: int) -> list[Near]:
        """Return what was used or changed together with a place, and with its file."""
        reading = self._services.engine().database.reading()
        symbols = [None] if claim.place is None else [claim.place.symbol, None]
        for symbol in dict.fromkeys(symbols):
            anchor = events.known_anchor(reading, claim.root.id, claim.source.path, symbol)
            if anchor is not None and (found := self._linked_to(anchor, k)):
                return found
        return []

    def _linked_to(self, anchor: int, k: int) -> list[Near]:
        """Return the spots that are linked to one, each with its share of the weight."""
        engine = self._services.engine()
        suggested = [one for one in engine.memory.suggest({anchor: 1.0}, k + 1) if one.because and one.place != anchor]
        prefix = prefixes(self._services.roots())
        rows = links.anchors(engine.database.reading(), {one.place for one in suggested})
        total = sum(one.score for one in suggested) or 1.0
        found: list[Near] = []
        for one in suggested:
            row = rows.get(one.place)
            if row is None or row.root not in prefix:
                continue
            path, name = prefix[row.root] + row.path, row.symbol or row.heading
            target, share = path if name is None else f"{path}::{name}", round(one.score / total, 4)
            found.append(Near(target=target, path=path, symbol=name, by="link", score=share, status="stale_risk"))
        return found[:k]


def _near(spot: Spot, cosine: float, prefix: dict[int, str]) -> Near:
    place = spot.place
    return Near(
        target=f"{spot.source.id:x}.{place.content:x}.{place.ordinal:x}",
        path=prefix[spot.root.id] + spot.source.path,
        start_line=place.start_line,
        end_line=place.end_line,
        symbol=place.symbol,
        by="vector",
        score=round(cosine, 4),
        status="stale_risk",  # until it is proven
    )
