"""Episodes are recalled by likeness; what is used again outlives what is not."""

import numpy as np
import pytest

from cistron.memory_core.episodic import Episode, EpisodicBuffer


def axis(number: int, width: int = 16) -> list[float]:
    return [float(number == index) for index in range(width)]


def filled(slots: int, episodes: int) -> EpisodicBuffer:
    buffer = EpisodicBuffer(16, slots)
    for number in range(episodes):
        buffer.write(axis(number), Episode(f"question {number}", (number,), 1.0, float(number)))
    return buffer


def test_the_likest_episode_comes_first_and_unlike_ones_do_not_come() -> None:
    buffer = filled(8, 4)
    found = buffer.recall([0.0, 3.0, 1.0, *[0.0] * 13])
    assert [one.episode.query for one in found] == ["question 1", "question 2"]
    assert found[0].likeness == pytest.approx(3 / np.sqrt(10))


def test_a_full_buffer_gives_up_what_was_not_used_again() -> None:
    buffer = filled(3, 3)
    buffer.touch([one.slot for one in buffer.recall(axis(0))])
    buffer.write(axis(5), Episode("new", (5,), 0.0, 9.0))
    assert len(buffer) == 3
    assert buffer.recall(axis(0))
    assert not buffer.recall(axis(1))


def test_a_window_leaves_out_what_was_before_it() -> None:
    buffer = filled(8, 4)
    assert not buffer.recall(axis(1), since=2.0)
    assert buffer.recall(axis(3), since=2.0)[0].episode.places == (3,)


def test_equal_likeness_goes_to_the_newer() -> None:
    buffer = EpisodicBuffer(16, 4)
    for query in ("older", "newer"):
        buffer.write(axis(1), Episode(query, (), 0.0, 0.0))
    assert [one.episode.query for one in buffer.recall(axis(1))] == ["newer", "older"]


@pytest.mark.parametrize("vector", [[1.0] * 15, [float("nan"), *[0.0] * 15], [[0.0] * 16]])
def test_a_vector_of_another_width_or_with_nan_is_refused(vector: list[float]) -> None:
    buffer = filled(4, 1)
    with pytest.raises(ValueError, match="a finite vector of 16 numbers"):
        buffer.recall(vector)
    with pytest.raises(ValueError, match="a finite vector of 16 numbers"):
        buffer.write(vector, Episode("x", (), 0.0, 0.0))
    with pytest.raises(ValueError, match="importance"):
        buffer.write(axis(0), Episode("x", (), 0.0, 0.0), importance=0.0)


def test_a_vector_without_direction_is_like_nothing() -> None:
    assert filled(4, 4).recall([0.0] * 16) == []


def test_what_was_used_often_long_ago_gives_way_to_what_is_used_now() -> None:
    buffer = filled(2, 1)
    buffer.touch([0] * 5)
    buffer.write(axis(1), Episode("now", (1,), 1.0, 9.0))
    for _ in range(100):
        buffer.touch([one.slot for one in buffer.recall(axis(1))])
    buffer.write(axis(2), Episode("new", (2,), 1.0, 99.0))
    assert [one.episode.query for one in buffer.recall(axis(1))] == ["now"]
    assert not buffer.recall(axis(0))


def test_a_buffer_made_at_once_is_the_one_that_writing_fills() -> None:
    slow = filled(5, 5)
    episodes = [Episode(f"question {number}", (number,), 1.0, float(number)) for number in range(5)]
    fast = EpisodicBuffer.of([axis(number) for number in range(5)], episodes, 16)
    asked = [*[0.5] * 3, *[1.0] * 13]
    assert fast.recall(asked) == slow.recall(asked)
    for buffer in (slow, fast):
        buffer.write(axis(9), Episode("new", (9,), 1.0, 9.0))
    assert fast.recall([1.0] * 16) == slow.recall([1.0] * 16)
    assert len(EpisodicBuffer.of([], [], 16)) == 0
