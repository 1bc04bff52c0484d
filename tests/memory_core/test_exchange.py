"""A state leaves its store as a file, and comes back as it was or not at all."""

import json
import struct

import numpy as np
import pytest

from cistron.memory_core.core import AgentState, Event
from cistron.memory_core.exchange import ExchangeError, Portable, from_hx, relabelled, to_hx

PLACES = tuple(("repo", f"file_{number}.py", None, None, 0) for number in range(1, 7))


def worked() -> AgentState:
    state = AgentState()
    for number, place in enumerate([1, 2, 3, 2, 4, 5, 6]):
        at = 1_000.0 * number
        state, _ = state.after(Event(number + 1, f"s{number // 3}", at, place, f"file_{place}.py", outcome=0.5))
    return state


@pytest.fixture(scope="module")
def data() -> bytes:
    return to_hx(Portable("local/agent", 9_000.0, worked(), PLACES))


def test_what_comes_back_is_what_left(data: bytes) -> None:
    found = from_hx(data)
    assert (found.agent, found.at, found.places) == ("local/agent", 9_000.0, PLACES)
    assert found.state.to_bytes() == worked().to_bytes()


def test_the_file_is_in_the_format_of_safetensors(data: bytes) -> None:
    safetensors = pytest.importorskip("safetensors.numpy")
    assert np.array_equal(safetensors.load(data)["sums"], worked().sums)


def test_every_changed_byte_and_every_cut_is_refused(data: bytes) -> None:
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 1 << position % 8
        with pytest.raises(ExchangeError):
            from_hx(bytes(changed))
    for cut in range(0, len(data), 7):
        with pytest.raises(ExchangeError):
            from_hx(data[:cut])
    with pytest.raises(ExchangeError):
        from_hx(data + b"x")


def test_a_file_of_a_newer_version_is_not_guessed_at(data: bytes) -> None:
    newer = data.replace(b'"version":"1"', b'"version":"9"')
    with pytest.raises(ExchangeError, match="version '9'; this release reads 1"):
        from_hx(newer)


def test_numbers_that_are_none_are_refused_though_the_hash_is_right(data: bytes) -> None:
    state = worked()
    state.context.strengths[0, 0] = np.nan
    with pytest.raises(ExchangeError, match="no strength"):
        from_hx(to_hx(Portable("a", 0.0, state, PLACES)))
    with pytest.raises(ExchangeError, match="does not name"):
        from_hx(to_hx(Portable("a", 0.0, worked(), PLACES[:2])))


@pytest.mark.parametrize("head", [[], {}, {"__metadata__": 1}, {"__metadata__": {"format": "x"}}])
def test_other_files_of_that_format_are_refused(head: object) -> None:
    text = json.dumps(head, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with pytest.raises(ExchangeError):
        from_hx(struct.pack("<Q", len(text)) + text)


def test_places_take_other_ids_and_those_without_one_are_left_out() -> None:
    state = relabelled(worked(), {1: 70, 2: 60, 3: 5, 6: 1})
    assert state.context.places.tolist() == sorted(state.context.places.tolist())
    assert set(state.focus()) == {70, 60, 5, 1}
    before = worked().context
    kept = dict(zip(before.places.tolist(), before.strengths.tolist(), strict=True))
    assert dict(zip(state.context.places.tolist(), state.context.strengths.tolist(), strict=True))[70] == kept[1]
