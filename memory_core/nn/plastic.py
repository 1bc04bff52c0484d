"""A cell that changes its own recurrent weights while it runs (the seeds' NDM)."""

from __future__ import annotations

import torch
from torch import Tensor

from .recurrent import CellConfig, RecurrentCell, State, linear, mean_of, spread


class PlasticCell(RecurrentCell):
    """NDM: h <- h + a (-h + tanh(W_i x + (W_h + F) h)), where F is Hebbian and belongs to each row of the batch.

    Signed traces pre <- 0.95 pre + 0.05 h_{t-1} and post <- 0.95 post + 0.05 dh, so that F can fall as well as rise;
    F <- F + 0.1 P (post pre^T - 0.01 F). Plasticity P fades by 0.999 a step; `surprised` raises it.
    """

    TRACE, RATE, FORGET, CALM = 0.95, 0.1, 0.01, 0.999

    def __init__(self, config: CellConfig, generator: torch.Generator) -> None:
        """Begin with neurons from slow to fast."""
        super().__init__(config)
        self.enter = linear(config.inputs, config.hidden, generator, gain=0.3)
        self.again = linear(config.hidden, config.hidden, generator, bias=False, gain=0.3)
        self.rate = torch.nn.Parameter(spread(0.05, 0.95, config.hidden))
        self.leave = linear(config.hidden, config.outputs, generator, gain=0.3)
        self.skip = linear(config.inputs, config.outputs, generator, bias=False, gain=0.3)

    def begin(self, batch: int) -> State:
        """Return quiet neurons without fast weights, of full plasticity."""
        hidden = self.config.hidden
        names = ("hidden", "pre", "post")
        return {name: self.zeros(batch, hidden) for name in names} | {
            "manifold": self.zeros(batch, hidden, hidden),
            "velocity": self.zeros(batch),
            "plasticity": self.zeros(batch) + 1,
        }

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Take one input."""
        before, fast = state["hidden"], state["manifold"]
        drive = self.enter(x) + self.again(before) + torch.einsum("bij,bj->bi", fast, before)
        change = self.rate.sigmoid() * (torch.tanh(drive) - before)
        pre = torch.lerp(before, state["pre"], self.TRACE)
        post = torch.lerp(change, state["post"], self.TRACE)
        outer = torch.einsum("bi,bj->bij", post, pre)
        moved = self.RATE * state["plasticity"][:, None, None] * (outer - self.FORGET * fast)
        hidden = before + change
        after = {"hidden": hidden, "pre": pre, "post": post, "manifold": fast + moved}
        after |= {"velocity": moved.abs().mean((1, 2)), "plasticity": self.CALM * state["plasticity"]}
        return self.leave(hidden) + self.skip(x), after

    def surprised(self, state: State, loss: Tensor) -> State:
        """Return the state with its plasticity raised by 0.01 * sqrt(loss), (batch,), to at most one."""
        return state | {"plasticity": (state["plasticity"] + 0.01 * loss.sqrt()).clamp_max(1.0)}

    def diagnostics(self, state: State) -> dict[str, float]:
        """Return the size of the fast weights, how fast they move and how plastic they are."""
        return {
            "manifold_energy": mean_of(state["manifold"].square()),
            "weight_velocity": mean_of(state["velocity"]),
            "plasticity": mean_of(state["plasticity"]),
        }
