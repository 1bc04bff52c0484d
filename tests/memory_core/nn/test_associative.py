"""Fast weights and slots: what is written comes back, and gradients come with it."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cistron.memory_core.nn.hebbian import FastWeights, Rule
from cistron.memory_core.nn.slots import SlotMemory


def unit(*shape: int, seed: int) -> torch.Tensor:
    drawn = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return torch.nn.functional.normalize(drawn, dim=-1)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(["hebb", "delta"]), st.integers(1, 24), st.booleans(), st.integers(0, 99))
def test_the_parallel_form_is_the_recurrence(rule: Rule, time: int, resumed: bool, seed: int) -> None:
    memory = FastWeights(6, 4, 0.9, rule)
    query, key, value = unit(2, time, 6, seed=seed), unit(2, time, 6, seed=seed + 1), unit(2, time, 4, seed=seed + 2)
    rate = torch.rand(2, time, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    state = unit(2, 4, 6, seed=seed + 3) if resumed else memory.begin(2).double()
    found, after = memory.parallel(query, key, value, rate, state if resumed else None)
    for now in range(time):
        state = memory.write(state, key[:, now], value[:, now], rate[:, now])
        read = memory.read(state, query[:, now : now + 1])
        torch.testing.assert_close(read[:, 0], found[:, now], rtol=0, atol=1e-10)
    torch.testing.assert_close(state, after, rtol=0, atol=1e-10)


def test_recall_returns_the_values_and_not_the_keys() -> None:
    pairs, memory = 64, FastWeights(64, 48, decay=1.0)
    keys, values = unit(1, pairs, 64, seed=0), unit(1, pairs, 48, seed=1)
    _, state = memory.parallel(keys, keys, values)
    found, places = memory.recall(state, keys, values, top=4)
    assert found.shape == (1, pairs, 48)
    assert (places[0, :, 0] == torch.arange(pairs)).double().mean() >= 0.98


def test_the_delta_rule_replaces_what_a_key_held() -> None:
    memory = FastWeights(4, 3, decay=1.0, rule="delta")
    key = unit(1, 4, seed=0)
    first, second = unit(1, 3, seed=1), unit(1, 3, seed=2)
    state = memory.write(memory.write(memory.begin(1).double(), key, first), key, second)
    torch.testing.assert_close(memory.read(state, key.unsqueeze(1))[:, 0], second)


def test_gradients_reach_the_keys_through_both_rules() -> None:
    for rule in ("hebb", "delta"):
        key = unit(1, 5, 4, seed=0).requires_grad_()
        memory = FastWeights(4, 3, 0.9, rule)
        assert torch.autograd.gradcheck(
            lambda k, m=memory: m.parallel(unit(1, 5, 4, seed=1), k, unit(1, 5, 3, seed=2))[0], (key,)
        )


def test_a_shape_that_does_not_fit_is_shown() -> None:
    with pytest.raises(ValueError, match=r"must end in 4 and 3, not \(1, 5\)"):
        FastWeights(4, 3).write(torch.zeros(1, 3, 4), torch.zeros(1, 5), torch.zeros(1, 3))


def filled(importance: list[float], memory: SlotMemory) -> object:
    state = memory.begin(1)
    for place, weight in enumerate(importance):
        key = torch.eye(memory.keys)[place : place + 1]
        state = memory.write(state, key, key * (place + 1), torch.tensor([weight]))
    return state


def test_slots_turn_away_what_matters_least() -> None:
    memory = SlotMemory(2, 4, 4, decay=1.0)
    state = filled([1.0, 0.8, 0.5, 0.9], memory)
    value, weight = memory.read(state, torch.eye(4)[None, [0, 3]], top=1)
    assert weight[0].argmax(-1).tolist() == [0, 1]
    assert value[0].argmax(-1).tolist() == [0, 3]
    assert state.written.tolist() == [[0, 3]]


def test_reading_a_slot_keeps_it_and_disuse_loses_it() -> None:
    memory = SlotMemory(2, 4, 4, decay=0.5)
    state = filled([1.0, 1.0], memory)
    _, weight = memory.read(state, torch.eye(4)[None, [0]], top=1)
    state = memory.used(state, weight)
    state = memory.write(state, torch.eye(4)[2:3], torch.eye(4)[2:3], torch.tensor([0.6]))
    assert state.written.tolist() == [[0, 2]]


def test_a_window_and_emptiness_hide_slots() -> None:
    memory = SlotMemory(4, 4, 4, decay=1.0)
    empty, none = memory.read(memory.begin(1), torch.eye(4)[None])
    assert not empty.any()
    assert not none.any()
    state = filled([1.0, 1.0, 1.0], memory)
    _, weight = memory.read(state, torch.eye(4)[None, [0]], window=1)
    assert weight[0, 0].tolist() == [0, 0, 1, 0]


def test_gradients_reach_what_was_written_to_a_slot() -> None:
    memory = SlotMemory(2, 3, 3)
    value = torch.ones(1, 3, requires_grad=True)
    state = memory.write(memory.begin(1), torch.ones(1, 3), value, torch.ones(1))
    memory.read(state, torch.ones(1, 1, 3))[0].sum().backward()
    assert value.grad is not None
    assert value.grad.tolist() == [[1, 1, 1]]
