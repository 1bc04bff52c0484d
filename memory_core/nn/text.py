"""Text as numbers: tokenisers of bytes, characters and words, and what a loss means per character."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Unit = Literal["byte", "char", "word"]
UNKNOWN = "\N{REPLACEMENT CHARACTER}"
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """A vocabulary; bytes need none. The first of it stands for all that is not in it."""

    unit: Unit
    vocabulary: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many different tokens there are."""
        return 256 if self.unit == "byte" else len(self.vocabulary)

    def encode(self, text: str) -> list[int]:
        """Return the tokens of a text; byte tokens lose nothing, the others what they do not know."""
        if self.unit == "byte":
            return list(text.encode())
        places = {piece: place for place, piece in enumerate(self.vocabulary)}
        return [places.get(piece, 0) for piece in _pieces(text, self.unit)]

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens."""
        if self.unit == "byte":
            return bytes(tokens).decode(errors="replace")
        return "".join(self.vocabulary[token] for token in tokens)


def tokenizer_for(text: str, unit: Unit, most: int = 8_192) -> Tokenizer:
    """Return a tokeniser with the most frequent pieces of a text, ties in alphabetical order.

    Raises:
        ValueError: The unit is unknown.
    """
    if unit == "byte":
        return Tokenizer("byte")
    if unit not in {"char", "word"}:
        raise ValueError(f"no unit {unit!r}; there are byte, char and word")
    counts = Counter(_pieces(text, unit))
    counts.pop(UNKNOWN, None)
    ordered = sorted(counts, key=lambda piece: (-counts[piece], piece))
    return Tokenizer(unit, (UNKNOWN, *ordered[: most - 1]))


def bits_per_character(nats_per_token: float, tokens: int, characters: int) -> float:
    """Return a mean loss as bits for each character of the text that the tokens stand for."""
    return nats_per_token / math.log(2) * tokens / characters


def perplexity(nats_per_token: float) -> float:
    """Return the number of equally likely tokens that would be as hard to guess."""
    return math.exp(nats_per_token)


def _pieces(text: str, unit: Unit) -> list[str]:
    return list(text) if unit == "char" else _WORDS.findall(text)
