"""Three associative cells that forget at different speeds, mixed and gated (the seeds' Hyper-AMN)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .manifold import LinearUnit, Liquid
from .recurrent import HEADS, CellConfig, RecurrentCell, State, linear, mean_of

DECAYS = {"spatial": 0.99, "emotional": 0.995, "logical": 0.999}  # the seeds' names: a head differs in nothing else


class MultiHeadCell(RecurrentCell):
    """Every head: linear unit, liquid step, h = 0.7 h + 0.3 tanh(q) M, M <- d M + 0.01 k (h V); then mix and gate."""

    RATE, SHARE = 0.01, 0.3

    def __init__(self, config: CellConfig, generator: torch.Generator, slots: int = 8) -> None:
        """Take the number of rows of every head's matrix."""
        super().__init__(config)
        self.slots = slots
        count, hidden = len(DECAYS), config.hidden
        self.enter = linear(config.inputs, count * hidden, generator, gain=0.3)
        self.units = nn.ModuleList(LinearUnit(hidden) for _ in DECAYS)
        self.liquids = nn.ModuleList(Liquid(hidden) for _ in DECAYS)
        self.queries, self.keys = (linear(hidden, slots, generator, bias=False, gain=0.3) for _ in range(2))
        self.values = linear(hidden, hidden, generator, bias=False, gain=0.3)
        self.mix = nn.Parameter(torch.eye(count) + 0.1 * torch.randn(count, count, generator=generator))
        self.gate = linear(hidden, count, generator, gain=0.3)
        self.leave = linear(hidden, config.outputs, generator, gain=0.3)
        self.skip = linear(config.inputs, config.outputs, generator, bias=False, gain=0.3)

    def begin(self, batch: int) -> State:
        """Return quiet heads with empty matrices."""
        hidden = self.config.hidden
        state = {"merged": self.zeros(batch, hidden), "gate": self.zeros(batch, len(DECAYS))}
        for name in DECAYS:
            state[HEADS + name] = self.zeros(batch, hidden)
            for part in ("unit", "liquid"):
                state[f"{part}_{name}"] = self.zeros(batch, hidden)
            state[f"manifold_{name}"] = self.zeros(batch, self.slots, hidden)
        return state

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Take one input."""
        after: State = {}
        drives = torch.tanh(self.enter(x)).chunk(len(DECAYS), -1)
        heads: list[Tensor] = []
        for place, (name, decay) in enumerate(DECAYS.items()):
            unit = self.units[place](drives[place], state[f"unit_{name}"])
            liquid = self.liquids[place](torch.tanh(unit), state[f"liquid_{name}"])
            matrix = state[f"manifold_{name}"]
            read = torch.einsum("bs,bsh->bh", torch.tanh(self.queries(liquid)), matrix)
            head = (1 - self.SHARE) * liquid + self.SHARE * torch.tanh(read)
            written = torch.einsum("bs,bh->bsh", self.keys(head).sigmoid(), self.values(head))
            after |= {f"unit_{name}": unit, f"liquid_{name}": liquid, HEADS + name: head}
            after[f"manifold_{name}"] = decay * matrix + self.RATE * written
            heads.append(head)
        mixed = torch.einsum("mn,nbh->mbh", self.mix, torch.stack(heads))
        gate = self.gate(state["merged"]).softmax(-1)
        merged = torch.einsum("bm,mbh->bh", gate, mixed)
        return self.leave(merged) + self.skip(x), after | {"merged": merged, "gate": gate}

    def diagnostics(self, state: State) -> dict[str, float]:
        """Return every head's matrix (mean square) and gate."""
        found = {f"manifold_energy_{name}": mean_of(state[f"manifold_{name}"].square()) for name in DECAYS}
        return found | {f"gate_mean_{name}": mean_of(state["gate"][:, place]) for place, name in enumerate(DECAYS)}
