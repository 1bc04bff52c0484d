"""How many changes between two states can be told exactly, from the states alone? And how alike are two states?

Two states that differ in so many events, of 5,000 that may have happened; the difference is decoded and compared with
the truth. A difference that cannot be told must say so: one that is wrong and says it is right is a failure, whatever
the rate. Likeness is held against the kernel that it estimates. Prints one line of JSON on stdout and a table on
stderr; exits 1 when a bar is missed.
"""

import argparse
import random
import sys
import time
from pathlib import Path

import numpy as np
from shared.report import show

from cistron.memory_core import sketch

CANDIDATES = 5_000
CHANGES = (1, 4, 8, 16, 24, 32, 40, 48, 56, 64, 72)
BAR_CHANGES = 32
BAR_KERNEL = 0.03  # root mean square error, over all harmonics and sizes of difference


def main() -> int:
    """Measure, print, and hold the figures against the bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=200, help="at the bar; elsewhere a quarter of it")
    parser.add_argument("--plot", type=Path, help="write the plot here (PNG)")
    given = parser.parse_args()
    rows: list[tuple[int, int, float, int, float]] = []
    for changes in CHANGES:
        trials = given.trials if changes == BAR_CHANGES else max(1, given.trials // 4)
        rows.append((changes, trials, *_tried(changes, trials)))
    if given.plot is not None:
        from shared.plotting import rates  # matplotlib

        rates(given.plot, [(changes, rate, trials) for changes, trials, rate, _, _ in rows], sketch.WIDTH, CANDIDATES)
    missing = [f"{rate} of {changes} changes" for changes, _, rate, _, _ in rows if changes <= 32 and rate < 1.0]
    missing += [f"{wrong} wrong answers at {changes} changes" for changes, _, _, wrong, _ in rows if wrong]
    kernel = kernel_error()
    missing += [] if kernel <= BAR_KERNEL else [f"the kernel errs by {kernel}"]
    head = ["changes", "trials", "exact", "wrong", "ms"]
    report = {
        "bench": "memory_diff",
        "candidates": CANDIDATES,
        "rows": rows,
        "kernel_rmse": kernel,
        "passed": not missing,
        "missing": missing,
    }
    show(report, [head, *rows, ["kernel rmse", kernel, "", "", ""]])
    return 1 if missing else 0


def kernel_error() -> float:
    """Return the root mean square error of the likeness of two states, over harmonics and 1 to 256 differing events."""
    rng, errors = random.Random(0), list[float]()
    names = [f"src/file_{number}.py" for number in range(CANDIDATES)]
    for size in (1 << power for power in range(9)):
        for _ in range(50):
            state = sketch.observe(sketch.empty(), dict.fromkeys(rng.sample(names, size), 1))
            for harmonic in sketch.HARMONICS:
                found = sketch.similarity(sketch.empty(), state, harmonic)
                errors.append(found - sketch.expected_similarity(size, harmonic))
    return round(float(np.sqrt(np.mean(np.square(errors)))), 4)


def _tried(changes: int, trials: int) -> tuple[float, int, float]:
    """Return the share that was told exactly, how many were told wrongly, and the milliseconds each took."""
    exact = wrong = 0
    begun = time.process_time()
    for trial in range(trials):
        rng = random.Random(1_000 * changes + trial)
        names = [f"src/trial_{trial % 8}/file_{number}.py" for number in range(CANDIDATES)]
        truth = {name: rng.choice((-2, -1, 1, 1, 2, 3)) for name in rng.sample(names, changes)}
        before = np.array([rng.randrange(-(1 << 40), 1 << 40) for _ in range(sketch.WIDTH)], np.int64)
        found = sketch.difference(before, sketch.observe(before, truth), names)
        exact += found.ok and dict(found.changes) == truth
        wrong += found.ok and dict(found.changes) != truth
    return round(exact / trials, 3), wrong, round(1000 * (time.process_time() - begun) / trials, 1)


if __name__ == "__main__":
    sys.exit(main())
