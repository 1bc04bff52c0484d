"""The contradictions that a packet's items touch: each named only if its files are as the store knows them."""

from __future__ import annotations

from ..genome.proof.contradictions import Pact, Stand, contradictions, touched
from ..genome.proof.ladder import FileState, prove_file
from ..genome.store import contents, sources
from .ask import Answer
from .models.packet import Contradiction
from .services import Services

MOST = 3
LOOKED_INTO = 8  # items, best first


def conflicts(services: Services, answer: Answer, path_of: dict[int, str]) -> list[Contradiction]:
    """Return where two places disagree about a setting that the items speak of, at most three.

    Args:
        services: Where the store is.
        answer: The answer with its items.
        path_of: Prefix of each root's paths.
    """
    with services.engine().database.snapshot() as reading:
        canons: dict[str, None] = {}
        for found in answer.found[:LOOKED_INTO]:
            place = found.hit.place
            start, end = place.start_line, place.end_line
            if found.hit.fact is not None:
                start = end = found.hit.fact.line
            spoken = touched(reading, place.content, start, end)
            canons.update((canon, None) for canon in spoken if found.hit.kind != "code" or _is_setting(canon))
        if not canons:
            return []
        broken = contradictions(reading, canons, [root.id for root in answer.roots])
        items = {found.hit.source.id for found in answer.found}
        near = [pact for pact in broken if any(stand.source in items for stand in pact.stands)]
    return [_said(pact, path_of) for pact in near if all(_holds(services, answer, stand) for stand in pact.stands)][
        :MOST
    ]


def _is_setting(canon: str) -> bool:
    """Whether a name found in code is likely a setting's: parameters by the hundred are not looked up."""
    return canon.startswith(("@", "--")) or canon.upper() == canon


def _holds(services: Services, answer: Answer, stand: Stand) -> bool:
    """Whether a place's file is still what the store read."""
    reading = services.engine().database.reading()
    source = sources.get(reading, stand.source)
    root = next((root for root in answer.roots if root.id == stand.root), None)
    if source is None or root is None or source.content != stand.content:
        return False
    if root.kind == "virtual":
        return True
    hash_ = contents.content_hash(reading, stand.content)
    need_bytes = answer.profile.need_bytes
    proof = prove_file(root.path, source, hash_, services.max_file_bytes, need_bytes=need_bytes)
    return proof.state is FileState.SAME


def _said(pact: Pact, path_of: dict[int, str]) -> Contradiction:
    values = dict(zip(pact.said, (stand.value for stand in pact.stands), strict=True))
    places = [f"{path_of[stand.root]}{stand.path}:{stand.line}" for stand in pact.stands]
    return Contradiction(key=pact.key, values=[values[said] for said in dict.fromkeys(pact.said)], places=places)
