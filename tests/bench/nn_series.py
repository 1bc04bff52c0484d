"""A linear target, a leaky one and two sines ahead: AMRC, PMRC and AMN against ridge, a leaky bank and a GRU.

The seeds' tests, rebuilt from their description: 700 steps to learn from, 300 to answer for. Exits 1 where a network's
least R2 is below .99 or its deviation over the seeds .01 or more.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from shared.nn_rivals import RATES, Gru, spread
from shared.report import say, show

from cistron.memory_core.nn.models import Kind, create_model

Floats = NDArray[np.float64]
Fit = Callable[[Floats, Floats, int], Floats]
TASKS = ("linear", "leaky", "sines")
SEEDS, LEARNED, STEPS = 5, 700, 1_000
BAR, BAR_DEVIATION = 0.99, 0.01
BANK = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)


def series(task: str, seed: int) -> tuple[Floats, Floats]:
    """Return inputs and targets, one row a step."""
    draw = np.random.default_rng(seed)
    if task == "linear":
        x = draw.uniform(-1, 1, (STEPS, 4))
        return x, x @ draw.normal(size=(4, 1))
    if task == "leaky":
        x, y = draw.uniform(-1, 1, (STEPS, 1)), np.zeros((STEPS, 1))
        for now in range(STEPS):
            y[now] = 0.7 * (y[now - 1] if now else 0.0) + 0.3 * x[now]
        return x, y
    at = np.arange(STEPS + 1)
    wave = np.sin(0.1 * at) + 0.5 * np.sin(0.31 * at + draw.uniform(0, 6)) + 0.02 * draw.normal(size=STEPS + 1)
    return wave[:-1, None], wave[1:, None]


def explained(y: Floats, found: Floats) -> float:
    return 1 - float(((y - found) ** 2).sum() / ((y - y.mean(0)) ** 2).sum())


def ridge(x: Floats, y: Floats, seed: int) -> Floats:
    one = np.concatenate([x, np.ones((len(x), 1))], 1)
    learned = one[:LEARNED]
    weights = np.linalg.solve(learned.T @ learned + 1e-4 * np.eye(one.shape[1]), learned.T @ y[:LEARNED])
    return one @ weights


def bank(x: Floats, y: Floats, seed: int) -> Floats:
    """Ridge over nine leaky averages of every input."""
    states = np.zeros((len(x), len(BANK), x.shape[1]))
    keep = np.array(BANK)[:, None]
    for now in range(len(x)):
        states[now] = keep * (states[now - 1] if now else 0.0) + (1 - keep) * x[now]
    return ridge(states.reshape(len(x), -1), y, seed)


def gru(x: Floats, y: Floats, seed: int) -> Floats:
    """The best of three rates on the learned part, 300 full-batch steps on windows of 96."""
    data = [torch.tensor(part, dtype=torch.float32) for part in (x, y)]
    mean, deviation = zip(*((part[:LEARNED].mean(0), part[:LEARNED].std(0)) for part in data), strict=True)
    inputs, targets = ((part - m) / d for part, m, d in zip(data, mean, deviation, strict=True))
    places = torch.arange(0, LEARNED - 95, 80).unsqueeze(1) + torch.arange(96)
    best: tuple[float, torch.nn.Module] | None = None
    for rate in RATES:
        net = Gru(x.shape[1], 32, 1, torch.Generator().manual_seed(seed))
        optimizer = torch.optim.Adam(net.parameters(), rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 300)
        loss = torch.zeros(())
        for _ in range(300):
            loss = torch.nn.functional.mse_loss(net(inputs[places])[:, 16:], targets[places][:, 16:])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        if best is None or loss.item() < best[0]:
            best = (loss.item(), net)
    assert best is not None
    with torch.no_grad():
        return (best[1](inputs.unsqueeze(0))[0] * deviation[1] + mean[1]).double().numpy()


def network(kind: Kind) -> Fit:
    def fit(x: Floats, y: Floats, seed: int) -> Floats:
        return create_model(kind, x.shape[1], 1, seed=seed).fit(x[:LEARNED], y[:LEARNED]).predict(x)

    return fit


def main() -> int:
    """Fit all, print, and hold against the bar."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kinds", default="amrc,pmrc,amn")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    arguments = parser.parse_args()
    kinds: list[Kind] = arguments.kinds.split(",")
    rivals: dict[str, Fit] = {"ridge": ridge, "leaky bank + ridge": bank, "GRU 32": gru}
    fits = rivals | {kind.upper(): network(kind) for kind in kinds}
    table: list[list[object]] = [["R2 min / median", *TASKS, "deviation", "cpu s a run"]]
    report: dict[str, dict[str, list[float]]] = {}
    missed: list[str] = []
    for name, fit in fits.items():
        start = time.process_time()
        report[name] = {}
        for task in TASKS:
            scores: list[float] = []
            for seed in range(arguments.seeds):
                x, y = series(task, seed)
                scores.append(round(explained(y[LEARNED:], fit(x, y, seed)[LEARNED:]), 5))
            report[name][task] = scores
            if name not in rivals and (min(scores) < BAR or statistics.pstdev(scores) >= BAR_DEVIATION):
                missed.append(f"{name} on {task}")
            say(f"{name} {task}: {scores}")
        cost = (time.process_time() - start) / len(TASKS) / arguments.seeds
        most = max(statistics.pstdev(scores) for scores in report[name].values())
        table.append([name, *(spread(report[name][task]) for task in TASKS), f"{most:.4f}", f"{cost:.1f}"])
    show({"bench": "nn_series", "seeds": arguments.seeds, "r2": report, "missed": missed}, table)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
