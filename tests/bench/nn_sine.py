"""The next value of a sine of unknown frequency and phase: phases and a GRU beside persistence and two-term regression.

The seeds say that the GRU wins here; this is reported, there is no bar. Mean square error over the second half of
64 steps, where the target's mean square is one half.
"""

import math
import sys
import time

import numpy as np
import torch
from shared.nn_rivals import RATES, Gru, parameters, spread
from shared.report import show
from torch import Tensor, nn

from cistron.memory_core.nn.phase import PhaseConfig, PhaseNet

SEEDS, STEPS, BATCH, TIME = range(5), 400, 64, 64


def waves(count: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    rate, phase = torch.rand(2, count, 1, generator=generator)
    return torch.sin((0.1 + 0.7 * rate) * torch.arange(TIME + 1) + 2 * math.pi * phase)


def make(name: str, seed: int) -> nn.Module:
    generator = torch.Generator().manual_seed(seed)
    if name == "GRU":
        return Gru(1, 24, 1, generator)
    bands = (0.0, 0.5, 0.8, 0.95)
    return PhaseNet((PhaseConfig(1, 16, (1, 2), decay=bands), PhaseConfig(64, 16, (1, 2), decay=bands)), 1, generator)


def outputs(net: nn.Module, x: Tensor) -> Tensor:
    found = net(x.unsqueeze(-1))
    return (found[0] if isinstance(net, PhaseNet) else found)[..., 0]


def trained(name: str, seed: int, rate: float) -> nn.Module:
    net = make(name, seed)
    optimizer = torch.optim.Adam(net.parameters(), rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    for step in range(STEPS):
        rows = waves(BATCH, 10_000 * (seed + 1) + step)
        loss = nn.functional.mse_loss(outputs(net, rows[:, :-1])[:, TIME // 2 :], rows[:, 1 + TIME // 2 :])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return net


@torch.no_grad()
def error(net: nn.Module, rows: Tensor) -> float:
    return float((outputs(net, rows[:, :-1]) - rows[:, 1:])[:, TIME // 2 :].square().mean())


def main() -> int:
    """Train and print."""
    rows = waves(512, 1)
    late = rows[:, TIME // 2 :].double().numpy()
    past = np.stack([late[:, 1:-1], late[:, :-2]], -1).reshape(-1, 2)
    weights = np.linalg.lstsq(past, late[:, 2:].ravel(), rcond=None)[0]
    simple = {"persistence": np.square(late[:, 1:] - late[:, :-1]).mean(),
              "two-term regression, one for all": np.square(past @ weights - late[:, 2:].ravel()).mean()}  # fmt: skip
    table: list[list[object]] = [["net", "parameters", "seeds", "mse min / median", "cpu s"]]
    table += [[name, "-", "-", f"{value:.5f}", "-"] for name, value in simple.items()]
    report: dict[str, list[float]] = {}
    for name in ("phases", "GRU"):
        rate = min(RATES, key=lambda r, n=name: error(trained(n, 99, r), waves(256, 2)))
        start = time.process_time()
        nets = [trained(name, seed, rate) for seed in SEEDS]
        cpu = round(time.process_time() - start, 1)
        report[name] = [round(error(net, rows), 6) for net in nets]
        table.append([f"{name}, rate {rate:g}", parameters(nets[0]), len(nets), spread(report[name], 5), cpu])
    show({"bench": "nn_sine", "mse": report, "simple": {k: float(v) for k, v in simple.items()}}, table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
