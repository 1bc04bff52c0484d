"""States of agents are sums of their events: equal bit by bit in any order, comparable, and decodable."""

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cistron.memory_core import sketch

EVENTS = [f"use src/module_{number}.py::Thing.method_{number}" for number in range(1_000)]
counts = st.dictionaries(st.sampled_from(EVENTS), st.integers(-5, 50), max_size=20)


def state_of(events: dict[str, int]) -> sketch.Ints:
    return sketch.observe(sketch.empty(), events)


@given(counts, counts)
def test_the_order_of_events_does_not_matter_and_taking_back_leaves_nothing(one: dict[str, int], other: dict[str, int]):
    both = sketch.observe(state_of(one), other)
    assert np.array_equal(both, sketch.observe(state_of(other), one))
    assert np.array_equal(sketch.observe(both, {event: -count for event, count in other.items()}), state_of(one))


@given(counts, counts, counts)
def test_two_branches_merge_to_what_both_added(base: dict[str, int], one: dict[str, int], other: dict[str, int]):
    start = state_of(base)
    merged = sketch.merged(start, sketch.observe(start, one), sketch.observe(start, other))
    assert np.array_equal(merged, sketch.observe(sketch.observe(start, one), other))


def test_the_vector_of_an_event_is_the_same_on_every_machine() -> None:
    vector = sketch.frequencies("use src/app.py::run")
    assert vector[:4].tolist() == [183428, -230787, 140799, -96112]
    assert not vector.flags.writeable


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(EVENTS), st.sampled_from([-2, -1, 1, 2, 3]), max_size=24), counts)
def test_few_changes_are_told_exactly(changes: dict[str, int], before: dict[str, int]) -> None:
    start = state_of(before)
    found = sketch.difference(start, sketch.observe(start, changes), EVENTS)
    assert found.ok
    assert dict(found.changes) == changes


def test_what_cannot_be_told_is_not_guessed() -> None:
    rng = random.Random(0)
    many = {event: rng.randint(1, 5) for event in EVENTS[:400]}
    assert sketch.difference(sketch.empty(), state_of(many), EVENTS) == sketch.Difference(False)
    unknown = state_of({"an event that is no candidate": 1})
    assert sketch.difference(sketch.empty(), unknown, EVENTS) == sketch.Difference(False)
    assert sketch.difference(sketch.empty(), unknown, []) == sketch.Difference(False)


def test_similarity_falls_with_the_number_of_differing_events_as_its_kernel_does() -> None:
    rng = random.Random(1)
    errors = [
        sketch.similarity(sketch.empty(), state_of(dict.fromkeys(rng.sample(EVENTS, size), 1)), harmonic)
        - sketch.expected_similarity(size, harmonic)
        for harmonic in sketch.HARMONICS
        for size in (1, 2, 4, 8, 16, 32, 64, 128, 256)
        for _ in range(20)
    ]
    assert float(np.sqrt(np.mean(np.square(errors)))) <= 0.03


def test_features_multiply_to_the_mean_similarity() -> None:
    one, other = state_of({"a": 1, "b": 2}), state_of({"b": 1, "c": 4})
    raw = [float(np.cos(k * ((one - other) / sketch.UNIT)).mean()) for k in sketch.HARMONICS]
    assert abs(float(sketch.features(one) @ sketch.features(other)) - sum(raw) / len(raw)) < 1e-9
