"""An associative memory in a matrix: written by outer products, read by a product, with the values coming back.

hebb:  S_t = gamma * S_{t-1} + eta * v k^T
delta: S_t = gamma * S_{t-1} + eta * (v - gamma * S_{t-1} k) k^T, which replaces what the key held before

Sources: correlation matrix memories (Kohonen 1972); fast weights and the delta rule (Schlag et al. 2021); the parallel
form is retention (Sun et al. 2023) and, for the delta rule, one triangular solve (Yang et al. 2024).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Rule = Literal["hebb", "delta"]


@dataclass(frozen=True, slots=True)
class FastWeights:
    """The rule by which a matrix of values by keys learns; the matrix itself is an argument and a result."""

    keys: int
    values: int
    decay: float = 0.999
    rule: Rule = "hebb"

    def begin(self, batch: int) -> Tensor:
        """Return empty memories, (batch, values, keys)."""
        return torch.zeros(batch, self.values, self.keys)

    def write(self, state: Tensor, key: Tensor, value: Tensor, rate: Tensor | float = 1.0) -> Tensor:
        """Return the memories after one pair.

        Args:
            state: (batch, values, keys).
            key: (batch, keys), of unit length where the rule is `delta`.
            value: (batch, values).
            rate: eta, one number or (batch,).
        """
        self._check(key, value)
        kept = self.decay * state
        if self.rule == "delta":
            value = value - torch.einsum("bvk,bk->bv", kept, key)
        rate = torch.as_tensor(rate, dtype=value.dtype).expand(len(value))
        return kept + torch.einsum("b,bv,bk->bvk", rate, value, key)

    def read(self, state: Tensor, query: Tensor) -> Tensor:
        """Return what the memories hold for queries, (batch, queries, keys) to (batch, queries, values)."""
        return torch.einsum("bvk,bqk->bqv", state, query)

    def recall(
        self, state: Tensor, query: Tensor, known: Tensor, top: int, temperature: float = 0.1
    ) -> tuple[Tensor, Tensor]:
        """Return cleaned values: a mean of the known ones that are most like what the memories hold.

        Args:
            state: (batch, values, keys).
            query: (batch, queries, keys).
            known: (batch, count, values), what may come back.
            top: How many of them take part.
            temperature: Of the softmax over their cosines.

        Returns:
            Values, (batch, queries, values), and the places in `known` of the `top` best, best first.
        """
        found = torch.nn.functional.normalize(self.read(state, query), dim=-1)
        alike = torch.einsum("bqv,bcv->bqc", found, torch.nn.functional.normalize(known, dim=-1))
        best, places = alike.topk(min(top, known.shape[1]), dim=-1)
        weight = (best / temperature).softmax(-1)
        chosen = known.gather(1, places.flatten(1).unsqueeze(-1).expand(-1, -1, self.values))
        return torch.einsum("bqt,bqtv->bqv", weight, chosen.unflatten(1, places.shape[1:])), places

    def parallel(
        self, query: Tensor, key: Tensor, value: Tensor, rate: Tensor | float = 1.0, state: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return, for a whole sequence, what `write` then `read` would return at every step, and the last memories.

        Args:
            query: (batch, time, keys).
            key: (batch, time, keys).
            value: (batch, time, values).
            rate: One number or (batch, time).
            state: (batch, values, keys); None begins empty.

        Returns:
            (batch, time, values), and (batch, values, keys).
        """
        self._check(key, value)
        time = key.shape[1]
        rate = torch.as_tensor(rate, dtype=value.dtype).expand(value.shape[:2])
        ages = torch.arange(time).unsqueeze(1) - torch.arange(time)
        kept = torch.where(ages >= 0, self.decay ** ages.clamp_min(0).to(value.dtype), 0.0)  # (time, time)
        faded = self.decay ** torch.arange(1, time + 1).to(value.dtype)
        written = rate.unsqueeze(-1) * value
        if state is not None and self.rule == "delta":
            held = torch.einsum("bvk,btk->btv", state, key) * faded.unsqueeze(-1)
            written = written - rate.unsqueeze(-1) * held
        if self.rule == "delta":
            overlap = rate.unsqueeze(-1) * kept.tril(-1) * torch.einsum("btk,bsk->bts", key, key)
            written = torch.linalg.solve_triangular(torch.eye(time) + overlap, written, upper=False, unitriangular=True)
        found = torch.einsum("bts,bsv->btv", kept * torch.einsum("btk,bsk->bts", query, key), written)
        after = torch.einsum("t,btv,btk->bvk", kept[-1], written, key)
        if state is not None:
            found = found + torch.einsum("bvk,btk->btv", state, query) * faded.unsqueeze(-1)
            after = after + state * faded[-1]
        return found, after

    def _check(self, key: Tensor, value: Tensor) -> None:
        if key.shape[-1] != self.keys or value.shape[-1] != self.values:
            raise ValueError(
                f"key and value must end in {self.keys} and {self.values}, not {tuple(key.shape)}, {tuple(value.shape)}"
            )
