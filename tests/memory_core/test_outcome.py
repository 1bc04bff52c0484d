"""Outcomes keep their sign, and a burst of events shows."""

import math

import pytest

from cistron.memory_core.outcome import Outcomes


def after(outcomes: list[float | None], every_s: float = 60.0, state: Outcomes | None = None) -> Outcomes:
    state = state or Outcomes()
    start = 0.0 if state.at is None else state.at + every_s
    for number, outcome in enumerate(outcomes):
        state = state.after(start + number * every_s, outcome)
    return state


def test_success_and_failure_decode_with_their_sign() -> None:
    assert after([1.0, 1.0]).mood == pytest.approx(1.0)
    assert after([-1.0] * 10).mood == pytest.approx(-1.0)
    assert after([None, None]).mood == 0.0
    assert -0.2 < after([1.0, -1.0] * 20).mood < 0.0


def test_a_steady_rate_is_calm_and_a_burst_is_not() -> None:
    steady = after([None] * 200)
    assert steady.arousal < 0.1
    burst = after([None] * 30, every_s=1.0, state=steady)
    assert burst.arousal > 0.7
    assert after([-1.0] * 5, every_s=1.0, state=burst).label == "angry"
    assert after([1.0] * 5, every_s=1.0, state=burst).label == "excited"
    assert Outcomes().after(0.0).label == "calm"


def test_a_clock_that_was_set_back_counts_as_the_same_moment() -> None:
    state = after([1.0, 1.0])
    back = state.after(-1_000.0, -1.0)
    assert back.at == state.at
    assert math.isfinite(back.arousal)


@pytest.mark.parametrize(("at", "outcome"), [(0.0, 1.5), (0.0, math.nan), (math.nan, 1.0), (math.inf, None)])
def test_what_is_no_outcome_is_refused(at: float, outcome: float | None) -> None:
    with pytest.raises(ValueError, match="an outcome in"):
        Outcomes().after(at, outcome)
