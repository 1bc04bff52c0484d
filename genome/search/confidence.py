"""Two calibrated probabilities: that an item holds the answer, and that the items together do.

Both are logistic regressions on `features`, with coefficients of their own for questions that name something, that
quote an error, and that do neither. The first one's figures are features of the second (stacking, Wolpert 1992). They
are trained and judged by `tests/bench/knowing.py`; `confidence.json` holds coefficients and figures.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import mul
from pathlib import Path

from ..reading.terms import WORD
from .features import LOOKED_AT, Features, Subject, of_items, of_packet
from .lexical import Idf
from .rank import Hit

WEIGHTS = Path(__file__).with_name("confidence.json")
ITEMS = LOOKED_AT  # the packet is judged by so many hits,
RANKED = 3 * ITEMS + 8  # and so many of the ranking, however many are asked for
CONTEXT = (
    "absent absent_rarest topic topic_rarest topic_lowest name_absent names_open best_share best_run is_named "
    "is_message length margin best_cosine cosine_mean"
).split()
NAMED_WHOLLY = 0.9  # least confidence where a question is nothing but the name of what is there,
MENTIONED = 0.2  # and where that name merely stands there: worth a look
Regime = str


@dataclass(frozen=True, slots=True)
class Model:
    """A logistic regression: its features, and for each sort of question their coefficients, intercept last."""

    features: tuple[str, ...]
    coefficients: dict[Regime, tuple[float, ...]]

    def logit(self, features: Mapping[str, float], regime: Regime) -> float:
        """Return the log odds."""
        *slopes, intercept = self.coefficients[regime]
        return sum(map(mul, slopes, [features[name] for name in self.features])) + intercept


@dataclass(frozen=True, slots=True)
class Judged:
    """How likely each of some hits holds the answer, and how likely any of those delivered does, in [0, 1]."""

    items: tuple[float, ...]
    packet: float


def judge(asked: Subject, idf: Idf, ranking: Sequence[Hit], hits: Sequence[Hit]) -> Judged:
    """Judge hits, best first, of a ranking; the packet by the first `ITEMS` of them."""
    if not hits:
        return Judged((), 0.0)
    models = _models()
    items = of_items(asked, idf, hits)
    packet = of_packet(asked, idf, ranking[:RANKED], hits[:ITEMS], items[:ITEMS])
    regime = regime_of(packet)
    logits = [models["item"].logit(with_context(item, packet), regime) for item in items]
    packet |= of_logits(logits[:ITEMS])
    return Judged(tuple(map(sigmoid, logits)), sigmoid(models["packet"].logit(packet, regime)))


def names_wholly(asked: Subject, hit: Hit) -> bool:
    """Whether a question is nothing but the path or the name of this place, spelled as it is, and words of asking."""
    if not hit.exact or not asked.words:
        return False
    symbol = hit.place.symbol or ""
    if symbol.rpartition(".")[2] in asked.words:
        return asked.words <= set(symbol.split("."))
    return asked.is_path and {word.lower() for word in asked.words} <= set(WORD.findall(hit.source.path.lower()))


def least(asked: Subject, hits: Sequence[Hit]) -> float:
    """Return the least confidence in hits for a question that may be nothing but a name."""
    if any(names_wholly(asked, hit) for hit in hits):
        return NAMED_WHOLLY
    if len(asked.names) != 1 or asked.words != frozenset(asked.names):
        return 0.0
    word = re.compile(rf"(?<!\w){re.escape(asked.names[0])}(?!\w)")
    return MENTIONED if any(word.search(hit.body) for hit in hits) else 0.0


def regime_of(packet: Features) -> Regime:
    """Return which sort of question it is, message, named or plain, and whether it was asked without vectors."""
    sort = "message" if packet["is_message"] else "named" if packet["is_named"] else "plain"
    return sort if packet["has_vectors"] else f"{sort}, words alone"


def with_context(item: Features, packet: Features) -> Features:
    """Return the features of an item and those of its packet that bear on it."""
    return item | {f"all_{name}": packet[name] for name in CONTEXT}


def of_logits(logits: Sequence[float]) -> Features:
    """Return what the items' own log odds say of the packet."""
    none = math.prod(1 - sigmoid(logit) for logit in logits)
    return {
        "items_best": max(logits, default=-9.0) / 3,
        "items_any": 1 - none,
        "items_odds": math.log((1 - none + 1e-4) / (none + 1e-4)) / 3,
    }


def sigmoid(x: float) -> float:
    """Return 1 / (1 + exp(-x)) without overflow."""
    return 1 / (1 + math.exp(-max(-40.0, min(40.0, x))))


@lru_cache(maxsize=1)
def _models() -> dict[str, Model]:
    held = json.loads(WEIGHTS.read_text("utf-8"))
    return {
        name: Model(
            tuple(held[name]["features"]),
            {regime: tuple(values) for regime, values in held[name]["coefficients"].items()},
        )
        for name in ("item", "packet")
    }
