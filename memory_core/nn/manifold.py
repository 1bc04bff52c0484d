"""Cells with liquid time constants, a linear recurrent unit and an associative matrix (the seeds' AMN and DTPN)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .recurrent import CellConfig, RecurrentCell, State, linear, mean_of, spread

STEP = 0.1  # seconds of a liquid neuron to one step of the input


class Liquid(nn.Module):
    """h' = -(A + B |f|) h + B f, one fused semi-implicit step at a time, which no A and B can make explode.

    Source: liquid time-constant networks (Hasani et al. 2021).
    """

    def __init__(self, width: int) -> None:
        """Begin with rates from slow to fast."""
        super().__init__()
        rates = torch.logspace(-0.3, 2.0, width)
        self.rate = nn.Parameter(rates.log())  # ln A
        self.gain = nn.Parameter((0.5 * rates + 0.4).log())  # ln B: fast neurons are driven as much as slow ones

    def forward(self, drive: Tensor, state: Tensor) -> Tensor:
        """Return the state after one step, (..., width)."""
        gain = self.gain.exp()
        return (state + STEP * gain * drive) / (1 + STEP * (self.rate.exp() + gain * drive.abs()))

    def timescale(self, drive: Tensor) -> Tensor:
        """Return 1 / (A + B |f|)."""
        return 1 / (self.rate.exp() + self.gain.exp() * drive.abs())


class LinearUnit(nn.Module):
    """l <- Lambda l + sqrt(1 - Lambda^2) h, normalised so that slow neurons are no louder than fast ones.

    Source: linear recurrent units (Orvieto et al. 2023), with real eigenvalues.
    """

    def __init__(self, width: int) -> None:
        """Begin with eigenvalues from fast to slow, in turn, so that they meet every speed of what drives them."""
        super().__init__()
        self.eigenvalue = nn.Parameter(spread(0.02, 0.9, 4).repeat(-(-width // 4))[:width])

    def forward(self, drive: Tensor, state: Tensor) -> Tensor:
        """Return the state after one step, (..., width)."""
        kept = self.eigenvalue.sigmoid()
        return kept * state + (1 - kept * kept).sqrt() * drive


class ManifoldCell(RecurrentCell):
    """AMN: liquid neurons feed a linear recurrent unit, which asks an associative matrix; o = C z + D x.

    z = 0.7 l + 0.3 M^T tanh(Q l), then M <- 0.995 M + 0.01 (sigmoid(K z) * tanh(V z)) tanh(z)^T. Unlike in the seed, z
    is not put back into the liquid neurons, which with the unit's own memory makes a loop with a gain above one; and
    what is written is bounded, because M also writes through z.
    """

    DECAY, RATE, SHARE = 0.995, 0.01, 0.3

    def __init__(self, config: CellConfig, generator: torch.Generator, slots: int = 8) -> None:
        """Take the number of rows of the associative matrix."""
        super().__init__(config)
        self.slots = slots
        self.enter = linear(config.inputs, config.hidden, generator, gain=0.3)
        self.liquid, self.unit = Liquid(config.hidden), LinearUnit(config.hidden)
        self.query, self.key, self.value = (
            linear(config.hidden, slots, generator, bias=False, gain=0.3) for _ in range(3)
        )
        self.leave = linear(config.hidden, config.outputs, generator, gain=0.3)
        self.skip = linear(config.inputs, config.outputs, generator, bias=False, gain=0.3)

    def begin(self, batch: int) -> State:
        """Return quiet neurons and an empty matrix, (batch, slots, hidden)."""
        names = ("drive", "liquid", "unit")
        return {name: self.zeros(batch, self.config.hidden) for name in names} | {
            "manifold": self.zeros(batch, self.slots, self.config.hidden)
        }

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Take one input."""
        drive = torch.tanh(self.enter(x))
        liquid = self.liquid(drive, state["liquid"])
        unit = self.unit(liquid, state["unit"])
        read = torch.einsum("bs,bsh->bh", torch.tanh(self.query(unit)), state["manifold"])
        merged = (1 - self.SHARE) * unit + self.SHARE * read
        strength = self.key(merged).sigmoid() * torch.tanh(self.value(merged))
        written = torch.einsum("bs,bh->bsh", strength, torch.tanh(merged))
        manifold = self.DECAY * state["manifold"] + self.RATE * written
        output = self.leave(merged) + self.skip(x)
        return output, {"drive": drive, "liquid": liquid, "unit": unit, "manifold": manifold}

    def diagnostics(self, state: State) -> dict[str, float]:
        """Return the size of the matrix, the neurons' time constants and the size of the linear unit."""
        return {
            "manifold_energy": mean_of(state["manifold"].abs()),
            "lc_timescale": mean_of(self.liquid.timescale(state["drive"])),
            "lru_magnitude": mean_of(state["unit"].abs()),
        }


class DualTimescaleCell(RecurrentCell):
    """DTPN: a fast echo, a slow trace and an associative matrix, h = tanh(y + n + M^T q), o = W h + b.

    y = tanh(W x + U h) + 0.3 y_{t-1}; n <- 0.9 n + 0.1 y; M <- 0.99 M + 0.01 sigmoid(K y) * (V y). Unlike in the seed,
    the values depend on y and the reading is asked for.
    """

    ECHO, TRACE, DECAY, RATE = 0.3, 0.9, 0.99, 0.01

    def __init__(self, config: CellConfig, generator: torch.Generator, slots: int = 8) -> None:
        """Take the number of rows of the associative matrix."""
        super().__init__(config)
        self.slots = slots
        self.enter = linear(config.inputs, config.hidden, generator, gain=0.3)
        self.again = linear(config.hidden, config.hidden, generator, bias=False, gain=0.3)
        self.query, self.key = (linear(config.hidden, slots, generator, bias=False, gain=0.3) for _ in range(2))
        self.value = linear(config.hidden, config.hidden, generator, bias=False, gain=0.3)
        self.leave = linear(config.hidden, config.outputs, generator, gain=0.3)

    def begin(self, batch: int) -> State:
        """Return quiet neurons and an empty matrix, (batch, slots, hidden)."""
        names = ("fast", "slow", "hidden")
        return {name: self.zeros(batch, self.config.hidden) for name in names} | {
            "manifold": self.zeros(batch, self.slots, self.config.hidden)
        }

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Take one input."""
        fast = torch.tanh(self.enter(x) + self.again(state["hidden"])) + self.ECHO * state["fast"]
        slow = torch.lerp(fast, state["slow"], self.TRACE)
        written = torch.einsum("bs,bh->bsh", self.key(fast).sigmoid(), self.value(fast))
        manifold = self.DECAY * state["manifold"] + self.RATE * written
        read = torch.einsum("bs,bsh->bh", self.query(fast).softmax(-1), manifold)
        hidden = torch.tanh(fast + slow + read)
        return self.leave(hidden), {"fast": fast, "slow": slow, "hidden": hidden, "manifold": manifold}

    def diagnostics(self, state: State) -> dict[str, float]:
        """Return the sizes of the matrix (mean square), the slow trace and the echo."""
        return {
            "manifold_energy": mean_of(state["manifold"].square()),
            "memory_magnitude": mean_of(state["slow"].abs()),
            "echo_magnitude": mean_of(state["fast"].abs()),
        }
