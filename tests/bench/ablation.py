"""What does each lane add alone, and take away when it is missing? On the test half of the questions.

Each lane alone (one that proposes nothing orders what the others propose), all that are on without one of them, and
these with one of those that are off: NDCG@10 by file and by span, with the 95 % interval of the difference by bootstrap
over the questions, paired. Prints one line of JSON on
stdout and the table of docs/lanes.md on stderr; exits 1 where a lane that is on takes nothing away by either measure
beyond its interval, or one that is off adds something.

    python tests/bench/ablation.py [--split train] [--only PACKAGE ...] [--lanes LANE ...]
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence

import questions
from finding.lane_stores import asked
from shared.report import say, show
from shared.scores import Scored, interval

from cistron.genome.search.fuse import Hit
from cistron.genome.search.lanes.lane import Lane, no_more, nothing
from cistron.genome.search.lanes.table import LANES, NAMES, OFF, chosen

ALL = "all that are on"
MEASURES = ("file", "span")


def main() -> int:
    """Ask with every choice of lanes, print, and hold the switches against the intervals."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--split", choices=questions.SPLITS, default="test")
    parser.add_argument("--only", nargs="+", metavar="PACKAGE", default=())
    parser.add_argument("--lanes", nargs="+", choices=NAMES, default=NAMES, help="those that are judged")
    given = parser.parse_args()
    judged = [lane for lane in LANES if lane.name in given.lanes]
    choices = _choices(judged)
    found: dict[str, list[Scored]] = defaultdict(list)
    kinds: dict[str, list[int]] = defaultdict(list)
    for _, held in asked(given.split, given.only):
        for one in held:
            kinds[one.question.kind].append(len(found[ALL]))
            for name, lanes in choices.items():
                found[name].append(one.score(one.rank(lanes).hits))
            every_hit = one.rank(chosen(dict.fromkeys((lane.name for lane in judged), True))).hits
            for lane in judged:
                if lane.propose is nothing and lane.follow is no_more:
                    found[f"{lane.name} alone"].append(one.score(_by(lane.name, every_hit)))
    rows: list[list[object]] = [["lane", "on", "alone", "adds by file", "adds by span"]]
    report: dict[str, object] = {}
    wrong: list[str] = []
    for lane in judged:
        alone = [_mean(found[f"{lane.name} alone"], what) for what in MEASURES]
        is_on = lane.name not in OFF
        more, less = (found[ALL], found[f"without {lane.name}"]) if is_on else (found[f"with {lane.name}"], found[ALL])
        adds = {what: _gain(more, less, what) for what in MEASURES}
        tells = any(low > 0 for _, low, _ in adds.values())
        is_silent = not any(any(one) for one in adds.values())  # nothing that it speaks of is in these stores
        if tells != is_on and not is_silent:
            wrong.append(f"{lane.name} is {'on' if is_on else 'off'} and adds {adds}")
        by_kind = {kind: [round(_mean([x[at] for at in rows_], what) , 4) for x in (more, less) for what in MEASURES]
                   for kind, rows_ in kinds.items()}  # fmt: skip
        report[lane.name] = {"on": is_on, "alone": alone, "adds": adds, "by_kind": by_kind}
        shown = [f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]" for mean, low, high in adds.values()]
        rows.append([lane.name, "yes" if is_on else "no", " / ".join(f"{value:.3f}" for value in alone), *shown])
    every = [_mean(found[ALL], what) for what in MEASURES]
    rows.append([ALL, "", " / ".join(f"{value:.3f}" for value in every), "", ""])
    for what in wrong:
        say(f"switch: {what}")
    asked_of = len(found[ALL])
    show(
        {"bench": "ablation", "passed": not wrong, "split": given.split, "questions": asked_of, "all": every} | report,
        rows,
    )
    return 1 if wrong else 0


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


def _mean(scored: Sequence[Scored], what: str) -> float:
    return round(sum(getattr(one, what) for one in scored) / max(1, len(scored)), 4)


def _gain(more: Sequence[Scored], less: Sequence[Scored], what: str) -> tuple[float, float, float]:
    return interval([getattr(one, what) - getattr(other, what) for one, other in zip(more, less, strict=True)])


if __name__ == "__main__":
    sys.exit(main())
