"""Words pass through phases alone, and colours add as angles do."""

import math

import pytest
import torch

from cistron.memory_core.nn.crystal import End, Relay, blended, hue, trained, turned

RED, GREEN, BLUE, CYAN = hue(1, 0, 0), hue(0, 1, 0), hue(0, 0, 1), hue(0, 1, 1)


def right(relay: Relay, words: torch.Tensor, levels: int | None = None) -> float:
    return float((relay(words, levels).argmax(-1) == words).float().mean())


def words_of(seed: int, count: int = 256) -> torch.Tensor:
    return torch.randint(0, 16, (count, 2), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("sender", ["phases", "gru"])
def test_a_relay_that_learned_both_ends_reads_every_word_and_one_that_did_not_is_at_chance(sender: End) -> None:
    relay = Relay(2, 16, 8, torch.Generator().manual_seed(0), sender)
    every = torch.cartesian_prod(torch.arange(16), torch.arange(16))
    assert right(relay, every) < 0.2
    trained(relay, every, 120, 0.03, levels=16)
    assert right(relay, every, levels=16) == 1.0


def test_what_passes_is_as_coarse_as_it_is_said_to_be() -> None:
    relay = Relay(2, 16, 8, torch.Generator().manual_seed(0))
    steps = relay.sent(words_of(1), levels=16) / (2 * math.pi / 16)
    torch.testing.assert_close(steps, steps.round(), rtol=0, atol=1e-9)
    with pytest.raises(ValueError, match=r"words must be \(batch, 2\), not \(3, 5\)"):
        relay(torch.zeros(3, 5, dtype=torch.long))


def test_colours_are_added_taken_away_and_mixed() -> None:
    assert turned(RED, GREEN, -RED) == pytest.approx(GREEN)
    assert turned(GREEN, math.pi) == pytest.approx(hue(1, 0, 1))
    assert turned(BLUE, -RED, GREEN) == pytest.approx(RED, abs=1e-9)  # 240 + 120 degrees
    assert blended([GREEN, BLUE]) == (pytest.approx(CYAN), pytest.approx(0.5))
    assert blended([RED, GREEN], [1.0, 0.0]) == (pytest.approx(RED), pytest.approx(1.0))
    assert blended([RED, CYAN])[1] == pytest.approx(0.0, abs=1e-12)
    with pytest.raises(ValueError, match="need as many weights"):
        blended([RED], [-1.0])
