"""Which places are used together: Hebbian links, normalised by how often each end is used at all.

Two places used in one session strengthen their link by 1 / sqrt(n - 1), n places in the session, so that a sweep over
many files says little of any two. A link's strength is its share of what its seed was linked to, which measured better
than raw sums on every history tried. Weights fade by half in `HALF_LIFE_S` without anybody touching them: the fading is
applied when a row is read or written.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from heapq import nsmallest
from itertools import permutations

HALF_LIFE_S = 180 * 86_400.0
MOST_IN_SESSION = 30  # a session that touches more is a sweep, and links nothing
MOST_LINKS = 64  # kept of one place, the strongest


@dataclass(frozen=True, slots=True)
class Link:
    """A directed link between two places: `weight` as it was at `at`, seconds since the epoch."""

    source: int
    target: int
    weight: float
    at: float


@dataclass(frozen=True, slots=True)
class Suggested:
    """A place that is likely needed, with the seeds it follows from and what each of them contributes."""

    place: int
    score: float
    because: tuple[tuple[int, float], ...]


def faded(weight: float, elapsed_s: float, half_life_s: float = HALF_LIFE_S) -> float:
    """Return what is left of a weight; a clock that was set back takes nothing away."""
    return weight * 0.5 ** (max(0.0, elapsed_s) / half_life_s)


def strengthened(used: Iterable[int], weight: float = 1.0) -> dict[tuple[int, int], float]:
    """Return how much each directed link gains when these places were used together."""
    places = sorted(set(used))
    if not 2 <= len(places) <= MOST_IN_SESSION:
        return {}
    gain = weight / math.sqrt(len(places) - 1)
    return dict.fromkeys(permutations(places, 2), gain)


def suggest(
    seeds: Mapping[int, float],
    links: Iterable[Link],
    uses: Mapping[int, float],
    now: float,
    k: int,
    *,
    with_seeds: bool = False,
) -> list[Suggested]:
    """Rank the places that the links of some seeds lead to.

    Args:
        seeds: How much each place is in focus.
        links: Every link that starts at a seed.
        uses: How often each seed was used, faded like the links; a seed without links counts for nothing.
        now: Seconds since the epoch.
        k: Most to return.
        with_seeds: Whether a seed may be suggested itself, for what other seeds say of it.

    Returns:
        The likeliest first; ties by id.
    """
    held = list(links)
    scores = scored(seeds, held, uses, now)
    if not with_seeds:
        scores = {place: score for place, score in scores.items() if place not in seeds}
    first = [place for _, place in nsmallest(k, [(-score, place) for place, score in scores.items()])]
    because = reasons(set(first), seeds, held, uses, now)
    return [Suggested(place, scores[place], because[place]) for place in first]


def scored(
    seeds: Mapping[int, float], links: Iterable[Link], uses: Mapping[int, float], now: float
) -> dict[int, float]:
    """Return how strongly the links of some seeds lead to each place; arguments as of `suggest`."""
    factors = {place: focus / (uses.get(place, 0.0) + 1.0) for place, focus in seeds.items() if focus > 0.0}
    scores: dict[int, float] = {}
    for link in links:
        factor = factors.get(link.source)
        if factor is not None:
            elapsed = now - link.at
            weight = link.weight * 0.5 ** (elapsed / HALF_LIFE_S) if elapsed > 0.0 else link.weight
            scores[link.target] = scores.get(link.target, 0.0) + factor * weight
    return scores


def reasons(
    places: Set[int], seeds: Mapping[int, float], links: Iterable[Link], uses: Mapping[int, float], now: float
) -> dict[int, tuple[tuple[int, float], ...]]:
    """Return for each of some places the three seeds that most of its score comes from, with what each contributes."""
    parts: dict[int, list[tuple[int, float]]] = {place: [] for place in places}
    for link in links:
        if link.target in places and (focus := seeds.get(link.source, 0.0)) > 0.0:
            share = faded(link.weight, now - link.at) / (uses.get(link.source, 0.0) + 1.0)
            parts[link.target].append((link.source, focus * share))
    return {place: _strongest(found) for place, found in parts.items()}


def overflowing(links: Sequence[Link], now: float, most: int = MOST_LINKS) -> list[Link]:
    """Return the links of one place that are to be dropped so that the strongest remain."""
    order = sorted(links, key=lambda link: (-faded(link.weight, now - link.at), link.target))
    return order[most:]


def _strongest(parts: list[tuple[int, float]]) -> tuple[tuple[int, float], ...]:
    return tuple(sorted(parts, key=lambda part: (-part[1], part[0]))[:3])
