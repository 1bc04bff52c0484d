"""Phases that inputs turn, read through sines and cosines: exact counting in a cyclic group, as one cumulative sum.

phi_t = a * phi_{t-1} + g(x_t), read as cos(k * phi) and sin(k * phi) for every harmonic k. The increment g depends on
the input alone, so all steps are one scan. Quantising the increments, not the state, keeps the scan linear and makes it
exact: on a lattice of L steps to a turn the state is an integer, whatever the length.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor, nn

from .scan import decayed_scan

Increment = Literal["linear", "sigmoid", "lattice"]
TURN = 2 * math.pi


@dataclass(frozen=True, slots=True)
class PhaseConfig:
    """A layer of phases."""

    inputs: int
    hidden: int
    harmonics: tuple[int, ...] = (1, 2, 4, 8)
    increment: Increment = "linear"
    lattice: int = 8  # steps to a turn, where the increment is a lattice's
    spin: float = 1.0  # the largest sigmoid increment, in half turns
    decay: tuple[float, ...] = ()  # kept of a phase at each step, one number for each band of neurons; empty keeps all
    bias: bool = True
    full_state: bool = True  # false forgets whole turns

    def __post_init__(self) -> None:
        """Refuse what has no meaning.

        Raises:
            ValueError: Said in the message.
        """
        if self.decay and self.hidden % len(self.decay):
            raise ValueError(f"{self.hidden} neurons do not divide into {len(self.decay)} bands of decay")
        if self.decay and (self.increment == "lattice" or not self.full_state):
            raise ValueError("a phase that decays leaves its lattice and its turn; drop `decay` or the other")
        if self.lattice < 2 or not self.harmonics:
            raise ValueError(f"need a lattice of 2 or more and a harmonic, not {self.lattice} and {self.harmonics}")


class PhaseLayer(nn.Module):
    """Turn phases by what comes in, and read them; a state is in radians, or in steps on a lattice, always float64."""

    def __init__(self, config: PhaseConfig, generator: torch.Generator) -> None:
        """Start from random increments in (0, pi) for an input of one, in no order."""
        super().__init__()
        self.config = config
        spread = torch.rand(config.hidden, config.inputs, generator=generator) * math.pi
        sign = torch.ones(config.hidden, config.inputs)
        if config.inputs > 1:
            spread = spread / math.sqrt(config.inputs)
            sign = torch.randint(0, 2, sign.shape, generator=generator) * 2.0 - 1.0
        self.weight = nn.Parameter(spread * sign)
        self.bias = nn.Parameter(torch.zeros(config.hidden)) if config.bias else None
        self.register_buffer("harmonics", torch.tensor(config.harmonics, dtype=torch.float64), persistent=False)
        bands = torch.tensor(config.decay or (1.0,), dtype=torch.float64)
        self.register_buffer("kept", bands.repeat_interleave(config.hidden // len(bands)), persistent=False)

    @property
    def width(self) -> int:
        """How many features a step has."""
        return 2 * len(self.config.harmonics) * self.config.hidden

    @property
    def unit(self) -> float:
        """Radians to one unit of the state."""
        return TURN / self.config.lattice if self.config.increment == "lattice" else 1.0

    def forward(self, x: Tensor, state: Tensor | None = None, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the features after every step, (batch, time, width), and the last state, (batch, hidden).

        Args:
            x: (batch, time, inputs).
            state: (batch, hidden); None begins at zero.
            mask: (batch, time), false where a step is padding and changes nothing.
        """
        states = self.scan(x, state, mask)
        return self.features(states), states[:, -1]

    def increments(self, x: Tensor) -> Tensor:
        """Return how far an input turns every phase, (..., hidden), float64; straight through the rounding."""
        if x.shape[-1] != self.config.inputs:
            raise ValueError(f"x must have {self.config.inputs} inputs a step, not {tuple(x.shape)}")
        turned = nn.functional.linear(x, self.weight, self.bias).double()
        if self.config.increment == "sigmoid":
            return self.config.spin * math.pi * torch.sigmoid(turned)
        if self.config.increment == "lattice":
            steps = turned / self.unit
            return steps + (steps.round() - steps).detach()
        return turned

    def scan(self, x: Tensor, state: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        """Return the phases after every step, (batch, time, hidden), float64."""
        turned = self.increments(x)
        if mask is not None:
            turned = turned * mask.unsqueeze(-1)
        if not self.config.decay:
            return self._wrapped(decayed_scan(None, turned, state))
        kept = self._kept()
        if mask is not None:
            kept = torch.where(mask.unsqueeze(-1), kept, 1.0)
        return decayed_scan(kept, turned, state)

    def step(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Return the state after one input, (batch, inputs) to (batch, hidden), and its features."""
        after = self._wrapped(self._kept() * state + self.increments(x))
        return after, self.features(after)

    def features(self, states: Tensor) -> Tensor:
        """Return cosines, then sines, of the phases at every harmonic, (..., width), in the weights' own precision."""
        if self.config.increment == "lattice":
            states = states.remainder(self.config.lattice)
        angles = (states.unsqueeze(-2) * self._harmonics().unsqueeze(-1)).flatten(-2) * self.unit
        return torch.cat([angles.cos(), angles.sin()], -1).to(self.weight.dtype)

    def begin(self, batch: int) -> Tensor:
        """Return the state before the first step."""
        return torch.zeros(batch, self.config.hidden, dtype=torch.float64, device=self.weight.device)

    def _wrapped(self, states: Tensor) -> Tensor:
        return states if self.config.full_state else states.remainder(TURN / self.unit)

    def _harmonics(self) -> Tensor:
        return self.get_buffer("harmonics")

    def _kept(self) -> Tensor:
        return self.get_buffer("kept")


class PhaseNet(nn.Module):
    """Layers of phases, each turned by the features of the one before, and a linear reading of all of them."""

    def __init__(self, layers: tuple[PhaseConfig, ...], outputs: int, generator: torch.Generator) -> None:
        """Check that every layer takes what the one before gives."""
        super().__init__()
        self.layers = nn.ModuleList(PhaseLayer(config, generator) for config in layers)
        widths = [layer.width for layer in self._layers()]
        for config, width in zip(layers[1:], widths[:-1], strict=True):
            if config.inputs != width:
                raise ValueError(f"a layer takes {config.inputs} inputs where the one before gives {width}")
        self.reading = nn.Linear(sum(widths), outputs)
        bound = 1 / math.sqrt(sum(widths))
        nn.init.uniform_(self.reading.weight, -bound, bound, generator)
        nn.init.zeros_(self.reading.bias)

    def forward(
        self, x: Tensor, state: list[Tensor] | None = None, mask: Tensor | None = None
    ) -> tuple[Tensor, list[Tensor]]:
        """Return the outputs after every step, (batch, time, outputs), and each layer's last state."""
        found: list[Tensor] = []
        after: list[Tensor] = []
        for place, layer in enumerate(self._layers()):
            x, last = layer(x, None if state is None else state[place], mask)
            found.append(x)
            after.append(last)
        return self.reading(torch.cat(found, -1)), after

    def step(self, x: Tensor, state: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Return the outputs after one more input, (batch, outputs), and the states."""
        found: list[Tensor] = []
        after: list[Tensor] = []
        for layer, before in zip(self._layers(), state, strict=True):
            now, x = layer.step(x, before)
            found.append(x)
            after.append(now)
        return self.reading(torch.cat(found, -1)), after

    def begin(self, batch: int) -> list[Tensor]:
        """Return the states before the first step."""
        return [layer.begin(batch) for layer in self._layers()]

    def _layers(self) -> list[PhaseLayer]:
        return [layer for layer in self.layers if isinstance(layer, PhaseLayer)]


def snapped(layer: PhaseLayer, lattice: int) -> PhaseLayer:
    """Return a layer of linear increments with every weight moved to the nearest step of a lattice.

    On inputs of 0 and 1 its counts are exact at any length; the reading after it may need refitting.
    """
    config = layer.config
    if config.increment != "linear" or config.decay:
        raise ValueError(f"only linear increments that keep all can be snapped, not {config.increment}")
    found = PhaseLayer(replace(config, increment="lattice", lattice=lattice), torch.Generator())
    step = TURN / lattice
    with torch.no_grad():
        found.weight.copy_((layer.weight / step).round() * step)
        if found.bias is not None and layer.bias is not None:
            found.bias.copy_((layer.bias / step).round() * step)
    return found
