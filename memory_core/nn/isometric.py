"""A state that inputs reflect and shift, so that the distance of two histories' states never changes by itself."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class IsometricCell(nn.Module):
    """h_t = H(v_K) ... H(v_1) h_{t-1} + B x_t, where H(v) = I - 2 v v^T / |v|^2 and the v are linear in x_t.

    Two states under the same inputs keep their distance, up to rounding.

    Source: Householder reflections (Householder 1958; in recurrent networks, Mhammedi et al. 2017).
    """

    def __init__(self, inputs: int, hidden: int, generator: torch.Generator, reflections: int = 4) -> None:
        """Start from random directions."""
        super().__init__()
        self.inputs, self.hidden, self.reflections = inputs, hidden, reflections
        self.directions = nn.Linear(inputs, reflections * hidden)
        self.shift = nn.Linear(inputs, hidden, bias=False)
        for parameter in self.parameters():
            nn.init.normal_(parameter, 0.0, 1 / math.sqrt(inputs), generator)

    def step(self, x: Tensor, state: Tensor) -> Tensor:
        """Return the state after one input, (batch, inputs) and (batch, hidden)."""
        directions = self.directions(x).unflatten(-1, (self.reflections, self.hidden))
        directions = directions / directions.norm(dim=-1, keepdim=True).clamp_min(1e-12)
        for direction in directions.unbind(1):
            state = state - 2 * direction * (direction * state).sum(-1, keepdim=True)
        return state + self.shift(x)

    def forward(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Return the states after every step, (batch, time, hidden), and the last one."""
        states: list[Tensor] = []
        for now in x.unbind(1):
            state = self.step(now, state)
            states.append(state)
        return torch.stack(states, 1), state
