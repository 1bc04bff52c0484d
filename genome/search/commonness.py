"""How common a term is in source code at large, from a table counted over public packages.

A store knows how rare a term is among its own passages; what it does not hold is equally rare to it, be it "particular"
or "bipartite". The table tells the two apart. It is made by `tests/bench/knowing.py --train` from packages that are
used neither to train nor to test.
"""

from __future__ import annotations

import json
import math
from functools import lru_cache
from pathlib import Path

TABLE = Path(__file__).with_name("commonness.json")
UNSEEN = 1e-5  # share of passages that hold a term which the table has not
SCALE = 1e6  # the table counts passages in a million


@lru_cache(maxsize=1)
def _table() -> dict[str, int]:
    return json.loads(TABLE.read_text("utf-8"))["per_million"]


@lru_cache(maxsize=4_096)
def rarity(term: str) -> float:
    """Return -ln of the share of passages at large that hold a term: 1 of an everyday word, 11.5 of an unseen one."""
    return -math.log(max(UNSEEN, _table().get(term, 0) / SCALE))
