"""Do the lanes of memory help an agent to find the file it needs next? Agents at work on histories of commits.

A commit is a stretch of work: its author asks for each of its files, opens it, says so with `verify(used=...)`, and
asks for the next. Everything is prequential: what is asked about was not learned. Histories (`--history DIR`, files
`NAME.jsonl`, one commit a line, t, a, p) are asked in the words of the files' own definitions. Of a checkout (`--git
DIR`, this repository by default), whose earlier commits are learned, every subject is asked again before each file that
its commit changed. The order is measured, of the files among a question's places; a file that was used already counts
as any other. Questions that a history's agents asked before, word for word, are told apart: how many they are is the
bench's doing.

The weights on a history are the best on all of the others together, so that none judges what was fitted on it. For a
lane that is on, what is lost without it; for one that is off, what is gained with it beside those that are on. Prints
one line of JSON on stdout and a table on stderr; exits 1 where a lane that is off gains over all of the histories, or
one that is on does not.

    python tests/bench/history_lanes.py [--history DIR] [--git DIR] [--most N]
"""

import argparse
import itertools
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import questions
from finding import histories
from finding.histories import Step, Task
from finding.lane_stores import settled
from numpy.typing import NDArray
from shared.report import percentiles, say, show
from shared.scores import interval, ndcg

from cistron.genome.records import Identity
from cistron.genome.search import fuse
from cistron.genome.search.fuse import Hit
from cistron.genome.search.lanes.lane import Context
from cistron.genome.search.lanes.table import OFF, chosen
from cistron.genome.search.lexical import Idf
from cistron.genome.search.query import parse
from cistron.genome.search.rank import explain
from cistron.tools.caller import Caller, acting
from cistron.tools.episodes import asked
from cistron.tools.past import past_of
from cistron.tools.services import Services
from cistron.tools.verify import VerifyTools

LANES = ("coactivation", "context", "episodes", "links", "successor", "recency")
WEIGHTS = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.2, 1.6)
TOP, SHOWN = 10, 8
ALL = "all that are on"
Weights = Mapping[str, float]


class Clock:
    """A clock that the bench moves."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One question: the files of its hits in the order of their ties, what the order is made of, and who is right."""

    paths: tuple[str, ...]
    usual: NDArray[np.float64]  # (hits,) the sum of the lanes that are not tried here
    values: Mapping[str, NDArray[np.float64]]  # (hits,) of each lane that is, unweighed
    needed: frozenset[str]
    milliseconds: float  # of a processor that the past took
    is_new: bool = True

    def rank(self, weights: Weights) -> int | None:
        """Return where the first right file stands with these weights."""
        total = self.usual + sum(weight * self.values[name] for name, weight in weights.items())
        files = list(dict.fromkeys(self.paths[at] for at in np.argsort(-np.round(total, 9), kind="stable")))
        return next((rank for rank, path in enumerate(files[:TOP], 1) if path in self.needed), None)


Choices = tuple[Choice, ...]


def main() -> int:
    """Work, fit on the others, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--git", type=Path, default=questions.REPOSITORY, metavar="DIR")
    parser.add_argument("--history", type=Path, help="folder of NAME.jsonl: one commit a line, t, a, p")
    parser.add_argument("--most", type=int, default=150, help="commits of each")
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    held: dict[str, Choices] = {}
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted((given.history or Path("-")).glob("*.jsonl")):
            tree = Path(folder) / path.stem / "tree"
            held[path.stem] = _worked(tree, histories.of_paths(path, given.most, tree))
            say(f"{path.stem}: {len(held[path.stem])} questions")
        tree = Path(folder) / "checkout" / "tree"
        held["checkout"] = _worked(tree, histories.of_checkout(given.git, given.most, tree))
    repeated = tuple(one for choices in held.values() for one in choices if not one.is_new)
    held = {name: tuple(one for one in choices if one.is_new) for name, choices in held.items()}
    again = {lane: interval(_gains(repeated, {lane: fuse.WEIGHTS[lane]}, {}) or [0.0]) for lane in LANES}
    found = {name: _judged([each for other, each in held.items() if other != name] or [held[name]], held[name])
             for name in held}  # fmt: skip
    tried = (ALL, *LANES)
    over_all = {what: interval([gain for one in found.values() for gain in one[what][1]]) for what in tried}
    wrong = [lane for lane in LANES if (over_all[lane][1] > 0) != (lane not in OFF)]
    rows: list[list[object]] = [["history", "asked", "without memory", "hit@8", "and with", *tried]]
    report: dict[str, object] = {}
    for name, choices in held.items():
        gains = {what: (weights, *interval(gain)) for what, (weights, gain) in found[name].items()}
        hits = [_hits(choices, weights) for weights in ({}, found[name][ALL][0])]
        report[name] = {"questions": len(choices), "off": _mean(choices, {}), "hits": hits, "gains": gains}
        cells = ["{1:+.3f} [{2:+.3f}, {3:+.3f}]".format(*gain) for gain in gains.values()]
        rows.append([name, len(choices), f"{_mean(choices, {}):.3f}", *(f"{hit:.3f}" for hit in hits), *cells])
    rows.append(["all", "", "", "", "", *("{:+.3f} [{:+.3f}, {:+.3f}]".format(*gain) for gain in over_all.values())])
    shown = ["{:+.3f} [{:+.3f}, {:+.3f}]".format(*gain) for gain in again.values()]
    rows.append(["asked before, each alone", len(repeated), f"{_mean(repeated, {}):.3f}", "", "", "", *shown])
    cost = percentiles([one.milliseconds for choices in held.values() for one in choices])
    weights = {"weights": _fitted(list(held.values())), "past_cpu_ms": cost}
    show(
        {"bench": "history_lanes", "passed": not wrong, "wrong": wrong, "all": over_all, "again": again}
        | weights
        | report,
        rows,
    )
    return 1 if wrong else 0


def _judged(others: Sequence[Choices], own: Choices) -> dict[str, tuple[Weights, list[float]]]:
    """Return for all lanes that are on, and for each lane, the weights that others want, and every question's gain."""
    on = _fitted(others)
    found: dict[str, tuple[Weights, list[float]]] = {ALL: (on, _gains(own, on, {}))}
    for lane in LANES:
        if lane in on:
            found[lane] = (on, _gains(own, on, {name: weight for name, weight in on.items() if name != lane}))
        else:
            more = {**on, lane: max(WEIGHTS[1:], key=lambda weight: (_over(others, {**on, lane: weight}), -weight))}
            found[lane] = (more, _gains(own, more, on))
    return found


def _fitted(held: Sequence[Choices]) -> Weights:
    """Return the weights of the lanes that are on with the largest mean over histories, each counted once."""
    names = [lane for lane in LANES if lane not in OFF]
    every = [dict(zip(names, each, strict=True)) for each in itertools.product(WEIGHTS, repeat=len(names))]
    return max(every, key=lambda weights: (_over(held, weights), -sum(weights.values())))


def _over(held: Sequence[Choices], weights: Weights) -> float:
    return round(statistics.fmean(_mean(choices, weights) for choices in held), 6)


def _gains(choices: Choices, weights: Weights, before: Weights) -> list[float]:
    return [ndcg(one.rank(weights)) - ndcg(one.rank(before)) for one in choices]


def _worked(tree: Path, tasks: Sequence[Task]) -> Choices:
    """Work through the tasks of a tree and return a choice for each question."""
    clock = Clock()
    services = Services(tree.parent / "store" / "genome.db", [tree], clock=clock)
    settled(services)
    services.engine().memory.learn_history(services.roots()[0])
    found: list[Choice] = []
    for number, task in enumerate(tasks):
        clock.now += 3600 * task.hours
        with acting(Caller(Identity(agent=task.agent), f"t{number}")):
            for step in task.steps:
                clock.now += 60
                found.append(_choice(services, step))
                asking = asked(services.caller.identity, services.caller.session, step.query, clock.now)
                services.engine().recorder.later(asking)  # as a packet does
                VerifyTools(services).verify([], used=list(step.needed))
    services.close()
    return tuple(found)


def _choice(services: Services, step: Step) -> Choice:
    lanes, services.lanes = services.lanes, chosen(dict.fromkeys(LANES, True))
    engine, parsed = services.engine(), parse(step.query)
    engine.embedder.settle()
    with engine.database.snapshot() as connection:
        near = engine.embedder.near(connection, parsed.text)
        begun = time.thread_time()
        past = past_of(services, step.query)
        took = 1000 * (time.thread_time() - begun)
        roots = {root.id: root for root in services.roots()}
        ranking = explain(
            parsed, Context(connection, roots, Idf(connection, parsed.terms), near, past=past), services.lanes
        )
    services.lanes = lanes
    hits: list[Hit] = [hit for hit in ranking.hits if hit.fact is None and not hit.gone]
    parts = [fuse.parts(hit, ranking.by) for hit in hits]
    usual = np.array([sum(value for name, value in part.items() if name not in LANES) for part in parts])
    values = {name: np.array([hit.value(name) for hit in hits]) for name in LANES}
    order = sorted(range(len(hits)), key=lambda at: (hits[at].source.path, hits[at].place.start_line))
    paths = tuple(hits[at].source.path for at in order)
    return Choice(
        paths,
        usual[order],
        {name: value[order] for name, value in values.items()},
        frozenset(step.needed),
        took,
        step.is_new,
    )


def _mean(choices: Choices, weights: Weights) -> float:
    return _mean_of(choices, tuple(sorted(weights.items())))


@cache
def _mean_of(choices: Choices, weights: tuple[tuple[str, float], ...]) -> float:
    return statistics.fmean(ndcg(one.rank(dict(weights))) for one in choices) if choices else 0.0


def _hits(choices: Choices, weights: Weights) -> float:
    ranks = [one.rank(weights) for one in choices]
    return statistics.fmean(rank is not None and rank <= SHOWN for rank in ranks) if ranks else 0.0


if __name__ == "__main__":
    sys.exit(main())
