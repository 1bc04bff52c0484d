"""What the caller's own past says of spots, handed to the search as plain numbers by whoever keeps that past.

A spot is an anchor: a file, or a symbol in one. The values are computed from the events of the caller's party alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .lanes.lane import Candidate, Context

Spots = Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Past:
    """How much each anchor, by id, belongs to the caller's work, in [0, 1]; nothing for one without a past.

    `focus` is what its temporal context holds of the stretches of work before this one, `linked` where the links of
    what it has in hand lead, `recalled` what was used after questions like this one.
    """

    focus: Spots = field(default_factory=dict[int, float])
    linked: Spots = field(default_factory=dict[int, float])
    recalled: Spots = field(default_factory=dict[int, float])


def belonging(context: Context, candidates: Sequence[Candidate], spots: Spots) -> Sequence[float]:
    """Return how much each candidate's file and symbol belong to some spots, in [0, 1].

    Values are not shares of the largest: where nothing belongs much, the lane says little.
    """
    found = [0.0] * len(candidates)
    if not spots:
        return found
    sql = """
        select a.root, a.path, a.symbol, w.key
        from json_each(?) w
        join anchor a on a.id = cast(w.key as integer)
        order by a.id
    """
    files: dict[tuple[int, str], dict[str | None, float]] = {}
    for root, path, symbol, anchor in context.connection.execute(sql, (json.dumps(dict(spots)),)):
        names = files.setdefault((root, path), {})
        names[symbol] = names.get(symbol, 0.0) + spots[int(anchor)]
    for number, each in enumerate(candidates):
        names = files.get((each.root.id, each.source.path))
        if names is not None:
            of_symbol = names.get(each.place.symbol, 0.0) if each.place.symbol is not None else 0.0
            found[number] = min(1.0, names.get(None, 0.0) + of_symbol)
    return found
