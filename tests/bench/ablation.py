"""What does each lane add alone, and take away when it is missing? On the test half, and on docstring sentences.

Each lane alone (one that proposes nothing orders what the others propose), all that are on without one of them, and
these with one of those that are off: NDCG@10 by file and by span, with the 95 % interval of the difference by bootstrap
over the questions, paired. Prints one line of JSON on stdout and the table of docs/lanes.md on stderr; exits 1 where a
lane that is on takes nothing away by any of the four measures beyond its interval, or one that is off adds something.

    python tests/bench/ablation.py [--split train] [--only PACKAGE ...] [--lanes LANE ...]
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import questions
from finding import sentences
from finding.lane_stores import Asked, asked
from shared.report import say, show
from shared.scores import Scored, interval

from cistron.genome.search.fuse import Hit
from cistron.genome.search.lanes.lane import Lane, no_more, nothing
from cistron.genome.search.lanes.table import LANES, NAMES, OFF, chosen

ALL = "all that are on"
MEASURES = ("file", "span")
WORTH = 0.005  # what a lane that is off would have to add; of so many intervals some lie above zero by chance
Found = dict[str, list[Scored]]  # by choice of lanes, a score for each question


def main() -> int:
    """Ask with every choice of lanes, print, and hold the switches against the intervals."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--split", choices=questions.SPLITS, default="test")
    parser.add_argument("--only", nargs="+", metavar="PACKAGE", default=())
    parser.add_argument("--lanes", nargs="+", choices=NAMES, default=NAMES, help="those that are judged")
    given = parser.parse_args()
    judged = [lane for lane in LANES if lane.name in given.lanes]
    suites = {
        "questions": _scored(judged, asked(given.split, given.only)),
        "sentences": _scored(judged, sentences.asked(given.split, given.only)),
    }
    heads = [f"{suite} by {what}" for suite in suites for what in MEASURES]
    rows: list[list[object]] = [["lane", "on", "alone", *heads]]
    report: dict[str, object] = {}
    wrong: list[str] = []
    for lane in judged:
        is_on = lane.name not in OFF
        adds = {suite: _adds(found, lane.name, is_on=is_on) for suite, found in suites.items()}
        gains = [gain for suite in adds.values() for gain in suite.values()]
        is_silent = not any(any(gain) for gain in gains)  # nothing that it speaks of is in these stores
        pays = any(low > 0 and (is_on or mean >= WORTH) for mean, low, _ in gains)
        if pays != is_on and not is_silent:
            wrong.append(f"{lane.name} is {'on' if is_on else 'off'} and adds {adds}")
        alone = {suite: _means(found, f"{lane.name} alone") for suite, found in suites.items()}
        report[lane.name] = {"on": is_on, "alone": alone, "adds": adds}
        shown = [f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]" for mean, low, high in gains]
        rows.append([lane.name, "yes" if is_on else "no", _shown(alone.values()), *shown])
    every = {suite: _means(found, ALL) for suite, found in suites.items()}
    rows.append([ALL, "", _shown(every.values()), *[""] * len(heads)])
    for what in wrong:
        say(f"switch: {what}")
    counts = {suite: len(found[ALL]) for suite, found in suites.items()}
    show({"bench": "ablation", "passed": not wrong, "split": given.split, "asked": counts, "all": every} | report, rows)
    return 1 if wrong else 0


def _scored(judged: Sequence[Lane], packages: Iterable[tuple[str, Sequence[Asked]]]) -> Found:
    """Score every question by every choice of lanes."""
    choices = _choices(judged)
    found: Found = defaultdict(list)
    for _, held in packages:
        for one in held:
            for name, lanes in choices.items():
                found[name].append(one.score(one.rank(lanes).hits))
            every_hit = one.rank(chosen(dict.fromkeys((lane.name for lane in judged), True))).hits
            for lane in judged:
                if lane.propose is nothing and lane.follow is no_more:
                    found[f"{lane.name} alone"].append(one.score(_by(lane.name, every_hit)))
    return found


def _adds(found: Found, lane: str, *, is_on: bool) -> dict[str, tuple[float, float, float]]:
    """Return what a lane adds by each measure, with the interval."""
    more, less = (found[ALL], found[f"without {lane}"]) if is_on else (found[f"with {lane}"], found[ALL])
    return {
        what: interval([getattr(one, what) - getattr(other, what) for one, other in zip(more, less, strict=True)])
        for what in MEASURES
    }


def _choices(judged: Sequence[Lane]) -> Mapping[str, Sequence[Lane]]:
    usual = chosen()
    every = {ALL: usual}
    for lane in judged:
        if lane.propose is not nothing or lane.follow is not no_more:
            every[f"{lane.name} alone"] = (lane,)
        if lane.name in OFF:
            every[f"with {lane.name}"] = (*usual, lane)
        else:
            every[f"without {lane.name}"] = tuple(one for one in usual if one is not lane)
    return every


def _by(lane: str, hits: Sequence[Hit]) -> list[Hit]:
    """Return what the lanes proposed in the order of one lane's values alone; places that it is silent about last."""
    return sorted((hit for hit in hits if hit.fact is None), key=lambda hit: (-hit.value(lane), hit.source.path))


def _means(found: Found, name: str) -> list[float]:
    scored = found[name]
    return [round(sum(getattr(one, what) for one in scored) / max(1, len(scored)), 4) for what in MEASURES]


def _shown(means: Iterable[Sequence[float]]) -> str:
    return "; ".join(" / ".join(f"{value:.3f}" for value in suite) for suite in means)


if __name__ == "__main__":
    sys.exit(main())
