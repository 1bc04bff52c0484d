"""What all recurrent cells share: a state that is a dictionary of tensors, a step, and a loop over time."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor, nn

State = dict[str, Tensor]
HEADS = "head_"  # how the names of states that belong to one of several heads begin


@dataclass(frozen=True, slots=True)
class CellConfig:
    """The size of a cell; what else it has is an argument with a default."""

    inputs: int
    hidden: int
    outputs: int


class RecurrentCell(nn.Module, ABC):
    """A cell: `begin` gives a state, `step` takes one input, `forward` a sequence, all of it with gradients."""

    def __init__(self, config: CellConfig) -> None:
        """Keep the sizes."""
        super().__init__()
        self.config = config

    @abstractmethod
    def begin(self, batch: int) -> State:
        """Return the state before the first step."""

    @abstractmethod
    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Return the output and the state after one input, (batch, inputs) to (batch, outputs)."""

    @abstractmethod
    def diagnostics(self, state: State) -> dict[str, float]:
        """Return what there is to watch in a state, under the names that the literature of these cells uses."""

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Return the outputs, (batch, time, outputs), and the last state, for x (batch, time, inputs)."""
        if x.dim() != 3 or x.shape[-1] != self.config.inputs:
            raise ValueError(f"x must be (batch, time, {self.config.inputs}), not {tuple(x.shape)}")
        state = self.begin(x.shape[0]) if state is None else state
        outputs: list[Tensor] = []
        for now in x.unbind(1):
            output, state = self.step(now, state)
            outputs.append(output)
        return torch.stack(outputs, 1), state

    def zeros(self, batch: int, *shape: int) -> Tensor:
        """Return zeros in the precision of the weights."""
        return torch.zeros(batch, *shape, dtype=next(self.parameters()).dtype)


def linear(inputs: int, outputs: int, generator: torch.Generator, bias: bool = True, gain: float = 1.0) -> nn.Linear:
    """Return a layer with weights uniform in +-gain * sqrt(3 / inputs), so that it keeps variance, and no bias yet."""
    found = nn.Linear(inputs, outputs, bias=bias)
    bound = gain * math.sqrt(3 / inputs)
    nn.init.uniform_(found.weight, -bound, bound, generator)
    if bias:
        nn.init.zeros_(found.bias)
    return found


def spread(low: float, high: float, count: int) -> Tensor:
    """Return the logits of numbers in (0, 1), evenly spread from low to high."""
    return torch.logit(torch.linspace(low, high, count))


def mean_of(tensor: Tensor) -> float:
    """Return a mean as a number."""
    return float(tensor.detach().double().mean())
