"""What may move during training, and how fast: freezing, braking, and rates that protect what was learned.

The seeds' Cryostasis, braking loss and mnemonic shield, turned round where their code did the opposite of their text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

SETTLED = 2.0**-9  # error below which a neuron is frozen
NEW_RATE, SHIELDED_RATE = 2.0**-6, 2.0**-9


@dataclass(frozen=True, slots=True)
class FreezeMask:
    """Entries of parameters that stay what they are now, to the last bit, whatever the optimiser remembers."""

    frozen: Mapping[str, Tensor]  # parameter name to where it is frozen
    held: Mapping[str, Tensor]  # and its values

    def still(self, module: nn.Module) -> None:
        """Take the gradient away where a parameter is frozen; call it before the optimiser's step."""
        for name, parameter in module.named_parameters():
            if name in self.frozen and parameter.grad is not None:
                parameter.grad.masked_fill_(self.frozen[name], 0.0)

    def restore(self, module: nn.Module) -> None:
        """Put the frozen values back; call it after the optimiser's step, whose momentum also moves them."""
        with torch.no_grad():
            for name, parameter in module.named_parameters():
                if name in self.frozen:
                    parameter.copy_(torch.where(self.frozen[name], self.held[name], parameter))

    @property
    def count(self) -> int:
        """How many numbers are frozen."""
        return sum(int(mask.sum()) for mask in self.frozen.values())


def freeze_layers(module: nn.Module, layers: Iterable[str]) -> FreezeMask:
    """Freeze every parameter of some layers, by the names they have in the module."""
    wanted = tuple(layers)
    found = {
        name: torch.ones_like(parameter, dtype=torch.bool)
        for name, parameter in module.named_parameters()
        if any(name == layer or name.startswith(f"{layer}.") for layer in wanted)
    }
    missing = [layer for layer in wanted if not any(name == layer or name.startswith(f"{layer}.") for name in found)]
    if missing:
        raise ValueError(f"no layer {missing[0]!r}; there are {sorted(dict(module.named_children()))}")
    return _holding(module, found)


def freeze_share(module: nn.Module, share: float, generator: torch.Generator) -> FreezeMask:
    """Freeze exactly this share of all numbers, drawn without replacement."""
    parameters = dict(module.named_parameters())
    whole = sum(parameter.numel() for parameter in parameters.values())
    chosen = torch.zeros(whole, dtype=torch.bool)
    chosen[torch.randperm(whole, generator=generator)[: _count(share, whole)]] = True
    return _holding(module, _split(parameters, chosen))


def freeze_magnitude(module: nn.Module, share: float) -> FreezeMask:
    """Freeze this share of all numbers, those farthest from zero."""
    parameters = dict(module.named_parameters())
    sizes = torch.cat([parameter.detach().abs().flatten() for parameter in parameters.values()])
    chosen = torch.zeros(len(sizes), dtype=torch.bool)
    chosen[sizes.sort(descending=True, stable=True).indices[: _count(share, len(sizes))]] = True
    return _holding(module, _split(parameters, chosen))


def freeze_units(module: nn.Module, units: Iterable[int], layers: Iterable[str]) -> FreezeMask:
    """Freeze some neurons of some layers: all that leads into them, (outputs, inputs) by row, and their biases."""
    places = torch.tensor(sorted(set(units)), dtype=torch.long)
    found = freeze_layers(module, layers).frozen
    masks = {name: torch.zeros_like(mask).index_fill_(0, places, True) for name, mask in found.items()}
    return _holding(module, masks)


def settled_units(errors: Tensor) -> list[int]:
    """Return the neurons whose error is below `SETTLED`: those to freeze."""
    return [place for place, error in enumerate(errors.tolist()) if error < SETTLED]


def braked(loss: Tensor, confidence: Tensor, low: float = 0.387, high: float = 0.5, least: float = 0.001) -> Tensor:
    """Return a loss that fades as confidence grows from low to high: full speed while nothing is sure."""
    sure = ((confidence.detach() - low) / (high - low)).clamp(0.0, 1.0)
    return loss * (1 - (1 - least) * sure)


def shielded_rate(task: str, seen: set[str]) -> float:
    """Return a learning rate: lower, not higher, for a task that was learned before."""
    return SHIELDED_RATE if task in seen else NEW_RATE


def _count(share: float, whole: int) -> int:
    if not 0 <= share <= 1:
        raise ValueError(f"share must lie in [0, 1], not {share}")
    return round(share * whole)


def _split(parameters: Mapping[str, nn.Parameter], chosen: Tensor) -> dict[str, Tensor]:
    parts = chosen.split([parameter.numel() for parameter in parameters.values()])
    return {name: part.view_as(parameters[name]) for name, part in zip(parameters, parts, strict=True)}


def _holding(module: nn.Module, frozen: dict[str, Tensor]) -> FreezeMask:
    return FreezeMask(frozen, {n: p.detach().clone() for n, p in module.named_parameters() if n in frozen})
