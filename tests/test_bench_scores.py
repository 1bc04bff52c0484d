"""The scores of the retrieval bench can fail: they are shown wrong places and must say so."""

import importlib
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def scores(root: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module that the benches import by its bare name."""
    monkeypatch.syspath_prepend(root / "tests" / "bench")
    return importlib.import_module("shared.scores")


@pytest.mark.parametrize(
    ("path", "start", "end", "is_right"),
    [
        ("a.py", 100, 150, True),
        ("a.py", 140, 160, True),  # half of it and more
        ("a.py", 145, 200, False),
        ("a.py", 60, 119, True),  # all of the first twenty lines
        ("a.py", 60, 110, False),
        ("a.py", 1, 99, False),
        ("b.py", 100, 150, False),
    ],
)
def test_a_place_is_right_if_it_is_of_the_label_or_holds_its_start(
    scores: ModuleType, path: str, start: int, end: int, is_right: bool
) -> None:
    label = importlib.import_module("questions").Answer("a.py", 100, 150, "")
    assert scores.is_right(scores.Ranked(path, start, end, 10), label) is is_right


def test_a_rank_counts_files_once_and_spans_each(scores: ModuleType) -> None:
    label = importlib.import_module("questions").Answer("b.py", 5, 9, "")
    places = [scores.Ranked("a.py", 1, 3, 10), scores.Ranked("a.py", 4, 9, 10), scores.Ranked("b.py", 5, 9, 10)]
    scored = scores.score([label], scores.Ranking(places, 30), 1.0)
    assert (scored.file_rank, scored.span_rank, scored.tokens_to_first) == (2, 3, 30)
    assert scored.file > scored.span > 0


def test_what_lies_beyond_the_budget_is_not_read(scores: ModuleType) -> None:
    label = importlib.import_module("questions").Answer("a.py", 1, 40, "")
    dear = scores.Ranked("b.py", 1, 100, scores.BUDGET)
    held = scores.Ranked("a.py", 1, 40, 400)
    assert scores.score([label], scores.Ranking([dear, held], 0), 1.0).recall == 0
    assert scores.score([label], scores.Ranking([held, dear], 0), 1.0).recall == 1


def test_an_interval_holds_its_mean_and_is_the_same_each_time(scores: ModuleType) -> None:
    mean, low, high = scores.interval([0.0, 0.5, 1.0, 1.0])
    assert low < mean < high
    assert scores.interval([0.0, 0.5, 1.0, 1.0]) == (mean, low, high)
