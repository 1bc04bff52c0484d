"""What is needed next, told from what was used before: our links and contexts beside the simple rivals.

A history of commits stands in for the sessions of agents: commit = session, author = agent, paths = places. All of it
is prequential: a commit is asked about with what was learned from the ones before it, the first third only teaches.

*Complete*: one path of a commit is hidden and ranked from the others. *Resume*: a path of an author's next commit is
ranked from that author's past. Prints one line of JSON on stdout and a table on stderr; exits 1 when a bar is missed.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from shared.report import show

from cistron.genome.reading import history
from cistron.memory_core.coactivation import HALF_LIFE_S, Link, faded, strengthened, suggest
from cistron.memory_core.context import Context
from cistron.memory_core.core import next_places, seeds_of
from cistron.memory_core.graph import Graph

K = 10
BAR_COMPLETE = 0.20  # hit@10 above popularity
FADE = 0.98  # of the rivals' frecency, a commit


@dataclass(frozen=True)
class Session:
    """One commit."""

    at: float
    author: str
    places: tuple[int, ...]
    number: int = 0


class Learned:
    """What all models know: links, uses, the contexts of the authors, frecency."""

    def __init__(self) -> None:
        self.links: dict[int, dict[int, Link]] = defaultdict(dict)
        self.uses: dict[int, tuple[float, float]] = {}
        self.contexts: dict[str, Context] = {}
        self.last: dict[str, tuple[int, ...]] = {}
        self.popular: Counter[int] = Counter()
        self.frecent: dict[int, float] = {}
        self.now = 0.0
        self._graph: Graph | None = None

    def graph(self) -> Graph:
        """Return all links as they are now, made once a commit."""
        if self._graph is None:
            links = (link for targets in self.links.values() for link in targets.values())
            self._graph = Graph((link.source, link.target, faded(link.weight, self.now - link.at)) for link in links)
        return self._graph

    def learn(self, session: Session) -> None:
        self.now, self._graph = max(self.now, session.at), None
        for (source, target), gain in strengthened(session.places).items():
            old = self.links[source].get(target)
            weight = gain + (faded(old.weight, session.at - old.at) if old else 0.0)
            self.links[source][target] = Link(source, target, weight, session.at)
        for place in session.places:
            weight, at = self.uses.get(place, (0.0, session.at))
            self.uses[place] = (faded(weight, session.at - at) + 1.0, session.at)
        context = self.contexts.get(session.author, Context.empty())
        self.contexts[session.author] = context.after(session.places)
        self.last[session.author] = session.places
        self.popular.update(session.places)
        self.frecent = {place: FADE * weight for place, weight in self.frecent.items()}
        for place in session.places:
            self.frecent[place] = self.frecent.get(place, 0.0) + 1.0

    def counted(self, places: Sequence[int]) -> dict[int, float]:
        found = {place: self.uses[place] for place in places if place in self.uses}
        return {place: faded(weight, self.now - at, HALF_LIFE_S) for place, (weight, at) in found.items()}


def complete_ours(known: Learned, others: Sequence[int], author: str) -> list[int]:
    links = [link for place in others for link in known.links.get(place, {}).values()]
    ranked = suggest(dict.fromkeys(others, 1.0), links, known.counted(others), known.now, K)
    return [one.place for one in ranked]


def complete_delivered(known: Learned, others: Sequence[int], author: str) -> list[int]:
    """As a packet names what is likely next: links, with some of the author's context and of what is used often."""
    links = [link for place in others for link in known.links.get(place, {}).values()]
    focus = known.contexts[author].focus() if author in known.contexts else {}
    seeds, most = dict.fromkeys(others, 1.0), K + len(others)
    ranked = next_places(focus, links, known.counted(others), _frequent(known), known.now, most, seeds)
    return [one.place for one in ranked if one.place not in others][:K]


def complete_walks(known: Learned, others: Sequence[int], author: str) -> list[int]:
    """Personalised PageRank from the others."""
    rank = known.graph().pagerank(dict.fromkeys(others, 1.0))
    return _top({place: weight for place, weight in rank.items() if place not in others})


def complete_any(known: Learned, others: Sequence[int], author: str) -> list[int]:
    """No rival, for it names up to thirty: what no reordering of these lists could go beyond."""
    rivals = (complete_ours, complete_popular, complete_frecent)
    return list(dict.fromkeys(place for rank in rivals for place in rank(known, others, author)))


def complete_raw(known: Learned, others: Sequence[int], author: str) -> list[int]:
    sums: Counter[int] = Counter()
    for place in others:
        for link in known.links.get(place, {}).values():
            sums[link.target] += faded(link.weight, known.now - link.at)  # type: ignore[assignment]
    return _top({place: weight for place, weight in sums.items() if place not in others})


def complete_popular(known: Learned, others: Sequence[int], author: str) -> list[int]:
    return _top({place: float(n) for place, n in known.popular.items() if place not in others})


def complete_frecent(known: Learned, others: Sequence[int], author: str) -> list[int]:
    return _top({place: weight for place, weight in known.frecent.items() if place not in others})


def resume_ours(known: Learned, others: Sequence[int], author: str) -> list[int]:
    focus = known.contexts[author].focus()
    seeds = seeds_of(focus)
    links = [link for place in seeds for link in known.links.get(place, {}).values()]
    ranked = next_places(focus, links, known.counted(list(seeds)), _frequent(known), known.now, K)
    return [one.place for one in ranked]


def resume_last(known: Learned, others: Sequence[int], author: str) -> list[int]:
    largest = max(known.frecent.values()) + 1
    last = known.last[author]
    return _top({place: weight + largest * (place in last) for place, weight in known.frecent.items()})


def resume_popular(known: Learned, others: Sequence[int], author: str) -> list[int]:
    return _top({place: float(n) for place, n in known.popular.items()})


TASKS = {
    "complete": {
        "ours": complete_ours,
        "delivered": complete_delivered,
        "walks": complete_walks,
        "raw sums": complete_raw,
        "popularity": complete_popular,
        "frecency": complete_frecent,
        "any of three tens": complete_any,
    },
    "resume": {"ours": resume_ours, "last set + frecency": resume_last, "popularity": resume_popular},
}


def main() -> int:
    """Measure, print, and hold the figures against the bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--history", type=Path, help="folder of NAME.jsonl: one commit a line, t, a, p")
    parser.add_argument("--git", type=Path, help="a checkout")
    parser.add_argument("--seeds", type=int, default=5, help="draws of the hidden path")
    parser.add_argument("--plot", type=Path, help="write the plot here (PNG)")
    asked = parser.parse_args()
    begun = time.process_time()
    found = histories(asked.history, asked.git)
    figures = {name: _measure(sessions, asked.seeds) for name, sessions in found.items()}
    if asked.plot is not None:
        from shared.plotting import hits  # matplotlib

        hits(asked.plot, figures)
    report = {"bench": "next_place", "seeds": asked.seeds, "histories": figures}
    missing = _misses(figures)
    report |= {"passed": not missing, "missing": missing, "cpu_seconds": round(time.process_time() - begun, 1)}
    rows = [
        [name, task, model, *(found[figure] for figure in ("hit_min", "hit_median", "mrr_median", "asked"))]
        for name, tasks in figures.items()
        for task, models in tasks.items()
        for model, found in models.items()
    ]
    show(report, [["history", "task", "model", "hit@10 min", "hit@10 median", "mrr median", "asked"], *rows])
    return 1 if missing else 0


def histories(folder: Path | None, checkout: Path | None) -> dict[str, list[Session]]:
    """Return the histories of a folder or a checkout, or else one that is made."""
    if folder is not None:
        return {path.stem: _read(path) for path in sorted(folder.glob("*.jsonl"))}
    if checkout is not None:
        found = history.commits(checkout) or []
        return {checkout.name: _numbered([(commit.at, "one", commit.paths) for commit in found])}
    return {"made": made(random.Random(0))}


def made(rng: random.Random, sessions: int = 600) -> list[Session]:
    """Return a history with a known structure: six groups of files, three authors who stay with one for a while."""
    groups = [list(range(10 * group, 10 * group + 10)) for group in range(6)]
    now = {author: rng.randrange(6) for author in "abc"}
    found: list[Session] = []
    for number in range(sessions):
        author = rng.choice("abc")
        if rng.random() < 0.1:
            now[author] = rng.randrange(6)
        own = rng.sample(groups[now[author]], rng.randint(2, 4))
        stray = [rng.randrange(60)] if rng.random() < 0.3 else []
        found.append(Session(86_400.0 * number / 10, author, tuple(dict.fromkeys(own + stray)), number))
    return found


def _read(path: Path) -> list[Session]:
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return _numbered([(float(line["t"]), str(line["a"]), tuple(line["p"])) for line in lines])


def _numbered(commits: Sequence[tuple[float, str, tuple[str, ...]]]) -> list[Session]:
    ids: dict[str, int] = {}
    return [
        Session(at, author, tuple(ids.setdefault(path, len(ids) + 1) for path in paths), number)
        for number, (at, author, paths) in enumerate(commits)
        if 1 <= len(paths) <= 30
    ]


def _measure(sessions: Sequence[Session], seeds: int) -> dict[str, dict[str, dict[str, float]]]:
    ranks: dict[str, dict[str, list[list[int | None]]]] = {
        task: {model: [[] for _ in range(seeds)] for model in models} for task, models in TASKS.items()
    }
    draws = [random.Random(seed) for seed in range(seeds)]
    known = Learned()
    for number, session in enumerate(sessions):
        seen = [place for place in session.places if place in known.popular]
        if number > len(sessions) // 3 and seen:
            for seed, rng in enumerate(draws):
                hidden = rng.choice(seen)
                others = [place for place in session.places if place != hidden]
                tasks = ["complete"] * bool(others) + ["resume"] * (session.author in known.contexts)
                for task in tasks:
                    for model, rank in TASKS[task].items():
                        ranked = rank(known, others, session.author)
                        ranks[task][model][seed].append(ranked.index(hidden) + 1 if hidden in ranked else None)
        known.learn(session)
    return {task: {model: _figures(found) for model, found in models.items()} for task, models in ranks.items()}


def _figures(ranks: list[list[int | None]]) -> dict[str, float]:
    hits = [sum(rank is not None for rank in found) / max(1, len(found)) for found in ranks]
    mrr = [sum(1 / rank for rank in found if rank) / max(1, len(found)) for found in ranks]
    return {
        "hit_min": round(min(hits), 4),
        "hit_median": round(float(np.median(hits)), 4),
        "mrr_median": round(float(np.median(mrr)), 4),
        "asked": len(ranks[0]),
    }


def _misses(figures: dict[str, dict[str, dict[str, dict[str, float]]]]) -> list[str]:
    found: list[str] = []
    for name, tasks in figures.items():
        ours, popular = tasks["complete"]["ours"]["hit_median"], tasks["complete"]["popularity"]["hit_median"]
        if ours < popular + BAR_COMPLETE:
            found.append(f"{name}: complete {ours} is not {BAR_COMPLETE} above popularity {popular}")
        ours, rival = (tasks["resume"][model]["hit_median"] for model in ("ours", "last set + frecency"))
        if ours <= rival:
            found.append(f"{name}: resume {ours} is not above last set + frecency {rival}")
    return found


def _frequent(known: Learned) -> dict[int, float]:
    return dict(sorted(known.frecent.items(), key=lambda one: (-one[1], one[0]))[:64])


def _top(weights: dict[int, float]) -> list[int]:
    return [place for place, _ in sorted(weights.items(), key=lambda one: (-one[1], one[0]))[:K]]


if __name__ == "__main__":
    sys.exit(main())
