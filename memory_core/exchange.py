"""An agent's state as a file that another machine can read: `.hx`, in the format of safetensors, read without torch.

Ids of places mean something in one store alone, so the file names its places and the state counts them from 1. A hash
of all that the file holds tells accidents; whoever must fear others seals the file (`sealed`).

Source: the safetensors format, a header of JSON behind its length and then the tensors.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from . import sketch
from .context import BANDS, MOST_PLACES, Context
from .core import MOST_WORKING, AgentState
from .outcome import Outcomes
from .resonance import Settled

VERSION = 1
_LENGTH = struct.Struct("<Q")
_LONGEST_HEADER = 1 << 20
_DIGEST = 16
_TYPES = {"I64": "<i8", "F32": "<f4"}

Spot = tuple[str, str, str | None, str | None, int]


class ExchangeError(ValueError):
    """The bytes are no state that was exported, of a newer version, cut short or changed."""


@dataclass(frozen=True, slots=True)
class Portable:
    """A state that can leave its store: whose it was, when it left (seconds since the epoch), and its places.

    The state names a place by its position in `places`, from 1; a place is root's name, path, symbol, heading, nth.
    """

    agent: str
    at: float
    state: AgentState
    places: tuple[Spot, ...]


def relabelled(state: AgentState, ids: Mapping[int, int]) -> AgentState:
    """Return a state with other ids for its places, without those that have none."""
    held = [(ids[place], row) for row, place in enumerate(state.context.places.tolist()) if place in ids]
    order = sorted(dict(held).items())
    places = np.array([place for place, _ in order], np.int64)
    strengths = state.context.strengths[[row for _, row in order]].reshape(len(order), len(BANDS))
    working = tuple(dict.fromkeys(ids[place] for place in state.working if place in ids))
    return replace(state, context=Context(places, strengths), working=working)


def to_hx(portable: Portable) -> bytes:
    """Return a state as the bytes of a `.hx` file."""
    state = portable.state
    tensors = {"sums": state.sums.astype("<i8"), "places": state.context.places.astype("<i8"),
               "strengths": state.context.strengths.astype("<f4")}  # fmt: skip
    fields: dict[str, object] = {
        "agent": portable.agent,
        "left_at": portable.at,
        "sequence": state.sequence,
        "session": state.session,
        "at": state.at,
        "working": state.working,
        "outcomes": astuple(state.outcomes),
        "settled": astuple(state.settled),
        "places": portable.places,
    }
    data = b"".join(tensor.tobytes() for tensor in tensors.values())
    text = json.dumps(fields, separators=(",", ":"))
    metadata = {"format": "cistron agent state", "version": str(VERSION), "fields": text, "hash": _digest(text, data)}
    header: dict[str, object] = {"__metadata__": metadata}
    start = 0
    for name, tensor in tensors.items():
        kind = next(kind for kind, numpy_kind in _TYPES.items() if np.dtype(numpy_kind) == tensor.dtype)
        header[name] = {"dtype": kind, "shape": tensor.shape, "data_offsets": [start, start + tensor.nbytes]}
        start += tensor.nbytes
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    return _LENGTH.pack(len(head)) + head + data


def from_hx(data: bytes) -> Portable:
    """Return the state that `to_hx` wrote.

    Raises:
        ExchangeError: The bytes are none, of a newer version, cut short or changed.
    """
    header, start = _header(data)
    try:
        metadata, text = header["__metadata__"], header["__metadata__"]["fields"]
        if metadata["format"] != "cistron agent state" or int(metadata["version"]) > VERSION:
            raise ExchangeError(f"the file is of version {metadata['version']!r}; this release reads {VERSION}")
        if metadata["hash"] != _digest(text, data[start:]):
            raise ExchangeError("the file was changed or cut short: it does not have the hash that it names")
        fields = json.loads(text)
        tensors = {name: _tensor(header[name], data[start:]) for name in ("sums", "places", "strengths")}
        return _portable(fields, tensors)
    except ExchangeError:
        raise
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ExchangeError(f"the file is no state of an agent: {error}") from error


def _header(data: bytes) -> tuple[dict[str, Any], int]:
    if len(data) < _LENGTH.size:
        raise ExchangeError(f"a file of {len(data)} bytes is no state of an agent")
    (length,) = _LENGTH.unpack_from(data)
    start = _LENGTH.size + length
    if length > _LONGEST_HEADER or start > len(data):
        raise ExchangeError("the file is no state of an agent, or was cut short")
    try:
        header = json.loads(data[_LENGTH.size : start])
    except ValueError as error:
        raise ExchangeError("the file is no state of an agent, or was changed") from error
    if not isinstance(header, dict) or not isinstance(header.get("__metadata__"), dict):
        raise ExchangeError("the file is no state of an agent; `agent_state(action='export')` writes them")
    canonical = json.dumps(header, separators=(",", ":")).encode()
    if data[_LENGTH.size : start] != canonical + b" " * (-len(canonical) % 8):
        raise ExchangeError("the file's header was changed")
    return header, start


def _tensor(held: Mapping[str, Any], data: bytes) -> npt.NDArray[Any]:
    kind, shape, (start, end) = _TYPES[held["dtype"]], tuple(held["shape"]), held["data_offsets"]
    if not 0 <= start <= end <= len(data) or end - start != math.prod(shape) * np.dtype(kind).itemsize:
        raise ExchangeError(f"a tensor of {shape} does not lie at bytes {start} to {end}")
    return np.frombuffer(data[start:end], kind).reshape(shape)


def _portable(fields: Mapping[str, Any], tensors: Mapping[str, npt.NDArray[Any]]) -> Portable:
    """Return the state, checked: what is no number, or counts places that are not named, is refused."""
    sums, places, strengths = (tensors[name] for name in ("sums", "places", "strengths"))
    named = tuple((str(r), str(p), s, h, int(n)) for r, p, s, h, n in fields["places"])
    if sums.shape != (sketch.WIDTH,) or strengths.shape != (places.size, len(BANDS)) or places.size > MOST_PLACES:
        raise ExchangeError(f"a state of {sums.shape} sums and {strengths.shape} strengths is none of ours")
    if not np.isfinite(strengths).all() or (strengths < 0).any() or (np.diff(places) <= 0).any():
        raise ExchangeError("the state's context holds what is no strength, or a place twice")
    working = tuple(int(place) for place in fields["working"])
    if len(working) > MOST_WORKING or not {*working, *places.tolist()} <= set(range(1, len(named) + 1)):
        raise ExchangeError("the state counts places that the file does not name")
    numbers = [float(fields["at"]), float(fields["left_at"])]
    numbers += [float(one) for one in (*fields["outcomes"], *fields["settled"]) if one is not None]
    if not all(math.isfinite(number) for number in numbers):
        raise ExchangeError("the state holds what is no number")
    state = AgentState(
        int(fields["sequence"]),
        str(fields["session"]),
        float(fields["at"]),
        working,
        Context(places.astype(np.int64), strengths.astype(np.float32)),
        sums.astype(np.int64),
        Outcomes(*fields["outcomes"]),
        Settled.read(fields["settled"]),
    )
    return Portable(str(fields["agent"]), float(fields["left_at"]), state, named)


def _digest(text: str, data: bytes) -> str:
    length = struct.pack("<Q", len(text))
    return hashlib.blake2b(length + text.encode() + data, digest_size=_DIGEST).hexdigest()
