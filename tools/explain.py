"""`explain`: why the places of a packet stand in their order, lane by lane."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..genome.search import fuse
from ..genome.search.facts import text_of
from ..genome.search.fuse import Hit, Scale
from ..genome.search.lanes.lane import Context
from ..genome.search.lanes.table import NAMES
from ..genome.search.lexical import Idf
from ..genome.search.query import Query, parse
from ..genome.search.rank import explain
from ..genome.search.wanted import wanted
from .ask import check
from .models.explain import Explained, Explanation
from .packet import prefixes
from .past import past_of
from .plain import one_line, plain
from .services import Services


class ExplainTools:
    """The explaining tool of one server."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def explain(
        self,
        query: str,
        max_items: Annotated[int, Field(ge=1, le=50)] = 8,
        roots: Annotated[list[str] | None, Field(description="names of roots; default all")] = None,
    ) -> Explanation:
        """Ask why a question's places stand in their order: what each lane of the search adds to each of them.

        For tuning and for doubts about an answer; it proves nothing.
        """
        query = plain(query)
        check(query)
        services = self._services
        asked = services.roots(roots)
        prefix = prefixes(services.roots())
        parsed = parse(query)
        services.engine().embedder.settle()
        with services.engine().database.snapshot() as connection:
            idf = Idf(connection, parsed.terms, services.synonyms)
            near = services.engine().embedder.near(connection, parsed.text)
            linked = services.linker.linked_in(connection, parsed.text) if services.linker else frozenset[str]()
            past = past_of(services, query)
            context = Context(connection, {root.id: root for root in asked}, idf, near, past=past, linked=linked)
            ranking = explain(parsed, context, services.lanes)
        names = [lane.name for lane in services.lanes]
        return Explanation(
            query=query if len(query) <= 400 else f"{query[:400]}...",
            terms={term: round(weight, 3) for term, weight in idf.weight.items()},
            form=_form(parsed),
            lanes=names,
            off=[name for name in NAMES if name not in names],
            weights=dict(fuse.WEIGHTS),
            items=[_item(hit, ranking.by, prefix) for hit in ranking.hits[:max_items]],
            notes=[] if asked else ["no root yet: a person adds one with `cistron ingest PATH` or --root"],
        )


def explain_text(answer: Explanation) -> str:
    """Return an explanation as lines: how the question was read, then a place a line with the parts of its score."""
    terms = ", ".join(f"{one_line(term)} {weight:.1f}" for term, weight in answer.terms.items())
    lines = [
        f"terms: {terms or 'none'}",
        f"read as: {', '.join(answer.form) or 'plain words'}; lanes: {', '.join(answer.lanes)}"
        + (f"; off: {', '.join(answer.off)}" if answer.off else ""),
    ]
    lines += [_line(item) for item in answer.items]
    return "\n".join([*lines, *(f"note: {note}" for note in answer.notes)])


def _line(item: Explained) -> str:
    what = one_line(item.fact or item.symbol or "")
    where = f"{one_line(item.path)}:{item.start_line}-{item.end_line}" + (f" {what}" if what else "")
    parts = " + ".join(f"{name} {part:.3f}" for name, part in item.lanes.items() if part) or "a lane of its own"
    gone = " (gone)" if item.gone else ""
    return f"{item.score:.3f} {where}{gone} = {parts} (prior {item.prior:.2f}; {one_line(' '.join(item.matched))})"


def _item(hit: Hit, by: Scale, prefix: dict[int, str]) -> Explained:
    lanes = {"facts": hit.score} if hit.fact is not None else fuse.explained(hit, by)
    fact = hit.fact
    return Explained(
        path=prefix.get(hit.root.id, "") + hit.source.path,
        start_line=hit.place.start_line if fact is None else fact.line,
        end_line=hit.place.end_line if fact is None else fact.line,
        symbol=hit.place.symbol,
        fact=None if fact is None else text_of(fact),
        gone=hit.gone,
        score=round(sum(lanes.values()), 4),
        lanes={name: round(part, 4) for name, part in lanes.items()},
        values={name: round(value, 4) for name, value in hit.values if value},
        prior=hit.prior,
        matched=list(hit.weighed.matched[:8]),
    )


def _form(query: Query) -> list[str]:
    forms = {
        "message": query.form.message,
        "prose": query.form.prose,
        "value": wanted(query.text, query.terms) is not None,
        "tests": query.about_tests,
        f"names {' '.join(query.names)}": bool(query.names),
        f"paths {' '.join(query.paths)}": bool(query.paths),
    }
    return [name for name, is_so in forms.items() if is_so]
