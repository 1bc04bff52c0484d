"""One step of a phase layer in numpy, for a process that must not load torch; the same numbers to the last few bits."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class OnlinePhase:
    """The weights of a trained layer, as arrays, and what its config says; `step` is `PhaseLayer.step` for one row."""

    weight: Floats  # (hidden, inputs)
    bias: Floats  # (hidden,)
    harmonics: Floats
    kept: Floats  # (hidden,)
    increment: str
    lattice: int
    spin: float = 1.0
    full_state: bool = True

    def step(self, x: Floats, state: Floats) -> tuple[Floats, Floats]:
        """Return the state after one input, (inputs,) and (hidden,), and its features."""
        unit = 2 * math.pi / self.lattice if self.increment == "lattice" else 1.0
        turned = self.weight @ x + self.bias
        if self.increment == "sigmoid":
            turned = self.spin * math.pi / (1 + np.exp(-turned))
        elif self.increment == "lattice":
            turned = np.rint(turned / unit)
        after = self.kept * state + turned
        if not self.full_state:
            after = np.remainder(after, 2 * math.pi / unit)
        return after, self.features(after)

    def features(self, state: Floats) -> Floats:
        """Return cosines, then sines, of the phases at every harmonic."""
        unit = 1.0
        if self.increment == "lattice":
            unit, state = 2 * math.pi / self.lattice, np.remainder(state, self.lattice)
        angles = np.outer(self.harmonics, state).ravel() * unit
        return np.concatenate([np.cos(angles), np.sin(angles)])
