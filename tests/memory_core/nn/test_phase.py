"""Phases: one cumulative sum that agrees with a loop, with numpy, and with integers."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from cistron.memory_core.nn.isometric import IsometricCell
from cistron.memory_core.nn.phase import PhaseConfig, PhaseLayer, PhaseNet, snapped
from cistron.memory_core.nn.scan import decayed_scan
from cistron.memory_core.nn.storing import as_online

VARIANTS = {
    "linear": PhaseConfig(3, 8),
    "sigmoid": PhaseConfig(3, 8, increment="sigmoid", spin=2.0),
    "lattice": PhaseConfig(3, 8, increment="lattice"),
    "lattice of turns": PhaseConfig(3, 8, increment="lattice", lattice=5, full_state=False),
    "bands of decay": PhaseConfig(3, 8, decay=(0.5, 0.8, 0.95, 0.999)),
    "no bias": PhaseConfig(3, 8, bias=False, harmonics=(1,)),
    "one turn": PhaseConfig(3, 8, full_state=False),
}


def random_of(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def slow_scan(decay: Tensor, update: Tensor, start: Tensor) -> Tensor:
    """The recurrence as it is written: one step after another."""
    states: list[Tensor] = []
    for now in range(update.shape[1]):
        start = decay[:, now] * start + update[:, now]
        states.append(start)
    return torch.stack(states, 1)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 3), st.integers(1, 70), st.integers(1, 5), st.integers(0, 99))
def test_all_scans_agree_with_the_loop(batch: int, time: int, width: int, seed: int) -> None:
    generator = random_of(seed)
    decay = torch.rand(batch, time, width, generator=generator, dtype=torch.float64)
    update = torch.randn(batch, time, width, generator=generator, dtype=torch.float64)
    start = torch.randn(batch, width, generator=generator, dtype=torch.float64)
    wanted = slow_scan(decay, update, start)
    torch.testing.assert_close(decayed_scan(decay, update, start), wanted, rtol=0, atol=1e-12)
    assert torch.equal(decayed_scan(decay, update, start, "sequential"), wanted)
    summed = slow_scan(torch.ones_like(update), update, start)
    torch.testing.assert_close(decayed_scan(None, update, start), summed, rtol=0, atol=1e-12)


def test_a_scan_passes_the_loop_s_gradients() -> None:
    generator = random_of(0)
    shape = (2, 9, 3)
    decay = torch.rand(shape, generator=generator, dtype=torch.float64).requires_grad_()
    update = torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda a, u: decayed_scan(a, u), (decay, update))


def test_a_sum_that_should_decay_is_refused() -> None:
    with pytest.raises(ValueError, match="use method='doubling'"):
        decayed_scan(torch.ones(1, 2, 3), torch.ones(1, 2, 3), method="cumsum")


@pytest.mark.parametrize("config", VARIANTS.values(), ids=VARIANTS.keys())
def test_a_scan_a_fold_of_steps_and_numpy_agree(config: PhaseConfig) -> None:
    layer = PhaseLayer(config, random_of(1)).double()
    x = torch.randn(2, 40, 3, generator=random_of(2), dtype=torch.float64)
    features, last = layer(x)
    state, online = layer.begin(2), as_online(layer)
    row = np.zeros(config.hidden)
    for now in range(40):
        state, seen = layer.step(x[:, now], state)
        row, read = online.step(x[0, now].numpy(), row)
        torch.testing.assert_close(seen, features[:, now], rtol=0, atol=1e-12)
        np.testing.assert_allclose(read, features[0, now].detach().numpy(), rtol=0, atol=1e-12)
    if config.increment == "lattice":
        assert torch.equal(state, last)
    torch.testing.assert_close(state, last, rtol=0, atol=1e-12)


def test_padding_changes_nothing() -> None:
    for config in VARIANTS.values():
        layer = PhaseLayer(config, random_of(1))
        x = torch.randn(1, 9, 3, generator=random_of(2))
        mask = torch.tensor([[True, False, True, True, False, False, True, True, False]])
        assert torch.allclose(layer.scan(x, None, mask)[:, -1], layer.scan(x[:, mask[0]])[:, -1], atol=1e-12)


def test_a_lattice_counts_exactly_at_any_length_and_its_rounding_lets_gradients_through() -> None:
    layer = PhaseLayer(PhaseConfig(1, 4, increment="lattice", bias=False), random_of(3))
    ones = torch.ones(1, 100_000, 1)
    steps = (layer.weight[:, 0] / (2 * math.pi / 8)).round().double()
    assert torch.equal(layer.scan(ones)[0, -1], steps * 100_000)
    layer.features(layer.scan(ones[:, :5])).sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.abs().sum() > 0


def test_a_snapped_layer_has_every_weight_on_the_lattice() -> None:
    layer = PhaseLayer(PhaseConfig(2, 6), random_of(4))
    on = snapped(layer, 8)
    steps = on.weight / (2 * math.pi / 8)
    torch.testing.assert_close(steps, steps.round(), rtol=0, atol=1e-6)
    assert (on.weight - layer.weight).abs().max() <= math.pi / 8 + 1e-6


def test_a_net_of_two_layers_steps_as_it_scans_and_goes_on_from_a_state() -> None:
    first = PhaseConfig(2, 4, (1, 2))
    net = PhaseNet((first, PhaseConfig(16, 3, (1,), increment="sigmoid")), 2, random_of(5)).double()
    x = torch.randn(3, 12, 2, generator=random_of(6), dtype=torch.float64)
    outputs, last = net(x)
    halfway, state = net(x[:, :7])
    rest, end = net(x[:, 7:], state)
    torch.testing.assert_close(torch.cat([halfway, rest], 1), outputs, rtol=0, atol=1e-12)
    state = net.begin(3)
    for now in range(12):
        seen, state = net.step(x[:, now], state)
        torch.testing.assert_close(seen, outputs[:, now], rtol=0, atol=1e-12)
    for one, other in zip(end, last, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


def test_layers_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match="takes 5 inputs where the one before gives 16"):
        PhaseNet((PhaseConfig(2, 4, (1, 2)), PhaseConfig(5, 3)), 1, random_of(0))
    with pytest.raises(ValueError, match="leaves its lattice"):
        PhaseConfig(1, 4, increment="lattice", decay=(0.5,))
    with pytest.raises(ValueError, match="3 inputs"):
        PhaseLayer(VARIANTS["linear"], random_of(0))(torch.zeros(1, 2, 4))


def test_reflections_keep_the_distance_of_two_states() -> None:
    cell = IsometricCell(5, 16, random_of(7))
    x = torch.randn(4, 200, 5, generator=random_of(8))
    one, other = (torch.randn(4, 16, generator=random_of(seed)) for seed in (9, 10))
    apart = (one - other).norm(dim=-1)
    after = (cell(x, one)[1] - cell(x, other)[1]).norm(dim=-1)
    torch.testing.assert_close(after, apart, rtol=0, atol=1e-4)
