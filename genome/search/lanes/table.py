"""The lanes there are, in the order in which they propose, and which of them take part unless told otherwise."""

from __future__ import annotations

from collections.abc import Mapping

from . import (
    coactivation,
    context,
    coordinates,
    dense,
    doc_of,
    encoder,
    episodes,
    expansion,
    facts,
    imports,
    linked,
    path,
    pathkey,
    phrase,
    recency,
    references,
    role,
    shape,
    size,
    spectra,
    structure,
    symbol,
    tags,
    test_of,
    text,
)
from .lane import Lane

LANES: tuple[Lane, ...] = (
    text.LANE, symbol.LANE, path.LANE, phrase.LANE, dense.LANE, facts.LANE, structure.LANE, size.LANE, shape.LANE,
    encoder.LANE, coactivation.LANE, role.LANE, expansion.LANE, tags.LANE, pathkey.LANE, coordinates.LANE,
    spectra.RESONANCE, spectra.TRANSPORT, linked.LINKS, linked.SUCCESSOR, recency.LANE, references.LANE, imports.LANE,
    test_of.LANE, doc_of.LANE, context.LANE, episodes.LANE,
)  # fmt: skip
NAMES = tuple(lane.name for lane in LANES)
# docs/lanes.md shows why
OFF = frozenset(
    "role expansion tags pathkey coordinates resonance transport links successor recency references imports test-of"
    " doc-of context episodes".split()
)


def chosen(switches: Mapping[str, bool] | None = None) -> tuple[Lane, ...]:
    """Return the lanes that take part.

    Args:
        switches: By a lane's name whether it does, where that is not as usual.

    Raises:
        ValueError: There is no lane of a name.
    """
    switches = switches or {}
    for name in switches:
        if name not in NAMES:
            raise ValueError(f"no lane {name!r}; the lanes are: {', '.join(NAMES)}")
    return tuple(lane for lane in LANES if switches.get(lane.name, lane.name not in OFF))
