"""Cells with a leaky and with a gated memory (the seeds' AMRC and PMRC), trained through time."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .recurrent import CellConfig, RecurrentCell, State, linear, mean_of, spread


class LeakyMemoryCell(RecurrentCell):
    """AMRC: n = tanh(W x + b + g m), y_t = n + beta * y_{t-1}, m <- (1 - alpha) m + alpha n, o = V y + c.

    Echo beta, leak alpha and gain g belong to each neuron, lie in (0, 1) and are learned; they begin spread, so that
    some are slow. The seed has no gain: with g = 1 the memory is an integrator that never forgets where it began.
    """

    def __init__(self, config: CellConfig, generator: torch.Generator) -> None:
        """Begin with small inputs, where tanh is nearly linear."""
        super().__init__(config)
        self.enter = linear(config.inputs, config.hidden, generator, gain=0.3)
        self.echo = nn.Parameter(spread(0.02, 0.9, config.hidden))
        self.leak = nn.Parameter(spread(0.5, 0.1, config.hidden))
        self.gain = nn.Parameter(spread(0.1, 0.5, config.hidden))
        self.leave = linear(config.hidden, config.outputs, generator, gain=0.3)

    def begin(self, batch: int) -> State:
        """Return empty memories and echoes."""
        return {"memory": self.zeros(batch, self.config.hidden), "echo": self.zeros(batch, self.config.hidden)}

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Take one input."""
        fired = torch.tanh(self.enter(x) + self.gain.sigmoid() * state["memory"])
        echo = fired + self.echo.sigmoid() * state["echo"]
        memory = torch.lerp(state["memory"], fired, self.leak.sigmoid())
        return self.leave(echo), {"memory": memory, "echo": echo}

    def diagnostics(self, state: State) -> dict[str, float]:
        """Return how strong the memory and the echo are, and their mean rates."""
        return {
            "memory_magnitude": mean_of(state["memory"].abs()),
            "echo_magnitude": mean_of(state["echo"].abs()),
            "beta": mean_of(self.echo.sigmoid()),
            "alpha": mean_of(self.leak.sigmoid()),
        }


class GatedMemoryCell(RecurrentCell):
    """PMRC: AMRC with a gate for what is kept, m <- g c + (1 - g) m, and optional recurrence and output echo.

    g = sigmoid(W_g x + U_g m + b_g) and c = tanh(W_c x + b_c), both of the memory before the step; all of it learns.
    """

    def __init__(
        self, config: CellConfig, generator: torch.Generator, recurrent: bool = True, output_echo: bool = False
    ) -> None:
        """Begin with gates that are half shut."""
        super().__init__(config)
        hidden = config.hidden
        self.enter = linear(config.inputs, hidden, generator, gain=0.3)
        self.again = linear(hidden, hidden, generator, bias=False, gain=0.1) if recurrent else None
        self.gate = linear(config.inputs + hidden, hidden, generator, gain=0.3)
        self.content = linear(config.inputs, hidden, generator, gain=0.3)
        self.echo = nn.Parameter(spread(0.02, 0.9, hidden))
        self.leave = linear(hidden, config.outputs, generator, gain=0.3)
        self.output_echo = nn.Parameter(torch.full((config.outputs,), -3.0)) if output_echo else None
        with torch.no_grad():
            self.gate.bias.fill_(-1.0)

    def begin(self, batch: int) -> State:
        """Return empty memories, echoes and gates."""
        names = ("memory", "echo", "fired", "gate")
        return {name: self.zeros(batch, self.config.hidden) for name in names} | {
            "output": self.zeros(batch, self.config.outputs)
        }

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Take one input."""
        drive = self.enter(x) + state["memory"]
        if self.again is not None:
            drive = drive + self.again(state["fired"])
        fired = torch.tanh(drive)
        echo = fired + self.echo.sigmoid() * state["echo"]
        gate = torch.sigmoid(self.gate(torch.cat([x, state["memory"]], -1)))
        memory = torch.lerp(state["memory"], torch.tanh(self.content(x)), gate)
        output = self.leave(echo)
        if self.output_echo is not None:
            output = output + self.output_echo.sigmoid() * state["output"]
        return output, {"memory": memory, "echo": echo, "fired": fired, "gate": gate, "output": output}

    def diagnostics(self, state: State) -> dict[str, float]:
        """Return how strong the memory is and how far the gates stand open."""
        return {
            "memory_magnitude": mean_of(state["memory"].abs()),
            "gate_mean": mean_of(state["gate"]),
            "beta": mean_of(self.echo.sigmoid()),
        }
