"""Whether the focus has settled is told as a probability, or not at all; a switch of task is noticed."""

import pytest

from cistron.memory_core.core import PAUSE_S, AgentState, Event
from cistron.memory_core.resonance import LEAST_STRETCHES, NAMES, features_of, fitted


def stretches(*sets: tuple[int, ...]) -> AgentState:
    state, sequence = AgentState(), 0
    for number, places in enumerate(sets):
        for place in places:
            sequence += 1
            state, _ = state.after(Event(sequence, f"s{number}", number * 2 * PAUSE_S, place, f"f{place}"))
    return state


def test_of_a_new_agent_nothing_is_told() -> None:
    assert AgentState().settledness(0.0) is None
    assert stretches(*[(1, 2)] * (LEAST_STRETCHES - 1)).settledness(0.0) is None


def test_who_comes_back_to_the_same_places_is_more_settled_than_who_goes_on_to_others() -> None:
    same = stretches(*[(1, 2, 3)] * 12).settledness(1e5)
    other = stretches(*[(3 * n, 3 * n + 1, 3 * n + 2) for n in range(12)]).settledness(1e5)
    assert same is not None
    assert other is not None
    assert 0.0 < other < 0.35 < 0.65 < same < 1.0


def test_a_switch_is_told_while_it_is_new_and_a_single_stray_file_is_none() -> None:
    before = [(1, 2, 3)] * 10
    assert not stretches(*before).switched
    assert not stretches(*before, (1, 2, 90)).switched
    assert stretches(*before, (90, 91, 92, 93)).switched
    assert not stretches(*before, (90, 91, 92, 93), (90, 91)).switched


def test_features_are_numbers_for_an_agent_without_any_work() -> None:
    found = features_of(AgentState().settled, AgentState().context, 0.0)
    assert len(found) == len(NAMES)
    assert all(value == pytest.approx(0.0) for value in found)


def test_a_fitted_model_tells_apart_what_its_rows_tell_apart() -> None:
    rows = [[float(number % 2)] + [0.0] * (len(NAMES) - 1) for number in range(200)]
    model = fitted(rows, [row[0] > 0.5 or number % 10 == 0 for number, row in enumerate(rows)], ridge=0.1)
    assert model.probability(rows[1]) > 0.9
    assert model.probability(rows[0]) == pytest.approx(0.2, abs=0.05)
