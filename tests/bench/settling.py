"""Does the memory know when an agent's focus has settled? AUC, calibration, and the delay of the task-switch signal.

A history of commits stands in for sessions, as in `next_place.py`: is a path of an author's next commit among the first
of the focus? Each history is told by a model that was fitted on the others, with the bias that each author's own past
gives it, stretch by stretch; what the server ships was fitted on all of them (`--write`). Task switches are told on a
made history whose structure is known. Prints one line of JSON on stdout and a table on stderr; exits 1 when a bar
is missed.
"""

import argparse
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from next_place import Session, histories, made
from shared.report import show

from cistron.memory_core import resonance
from cistron.memory_core.core import AgentState, Event
from cistron.memory_core.resonance import IN_FOCUS, LEAST_STRETCHES, NAMES, Model, corrected, features_of, fitted

BAR_ECE = 0.05
BINS = 10
DRAWS = 20
DRAWN = 1_000  # resamples of the interval
MADE = 2_000  # sessions of the made history; of fewer, right numbers would miss the bar by chance

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Asked:
    """What was known before each session, (sessions, features), and if the focus held what came, (draws, sessions).

    Those of authors who had not had enough stretches of work are not asked about (`counted`), but teach their bias.
    """

    rows: Floats
    held: npt.NDArray[np.bool_]
    shares: list[float]  # of what came, that the focus held
    authors: list[str]
    stretches: npt.NDArray[np.int64]

    @property
    def counted(self) -> npt.NDArray[np.bool_]:
        return self.stretches >= LEAST_STRETCHES


def main() -> int:
    """Measure, print, and hold the figures against the bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--history", type=Path, help="folder of NAME.jsonl: one commit a line, t, a, p")
    parser.add_argument("--git", type=Path, help="a checkout")
    parser.add_argument("--write", type=Path, help="write the model fitted on all histories here")
    parser.add_argument("--plot", type=Path, help="write the reliability diagram here (PNG)")
    given = parser.parse_args()
    found = histories(given.history, given.git)
    if "made" in found:
        found["made"] = made(random.Random(0), MADE)
    asked = {name: ask(sessions) for name, sessions in found.items()}
    if given.write is not None:
        _write(given.write, fit(list(asked.values())))
    figures: dict[str, dict[str, object]] = {}
    told: dict[str, tuple[Floats, npt.NDArray[np.bool_]]] = {}
    for name, one in asked.items():
        others = [other for known, other in asked.items() if known != name]
        model = fit(others) if others else resonance.shipped()
        told[name] = _told(model, one)
        figures[name] = _figures(*told[name], name)
    switches = switching(random.Random(0))
    missing = [f"{name}: {what}" for name, found in figures.items() for what in _misses(found)]
    if given.plot is not None:
        from shared.plotting import reliability  # matplotlib

        reliability(given.plot, told, BINS)
    report = {"bench": "settling", "bar_ece": BAR_ECE, "left_out": len(asked) > 1, "histories": figures}
    show({**report, "switches": switches, "passed": not missing, "missing": missing}, _table(figures))
    return 1 if missing else 0


def ask(sessions: Sequence[Session]) -> Asked:
    """Return what is known before every session of an author but the first, and what came."""
    states: dict[str, AgentState] = {}
    rows, shares, authors, stretches = list[list[float]](), list[float](), list[str](), list[int]()
    held: list[list[bool]] = []
    draws = [random.Random(seed) for seed in range(DRAWS)]
    sequence = 0
    for session in sessions:
        state = states.get(session.author, AgentState())
        settled, context = state.settled.after_stretch(state.context, state.working), state.context.after(state.working)
        if settled.stretches:
            focus = sorted(context.focus().items(), key=lambda one: (-one[1], one[0]))
            first = {place for place, _ in focus[:IN_FOCUS]}
            rows.append(features_of(settled, context, session.at - state.at))
            held.append([rng.choice(session.places) in first for rng in draws])
            shares.append(sum(place in first for place in session.places) / len(session.places))
            authors.append(session.author)
            stretches.append(settled.stretches)
        for place in session.places:
            sequence += 1
            # a name of its own for every commit: the stretch ends with it
            state, _ = state.after(Event(sequence, str(session.number), session.at, place, ""))
        states[session.author] = state
    return Asked(np.array(rows), np.array(held).T, shares, authors, np.array(stretches))


def fit(asked: Sequence[Asked]) -> Model:
    """Return the model fitted on some histories, each counting the same."""
    least = min(int(one.counted.sum()) for one in asked)
    rows, held = list[Floats](), list[npt.NDArray[np.bool_]]()
    for one in asked:
        chosen = np.random.default_rng(0).permutation(np.flatnonzero(one.counted))[:least]
        for draw in one.held:
            rows.append(one.rows[chosen])
            held.append(draw[chosen])
    return fitted(np.vstack(rows), np.concatenate(held), ridge=3.0 * len(held))


def switching(rng: random.Random) -> dict[str, float | int]:
    """Return how soon the signal tells that an author went to another group of files, and how often it is wrong."""
    states: dict[str, AgentState] = {}
    groups: dict[str, int] = {}
    found = {"switches": 0, "told": 0, "stayed": 0, "false": 0}
    for sequence, session in enumerate(made(rng, MADE)):
        state = states.get(session.author, AgentState())
        for number, place in enumerate(session.places):
            state, _ = state.after(Event(100 * sequence + number + 1, str(session.number), session.at, place, ""))
        states[session.author] = state
        own = session.places[0] // 10
        if sequence > 200 and session.author in groups:
            moved = own != groups[session.author]
            found["switches" if moved else "stayed"] += 1
            found["told" if moved else "false"] += state.switched
        groups[session.author] = own
    return {**found, "recall": round(found["told"] / found["switches"], 3),
            "false_rate": round(found["false"] / found["stayed"], 4)}  # fmt: skip


def auc(told: Floats, held: npt.NDArray[np.bool_]) -> float:
    """Return the probability that a held one was given the larger number, ties half."""
    order = np.argsort(told, kind="stable")
    _, first, counts = np.unique(told[order], return_index=True, return_counts=True)
    ranks = np.empty(told.size)
    ranks[order] = np.repeat(first + (counts - 1) / 2 + 1, counts)
    right = int(held.sum())
    return float((ranks[held].sum() - right * (right + 1) / 2) / (right * (held.size - right)))


def calibration_error(told: Floats, held: npt.NDArray[np.bool_], bins: int = BINS) -> float:
    """Return the mean gap between what was told and what came, over bins of equal size."""
    parts = np.array_split(np.argsort(told, kind="stable"), bins)
    return float(sum(part.size * abs(told[part].mean() - held[part].mean()) for part in parts) / told.size)


def _told(model: Model, asked: Asked) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return what each question is told, and whether it held; the biases learn as those of `AgentState` do."""
    biases: dict[str, float] = {}
    told: list[float] = []
    for row, author, share, stretches in zip(
        asked.rows.tolist(), asked.authors, asked.shares, asked.stretches.tolist(), strict=True
    ):
        bias, odds = biases.get(author, 0.0), model.log_odds(row)
        told.append(model.probability(row, bias))
        biases[author] = corrected(bias, odds, share, stretches)
    return np.array(told)[asked.counted], asked.held[:, asked.counted]


def _figures(told: Floats, held: npt.NDArray[np.bool_], name: str) -> dict[str, object]:
    areas = [auc(told, draw) for draw in held]
    errors = [calibration_error(told, draw) for draw in held]
    rng = np.random.default_rng(0)
    samples = [rng.integers(0, told.size, told.size) for _ in range(DRAWN)]
    drawn = [auc(told[sample], held[0][sample]) for sample in samples]
    chance = [calibration_error(told, rng.random(told.size) < told) for _ in range(200)]
    return {
        "asked": told.size,
        "base": round(float(held.mean()), 3),
        "auc_median": round(float(np.median(areas)), 3),
        "auc_95": [round(float(np.quantile(drawn, end)), 3) for end in (0.025, 0.975)],
        "ece_median": round(float(np.median(errors)), 3),
        "ece_max": round(max(errors), 3),
        "ece_chance": round(float(np.mean(chance)), 3),  # of numbers that are right, among so few
        "brier_gain": round(float(1 - ((told - held) ** 2).mean() / (held.mean() * (1 - held.mean()))), 3),
    }


def _misses(found: dict[str, object]) -> list[str]:
    low = found["auc_95"]
    assert isinstance(low, list)
    missing = [] if low[0] > 0.5 else [f"the interval of the AUC begins at {low[0]}"]
    error = found["ece_median"]
    assert isinstance(error, float)
    return missing + ([] if error < BAR_ECE else [f"ECE {error} is not below {BAR_ECE}"])


def _table(figures: dict[str, dict[str, object]]) -> list[list[object]]:
    names = ["asked", "base", "auc_median", "auc_95", "ece_median", "ece_max", "ece_chance", "brier_gain"]
    return [["history", *names], *([name, *(found[key] for key in names)] for name, found in figures.items())]


def _write(path: Path, model: Model) -> None:
    held = {
        "features": NAMES,
        **{name: [round(value, 6) for value in getattr(model, name)] for name in ("means", "spreads", "weights")},
    }
    path.write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
