"""Tensors and what they mean in one file: safetensors with a JSON header. Nothing in a file is ever executed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from .online import OnlinePhase
from .phase import PhaseLayer

FORMAT = 1


class StoredStateError(ValueError):
    """A file does not hold what was asked of it."""


def save_tensors(path: Path, tensors: Mapping[str, Tensor], kind: str, config: Mapping[str, object]) -> None:
    """Write tensors with the config that gives them meaning; `load_tensors` returns the same bits."""
    header = {"cistron": json.dumps({"format": FORMAT, "kind": kind, "config": dict(config)}, sort_keys=True)}
    save_file({name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}, path, header)


def load_tensors(path: Path, kind: str) -> tuple[dict[str, Tensor], dict[str, object]]:
    """Return the tensors and the config of a file.

    Raises:
        StoredStateError: The file is none of ours, is damaged, or holds another kind.
    """
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {}).get("cistron", "{}"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  it is no dict
    except (SafetensorError, json.JSONDecodeError) as error:
        raise StoredStateError(f"{path.name} is no state file ({error}); save it again") from error
    if header.get("format") != FORMAT or header.get("kind") != kind:
        raise StoredStateError(
            f"{path.name} holds {header.get('kind')!r} of format {header.get('format')}, not {kind!r}"
        )
    return tensors, header["config"]


def restore(module: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Put a file's tensors into a module that was built from its config.

    Raises:
        StoredStateError: A name or a shape does not fit.
    """
    try:
        module.load_state_dict(dict(tensors))
    except RuntimeError as error:
        raise StoredStateError(f"the weights do not fit the config: {' '.join(str(error).split())}") from error


def as_online(layer: PhaseLayer) -> OnlinePhase:
    """Return the numpy twin of a phase layer, with its weights."""
    weight = layer.weight.detach().double().numpy()
    bias = weight[:, 0] * 0 if layer.bias is None else layer.bias.detach().double().numpy()
    config = layer.config
    return OnlinePhase(
        weight,
        bias,
        layer.get_buffer("harmonics").numpy(),
        layer.get_buffer("kept").numpy(),
        config.increment,
        config.lattice,
        config.spin,
        config.full_state,
    )
