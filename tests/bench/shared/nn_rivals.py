"""What the benches of the networks share: a GRU to beat, one loop that trains all, and a table of many seeds."""

import math
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cistron.memory_core.nn.phase import PhaseNet

torch.set_num_threads(1)
RATES = (1e-3, 3e-3, 1e-2)


class Gru(nn.Module):
    """A gated recurrent unit with a linear reading after every step."""

    def __init__(self, inputs: int, hidden: int, outputs: int, generator: torch.Generator) -> None:
        super().__init__()
        self.cells = nn.GRU(inputs, hidden, batch_first=True)
        self.reading = nn.Linear(hidden, outputs)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -(hidden**-0.5), hidden**-0.5, generator)

    def forward(self, x: Tensor) -> Tensor:
        return self.reading(self.cells(x)[0])


@dataclass(frozen=True)
class Rows:
    """Sequences, which steps count, and the label after the last one that does."""

    x: Tensor  # (rows, time, inputs)
    mask: Tensor  # (rows, time)
    y: Tensor  # (rows,), 0 or 1

    def some(self, places: Tensor) -> "Rows":
        return Rows(self.x[places], self.mask[places], self.y[places])


@dataclass(frozen=True)
class Run:
    """How training went."""

    accuracy: float
    epochs: int
    cpu_s: float


def answers(net: nn.Module, rows: Rows) -> Tensor:
    """Return the logits after the last step that counts."""
    found = net(rows.x, None, rows.mask)[0] if isinstance(net, PhaseNet) else net(rows.x)
    last = rows.mask.sum(1) - 1
    return found[torch.arange(len(last)), last, 0]


@torch.no_grad()
def accuracy(net: nn.Module, rows: Rows, batch: int = 512) -> float:
    """Return the share of right answers."""
    right = 0
    for places in torch.arange(len(rows.y)).split(batch):
        part = rows.some(places)
        right += int(((answers(net, part) > 0) == (part.y > 0.5)).sum())
    return right / len(rows.y)


def train(
    net: nn.Module,
    rows: Callable[[int], Rows],
    test: Rows,
    rate: float,
    epochs: int,
    seed: int,
    batch: int = 32,
    until: float = 1.0,
    most_s: float = 1e9,
    falling: bool = False,
) -> Run:
    """Train by Adam until an accuracy, a number of epochs or a time is reached; an epoch's rows may depend on it.

    The rate is constant, or rises over a tenth of the epochs and falls to nothing along a cosine.
    """
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(net.parameters(), rate)
    start, best, epoch = time.process_time(), 0.0, 0
    for epoch in range(1, epochs + 1):
        all_rows = rows(epoch)
        done = (epoch - 1) / epochs
        for group in optimizer.param_groups if falling else ():
            group["lr"] = rate * min(1.0, 0.1 + 9 * done) * 0.5 * (1 + math.cos(math.pi * done))
        for places in torch.randperm(len(all_rows.y), generator=generator).split(batch):
            part = all_rows.some(places)
            loss = nn.functional.binary_cross_entropy_with_logits(answers(net, part), part.y)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
        best = accuracy(net, test)
        if best >= until or time.process_time() - start > most_s:
            break
    return Run(best, epoch, round(time.process_time() - start, 1))


def tuned(run: Callable[[float], Run], rates: Iterable[float] = RATES) -> float:
    """Return the rate with which a first seed did best, and of equals the quickest."""
    return max(rates, key=lambda rate: (lambda found: (found.accuracy, -found.epochs))(run(rate)))


def parameters(net: nn.Module) -> int:
    """Return how many numbers a net learns."""
    return sum(parameter.numel() for parameter in net.parameters())


def spread(values: Sequence[float], digits: int = 4) -> str:
    """Return least and median."""
    return f"{min(values):.{digits}f} / {statistics.median(values):.{digits}f}"


def summary(name: str, size: int, runs: Sequence[Run]) -> list[object]:
    """Return a row of a table: name, parameters, seeds, least and median accuracy, most epochs, all CPU seconds."""
    most = max(run.epochs for run in runs)
    return [name, size, len(runs), spread([r.accuracy for r in runs]), most, round(sum(r.cpu_s for r in runs), 1)]


HEAD = ("net", "parameters", "seeds", "accuracy min / median", "most epochs", "cpu s")
