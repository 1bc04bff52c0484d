"""The seeds' crystal demonstrations, working: a word sent as phases and read again, and colours that add like angles.

The seed's relay trains a decoder on random phases behind an encoder that is connected to nothing; its answers are
chance. Here both ends learn together, and what passes between them is the phases alone, as coarse as one likes.
"""

from __future__ import annotations

import colorsys
import math
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from .phase import PhaseConfig, PhaseLayer

End = Literal["phases", "gru"]
TURN = 2 * math.pi


class PhaseDecoder(nn.Module):
    """Read symbols from phases: tanh of a linear map of their cosines and sines, and one answer for each place."""

    def __init__(self, phases: int, places: int, symbols: int, generator: torch.Generator) -> None:
        """Start from small random weights."""
        super().__init__()
        self.places, self.symbols = places, symbols
        self.inner, self.answer = nn.Linear(2 * phases, 64), nn.Linear(64, places * symbols)
        for layer in (self.inner, self.answer):
            bound = layer.in_features**-0.5
            nn.init.uniform_(layer.weight, -bound, bound, generator)
            nn.init.zeros_(layer.bias)

    def forward(self, phases: Tensor) -> Tensor:
        """Return the logits, (batch, places, symbols), for phases in radians, (batch, phases)."""
        read = torch.cat([phases.cos(), phases.sin()], -1).to(self.inner.weight.dtype)
        return self.answer(torch.tanh(self.inner(read))).unflatten(-1, (self.places, self.symbols))


class Relay(nn.Module):
    """Two ends with nothing but a vector of angles between them, (batch, width).

    Args:
        places: Symbols in a word.
        symbols: Different ones there are.
        width: Angles of the message.
        generator: Where the weights come from.
        sender: What turns a word into angles: a sum of turns, one for each symbol at each place, or a GRU.
    """

    def __init__(
        self, places: int, symbols: int, width: int, generator: torch.Generator, sender: End = "phases"
    ) -> None:
        super().__init__()
        self.places, self.symbols = places, symbols
        self.sender = _sender(sender, places * symbols, width, generator)
        self.receiver = PhaseDecoder(width, places, symbols, generator)

    def sent(self, words: Tensor, levels: int | None = None) -> Tensor:
        """Return the message for words of symbols, (batch, places), as angles, (batch, width).

        Args:
            words: Whole numbers in [0, symbols).
            levels: Round each angle to so many levels of a turn, straight through for gradients; None does not.

        Raises:
            ValueError: The words have another length.
        """
        if words.dim() != 2 or words.shape[1] != self.places:
            raise ValueError(f"words must be (batch, {self.places}), not {tuple(words.shape)}")
        which = words + self.symbols * torch.arange(self.places, device=words.device)
        steps = nn.functional.one_hot(which, self.places * self.symbols).float()
        if isinstance(self.sender, PhaseLayer):
            angles = self.sender.scan(steps)[:, -1]
        else:
            angles = math.pi * self.sender(steps)[1][0].double()
        if levels is not None:
            unit = TURN / levels
            angles = angles + ((angles / unit).round() * unit - angles).detach()
        return angles

    def forward(self, words: Tensor, levels: int | None = None) -> Tensor:
        """Return the logits that the receiver reads from the message, (batch, places, symbols)."""
        return self.receiver(self.sent(words, levels))


def trained(relay: Relay, words: Tensor, steps: int, rate: float = 0.01, levels: int | None = None) -> Relay:
    """Train both ends on words, all at once at every step; parameters that need no gradient stay. Returns the relay."""
    optimizer = torch.optim.Adam([one for one in relay.parameters() if one.requires_grad], rate)
    for _ in range(steps):
        loss = nn.functional.cross_entropy(relay(words, levels).flatten(0, 1), words.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return relay


def hue(red: float, green: float, blue: float) -> float:
    """Return the hue of a colour of parts in [0, 1], in radians in [0, 2 pi)."""
    return TURN * colorsys.rgb_to_hsv(red, green, blue)[0]


def turned(angle: float, *by: float) -> float:
    """Return an angle turned by others, in [0, 2 pi): red by the turn from red to green is green."""
    return (angle + math.fsum(by)) % TURN


def blended(angles: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> tuple[float, float]:
    """Return the circular mean of some angles, in [0, 2 pi), and how far they agree, 1 for equal ones and 0 for none.

    Where they do not agree, as complements do not, the mean says nothing.
    """
    values = np.asarray(angles, dtype=np.float64)
    shares = np.ones_like(values) if weights is None else np.asarray(weights, dtype=np.float64)
    if values.shape != shares.shape or not values.size or (shares < 0).any() or not shares.sum():
        raise ValueError(f"{values.size} angles need as many weights that are not negative, not {shares.tolist()}")
    mean = complex((shares * np.exp(1j * values)).sum() / shares.sum())
    return math.atan2(mean.imag, mean.real) % TURN, abs(mean)


def _sender(end: End, inputs: int, width: int, generator: torch.Generator) -> nn.Module:
    if end == "gru":
        cells = nn.GRU(inputs, width, batch_first=True)
        for parameter in cells.parameters():
            nn.init.uniform_(parameter, -(width**-0.5), width**-0.5, generator)
        return cells
    layer = PhaseLayer(PhaseConfig(inputs, width, (1,), bias=False), generator)
    with torch.no_grad():  # small turns either way: of large ones no word can be read, and none is learned
        layer.weight.copy_(math.pi / 4 * (2 * torch.rand(width, inputs, generator=generator) - 1))
    return layer
