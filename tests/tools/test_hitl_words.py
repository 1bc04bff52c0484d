"""What the words of a question say: risk, doubt, and yes or no."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cistron.tools.hitl_checks import sense_of
from cistron.tools.hitl_signals import HEDGES, LOST_WORDS, RISK_WORDS, signals

DOC = Path(__file__).parents[2] / "docs" / "hitl.md"


@given(st.text())
def test_any_text_has_signals_within_their_ranges(text: str) -> None:
    told = signals(text)
    assert 0 <= told.tone <= 1
    assert set(told.risk) <= {*LOST_WORDS, *RISK_WORDS}
    assert sense_of(text) in (-1, None, 1)


def test_every_word_of_the_rules_is_found_and_documented() -> None:
    page = " ".join(DOC.read_text(encoding="utf-8").split())
    for word in (*LOST_WORDS, *RISK_WORDS):
        assert word in signals(f"then {word.upper()}, please").risk, word
        assert f"`{word}`" in page, word
    for word in HEDGES:
        assert signals(f"well, {word} so").tone > 0, word
        assert f"`{word}`" in page, word


def test_forms_of_a_word_count_and_other_words_that_hold_it_do_not() -> None:
    assert signals("deletes, deleting and deleted; dropped").risk == ("delete", "drop")
    assert signals("the product's payload is killed? no: a skill; a dropdown").risk == ("kill",)


@pytest.mark.parametrize(
    ("answer", "sense"),
    [
        ("yes", 1), ("Y", 1), ("Yes, but only on staging", 1), ("ok", 1), ("go ahead", 1), ("Approved.", 1),
        ("no", -1), ("No!", -1), ("n", -1), ("Don't", -1), ("stop, that is live", -1), ("wrong", -1), ("denied", -1),
        ("not sure", None), ("no idea", None), ("don't know", None), ("the second one", None), ("nothing", None),
        ("right click it first", None), ("correct the path first", None), ("yesterday's backup", None), ("8080", None),
    ],
)  # fmt: skip
def test_an_answer_is_a_yes_or_a_no_by_its_first_word_or_neither(answer: str, sense: int | None) -> None:
    assert sense_of(answer) == sense
