"""Parity of 16 bits, and how far it carries: the same weights at lengths up to 65,536.

Phases with linear increments from a random start, phases on a lattice, and a GRU (rate tuned, with and without a
curriculum of lengths), all trained at length 16 and at most. Prints a JSON line and tables, draws docs/nn-parity.png
with --plot; exits 1 when a bar is missed.
"""

import argparse
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from shared.nn_rivals import HEAD, Gru, Rows, Run, accuracy, parameters, summary, train, tuned
from shared.report import say, show
from torch import nn

from cistron.memory_core.nn.phase import PhaseConfig, PhaseNet

SEEDS = range(5)
LENGTHS = (16, 64, 256, 1_024, 4_096, 8_192, 16_384, 65_536)
ROWS, EPOCHS, BAR_PARAMETERS, BAR_EPOCHS = 2_048, 50, 33, 50
GRU_EPOCHS, GRU_SECONDS = 200, 20.0
Make = Callable[[torch.Generator], nn.Module]


def rows(count: int, length: int, generator: torch.Generator) -> Rows:
    x = torch.randint(0, 2, (count, length, 1), generator=generator).float()
    return Rows(x, torch.ones(count, length, dtype=torch.bool), x.sum((1, 2)).remainder(2))


def every() -> Rows:
    """All 65,536 words of 16 bits."""
    x = ((torch.arange(1 << 16).unsqueeze(1) >> torch.arange(16)) & 1).float().unsqueeze(-1)
    return Rows(x, torch.ones(1 << 16, 16, dtype=torch.bool), x.sum((1, 2)).remainder(2))


def linear(generator: torch.Generator) -> nn.Module:
    return PhaseNet((PhaseConfig(1, 8, (1,)),), 1, generator)


def lattice(generator: torch.Generator) -> nn.Module:
    return PhaseNet((PhaseConfig(1, 8, (1, 2, 4), increment="lattice", bias=False),), 1, generator)


def gru(generator: torch.Generator) -> nn.Module:
    return Gru(1, 8, 1, generator)


def run(make: Make, seed: int, rate: float, epochs: int, curriculum: bool, most_s: float) -> tuple[nn.Module, Run]:
    generator = torch.Generator().manual_seed(seed)
    net = make(generator)
    fixed = rows(ROWS, 16, generator)
    length = 2

    def of(_: int) -> Rows:
        nonlocal length
        if curriculum and length < 16 and accuracy(net, rows(512, length, generator)) > 0.98:
            length += 1
        return rows(ROWS, length, generator) if curriculum else fixed

    test = rows(2_000, 16, torch.Generator().manual_seed(1_000 + seed))
    found = train(net, of, test, rate, epochs, seed, most_s=most_s)
    return net, Run(accuracy(net, every(), 8_192), found.epochs, found.cpu_s)


def carried(net: nn.Module) -> list[float]:
    """Return the accuracy at every length."""
    generator = torch.Generator().manual_seed(7)
    counts = [max(64, min(1_024, (1 << 20) // length)) for length in LENGTHS]
    return [accuracy(net, rows(n, length, generator), 16) for n, length in zip(counts, LENGTHS, strict=True)]


def main() -> int:
    """Train, carry, print, and hold against the bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plot", type=Path)
    plot = parser.parse_args().plot
    table: list[list[object]] = [list(HEAD), ["constant", 0, "-", "0.5000 / 0.5000", "-", "-"]]
    far: dict[str, list[list[float]]] = {}
    results: dict[str, list[Run]] = {}
    kinds: list[tuple[str, Make, bool]] = [
        ("phases, linear", linear, False), ("phases, lattice", lattice, False),
        ("GRU", gru, False), ("GRU, curriculum", gru, True),
    ]  # fmt: skip
    for name, make, curriculum in kinds:
        ours = make is not gru
        most, seconds = (EPOCHS, 1e9) if ours else (GRU_EPOCHS, GRU_SECONDS)
        rate = 0.01 if ours else tuned(lambda r, m=make, c=curriculum: run(m, 99, r, GRU_EPOCHS, c, GRU_SECONDS)[1])
        found = [run(make, seed, rate, most, curriculum, seconds) for seed in SEEDS]
        results[name] = [one for _, one in found]
        far[name] = [carried(net) for net, _ in found]
        table.append(summary(f"{name}, rate {rate:g}", parameters(found[0][0]), results[name]))
        say(f"{name}: {far[name]}")
    lengths: list[list[object]] = [["least accuracy at length", *LENGTHS]]
    lengths += [
        [name, *(f"{min(one[at] for one in rows):.3f}" for at in range(len(LENGTHS)))] for name, rows in far.items()
    ]
    small = parameters(linear(torch.Generator()))
    missed = [
        reason
        for reason, ok in {
            f"{small} parameters": small <= BAR_PARAMETERS,
            "not every word right": all(one.accuracy == 1 for one in results["phases, linear"]),
            "too many epochs": all(one.epochs <= BAR_EPOCHS for one in results["phases, linear"]),
            "the lattice errs at 65,536": all(one[-1] == 1 for one in far["phases, lattice"]),
        }.items()
        if not ok
    ]
    show({"bench": "nn_parity", "accuracy": {n: [r.accuracy for r in rs] for n, rs in results.items()},
          "epochs": {n: [r.epochs for r in rs] for n, rs in results.items()}, "lengths": LENGTHS, "carried": far,
          "missed": missed}, table)  # fmt: skip
    show({}, lengths)
    if plot:
        draw(plot, far)
    return 1 if missed else 0


def draw(path: Path, far: dict[str, list[list[float]]]) -> None:
    """Draw the median over the seeds and their range against the length."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 3.6), layout="constrained")
    styles = {
        "phases, linear": ("--", "s"),
        "phases, lattice": ("-", "o"),
        "GRU": (":", "v"),
        "GRU, curriculum": ("-.", "^"),
    }
    for name, seeds in far.items():
        columns = list(zip(*seeds, strict=True))
        middle = [100 * statistics.median(column) for column in columns]
        line, mark = styles[name]
        drawn = axes.plot(LENGTHS, middle, line, marker=mark, markersize=4, label=name)
        low, high = ([100 * pick(column) for column in columns] for pick in (min, max))
        axes.fill_between(LENGTHS, low, high, color=drawn[0].get_color(), alpha=0.15)
    axes.axhline(50, color="grey", linewidth=0.8)
    axes.text(20, 52, "chance", color="grey")
    axes.set_xscale("log", base=2)
    axes.set_ylim(0, 103)
    axes.set_xticks(LENGTHS, [f"{length:,}" if length != 8_192 else "" for length in LENGTHS])
    axes.set_xlabel("length of the word (bits); trained at 16")
    axes.set_ylabel("right answers (%)")
    axes.set_title(
        f"Which nets still know parity past the length they learned?\nmedian and range of {len(SEEDS)} seeds",
        fontsize=10,
    )
    axes.legend(fontsize=8, loc="lower right")
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    sys.exit(main())
