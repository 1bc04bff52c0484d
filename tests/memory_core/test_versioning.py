"""Versions of a state are kept, named, compared and merged without loss."""

from dataclasses import replace

import numpy as np
import pytest

from cistron.memory_core import sketch
from cistron.memory_core.core import AgentState
from cistron.memory_core.versioning import UnknownVersion, Versions

EVENTS = [f"event {number}" for number in range(200)]


def state(*events: str, sequence: int = 0) -> AgentState:
    return AgentState(sequence, sums=sketch.observe(sketch.empty(), dict.fromkeys(events, 1)))


def test_a_history_is_told_newest_first_and_a_version_is_found_by_the_start_of_its_id() -> None:
    versions = Versions()
    first = versions.commit("a", state("event 1", sequence=1), 10.0, "first")
    second = versions.commit("a", state("event 1", "event 2", sequence=2), 20.0, "second", [first.id])
    assert [version.message for version in versions.log(second.id[:8])] == ["second", "first"]
    assert versions.commit("a", state("event 1", sequence=1), 10.0, "first") == first


def test_a_difference_names_the_events_and_applying_it_gives_the_other_state() -> None:
    versions = Versions()
    one = versions.commit("a", state("event 1", "event 2", sequence=2), 0.0)
    other = versions.commit("a", state("event 2", "event 7", "event 9", sequence=5), 1.0, "", [one.id])
    found = versions.difference(one.id, other.id, EVENTS)
    assert found.changes == (("event 1", -1), ("event 7", 1), ("event 9", 1))
    assert np.array_equal(sketch.observe(one.sketch(), dict(found.changes)), other.sketch())


def test_a_merge_holds_what_both_sides_added_since_they_parted() -> None:
    versions = Versions()
    base = versions.commit("a", state("event 1", sequence=1), 0.0)
    one = versions.commit("a", state("event 1", "event 2", sequence=2), 1.0, "", [base.id])
    other = versions.commit("b", state("event 1", "event 3", sequence=2), 1.0, "", [base.id])
    assert versions.base(one.id, other.id) == base
    merged = versions.merge(one.id, other.id, "a", 2.0)
    assert np.array_equal(merged.sketch(), state("event 1", "event 2", "event 3").sums)
    assert merged.parents == (one.id, other.id)
    stranger = versions.commit("c", state("event 5", sequence=1), 0.0)
    both = versions.merge(one.id, stranger.id, "a", 3.0)
    assert np.array_equal(both.sketch(), state("event 1", "event 2", "event 5").sums)


@pytest.mark.parametrize("name", ["", "zz"])
def test_a_name_that_no_version_has_is_told(name: str) -> None:
    versions = Versions()
    versions.commit("a", state(sequence=0), 0.0)
    with pytest.raises(UnknownVersion, match="log lists them"):
        versions.find(name)


def test_a_version_that_was_changed_and_one_without_its_parent_are_found() -> None:
    versions = Versions()
    first = versions.commit("a", state("event 1", sequence=1), 0.0)
    second = versions.commit("a", state("event 2", sequence=2), 1.0, "", [first.id])
    assert versions.broken() == []
    assert Versions([replace(first, message="other"), second]).broken() == [first.id]
    assert Versions([second]).broken() == [second.id]
