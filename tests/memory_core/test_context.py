"""A context drifts with what is used, ranks what is needed next, and survives being written down."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cistron.memory_core.context import MOST_PLACES, Context, blended
from cistron.memory_core.core import RESUMING

sessions = st.lists(st.sets(st.integers(0, 2**62), max_size=12), max_size=30)


def after(used: list[set[int]]) -> Context:
    context = Context.empty()
    for places in used:
        context = context.after(places)
    return context


def test_what_was_used_last_and_often_is_most_in_focus() -> None:
    focus = after([{1, 2}, {1, 3}, {1, 4}]).focus()
    assert sorted(focus, key=lambda place: -focus[place]) == [1, 4, 3, 2]
    assert abs(sum(weight**2 for weight in focus.values()) - 1) < 1e-5


def test_two_agents_at_the_same_work_are_alike_and_a_stranger_is_not() -> None:
    one, other = after([{1, 2, 3}, {2, 3}]), after([{1, 2}, {2, 3, 4}])
    assert one.likeness(other) > 0.8
    assert one.likeness(after([{7, 8}])) == 0.0
    assert one.likeness(Context.empty()) == 0.0


@given(sessions)
def test_it_is_the_same_after_being_written_and_read(used: list[set[int]]) -> None:
    context = after(used)
    again = Context.from_bytes(context.to_bytes())
    assert np.array_equal(again.places, context.places)
    assert np.array_equal(again.strengths, context.strengths)
    assert len(context.to_bytes()) <= 6_200


def test_it_keeps_the_strongest_places_alone() -> None:
    context = after([set(range(n * 20, n * 20 + 20)) for n in range(100)])
    assert context.places.size == MOST_PLACES
    assert 1_999 in context.places
    assert 0 not in context.places


def test_a_session_without_use_changes_nothing_and_places_can_be_forgotten() -> None:
    context = after([{1, 2}])
    assert context.after([]) is context
    assert set(context.without([1]).focus()) == {2}


@pytest.mark.parametrize("damage", [b"", b"CTX", b"XXXX" + bytes(20), None])
def test_bytes_that_are_no_context_are_refused(damage: bytes | None) -> None:
    good = after([{1, 2}]).to_bytes()
    with pytest.raises(ValueError, match=r"no context|cannot have"):
        Context.from_bytes(good[:-1] if damage is None else damage)


def test_sources_are_blended_by_their_own_scale_and_ties_go_by_id() -> None:
    ranked = blended({1: 10.0, 2: 5.0}, {3: 0.01}, {2: 100.0, 9: 100.0}, 10, RESUMING)
    assert [place for place, _ in ranked] == [2, 1, 9, 3]
    assert blended({5: 1.0, 4: 1.0}, {}, {}, 1, RESUMING) == [(4, 1.0)]
