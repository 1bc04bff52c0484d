"""Cells to fit and predict with, as one does in scikit-learn: arrays in, arrays out, memory kept between calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .cells import GatedMemoryCell, LeakyMemoryCell
from .heads import MultiHeadCell
from .manifold import DualTimescaleCell, ManifoldCell
from .plastic import PlasticCell
from .recurrent import HEADS, CellConfig, RecurrentCell, State
from .storing import load_tensors, restore, save_tensors
from .training import FreezeMask
from .workspace import WorkspaceCell

Kind = Literal["amrc", "pmrc", "amn", "dtpn", "hyper_amn", "sgw_amn", "ndm"]
CELLS: dict[Kind, Callable[[CellConfig, torch.Generator], RecurrentCell]] = {
    "amrc": LeakyMemoryCell,
    "pmrc": GatedMemoryCell,
    "amn": ManifoldCell,
    "dtpn": DualTimescaleCell,
    "hyper_amn": MultiHeadCell,
    "sgw_amn": WorkspaceCell,
    "ndm": PlasticCell,
}
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """What a model is, and how it is trained."""

    kind: Kind
    inputs: int
    outputs: int
    hidden: int = 32
    seed: int = 0
    epochs: int = 400
    rate: float = 0.03
    batch: int = 32
    refresh: int = 20  # epochs between two runs through the series that give every window the memory it starts from
    window: int = 96  # steps that gradients pass through
    warmup: int = 16  # steps of a window that settle the memory and are not scored


@dataclass(frozen=True, slots=True)
class _Windows:
    places: Tensor  # where each begins
    length: int
    warmup: int


class MemoryModel:
    """A cell, the scale of its data, and the memory it is in."""

    def __init__(self, config: ModelConfig) -> None:
        """Make the weights from the config's seed; nothing else is random.

        Raises:
            ValueError: The kind is unknown, or the window leaves nothing to score.
        """
        if config.kind not in CELLS:
            raise ValueError(f"no kind {config.kind!r}; there are {', '.join(CELLS)}")
        if not 0 <= config.warmup < config.window:
            raise ValueError(f"a warm-up of {config.warmup} leaves nothing of a window of {config.window}")
        self.config = config
        self.generator = torch.Generator().manual_seed(config.seed)
        sizes = CellConfig(config.inputs, config.hidden, config.outputs)
        self.cell = CELLS[config.kind](sizes, self.generator)
        self.scale = torch.tensor([[0.0] * config.inputs, [1.0] * config.inputs])  # mean and deviation
        self.target_scale = torch.tensor([[0.0] * config.outputs, [1.0] * config.outputs])
        self.memory: State | None = None

    def fit(self, x: Floats, y: Floats) -> MemoryModel:
        """Measure the scale of one series, (time, inputs) and (time, outputs), and train on it."""
        self.scale, self.target_scale = _scale(self._rows(x, self.config.inputs)), _scale(_rows_of(y))
        return self.partial_fit(x, y)

    def partial_fit(
        self, x: Floats, y: Floats, epochs: int | None = None, frozen: FreezeMask | None = None
    ) -> MemoryModel:
        """Train on, without measuring the scale again.

        Args:
            x: (time, inputs).
            y: (time, outputs).
            epochs: Passes over the series; None takes the config's.
            frozen: What must not move.
        """
        inputs = _scaled(self._rows(x, self.config.inputs), self.scale)
        targets = _scaled(self._rows(y, self.config.outputs), self.target_scale)
        if len(inputs) != len(targets):
            raise ValueError(f"x has {len(inputs)} steps and y {len(targets)}")
        window = min(self.config.window, len(inputs))
        warmup = self.config.warmup if window == self.config.window else 0
        places = torch.arange(0, len(inputs) - window + 1, max(1, window - warmup))
        if places[-1] + window < len(inputs):
            places = torch.cat([places, torch.tensor([len(inputs) - window])])
        self._train(inputs, targets, _Windows(places, window, warmup), epochs or self.config.epochs, frozen)
        return self

    def predict(self, x: Floats, reset_memory: bool = True) -> Floats:
        """Return the outputs for a series, (time, outputs), and keep the memory it ends in.

        Args:
            x: (time, inputs).
            reset_memory: False goes on from where the last call ended.
        """
        inputs = _scaled(self._rows(x, self.config.inputs), self.scale).unsqueeze(0)
        with torch.no_grad():
            start = None if reset_memory else self.memory
            outputs, self.memory = self.cell(inputs, start)
        return (outputs[0] * self.target_scale[1] + self.target_scale[0]).double().numpy()

    def get_memory_state(self) -> State:
        """Return the memory, batch of one; empty before the first prediction."""
        return dict(self.cell.begin(1) if self.memory is None else self.memory)

    def set_memory_state(self, state: State) -> None:
        """Go on from a memory that `get_memory_state` gave.

        Raises:
            ValueError: It is another cell's.
        """
        wanted = {name: tensor.shape for name, tensor in self.cell.begin(1).items()}
        if {name: tensor.shape for name, tensor in state.items()} != wanted:
            raise ValueError(f"the state has {sorted(state)}; a {self.config.kind} of this size has {sorted(wanted)}")
        self.memory = dict(state)

    def reset_memory_state(self) -> None:
        """Forget what came before."""
        self.memory = None

    def get_manifold_state(self) -> State:
        """Return the associative matrices of the memory; none for a cell without."""
        return {name: value for name, value in self.get_memory_state().items() if name.startswith("manifold")}

    def get_head_activations(self) -> State:
        """Return what every head last gave; none for a cell of one head."""
        state = self.get_memory_state()
        return {name.removeprefix(HEADS): value for name, value in state.items() if name.startswith(HEADS)}

    def diagnostics(self) -> dict[str, float]:
        """Return what there is to watch in the memory."""
        return self.cell.diagnostics(self.get_memory_state())

    def save(self, path: Path) -> None:
        """Write weights, scale and memory to one safetensors file."""
        tensors = {f"weights.{name}": value for name, value in self.cell.state_dict().items()}
        tensors |= {"scale": self.scale, "target_scale": self.target_scale}
        if self.memory is not None:
            tensors |= {f"memory.{name}": value for name, value in self.memory.items()}
        save_tensors(path, tensors, "model", asdict(self.config))

    def _train(self, x: Tensor, y: Tensor, windows: _Windows, epochs: int, frozen: FreezeMask | None) -> None:
        """Minimise the mean square by Adam, with a rate that falls to nothing along a cosine."""
        index = windows.places.unsqueeze(1) + torch.arange(windows.length)
        optimizer = torch.optim.Adam(self.cell.parameters(), self.config.rate)
        batches = -(-len(index) // self.config.batch)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * batches)
        starts: State = {}
        for epoch in range(epochs):
            if epoch % self.config.refresh == 0:
                starts = self._starts(x, windows.places.tolist())
            for rows in torch.randperm(len(index), generator=self.generator).split(self.config.batch):
                outputs, _ = self.cell(x[index[rows]], {name: value[rows] for name, value in starts.items()})
                scored = slice(windows.warmup, None)
                loss = torch.nn.functional.mse_loss(outputs[:, scored], y[index[rows]][:, scored])
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(self.cell.parameters(), 1.0)
                if frozen is not None:
                    frozen.still(self.cell)
                optimizer.step()
                if frozen is not None:
                    frozen.restore(self.cell)
                schedule.step()

    @torch.no_grad()
    def _starts(self, x: Tensor, places: list[int]) -> State:
        """Return the memory before every window, as one batch."""
        state = self.cell.begin(1)
        found = [state]
        for begin, end in pairwise(places):
            _, state = self.cell(x[begin:end].unsqueeze(0), state)
            found.append(state)
        return {name: torch.cat([one[name] for one in found]) for name in state}

    def _rows(self, values: Floats, width: int) -> Tensor:
        rows = _rows_of(values)
        if rows.shape[1] != width or not len(rows):
            raise ValueError(f"a series must be (time, {width}), not {tuple(np.shape(values))}")
        return rows


def create_model(kind: Kind, inputs: int, outputs: int, **settings: int | float) -> MemoryModel:
    """Return an untrained model: `amrc`, `pmrc`, `amn`, `dtpn`, `hyper_amn`, `sgw_amn` or `ndm`.

    Args:
        kind: Which cell.
        inputs: Numbers that come in at a step.
        outputs: Numbers that go out.
        settings: Fields of `ModelConfig`.
    """
    return MemoryModel(replace(ModelConfig(kind, inputs, outputs), **settings))


def load_model(path: Path) -> MemoryModel:
    """Return a model that `save` wrote, with its memory, bit for bit.

    Raises:
        StoredStateError: The file holds none.
    """
    tensors, config = load_tensors(path, "model")
    model = MemoryModel(ModelConfig(**config))  # type: ignore[arg-type]
    parts = {part: _under(part, tensors) for part in ("weights.", "memory.")}
    restore(model.cell, parts["weights."])
    model.scale, model.target_scale = tensors["scale"], tensors["target_scale"]
    if parts["memory."]:
        model.set_memory_state(parts["memory."])
    return model


def _under(prefix: str, tensors: State) -> State:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _rows_of(values: Floats) -> Tensor:
    rows = torch.as_tensor(np.asarray(values, dtype=np.float32))
    return rows.unsqueeze(1) if rows.dim() == 1 else rows


def _scale(rows: Tensor) -> Tensor:
    return torch.stack([rows.mean(0), rows.std(0, unbiased=False).clamp_min(1e-8)])


def _scaled(rows: Tensor, scale: Tensor) -> Tensor:
    return (rows - scale[0]) / scale[1]
