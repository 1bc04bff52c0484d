"""Walks over links end where the equations say."""

import numpy as np
import pytest

from cistron.memory_core.graph import Graph

LINKS = [(1, 2, 2.0), (1, 3, 1.0), (2, 3, 1.0), (3, 1, 1.0), (3, 1, 1.0), (4, 4, 0.0)]


def test_pagerank_is_the_fixed_point_of_its_equation() -> None:
    rank = Graph(LINKS).pagerank({1: 1.0}, restart=0.4, steps=200)
    assert sum(rank.values()) == pytest.approx(1.0)
    assert rank[2] == pytest.approx(0.6 * rank[1] * 2 / 3)
    assert rank[3] == pytest.approx(0.6 * (rank[1] / 3 + rank[2]))


def test_a_walk_that_can_go_nowhere_returns_to_its_seeds() -> None:
    rank = Graph([(1, 2, 1.0)]).pagerank({1: 1.0}, restart=0.5, steps=300)
    assert sum(rank.values()) == pytest.approx(1.0)
    assert rank[1] > rank[2] > 0


def test_successors_are_the_inverse_of_the_equation() -> None:
    steps = np.array([[0, 2 / 3, 1 / 3], [0, 0, 1], [1, 0, 0]])
    wanted = np.linalg.inv(np.eye(3) - 0.7 * steps)[0]
    found = Graph(LINKS).successors(1, discount=0.7, steps=200)
    assert [found[place] for place in (1, 2, 3)] == pytest.approx(wanted.tolist())


def test_places_without_links_are_answered_with_nothing() -> None:
    assert Graph([]).pagerank({1: 1.0}) == {}
    assert Graph(LINKS).pagerank({99: 1.0}) == {}
    assert Graph(LINKS).successors(99) == {}
    assert 4 not in Graph(LINKS).places
