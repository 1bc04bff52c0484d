"""What is frozen stays, rates protect what was learned, and braking lets go while nothing is sure."""

import pytest
import torch

from cistron.memory_core.nn.models import create_model
from cistron.memory_core.nn.training import (
    FreezeMask,
    braked,
    freeze_layers,
    freeze_magnitude,
    freeze_share,
    freeze_units,
    settled_units,
    shielded_rate,
)

X = torch.linspace(-1, 1, 80).unsqueeze(1).double().numpy()


def test_every_way_to_freeze_holds_to_the_last_bit_under_a_warm_optimiser() -> None:
    generator = torch.Generator().manual_seed(0)
    for way in (
        lambda cell: freeze_layers(cell, ["enter", "echo"]),
        lambda cell: freeze_share(cell, 0.3, generator),
        lambda cell: freeze_magnitude(cell, 0.3),
        lambda cell: freeze_units(cell, [0, 5], ["enter", "gate", "content", "echo"]),
    ):
        model = create_model("pmrc", 1, 1, hidden=8, window=16, warmup=4)
        model.partial_fit(X, X**2, epochs=2)
        mask: FreezeMask = way(model.cell)
        before = {name: p.detach().clone() for name, p in model.cell.named_parameters()}
        model.partial_fit(X, X**2, epochs=3, frozen=mask)
        moved = 0
        for name, parameter in model.cell.named_parameters():
            frozen = mask.frozen.get(name, torch.zeros_like(parameter, dtype=torch.bool))
            assert torch.equal(parameter[frozen], before[name][frozen]), name
            moved += int((parameter != before[name]).sum())
        assert moved > 0
        assert mask.count > 0


def test_a_share_is_exact_and_magnitude_takes_the_largest() -> None:
    cell = torch.nn.Linear(10, 10)
    assert freeze_share(cell, 0.5, torch.Generator().manual_seed(0)).count == 55
    mask = freeze_magnitude(cell, 0.2)
    assert mask.count == 22
    every = torch.cat([p.detach().abs().flatten() for p in cell.parameters()])
    chosen = torch.cat([m.flatten() for m in mask.frozen.values()])
    assert every[chosen].min() >= every[~chosen].max()


def test_a_frozen_neuron_is_a_row_with_its_bias_not_an_input() -> None:
    mask = freeze_units(torch.nn.ModuleDict({"enter": torch.nn.Linear(3, 4)}), [2], ["enter"])
    assert mask.frozen["enter.weight"].tolist() == [[False] * 3, [False] * 3, [True] * 3, [False] * 3]
    assert mask.frozen["enter.bias"].tolist() == [False, False, True, False]
    assert settled_units(torch.tensor([0.1, 0.001, 2.0**-9, 0.0])) == [1, 3]


def test_an_unknown_layer_is_named() -> None:
    with pytest.raises(ValueError, match="no layer 'nothing'"):
        freeze_layers(torch.nn.Linear(1, 1), ["nothing"])


def test_the_corrected_directions() -> None:
    loss = torch.tensor(2.0)
    assert braked(loss, torch.tensor(0.1)) == 2
    assert braked(loss, torch.tensor(0.9)) == pytest.approx(0.002, rel=1e-4)
    assert shielded_rate("old", {"old"}) < shielded_rate("new", {"old"})
