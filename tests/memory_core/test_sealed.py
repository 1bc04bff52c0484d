"""A sealed state opens with its passphrase as it was, and in no other way."""

import pytest

from cistron.memory_core import sealed
from cistron.memory_core.sealed import LEAST_COST, SealError, header_of, seal, unseal

STATE = bytes(range(64))


@pytest.fixture(scope="module")
def data() -> bytes:
    return seal(STATE, "local/agent", 3, "correct horse", LEAST_COST)


def test_it_opens_with_its_passphrase_and_says_whose_it_is(data: bytes) -> None:
    header, state = unseal(data, "correct horse")
    assert (header.agent, header.version, state) == ("local/agent", 3, STATE)
    assert header_of(data) == header


def test_another_passphrase_and_another_agent_raise(data: bytes) -> None:
    with pytest.raises(SealError, match="passphrase is another one"):
        unseal(data, "correct horse ")
    with pytest.raises(SealError, match="passphrase is another one"):
        unseal(data.replace(b"local/agent", b"local/agenu"), "correct horse")


def test_every_flipped_bit_and_every_cut_raises(data: bytes) -> None:
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 1 << position % 8
        with pytest.raises(SealError):
            unseal(bytes(changed), "correct horse")
        with pytest.raises(SealError):
            unseal(data[:position], "correct horse")


def test_two_seals_of_one_state_differ_and_hide_it(data: bytes) -> None:
    other = seal(STATE, "local/agent", 3, "correct horse", LEAST_COST)
    assert other != data
    assert STATE[:16] not in data


@pytest.mark.parametrize("cost", [0, 1, LEAST_COST + 1, sealed.MOST_COST * 2])
def test_a_cost_that_protects_too_little_or_takes_all_memory_is_refused(cost: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        seal(STATE, "a", 1, "x", cost)
    with pytest.raises(ValueError, match="empty passphrase"):
        seal(STATE, "a", 1, "")
