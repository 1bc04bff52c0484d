"""The language model: causal, trained from a file, and honest about its bits."""

import math
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cistron.memory_core.nn.crsd import CausalMemoryModel, CrsdConfig, SpectralMix
from cistron.memory_core.nn.crsd_training import held_out_loss, load_language_model, train
from cistron.memory_core.nn.text import bits_per_character, perplexity, tokenizer_for

PROSE = "the state is a fold over the log; the log is the truth. " * 30
SETTINGS = "text = 'text.txt'\nwidth = 32\nlayers = 1\ntime = 32\nbatch = 8\nsteps = 40\n"


@pytest.mark.parametrize("spectral", [False, True])
@pytest.mark.parametrize("top", [4, 999])
def test_the_last_byte_changes_no_earlier_answer_and_each_byte_its_own(spectral: bool, top: int) -> None:
    generator = torch.Generator().manual_seed(0)
    model = CausalMemoryModel(CrsdConfig(256, 32, 2, 4, window=20, top=top, spectral=spectral), generator)
    tokens = torch.randint(0, 256, (2, 40), generator=generator)
    before = model(tokens)
    for place in (39, 17):
        changed = tokens.clone()
        changed[:, place] = (changed[:, place] + 1) % 256
        after = model(changed)
        assert torch.equal(after[:, :place], before[:, :place])
        assert not torch.equal(after[:, place], before[:, place])


def test_answers_are_probabilities() -> None:
    generator = torch.Generator().manual_seed(0)
    model = CausalMemoryModel(CrsdConfig(50, 32, 1, 4), generator)
    chances = model(torch.randint(0, 50, (3, 25), generator=generator)).exp().sum(-1)
    torch.testing.assert_close(chances, torch.ones(3, 25), rtol=0, atol=1e-4)


def test_the_spectral_mix_is_no_scalar() -> None:
    mix = SpectralMix(16, torch.Generator().manual_seed(0))
    x = torch.randn(2, 16, generator=torch.Generator().manual_seed(1))
    ratio = mix(x) / mix.norm(x)
    assert ratio.std() > 0.1


def test_training_from_a_file_learns_saves_and_loads_the_same(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(PROSE)
    (tmp_path / "run.toml").write_text(SETTINGS + "out = 'model'\n")
    trained = train(tmp_path / "run.toml")
    assert trained.bits_per_character < 2.5
    assert trained.perplexity == pytest.approx(2**trained.bits_per_character)
    again = load_language_model(tmp_path / "model")
    tokens = torch.tensor([again.tokenizer.encode("the log is")])
    assert torch.equal(again.model(tokens), trained.model(tokens))
    assert again.continued("the ", 12) == trained.continued("the ", 12)
    assert again.bits_per_character == trained.bits_per_character


@pytest.mark.parametrize("length", [2, 9, 20, 21, 31, 57, 60, 400])
def test_every_token_but_the_first_is_scored_once(length: int) -> None:
    seen: list[int] = []

    class Marker(torch.nn.Module):
        """Gives a token's own number as the loss at its place, since texts here are 0, 1, 2, ..."""

        def forward(self, tokens: torch.Tensor) -> torch.Tensor:
            seen.append(tokens.shape[1])
            return -torch.arange(500.0).expand(*tokens.shape, 500)

    assert held_out_loss(Marker(), torch.arange(length), 20) == pytest.approx(sum(range(1, length)) / (length - 1))
    assert max(seen) <= 31


def test_an_unknown_setting_is_named(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text("text = 'x'\nstep = 3\n")
    with pytest.raises(ValueError, match="no setting 'step'"):
        train(tmp_path / "run.toml")


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60))
def test_tokenisers_give_their_text_back(text: str) -> None:
    for unit in ("byte", "char", "word"):
        tokenizer = tokenizer_for(text, unit)
        tokens = tokenizer.encode(text)
        assert all(0 <= token < tokenizer.size for token in tokens)
        assert tokenizer.decode(tokens) == text


def test_an_unknown_word_is_marked_and_bits_count_characters() -> None:
    tokenizer = tokenizer_for("a b", "word")
    assert tokenizer.decode(tokenizer.encode("a c")) == "a \N{REPLACEMENT CHARACTER}"
    assert bits_per_character(math.log(4), 10, 40) == pytest.approx(0.5)
    assert perplexity(math.log(4)) == pytest.approx(4)
