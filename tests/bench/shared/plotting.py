"""The pictures of `docs/memory.md`; matplotlib is needed for them alone."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
import numpy.typing as npt

mpl.use("Agg")
from matplotlib import pyplot as plt

GREYS = ("#1b4965", "#ca6702", "#5f0f40", "#2a9d8f")
MARKERS = ("o", "s", "^", "D")
SIZE = (6.4, 4.0)


def reliability(
    path: Path, told: Mapping[str, tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]], bins: int
) -> None:
    """Draw what was told against what came, a line a history."""
    _, axes = plt.subplots(figsize=SIZE)
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for (name, (said, held)), colour, marker in zip(told.items(), GREYS, MARKERS, strict=False):
        parts = np.array_split(np.argsort(said, kind="stable"), bins)
        points = [(said[part].mean(), held[:, part].mean()) for part in parts]
        axes.plot(
            *zip(*points, strict=True), color=colour, marker=marker, markersize=4, label=f"{name} (n={said.size})"
        )
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="probability told", ylabel="share that was in focus")
    axes.set_title("Is what is needed next in focus? Told by a model fitted on the other histories", fontsize=9)
    axes.legend(frameon=False, fontsize=8)
    _write(path)


def rates(path: Path, rows: Sequence[tuple[int, float, int]], width: int, candidates: int) -> None:
    """Draw the share of differences that were told exactly against the number of changes; rows: changes, share, n."""
    _, axes = plt.subplots(figsize=SIZE)
    axes.plot([row[0] for row in rows], [100 * row[1] for row in rows], color=GREYS[0], marker="o", markersize=4)
    axes.set(ylim=(-3, 103), xlabel="events in which two states differ", ylabel="told exactly (%)")
    trials = f"{min(row[2] for row in rows)}-{max(row[2] for row in rows)} trials a point"
    axes.set_title(f"{width} numbers name the difference among {candidates:,} events ({trials})", fontsize=9)
    _write(path)


def hits(path: Path, figures: Mapping[str, Mapping[str, Mapping[str, Mapping[str, float]]]]) -> None:
    """Draw hit@10 of every model, a group of bars a history, a panel a task."""
    tasks = list(next(iter(figures.values())))
    _, panels = plt.subplots(1, len(tasks), figsize=(9.6, 4.0), sharey=True)
    for axes, task in zip(panels, tasks, strict=True):
        models = [model for model in next(iter(figures.values()))[task] if model not in {"walks", "any of three tens"}]
        places = np.arange(len(figures))
        for number, model in enumerate(models):
            medians = [100 * found[task][model]["hit_median"] for found in figures.values()]
            shade = GREYS[0] if model == "ours" else str(0.3 + 0.13 * number)
            axes.bar(places + number * 0.8 / len(models), medians, 0.75 / len(models), color=shade, label=model)
        axes.set_xticks(places + 0.3, list(figures), fontsize=8)
        axes.set_title(f"{task}: the hidden file is among the first ten", fontsize=9)
        axes.legend(frameon=False, fontsize=7)
    panels[0].set(ylim=(0, 105), ylabel="hit@10 (%), median over draws")
    _write(path)


def _write(path: Path) -> None:
    plt.tight_layout()
    plt.savefig(path, dpi=110, metadata={"Software": ""})
    plt.close()
