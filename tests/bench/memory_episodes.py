"""Does a full buffer of episodes keep what will be asked again? Its hits beside those of LRU and FIFO.

A history of commits stands in for an agent's questions, as in `next_place.py`: each path that a commit touches is asked
for; a hit is an episode of the path that is still there, and is touched; a miss is written. Prints one line of JSON on
stdout and a table on stderr; exits 1 where it hits a point less than LRU.
"""

import argparse
import sys
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from next_place import histories
from shared.report import show

from cistron.memory_core.episodic import SLOTS, Episode, EpisodicBuffer

SIZES = (16, 32, 64, SLOTS)
WIDTH = 64
SLACK = 0.01  # what a few slots may lose


def main() -> int:
    """Measure, print, and hold the hits against those of LRU."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--history", type=Path, help="folder of NAME.jsonl: one commit a line, t, a, p")
    parser.add_argument("--git", type=Path, help="a checkout")
    given = parser.parse_args()
    figures: dict[str, dict[int, dict[str, float]]] = {}
    for name, sessions in histories(given.history, given.git).items():
        asked = [place for session in sessions for place in session.places]
        figures[name] = {slots: measured(asked, slots) for slots in SIZES}
    missing = [
        f"{name}, {slots} slots: {found['ours']} is below LRU's {found['LRU']}"
        for name, sizes in figures.items()
        for slots, found in sizes.items()
        if found["ours"] < found["LRU"] - SLACK
    ]
    rows = [[name, slots, *found.values()] for name, sizes in figures.items() for slots, found in sizes.items()]
    report = {"bench": "memory_episodes", "histories": figures, "passed": not missing, "missing": missing}
    show(report, [["history", "slots", "ours", "LRU", "FIFO"], *rows])
    return 1 if missing else 0


def measured(asked: Sequence[int], slots: int) -> dict[str, float]:
    """Return the share of hits of the buffer and of its rivals."""
    names = sorted(set(asked))
    drawn = np.random.default_rng(0).normal(size=(len(names), WIDTH)).astype(np.float32)
    vectors = dict(zip(names, drawn, strict=True))
    buffer, hits = EpisodicBuffer(WIDTH, slots), 0
    for at, place in enumerate(asked):
        found = [one.slot for one in buffer.recall(vectors[place], 1) if one.episode.places == (place,)]
        hits += len(found)
        if found:
            buffer.touch(found)
        else:
            buffer.write(vectors[place], Episode(str(place), (place,), 0.0, float(at)))
    rivals = {"LRU": queued(asked, slots, refresh=True), "FIFO": queued(asked, slots, refresh=False)}
    return {"ours": round(hits / len(asked), 3), **rivals}


def queued(asked: Sequence[int], slots: int, *, refresh: bool) -> float:
    """Return the share of hits of a queue, in which a hit goes to the end or stays where it is."""
    held: OrderedDict[int, None] = OrderedDict()
    hits = 0
    for place in asked:
        if place in held:
            hits += 1
            if refresh:
                held.move_to_end(place)
            continue
        if len(held) == slots:
            held.popitem(last=False)
        held[place] = None
    return round(hits / len(asked), 3)


if __name__ == "__main__":
    sys.exit(main())
