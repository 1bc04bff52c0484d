"""Whether the focus has settled is told as a probability, or not at all; a switch of task is noticed."""

import json
import math
from importlib import resources

import pytest

from cistron.memory_core.core import PAUSE_S, AgentState, Event
from cistron.memory_core.resonance import (
    LEAST_STRETCHES,
    NAMES,
    Settled,
    corrected,
    features_of,
    fitted,
    settledness,
    shipped,
)


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
    assert all(math.isfinite(value) for value in found)


def test_a_fitted_model_tells_apart_what_its_rows_tell_apart() -> None:
    rows = [[float(number % 2)] + [0.0] * (len(NAMES) - 1) for number in range(200)]
    model = fitted(rows, [row[0] > 0.5 or number % 10 == 0 for number, row in enumerate(rows)], ridge=0.1)
    assert model.probability(rows[1]) > 0.9
    assert model.probability(rows[0]) == pytest.approx(0.2, abs=0.05)


def test_an_agent_whose_focus_holds_less_than_was_told_is_told_less() -> None:
    bias, told = 0.0, shipped().log_odds([0.0] * len(NAMES))
    for stretches in range(1, 120):
        bias = corrected(bias, told, 0.1, stretches)
    assert shipped().probability([0.0] * len(NAMES), bias) < 0.15


def test_the_bias_follows_from_what_was_told_before_each_stretch() -> None:
    state = stretches(*[(1, 2)] * 8, (7, 8))
    settled = state.settled
    assert settled.told is not None
    after = settled.after_stretch(state.context, state.working)
    assert (after.told, after.ever) == (None, settled.ever)
    assert after.bias == corrected(settled.bias, settled.told, 0.0, settled.stretches) < settled.bias
    context, pause = state.context.after(state.working), 60.0
    assert settledness(after, context, pause) == shipped().probability(features_of(after, context, pause), after.bias)


def test_states_that_hold_what_another_model_told_are_of_another_version() -> None:
    held = json.loads(resources.files("cistron.memory_core").joinpath("resonance.json").read_text())
    assert AgentState().to_bytes()[:4] == b"AGT3"
    # a new model needs a new version: what it told is in the states, and a fold of the log would give others
    assert [round(sum(held[name]), 6) for name in ("means", "spreads", "weights")] == [4.602908, 4.935108, 0.888873]


def test_figures_of_an_earlier_release_are_read_with_what_they_must_have_been() -> None:
    settled = stretches(*[(1, 2)] * 9).settled
    figures = [getattr(settled, name) for name in Settled.__slots__]
    found = Settled.read(figures[:10])
    assert Settled.read(figures) == settled
    assert (found.bias, found.told) == (0.0, None)
    assert found.ever == pytest.approx(settled.ever, rel=0.1)
    with pytest.raises(TypeError):
        Settled.read([*figures, 1.0])
