"""Any past state is had exactly, and a moment like this one is found."""

from collections.abc import Iterator, Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cistron.memory_core import sketch
from cistron.memory_core.timeline import EVERY, Timeline


class Log:
    """A log of events, one name each, and the states it leads to."""

    def __init__(self, events: list[str]) -> None:
        self.events = events
        self.states = [sketch.empty()]
        for event in events:
            self.states.append(sketch.observe(self.states[-1], {event: 1}))
        self.timeline = Timeline(self.replay)
        for sequence in range(1, len(self.states)):
            self.timeline.keep(sequence, self.states[sequence])

    def replay(self, after: int, until: int) -> Iterator[Mapping[str, int]]:
        return ({event: 1} for event in self.events[after:until])


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1, max_size=300), st.data())
def test_the_state_after_any_event_is_had_bit_by_bit(events: list[str], data: st.DataObject) -> None:
    log = Log(events)
    sequence = data.draw(st.integers(0, len(events)))
    assert np.array_equal(log.timeline.at(sequence), log.states[sequence])


def test_frames_are_kept_apart_and_only_forwards() -> None:
    log = Log(["a"] * (3 * EVERY + 5))
    assert len(log.timeline) == 4
    with pytest.raises(ValueError, match="not after the last frame"):
        log.timeline.keep(1, sketch.empty())


def test_the_moment_that_was_most_like_a_state_is_found_first() -> None:
    log = Log([f"event {number // EVERY}" for number in range(5 * EVERY)])
    found = log.timeline.search(log.states[2 * EVERY + 1], 2)
    assert found[0].sequence == 2 * EVERY + 1
    assert found[0].likeness == pytest.approx(1.0, abs=1e-5)
    assert Timeline(log.replay).search(log.states[3]) == []
