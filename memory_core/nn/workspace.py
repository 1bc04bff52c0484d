"""Groups of neurons that compete for a small workspace (the seeds' SGW-AMN).

Source: global workspace theory (Baars 1988), as a sparse softmax over groups.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .manifold import LinearUnit, Liquid
from .recurrent import CellConfig, RecurrentCell, State, linear, mean_of


class WorkspaceCell(RecurrentCell):
    """The `winners` groups of gelu(W x) with the best scores are written to a workspace that is remembered and read.

    Scores see the linear unit too, so that memory takes part in the competition; a loser gets no gradient in that step.
    """

    DECAY, SHARE = 0.99, 0.3

    def __init__(
        self, config: CellConfig, generator: torch.Generator, groups: int = 8, workspace: int = 8, winners: int = 4
    ) -> None:
        """Take the numbers of groups, of neurons in the workspace, and of winners."""
        super().__init__(config)
        if not 1 <= winners <= groups or config.hidden % groups:
            raise ValueError(
                f"{winners} of {groups} groups of {config.hidden} neurons: they must divide, and be enough"
            )
        self.groups, self.workspace, self.winners = groups, workspace, winners
        hidden = config.hidden
        self.enter = linear(config.inputs, hidden, generator)
        self.unit, self.liquid = LinearUnit(hidden), Liquid(workspace)
        self.score = linear(2 * hidden, groups, generator, gain=0.3)
        self.gather = nn.Parameter(
            torch.randn(groups, 2 * hidden // groups, workspace, generator=generator) / math.sqrt(hidden)
        )
        self.leave = linear(hidden + 2 * workspace, config.outputs, generator, gain=0.3)
        self.skip = linear(config.inputs, config.outputs, generator, bias=False, gain=0.3)

    def begin(self, batch: int) -> State:
        """Return an empty workspace and memory, (batch, workspace, workspace)."""
        return {
            "unit": self.zeros(batch, self.config.hidden),
            "share": self.zeros(batch, self.groups),
            "liquid": self.zeros(batch, self.workspace),
            "manifold": self.zeros(batch, self.workspace, self.workspace),
        }

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Take one input."""
        entered = nn.functional.gelu(self.enter(x))
        unit = self.unit(torch.tanh(self.enter(x)), state["unit"])
        seen = torch.cat([entered, unit], -1)
        scores = self.score(seen)
        winners = scores.topk(self.winners, -1).indices
        lost = torch.ones_like(scores, dtype=torch.bool).scatter(-1, winners, False)
        share = scores.masked_fill(lost, float("-inf")).softmax(-1)
        parts = seen.unflatten(-1, (self.groups, -1))
        workspace = torch.tanh(torch.einsum("bg,bgp,gpw->bw", share, parts, self.gather))
        liquid = self.liquid(workspace, state["liquid"])
        read = torch.einsum("bwv,bv->bw", state["manifold"], liquid)
        outer = torch.einsum("bw,bv->bwv", liquid, liquid)
        manifold = torch.lerp(outer, state["manifold"], self.DECAY)
        output = self.leave(torch.cat([unit, liquid, self.SHARE * read], -1)) + self.skip(x)
        return output, {"unit": unit, "share": share, "liquid": liquid, "manifold": manifold}

    def diagnostics(self, state: State) -> dict[str, float]:
        """Return the memory's size, how sparse the workspace is, and how even the competition."""
        share = state["share"]
        entropy = -(share * share.clamp_min(1e-12).log()).sum(-1)
        return {
            "manifold_energy": mean_of(state["manifold"].square()),
            "workspace_sparsity": mean_of((state["liquid"].abs() > 0.1).float()),
            "competition_entropy": mean_of(entropy),
            "bottleneck_rate": self.workspace / self.config.hidden,
        }
