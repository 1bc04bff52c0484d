"""Linear recurrences over time, without a loop where one can be avoided."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

Method = Literal["cumsum", "doubling", "sequential"]


def decayed_scan(
    decay: Tensor | None, update: Tensor, start: Tensor | None = None, method: Method | None = None
) -> Tensor:
    """Return every state of h_t = a_t * h_{t-1} + u_t.

    Args:
        decay: a, (batch, time, width) or anything that broadcasts to it; None is 1 everywhere.
        update: u, (batch, time, width).
        start: h_0, (batch, width); None is zero.
        method: `cumsum`, one pass, only without decay; `doubling`, log2(time) passes over all steps (Hillis and Steele
            1986); `sequential`, one step at a time. None takes the first that fits.

    Returns:
        h_1 to h_time, (batch, time, width).

    Raises:
        ValueError: The shapes do not fit, or `cumsum` was asked to decay: dividing by products of decays overflows.
    """
    if update.dim() != 3:
        raise ValueError(f"update must be (batch, time, width), not {tuple(update.shape)}")
    if start is not None and start.shape != (update.shape[0], update.shape[2]):
        raise ValueError(f"start must be (batch, width) = {update.shape[::2]}, not {tuple(start.shape)}")
    if method == "cumsum" and decay is not None:
        raise ValueError("cumsum cannot decay; use method='doubling'")
    if decay is None and method in {None, "cumsum"}:
        states = update.cumsum(1)
        return states if start is None else states + start.unsqueeze(1)
    decay = torch.ones_like(update) if decay is None else decay.expand_as(update)
    if update.shape[1] == 0:
        return update
    if start is not None:
        update = torch.cat([update[:, :1] + decay[:, :1] * start.unsqueeze(1), update[:, 1:]], 1)
    return _one_by_one(decay, update) if method == "sequential" else _doubled(decay, update)


def _doubled(decay: Tensor, update: Tensor) -> Tensor:
    """After the pass of reach r every state has taken in the 2r steps that end at it."""
    reach = 1
    while reach < update.shape[1]:
        late = update[:, reach:] + decay[:, reach:] * update[:, :-reach]
        product = decay[:, reach:] * decay[:, :-reach]
        update = torch.cat([update[:, :reach], late], 1)
        decay = torch.cat([decay[:, :reach], product], 1)
        reach *= 2
    return update


def _one_by_one(decay: Tensor, update: Tensor) -> Tensor:
    state = torch.zeros_like(update[:, 0])
    states: list[Tensor] = []
    for now in range(update.shape[1]):
        state = decay[:, now] * state + update[:, now]
        states.append(state)
    return torch.stack(states, 1)
