"""Places used together are linked, by how much of their use is together, and links fade without being touched."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cistron.memory_core.coactivation import HALF_LIFE_S, Link, faded, overflowing, strengthened, suggest


def test_using_two_places_together_links_them_both_ways() -> None:
    assert strengthened([3, 1, 3]) == {(1, 3): 1.0, (3, 1): 1.0}
    assert strengthened([1, 2, 3, 4, 5])[1, 2] == pytest.approx(0.5)


@pytest.mark.parametrize("used", [[], [1], list(range(31))])
def test_one_place_alone_and_a_sweep_over_many_link_nothing(used: list[int]) -> None:
    assert strengthened(used) == {}


@given(st.floats(0, 1e6), st.floats(0, 1e9))
def test_a_weight_halves_in_its_half_life_and_never_grows(weight: float, elapsed: float) -> None:
    assert faded(weight, elapsed + HALF_LIFE_S) == pytest.approx(faded(weight, elapsed) / 2)
    assert faded(weight, -elapsed) == weight


def test_a_link_counts_by_its_share_of_what_its_seed_is_used() -> None:
    links = [Link(1, 10, 4.0, 0.0), Link(2, 20, 4.0, 0.0), Link(1, 2, 9.0, 0.0)]
    ranked = suggest({1: 1.0, 2: 1.0}, links, {1: 4.0, 2: 39.0}, 0.0, 5)
    assert [(one.place, one.because) for one in ranked] == [(10, ((1, 0.8),)), (20, ((2, 0.1),))]


def test_evidence_of_several_seeds_adds_up_and_ties_go_by_id() -> None:
    links = [Link(1, 10, 1.0, 0.0), Link(2, 10, 1.0, 0.0), Link(1, 12, 1.0, 0.0), Link(1, 11, 1.0, 0.0)]
    ranked = suggest({1: 1.0, 2: 0.5}, links, {}, 0.0, 3)
    assert [one.place for one in ranked] == [10, 11, 12]
    assert ranked[0].score == pytest.approx(1.5)
    assert ranked[0].because == ((1, 1.0), (2, 0.5))


def test_the_weakest_links_overflow_as_they_are_now() -> None:
    links = [Link(1, 10, 2.0, 0.0), Link(1, 11, 1.5, HALF_LIFE_S), Link(1, 12, 9.0, 0.0)]
    assert [link.target for link in overflowing(links, HALF_LIFE_S, most=2)] == [10]
    assert math.isclose(faded(2.0, HALF_LIFE_S), 1.0)
