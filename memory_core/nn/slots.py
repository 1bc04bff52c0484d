"""An episodic memory of a fixed number of slots that gradients pass through.

A slot's priority fades with every write and grows when the slot is read; a new pair takes the slot of the least
priority, or is turned away if it matters less than all of them. Reading is a softmax over cosines of the best few slots
that are recent enough.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class SlotState:
    """What the slots hold; `written` is the step of the write, -1 in an empty slot."""

    keys: Tensor  # (batch, slots, keys)
    values: Tensor  # (batch, slots, values)
    priority: Tensor  # (batch, slots)
    written: Tensor  # (batch, slots), integers
    step: int = 0


@dataclass(frozen=True, slots=True)
class SlotMemory:
    """How the slots are filled and read."""

    slots: int
    keys: int
    values: int
    decay: float = 0.99
    temperature: float = 0.1

    def begin(self, batch: int) -> SlotState:
        """Return empty slots."""
        return SlotState(
            torch.zeros(batch, self.slots, self.keys),
            torch.zeros(batch, self.slots, self.values),
            torch.zeros(batch, self.slots),
            torch.full((batch, self.slots), -1),
        )

    def write(self, state: SlotState, key: Tensor, value: Tensor, importance: Tensor) -> SlotState:
        """Return the slots after one pair was offered.

        Args:
            state: Not changed.
            key: (batch, keys).
            value: (batch, values).
            importance: (batch,), above zero; a pair no more important than the least slot is turned away.
        """
        if key.shape[-1] != self.keys or value.shape[-1] != self.values:
            raise ValueError(
                f"key and value must end in {self.keys} and {self.values}, not {tuple(key.shape)}, {tuple(value.shape)}"
            )
        priority = state.priority * self.decay
        least, place = priority.min(1)
        taken = torch.nn.functional.one_hot(place, self.slots).bool() & (importance > least).unsqueeze(1)
        wide = taken.unsqueeze(-1)
        return SlotState(
            torch.where(wide, key.unsqueeze(1), state.keys),
            torch.where(wide, value.unsqueeze(1), state.values),
            torch.where(taken, importance.unsqueeze(1), priority),
            torch.where(taken, state.step, state.written),
            state.step + 1,
        )

    def read(
        self, state: SlotState, query: Tensor, top: int | None = None, window: int | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return values for queries, (batch, queries, values), and every slot's weight, (batch, queries, slots).

        Args:
            state: What to read.
            query: (batch, queries, keys).
            top: Only so many of the best slots take part.
            window: Only slots of the last so many writes take part. Where none does, values and weights are zero.
        """
        normal = torch.nn.functional.normalize
        alike = torch.einsum("bqk,bsk->bqs", normal(query, dim=-1), normal(state.keys, dim=-1))
        oldest = 0 if window is None else max(0, state.step - window)
        usable = (state.written >= oldest).unsqueeze(1).expand_as(alike)
        alike = alike.masked_fill(~usable, float("-inf"))
        if top is not None and top < self.slots:
            best = alike.topk(top, dim=-1).indices
            usable = usable & torch.zeros_like(usable).scatter(-1, best, True)
            alike = alike.masked_fill(~usable, float("-inf"))
        some = usable.any(-1, keepdim=True)
        weight = torch.where(some, alike, 0.0).div(self.temperature).softmax(-1) * some
        return torch.einsum("bqs,bsv->bqv", weight, state.values), weight

    def used(self, state: SlotState, weight: Tensor, gain: float = 1.0) -> SlotState:
        """Return the slots with the priority that reading them with these weights earned."""
        return replace(state, priority=state.priority + gain * weight.sum(1))
