"""An agent's memory is a fold over its events, the same whoever folds them."""

import hashlib
import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cistron.memory_core.coactivation import Link
from cistron.memory_core.core import PAUSE_S, AgentState, Event, StateError, next_places

Steps = list[tuple[int, str, float]]
steps = st.lists(st.tuples(st.integers(1, 9), st.sampled_from(["s1", "s2"]), st.floats(0, 2 * PAUSE_S)), max_size=40)


def events_of(steps: Steps) -> list[Event]:
    at, found = 0.0, list[Event]()
    for number, (place, session, pause) in enumerate(steps):
        at += pause
        found.append(Event(number + 1, session, at, place, f"use file_{place}.py"))
    return found


def folded(events: list[Event], state: AgentState | None = None) -> AgentState:
    state = state or AgentState()
    for event in events:
        state, _ = state.after(event)
    return state


def same(one: AgentState, other: AgentState) -> bool:
    return one.to_bytes() == other.to_bytes()


@settings(deadline=None)
@given(steps, st.data())
def test_a_state_that_was_written_and_read_goes_on_as_one_that_was_not(steps: Steps, data: st.DataObject) -> None:
    events = events_of(steps)
    cut = data.draw(st.integers(0, len(events)))
    resumed = folded(events[cut:], AgentState.from_bytes(folded(events[:cut]).to_bytes()))
    assert same(resumed, folded(events))
    assert len(resumed.to_bytes()) <= 16_384


def test_places_used_in_one_stretch_are_linked_and_after_a_pause_they_are_context() -> None:
    state, _ = AgentState().after(Event(1, "s", 0.0, 1, "a"))
    state, gains = state.after(Event(2, "s", 60.0, 2, "b"))
    assert gains == {(1, 2): 1.0, (2, 1): 1.0}
    state, gains = state.after(Event(3, "s", 90.0, 2, "b"))
    assert gains == {}
    state, gains = state.after(Event(4, "s", 90.0 + PAUSE_S + 1, 3, "c"))
    assert gains == {}
    assert state.working == (3,)
    assert set(state.focus()) == {1, 2, 3}
    other, gains = state.after(Event(5, "t", 90.0 + PAUSE_S + 2, 4, "d"))
    assert (gains, other.working) == ({}, (4,))


def test_an_event_without_a_place_moves_the_outcome_alone() -> None:
    state = folded(events_of([(1, "s1", 0.0), (2, "s1", 1.0)]))
    after, gains = state.after(Event(9, "s1", 5.0, outcome=-1.0))
    assert gains == {}
    assert after.outcomes.mood == pytest.approx(-1.0)
    assert np.array_equal(after.sums, state.sums)


def test_an_event_that_was_taken_in_already_is_refused() -> None:
    state = folded(events_of([(1, "s1", 0.0), (2, "s1", 1.0)]))
    with pytest.raises(ValueError, match="event 2 comes after event 2"):
        state.after(Event(2, "s1", 3.0, 1, "a"))


def test_no_cut_and_no_foreign_bytes_are_a_state() -> None:
    data = folded(events_of([(1, "s1", 0.0), (2, "s1", 1.0)])).to_bytes()
    for cut in (b"", b"XXXX" + data[4:], data[:-1], data[:30], data + b"x"):
        with pytest.raises(StateError):
            AgentState.from_bytes(cut)


def test_what_is_needed_next_names_the_links_it_follows_from() -> None:
    found = next_places({1: 1.0}, [Link(1, 5, 3.0, 0.0)], {1: 1.0}, {7: 2.0}, 0.0, 3)
    assert [(one.place, one.because) for one in found] == [(1, ()), (7, ()), (5, ((1, 1.5),))]


def test_a_version_of_an_earlier_release_is_read_but_not_as_the_state_at_hand() -> None:
    state = folded(events_of([(1, "s1", 0.0), (2, "s2", 1.0), (1, "s1", 2.0)]))
    data = state.to_bytes()
    _, header, _ = struct.unpack_from("<4sII", data)
    fields = json.loads(data[12 : 12 + header])
    fields["settled"] = fields["settled"][:10]
    text = json.dumps(fields, separators=(",", ":")).encode()
    earlier = b"AGT2" + data[4:].replace(struct.pack("<I", header), struct.pack("<I", len(text)), 1)
    earlier = earlier[:12] + text + data[12 + header : -8]
    earlier += hashlib.blake2b(earlier, digest_size=8).digest()
    with pytest.raises(StateError, match="b'AGT2', not b'AGT3'"):
        AgentState.from_bytes(earlier)
    found = AgentState.from_bytes(earlier, earlier=True)
    assert (found.working, found.settled.stretches, found.settled.told) == (state.working, 2, None)
    assert np.array_equal(found.sums, state.sums)
