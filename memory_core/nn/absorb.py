"""Embeddings of texts, images and sounds absorbed into one phase state, with the log that makes it exact.

Every embedding turns the phases by its product with a fixed random matrix of its modality, so the state is a sum: the
mean cosine of two states is a kernel of the difference of what they absorbed (Rahimi and Recht 2007). The state is a
digest of 2 KB and cannot give an embedding back. What happened when, and which item is like a query, is answered by the
log of items, which is kept and saved with the state.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch

from .storing import load_tensors, save_tensors

Modality = Literal["text", "image", "audio"]
DIMENSIONS: dict[Modality, int] = {"text": 768, "image": 512, "audio": 384}
WIDTH = 256
UNIT = 1 << 20  # integer steps to a radian
SPREAD = 0.2  # radians that one item turns a phase by, on average
FADE = 0.9  # of the mood, with every item

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Vectors = dict[Modality, npt.NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Item:
    """Something that was absorbed, in one modality or several at once; `step` counts from one."""

    step: int
    modalities: tuple[Modality, ...]
    label: str
    valence: float  # in [-1, 1]
    arousal: float  # in [0, 1]


@dataclass(frozen=True, slots=True)
class Change:
    """What lies between two steps: the items, and how far the phases moved, in mean radians for each item."""

    items: tuple[Item, ...]
    phases: Ints  # (WIDTH,), exact
    velocity: float


class AbsorbedMemory:
    """One state for all modalities, and the items that made it."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.items: list[Item] = []
        self._vectors: list[Vectors] = []
        self._states: list[Ints] = [np.zeros(WIDTH, dtype=np.int64)]

    def absorb(
        self,
        *,
        text: npt.ArrayLike | None = None,
        image: npt.ArrayLike | None = None,
        audio: npt.ArrayLike | None = None,
        label: str = "",
        valence: float = 0.0,
        arousal: float = 0.0,
    ) -> int:
        """Take in what belongs together, embeddings of any length but zero, as one item, and return its step.

        Raises:
            ValueError: There is none, one has another size or no direction, or the mood is out of range.
        """
        vectors = _vectors(text, image, audio)
        if not (-1 <= valence <= 1 and 0 <= arousal <= 1):
            raise ValueError(f"valence must lie in [-1, 1] and arousal in [0, 1], not {valence} and {arousal}")
        state = self._states[-1].copy()
        for modality, vector in vectors.items():
            turned = SPREAD * UNIT * (vector.astype(np.float64) @ _signs(modality))
            state += np.rint(turned).astype(np.int64)
        self.items.append(Item(len(self.items) + 1, tuple(vectors), label, valence, arousal))
        self._vectors.append(vectors)
        self._states.append(state)
        return len(self.items)

    def at(self, step: int | None = None) -> Ints:
        """Return the state after a step, as it was to the last bit; the present one for None.

        Raises:
            ValueError: There was no such step.
        """
        step = len(self.items) if step is None else step
        if not 0 <= step < len(self._states):
            raise ValueError(f"no step {step}; there are 0 to {len(self.items)}")
        return self._states[step].copy()

    def recall(
        self,
        *,
        text: npt.ArrayLike | None = None,
        image: npt.ArrayLike | None = None,
        audio: npt.ArrayLike | None = None,
        top: int = 5,
        window: int | None = None,
    ) -> list[tuple[Item, float]]:
        """Return the items most like some embeddings, with their mean cosines, likest first, of equal ones newer.

        Args:
            text: As for `absorb`. An item without a modality that is asked for does not compare.
            image: The same.
            audio: The same.
            top: How many.
            window: Only from the last so many steps.

        Raises:
            ValueError: As for `absorb`.
        """
        query = _vectors(text, image, audio)
        oldest = 0 if window is None else len(self.items) - window
        among = [item for item in self.items if query.keys() <= set(item.modalities) and item.step > oldest]
        scored = [(item, self._cosine(item, query)) for item in among]
        return sorted(scored, key=lambda pair: (-pair[1], -pair[0].step))[:top]

    def timeline(self, step: int | None = None, top: int = 5) -> list[tuple[int, float]]:
        """Return the other steps whose state was most like that of a step, with the likeness in [0, 1]."""
        step = len(self.items) if step is None else step
        wanted = self.at(step)
        scores = [(other, likeness(wanted, state)) for other, state in enumerate(self._states) if other != step]
        return sorted(scores, key=lambda pair: (-pair[1], -pair[0]))[:top]

    def diff(self, before: int, after: int) -> Change:
        """Return what was absorbed after one step up to another."""
        phases = self.at(after) - self.at(before)
        first, last = sorted((before, after))
        velocity = float(np.abs(phases).mean() / UNIT / max(1, last - first))
        return Change(tuple(self.items[first:last]), phases, velocity)

    def phase_velocity(self, step: int | None = None) -> float:
        """Return how far the phases moved in a step, in mean radians; 0 before the first. None is the last step."""
        step = len(self.items) if step is None else step
        return self.diff(max(0, step - 1), step).velocity

    def mood(self) -> tuple[float, float]:
        """Return valence, with its sign, and arousal, both fading means over the items."""
        valence = arousal = 0.0
        for item in self.items:
            valence = FADE * valence + (1 - FADE) * item.valence
            arousal = FADE * arousal + (1 - FADE) * item.arousal
        return valence, arousal

    def save(self, path: Path) -> None:
        """Write states, items and embeddings to one safetensors file; `sealed.seal` encrypts its bytes."""
        tensors = {"states": torch.from_numpy(np.stack(self._states))}
        for place, vectors in enumerate(self._vectors):
            tensors |= {f"{modality}.{place:08d}": torch.from_numpy(vector) for modality, vector in vectors.items()}
        items = [[item.modalities, item.label, item.valence, item.arousal] for item in self.items]
        save_tensors(path, tensors, "absorbed", {"items": items})

    def _cosine(self, item: Item, query: Vectors) -> float:
        held = self._vectors[item.step - 1]
        return float(sum(held[modality] @ vector for modality, vector in query.items())) / len(query)


def load_absorbed(path: Path) -> AbsorbedMemory:
    """Return what `AbsorbedMemory.save` wrote, bit for bit; it goes on as the saved one would.

    Raises:
        StoredStateError: The file holds none.
    """
    tensors, config = load_tensors(path, "absorbed")
    memory = AbsorbedMemory()
    for place, (modalities, *values) in enumerate(config["items"]):  # type: ignore[arg-type]
        memory.items.append(Item(place + 1, tuple(modalities), *values))
        vectors: Vectors = {modality: tensors[f"{modality}.{place:08d}"].numpy() for modality in modalities}
        memory._vectors.append(vectors)  # pyright: ignore[reportPrivateUsage]
    memory._states = list(tensors["states"].numpy())  # pyright: ignore[reportPrivateUsage]
    return memory


def likeness(one: Ints, other: Ints) -> float:
    """Return how alike two states are, 1 for equal ones: about exp(-(SPREAD * |sum of what differs|)**2 / 2)."""
    return max(0.0, float(np.cos((one - other) / UNIT).mean()))


@lru_cache(maxsize=len(DIMENSIONS))
def _signs(modality: Modality) -> Floats:
    """Return a modality's fixed matrix, (dimensions, WIDTH), of plus and minus one: raw bits, the same everywhere."""
    key = int.from_bytes(hashlib.blake2b(f"absorb {modality}".encode(), digest_size=16).digest(), "little")
    words = np.random.Philox(key=key).random_raw(DIMENSIONS[modality] * WIDTH // 64)
    bits = np.unpackbits(np.asarray(words, dtype="<u8").view(np.uint8))
    return bits.reshape(DIMENSIONS[modality], WIDTH).astype(np.float64) * 2 - 1


def _vectors(text: npt.ArrayLike | None, image: npt.ArrayLike | None, audio: npt.ArrayLike | None) -> Vectors:
    """Return the embeddings that are given, each of length one."""
    given: dict[Modality, npt.ArrayLike | None] = {"text": text, "image": image, "audio": audio}
    found: Vectors = {name: _direction(name, vector) for name, vector in given.items() if vector is not None}
    if not found:
        raise ValueError("no embedding; give text=, image= or audio=")
    return found


def _direction(modality: Modality, embedding: npt.ArrayLike) -> npt.NDArray[np.float32]:
    vector = np.asarray(embedding, dtype=np.float64)
    if vector.shape != (DIMENSIONS[modality],) or not np.isfinite(vector).all() or not vector.any():
        raise ValueError(
            f"{modality} embeddings are {DIMENSIONS[modality]} finite numbers, not all zero; got shape {vector.shape}"
        )
    return (vector / np.linalg.norm(vector)).astype(np.float32)
