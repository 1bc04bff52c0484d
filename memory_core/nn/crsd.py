"""A causal language model of a reservoir of leaky neurons, a Hebbian matrix and an episodic memory (the seeds' CRSD).

Every part sees the past only: the reservoir is a decayed scan, the matrix its own past, and the episodes are the
pairs of what came before a token and the token. A position's answer never depends on a later one; a test changes the
last byte.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .recurrent import linear
from .scan import decayed_scan


@dataclass(frozen=True, slots=True)
class CrsdConfig:
    """The size of the model."""

    tokens: int
    width: int = 128
    layers: int = 2
    heads: int = 4
    window: int = 256  # tokens back that an episode may lie
    top: int = 16  # episodes that take part in an answer
    spectral: bool = False  # the documented mix over features, off because it does not help: docs/nn.md

    def __post_init__(self) -> None:
        """Refuse heads that do not divide the width.

        Raises:
            ValueError: Said in the message.
        """
        if self.width % self.heads:
            raise ValueError(f"{self.heads} heads do not divide a width of {self.width}")


class Reservoir(nn.Module):
    """r_t = a_t r_{t-1} + (1 - a_t) tanh(W x_t), where the leak a_t is learned and depends on the input."""

    def __init__(self, width: int, generator: torch.Generator) -> None:
        """Begin with leaks from fast to slow."""
        super().__init__()
        self.enter = linear(width, 2 * width, generator, gain=0.5)
        self.leave = linear(width, width, generator, gain=0.5)
        with torch.no_grad():
            self.enter.bias[:width] = torch.linspace(-1.0, 4.0, width)

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, time, width) for the same."""
        leak, content = self.enter(x).chunk(2, -1)
        kept = leak.sigmoid()
        return self.leave(decayed_scan(kept, (1 - kept) * torch.tanh(content)))


class Hebbian(nn.Module):
    """Heads of fast weights with their own fixed decays, in the parallel form of `FastWeights` for all at once."""

    def __init__(self, width: int, heads: int, generator: torch.Generator) -> None:
        """Begin with half-lives of about 4 to 180 tokens."""
        super().__init__()
        self.heads = heads
        self.enter = linear(width, 3 * width, generator, bias=False, gain=0.5)
        self.leave = linear(width, width, generator, gain=0.5)
        decays = 1 - 2.0 ** -torch.linspace(2.5, 8.0, heads)
        self.register_buffer("decays", decays, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, time, width) for the same."""
        query, key, value = self.enter(x).unflatten(-1, (3, self.heads, -1)).unbind(2)
        query, key = nn.functional.normalize(query, dim=-1), nn.functional.normalize(key, dim=-1)
        ages = torch.arange(x.shape[1]).unsqueeze(1) - torch.arange(x.shape[1])
        decays = self.get_buffer("decays")
        kept = torch.where(ages >= 0, decays[:, None, None] ** ages.clamp_min(0), 0.0)  # (heads, time, time)
        weight = kept * torch.einsum("bthd,bshd->bhts", query, key)
        return self.leave(torch.einsum("bhts,bshd->bthd", weight, value).flatten(2))


class SpectralMix(nn.Module):
    """LayerNorm, Fourier transform over the features, a linear map of the spectrum, and back."""

    def __init__(self, width: int, generator: torch.Generator) -> None:
        """Take the width; the map is of real and imaginary parts together."""
        super().__init__()
        self.width = width
        self.norm = nn.LayerNorm(width)
        spectrum = 2 * (width // 2 + 1)
        self.map = linear(spectrum, spectrum, generator, gain=0.5)

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., width) for the same."""
        spectrum = torch.fft.rfft(self.norm(x), norm="ortho")
        real, imaginary = self.map(torch.cat([spectrum.real, spectrum.imag], -1)).chunk(2, -1)
        return torch.fft.irfft(torch.complex(real, imaginary), self.width, norm="ortho")


class Block(nn.Module):
    """Reservoir, matrix and a position-wise layer, each added to what comes in."""

    def __init__(self, config: CrsdConfig, generator: torch.Generator) -> None:
        """Make the parts."""
        super().__init__()
        width = config.width
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.reservoir = Reservoir(width, generator)
        self.hebbian = Hebbian(width, config.heads, generator)
        wide, narrow = linear(width, 2 * width, generator), linear(2 * width, width, generator, gain=0.5)
        self.deep = nn.Sequential(wide, nn.GELU(), narrow)
        self.spectral = SpectralMix(width, generator) if config.spectral else None

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, time, width) for the same."""
        x = x + self.reservoir(self.norms[0](x))
        x = x + self.hebbian(self.norms[1](x))
        x = x + self.deep(self.norms[2](x))
        return x if self.spectral is None else x + self.spectral(x)


class CausalMemoryModel(nn.Module):
    """Log-probabilities of the next token: a softmax of the state, mixed with the tokens that followed like states.

    Source of the mixture: the neural cache and the pointer sentinel (Grave et al. 2017, Merity et al. 2017).
    """

    def __init__(self, config: CrsdConfig, generator: torch.Generator) -> None:
        """Make the weights."""
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.tokens, config.width)
        nn.init.normal_(self.embedding.weight, 0.0, 0.5, generator)
        self.blocks = nn.ModuleList(Block(config, generator) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)
        self.leave = linear(config.width, config.tokens, generator, gain=0.3)
        self.likeness = linear(config.width, config.width // 2, generator, bias=False, gain=0.5)
        self.sharpness = nn.Parameter(torch.tensor(2.0))
        self.gate = linear(config.width, 1, generator, gain=0.3)
        with torch.no_grad():
            self.gate.bias.fill_(-2.0)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return log-probabilities of the token after each one, (batch, time, tokens), for (batch, time)."""
        if tokens.dim() != 2:
            raise ValueError(f"tokens must be (batch, time), not {tuple(tokens.shape)}")
        x = self.embedding(tokens)
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        written = self.leave(x).log_softmax(-1)
        recalled, some = self._recalled(x, tokens)
        share = nn.functional.logsigmoid(self.gate(x))
        share = torch.where(some, share, float("-inf"))
        rest = torch.where(some, nn.functional.logsigmoid(-self.gate(x)), 0.0)
        return torch.logaddexp(rest + written, share + (recalled + 1e-9).log())

    def _recalled(self, x: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Return what followed the past states most like each state, (batch, time, tokens), and where there is a past.

        The episode of place s is (state at s - 1, token at s): at place t all those with s <= t are known.
        """
        time = tokens.shape[1]
        keys = nn.functional.normalize(self.likeness(x), dim=-1)
        alike = self.sharpness.exp() * torch.einsum("btk,bsk->bts", keys[:, :], keys[:, :-1])
        ages = torch.arange(time).unsqueeze(1) - torch.arange(1, time)
        known = (ages >= 0) & (ages < self.config.window)
        alike = alike.masked_fill(~known, float("-inf"))
        if self.config.top < time - 1:
            least = alike.topk(self.config.top, -1).values[..., -1:]
            alike = alike.masked_fill(alike < least, float("-inf"))
        some = known.any(-1).unsqueeze(-1)
        weight = torch.where(some, alike, 0.0).softmax(-1) * some
        found = torch.zeros(*tokens.shape, self.config.tokens, dtype=x.dtype)
        places = tokens[:, 1:].unsqueeze(1).expand_as(weight)
        return found.scatter_add(-1, places, weight), some
