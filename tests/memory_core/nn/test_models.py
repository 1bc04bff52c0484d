"""The cells, fitted and asked: they learn through time, keep their memory, and come back bit for bit."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from cistron.memory_core.nn.models import CELLS, Floats, Kind, MemoryModel, create_model, load_model
from cistron.memory_core.nn.plastic import PlasticCell
from cistron.memory_core.nn.storing import StoredStateError

NAMES = {
    "amrc": {"memory_magnitude", "echo_magnitude", "beta", "alpha"},
    "pmrc": {"memory_magnitude", "gate_mean", "beta"},
    "amn": {"manifold_energy", "lc_timescale", "lru_magnitude"},
    "dtpn": {"manifold_energy", "memory_magnitude", "echo_magnitude"},
    "hyper_amn": {
        f"{name}_{head}" for name in ("manifold_energy", "gate_mean") for head in ("spatial", "emotional", "logical")
    },
    "sgw_amn": {"manifold_energy", "workspace_sparsity", "competition_entropy", "bottleneck_rate"},
    "ndm": {"manifold_energy", "weight_velocity", "plasticity"},
}


def leaky(time: int = 240) -> tuple[Floats, Floats]:
    """A target that needs memory: y = 0.7 y' + 0.3 x."""
    x = np.random.default_rng(0).uniform(-1, 1, (time, 1))
    y = np.zeros((time, 1))
    for now in range(time):
        y[now] = 0.7 * (y[now - 1] if now else 0.0) + 0.3 * x[now]
    return x, y


def small(kind: Kind, **settings: float) -> MemoryModel:
    return create_model(kind, 1, 1, hidden=16, window=16, warmup=8, rate=0.03, **settings)


def explained(y: Floats, found: Floats) -> float:
    return 1 - float(((y - found) ** 2).sum() / ((y - y.mean()) ** 2).sum())


@pytest.mark.parametrize("kind", CELLS)
def test_training_helps_and_two_of_one_seed_are_equal(kind: Kind) -> None:
    x, y = leaky(120)
    model, twin = small(kind, epochs=12).fit(x, y), small(kind, epochs=12).fit(x, y)
    assert 1 - explained(y, model.predict(x)) < 0.7 * (1 - explained(y, small(kind).predict(x)))
    assert np.array_equal(model.predict(x), twin.predict(x))
    assert set(model.diagnostics()) == NAMES[kind]
    assert all(np.isfinite(value) for value in model.diagnostics().values())


@pytest.mark.parametrize("kind", ["amrc", "pmrc"])
def test_a_memory_beats_the_best_that_can_be_said_without_one(kind: Kind) -> None:
    x, y = leaky()
    model = small(kind, epochs=40).fit(x[:160], y[:160])
    static = np.linalg.lstsq(x[:160], y[:160], rcond=None)[0]
    assert explained(y[160:], model.predict(x)[160:]) > explained(y[160:], x[160:] @ static) + 0.25


@pytest.mark.parametrize("kind", CELLS)
def test_memory_is_carried_reset_and_given_back(kind: Kind) -> None:
    model, (x, _) = small(kind), leaky(30)
    whole = model.predict(x)
    first = model.predict(x[:11])
    middle = model.get_memory_state()
    rest = model.predict(x[11:], reset_memory=False)
    np.testing.assert_allclose(np.concatenate([first, rest]), whole, rtol=0, atol=1e-6)
    model.set_memory_state(middle)
    assert np.array_equal(model.predict(x[11:], reset_memory=False), rest)
    model.reset_memory_state()
    assert np.array_equal(model.predict(x[:11], reset_memory=False), first)
    assert ("manifold" in " ".join(model.get_manifold_state())) == (kind not in {"amrc", "pmrc"})
    assert set(model.get_head_activations()) == ({"spatial", "emotional", "logical"} if kind == "hyper_amn" else set())


@pytest.mark.parametrize("kind", CELLS)
def test_a_saved_model_is_the_same_to_the_last_bit(kind: Kind, tmp_path: Path) -> None:
    model, (x, y) = small(kind, epochs=2), leaky(60)
    model.fit(x, y).predict(x[:20])
    model.save(tmp_path / "model")
    again = load_model(tmp_path / "model")
    assert all(torch.equal(again.get_memory_state()[n], value) for n, value in model.get_memory_state().items())
    assert np.array_equal(again.predict(x[20:], reset_memory=False), model.predict(x[20:], reset_memory=False))
    again.save(tmp_path / "again")
    model.save(tmp_path / "model")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "model").read_bytes()


def test_gradients_come_from_the_first_step_of_a_window() -> None:
    for kind in CELLS:
        x = torch.randn(1, 10, 1, generator=torch.Generator().manual_seed(0)).requires_grad_()
        small(kind).cell(x)[0][0, -1].sum().backward()
        assert x.grad is not None
        assert x.grad[0, 0].abs() > 0, kind


def test_surprise_raises_plasticity_up_to_one() -> None:
    cell = small("ndm").cell
    assert isinstance(cell, PlasticCell)
    state = cell.begin(2) | {"plasticity": torch.tensor([0.5, 1.0])}
    after = cell.surprised(state, torch.tensor([4.0, 4.0]))["plasticity"]
    torch.testing.assert_close(after, torch.tensor([0.52, 1.0]))


def test_a_file_of_another_kind_or_with_a_flipped_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model"
    save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(StoredStateError, match="holds None of format None"):
        load_model(path)
    path.write_bytes(b"nothing of ours")
    with pytest.raises(StoredStateError, match="is no state file"):
        load_model(path)
    small("amrc").save(path)
    assert "weights.enter.weight" in load_file(path)


def test_wrong_calls_say_what_was_wrong() -> None:
    with pytest.raises(ValueError, match="no kind 'lstm'"):
        create_model("lstm", 1, 1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"must be \(time, 1\), not \(5, 2\)"):
        small("amrc").predict(np.zeros((5, 2)))
    with pytest.raises(ValueError, match="a amrc of this size has"):
        small("amrc").set_memory_state(small("amn").get_memory_state())
