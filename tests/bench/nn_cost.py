"""What a step costs in CPU time: scans of many lengths, a loop beside them, one online step in numpy and in torch."""

import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from shared.report import show

from cistron.memory_core.nn.phase import PhaseConfig, PhaseLayer
from cistron.memory_core.nn.scan import decayed_scan
from cistron.memory_core.nn.storing import as_online

torch.set_num_threads(1)
WIDTH, LENGTHS = 64, (64, 256, 1_024, 4_096, 65_536)
BAR_ONLINE_US, BAR_SCAN_US, BAR_DECAYED_US = 20.0, 2.0, 10.0


def cost(run: Callable[[], object], steps: int, times: int) -> float:
    """Return the least CPU microseconds a step of several repeats."""
    run()
    least = float("inf")
    for _ in range(5):
        start = time.process_time()
        for _ in range(times):
            run()
        least = min(least, time.process_time() - start)
    return least / times / steps * 1e6


@torch.no_grad()
def main() -> int:
    """Measure, print, and hold against the bars."""
    generator = torch.Generator().manual_seed(0)
    layer = PhaseLayer(PhaseConfig(WIDTH, WIDTH), generator)
    table: list[list[object]] = [["us a step, H = I = 64, one row", *LENGTHS]]
    report: dict[str, list[float]] = {}
    for name in ("scan with increments", "decayed, doubling", "decayed, one by one"):
        report[name] = []
        for length in LENGTHS:
            x = torch.randn(1, length, WIDTH, generator=generator)
            decay = torch.rand(1, length, WIDTH, generator=generator)
            runs: dict[str, Callable[[], object]] = {
                "scan with increments": lambda x=x: layer.scan(x),
                "decayed, doubling": lambda a=decay, x=x: decayed_scan(a, x),
                "decayed, one by one": lambda a=decay, x=x: decayed_scan(a, x, method="sequential"),
            }
            if name == "decayed, one by one" and length > 4_096:
                continue
            report[name].append(round(cost(runs[name], length, max(1, 4_096 // length)), 2))
        table.append([name, *report[name], *([None] * (len(LENGTHS) - len(report[name])))])
    online, x = as_online(layer), np.ones(WIDTH)
    row, state = torch.ones(1, WIDTH), layer.begin(1)
    steps = {
        "numpy": cost(lambda: online.step(x, np.zeros(WIDTH)), 1, 2_000),
        "torch": cost(lambda: layer.step(row, state), 1, 500),
    }
    table.append(["one online step, numpy / torch", round(steps["numpy"], 1), round(steps["torch"], 1), "", "", ""])
    missed = [
        name
        for name, ok in {
            "online step": steps["numpy"] <= BAR_ONLINE_US,
            "scan": max(report["scan with increments"][1:]) <= BAR_SCAN_US,
            "decayed scan": max(report["decayed, doubling"]) <= BAR_DECAYED_US,
        }.items()
        if not ok
    ]
    show({"bench": "nn_cost", "us": report, "online_us": steps, "missed": missed}, table)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
