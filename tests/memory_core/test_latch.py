"""A flag is set once, and a list of flags shows if it was touched."""

from dataclasses import replace

import pytest

from cistron.memory_core.latch import Latch, broken_at, latched, merged


def chain(*names: str) -> list[Latch]:
    found: list[Latch] = []
    for number, name in enumerate(names):
        found.append(latched(found, name, "agent", float(number), f"because {name}"))
    return found


def test_a_flag_cannot_be_set_again_and_needs_a_name() -> None:
    with pytest.raises(ValueError, match="'b' was set by agent"):
        latched(chain("a", "b"), "b", "other", 9.0)
    with pytest.raises(ValueError, match="needs a name"):
        latched([], " ", "other", 9.0)


def test_an_entry_that_is_changed_taken_out_or_swapped_is_found() -> None:
    good = chain("a", "b", "c")
    assert broken_at(good) is None
    assert broken_at([good[0], replace(good[1], reason="other"), good[2]]) == 1
    assert broken_at([good[0], good[2]]) == 1
    assert broken_at([good[1], good[0], good[2]]) == 0


def test_two_lists_merge_to_the_earlier_setting_whichever_comes_first() -> None:
    one, other = chain("a", "b"), [latched([], "b", "other", 0.5)]
    both = merged(one, other)
    assert [(latch.name, latch.by) for latch in both] == [("a", "agent"), ("b", "other")]
    assert both == merged(other, one)
    assert broken_at(both) is None
