"""How well flags agree with labels: precision, recall, Youden's J, misses, alerts per catch, with their intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

DRAWS = 1000


@dataclass(frozen=True)
class Judged:
    """One claim as it was answered: `group` is the file it stands in, since claims of one file change together."""

    group: str
    flagged: bool
    rotten: bool


def score(judged: Sequence[Judged]) -> dict[str, object]:
    """Return counts, rates and the 95 % intervals of J, misses and alerts per catch (files drawn with return).

    Alerts per catch is how many flags are raised for each that is right, the inverse of precision.
    """
    groups = {name: n for n, name in enumerate(dict.fromkeys(one.group for one in judged))}
    cells = np.zeros((max(len(groups), 1), 4))  # (file, hit | false alarm | miss | rightly quiet)
    for one in judged:
        cells[groups[one.group], 2 * (not one.flagged) + (not one.rotten)] += 1
    weights = np.random.default_rng(0).multinomial(len(cells), [1 / len(cells)] * len(cells), size=DRAWS)
    drawn = _rates(weights @ cells)
    figures = _rates(cells.sum(axis=0, keepdims=True))
    hits, alarms, misses, quiet = (int(count) for count in cells.sum(axis=0))
    report: dict[str, object] = {"claims": len(judged), "rotten": hits + misses, "hits": hits, "alarms": alarms}
    report |= {"misses": misses, "quiet": quiet}
    report |= {name: _rounded(values[0]) for name, values in figures.items()}
    for name in ("j", "miss_rate", "alerts_per_catch"):
        known = drawn[name][~np.isnan(drawn[name])]
        report[f"{name}_95"] = (
            [round(float(edge), 4) for edge in np.quantile(known, (0.025, 0.975))] if len(known) else None
        )
    return report


def _rates(cells: np.ndarray) -> dict[str, np.ndarray]:
    hits, alarms, misses, quiet = cells.T
    with np.errstate(divide="ignore", invalid="ignore"):
        recall = hits / (hits + misses)
        return {
            "precision": hits / (hits + alarms),
            "recall": recall,
            "j": recall - alarms / (alarms + quiet),
            "miss_rate": misses / (hits + misses),
            "alerts_per_catch": np.where(hits > 0, (hits + alarms) / hits, np.nan),
        }


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)
