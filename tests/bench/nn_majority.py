"""Majority of 8 bits with at most 33 numbers: phases from a random start, a GRU of the same task, all 256 words."""

import sys

import torch
from shared.nn_rivals import HEAD, Gru, Rows, Run, accuracy, parameters, summary, train, tuned
from shared.report import show
from torch import nn

from cistron.memory_core.nn.phase import PhaseConfig, PhaseNet

SEEDS = range(5)
BAR_PARAMETERS, EPOCHS = 33, 50


def every() -> Rows:
    """All words of 8 bits; more ones than zeros is the majority."""
    x = ((torch.arange(256).unsqueeze(1) >> torch.arange(8)) & 1).float().unsqueeze(-1)
    return Rows(x, torch.ones(256, 8, dtype=torch.bool), (x.sum((1, 2)) > 4).float())


def make(name: str, seed: int) -> nn.Module:
    generator = torch.Generator().manual_seed(seed)
    if name == "GRU":
        return Gru(1, 8, 1, generator)
    return PhaseNet((PhaseConfig(1, 8 if name == "phases, 8" else 4, (1,)),), 1, generator)


def run(name: str, seed: int, rate: float) -> tuple[nn.Module, Run]:
    net, words = make(name, seed), every()
    drawn = torch.randint(0, 256, (2_048,), generator=torch.Generator().manual_seed(seed))
    found = train(net, lambda _: words.some(drawn), words, rate, EPOCHS, seed)
    return net, Run(accuracy(net, words), found.epochs, found.cpu_s)


def main() -> int:
    """Train, print, and hold against the bar."""
    most = float(1 - every().y.mean())
    table: list[list[object]] = [list(HEAD), ["constant", 0, "-", f"{most:.4f} / {most:.4f}", "-", "-"]]
    results: dict[str, list[Run]] = {}
    for name in ("phases, 8", "phases, 4", "GRU"):
        rate = tuned(lambda r, n=name: run(n, 99, r)[1]) if name == "GRU" else 0.01
        found = [run(name, seed, rate) for seed in SEEDS]
        results[name] = [one for _, one in found]
        table.append(summary(f"{name}, rate {rate:g}", parameters(found[0][0]), results[name]))
    size = parameters(make("phases, 8", 0))
    right = all(one.accuracy == 1 for one in results["phases, 8"])
    missed = [] if right and size <= BAR_PARAMETERS else ["not 100 % with 33 parameters"]
    epochs = {name: [one.epochs for one in runs] for name, runs in results.items()}
    accuracies = {name: [one.accuracy for one in runs] for name, runs in results.items()}
    show({"bench": "nn_majority", "missed": missed, "accuracy": accuracies, "epochs": epochs}, table)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
