"""Events survive being coded, in about as many bits as they hold."""

import math
import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cistron.memory_core import codec


@given(st.lists(st.integers(0, 32_767), max_size=300))
def test_any_sequence_comes_back(symbols: list[int]) -> None:
    assert codec.decode(codec.encode(symbols)) == symbols


def test_a_skewed_sequence_takes_at_most_one_percent_more_than_its_entropy() -> None:
    rng = random.Random(0)
    symbols = [min(int(rng.paretovariate(0.9)), 512) for _ in range(20_000)]
    counts = Counter(symbols)
    entropy = -sum(n * math.log2(n / len(symbols)) for n in counts.values())
    assert 8 * (len(codec.encode(symbols)) - 4 * len(counts)) <= 1.01 * entropy


@pytest.mark.parametrize("symbol", [-1, 32_768])
def test_a_symbol_out_of_range_is_refused(symbol: int) -> None:
    with pytest.raises(ValueError, match="number the events first"):
        codec.encode([symbol])


def test_a_code_that_was_cut_or_changed_is_never_a_sequence_of_another_length() -> None:
    symbols = [1, 2, 3, 1, 1, 2] * 40
    coded = codec.encode(symbols)
    for length in range(len(coded)):
        with pytest.raises(ValueError, match=r"code|table|ends|end"):
            codec.decode(coded[:length])


@pytest.mark.parametrize(("kind", "bits"), [(np.float32, 24), (np.float64, 53)])
def test_a_phase_holds_as_many_bits_as_its_mantissa(kind: type, bits: int) -> None:
    rng = random.Random(bits)
    for _ in range(50):
        written = [rng.getrandbits(1) for _ in range(bits)]
        turn = kind(0)
        for bit in written:
            turn = kind(codec.pushed(turn, kind(bit)))
        read: list[int] = []
        for _ in written:
            bit, turn = codec.popped(turn)
            read.append(bit)
        assert read[::-1] == written


@given(st.lists(st.integers(0, 1), max_size=2_000))
def test_an_integer_holds_any_number_of_bits(bits: list[int]) -> None:
    assert codec.unpacked(codec.packed(bits)) == bits


def test_a_number_without_bits_is_refused() -> None:
    with pytest.raises(ValueError, match="holds no bits"):
        codec.unpacked(0)
