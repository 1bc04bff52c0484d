"""Training the causal language model from a TOML file, and what comes of it."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from .crsd import CausalMemoryModel, CrsdConfig
from .storing import load_tensors, restore, save_tensors
from .text import Tokenizer, Unit, bits_per_character, perplexity, tokenizer_for


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """What a training file says; `text` and `out` are relative to it."""

    text: str
    out: str = ""  # where the weights go; empty keeps none
    unit: Unit = "byte"
    width: int = 128
    layers: int = 2
    heads: int = 4
    window: int = 256
    top: int = 16
    spectral: bool = False
    time: int = 96
    batch: int = 16
    steps: int = 300
    rate: float = 3e-3
    held_out: float = 0.1  # of the text, its end
    seed: int = 0


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A trained model with its tokeniser, and how well it does on the held-out end of its text."""

    model: CausalMemoryModel
    tokenizer: Tokenizer
    bits_per_character: float
    perplexity: float

    def loss(self, text: str, time: int = 96) -> float:
        """Return the mean loss on a text, in nats for each token."""
        return held_out_loss(self.model, torch.tensor(self.tokenizer.encode(text)), time)

    @torch.no_grad()
    def continued(self, text: str, tokens: int, seed: int = 0, context: int = 256) -> str:
        """Return what the model would write after a text."""
        generator = torch.Generator().manual_seed(seed)
        written = self.tokenizer.encode(text)
        if not written:
            raise ValueError("nothing to go on from; give at least one character")
        begin = len(written)
        for _ in range(tokens):
            chances = self.model(torch.tensor([written[-context:]]))[0, -1].exp()
            written.append(int(torch.multinomial(chances, 1, generator=generator)))
        return self.tokenizer.decode(written[begin:])

    def save(self, path: Path) -> None:
        """Write weights, config, vocabulary and scores to one safetensors file."""
        config = asdict(self.model.config) | {"unit": self.tokenizer.unit, "vocabulary": self.tokenizer.vocabulary}
        config |= {"bits_per_character": self.bits_per_character, "perplexity": self.perplexity}
        save_tensors(path, self.model.state_dict(), "crsd", config)


def train(path: Path) -> LanguageModel:
    """Train as a TOML file says.

    Raises:
        ValueError: It has a key that nobody knows, or its text is too short.
    """
    given = tomllib.loads(path.read_text(encoding="utf-8"))
    known = {field.name for field in dataclasses.fields(TrainingConfig)}
    if unknown := sorted(set(given) - known):
        raise ValueError(f"{path.name}: no setting {unknown[0]!r}; there are {', '.join(sorted(known))}")
    config = TrainingConfig(**given)
    trained = train_on((path.parent / config.text).read_text(encoding="utf-8"), config)
    if config.out:
        trained.save(path.parent / config.out)
    return trained


def train_on(text: str, config: TrainingConfig) -> LanguageModel:
    """Train on all of a text but its end, which scores the result."""
    cut = len(text) - round(len(text) * config.held_out)
    tokenizer = tokenizer_for(text[:cut], config.unit)
    tokens, rest = (torch.tensor(tokenizer.encode(part)) for part in (text[:cut], text[cut:]))
    if min(len(tokens), len(rest)) <= config.time + 1:
        raise ValueError(f"{len(tokens)} + {len(rest)} tokens are too few for sequences of {config.time}")
    sizes = (tokenizer.size, config.width, config.layers, config.heads, config.window, config.top, config.spectral)
    generator = torch.Generator().manual_seed(config.seed)
    model = CausalMemoryModel(CrsdConfig(*sizes), generator)
    optimizer = torch.optim.AdamW(model.parameters(), config.rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, config.rate, config.steps + 1, pct_start=0.1)
    for _ in range(config.steps):
        x, y = batch_of(tokens, config.batch, config.time, generator)
        loss = torch.nn.functional.nll_loss(model(x).flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    nats = held_out_loss(model, rest, config.time)
    return LanguageModel(
        model, tokenizer, bits_per_character(nats, len(rest), max(1, len(text) - cut)), perplexity(nats)
    )


def load_language_model(path: Path) -> LanguageModel:
    """Return what `LanguageModel.save` wrote, bit for bit.

    Raises:
        StoredStateError: The file holds none.
    """
    tensors, config = load_tensors(path, "crsd")
    unit, vocabulary = config.pop("unit"), config.pop("vocabulary")
    scores = [config.pop(name) for name in ("bits_per_character", "perplexity")]
    model = CausalMemoryModel(CrsdConfig(**config), torch.Generator())  # type: ignore[arg-type]
    restore(model, tensors)
    return LanguageModel(model, Tokenizer(unit, tuple(vocabulary)), *scores)  # type: ignore[arg-type]


def batch_of(tokens: Tensor, batch: int, time: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return random sequences, (batch, time), and the tokens that follow each of theirs."""
    places = torch.randint(0, len(tokens) - time, (batch, 1), generator=generator) + torch.arange(time + 1)
    rows = tokens[places]
    return rows[:, :-1], rows[:, 1:]


@torch.no_grad()
def held_out_loss(model: torch.nn.Module, tokens: Tensor, time: int) -> float:
    """Return the mean loss in nats for each token; all but the first are scored exactly once.

    The text is cut into sequences of `time` that overlap by half, and only the later half of each counts, which has a
    past; of the first sequence all counts.
    """
    half = max(1, time // 2)
    losses = [_losses(model, tokens[: 2 * half + 1].unsqueeze(0)).flatten()]
    rows = tokens[half:].unfold(0, 2 * half + 1, half) if len(tokens) > 3 * half else tokens[:0].view(0, 1)
    losses += [_losses(model, part)[:, half:].flatten() for part in rows.split(32)]
    scored = sum(map(len, losses))
    if scored < len(tokens) - 1:
        rest = _losses(model, tokens[max(0, scored - half) :].unsqueeze(0))[0]
        losses.append(rest[-(len(tokens) - 1 - scored) :])
    return float(torch.cat(losses).double().mean())


def _losses(model: torch.nn.Module, rows: Tensor) -> Tensor:
    """Return the loss at every token but the first of each row."""
    return -model(rows[:, :-1]).gather(-1, rows[:, 1:].unsqueeze(-1)).squeeze(-1)
