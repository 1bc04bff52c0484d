"""Tokens of a sentence encoder, as its own folder says they are cut."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import ModelUnusable
from .encoders import settings_in

VOCABULARY = Path(__file__).with_name("bert_uncased.txt")  # Google's BERT-Base, Uncased (Apache-2.0)
Tokenizer = Any  # of the optional library `tokenizers`, which ships no types that hold here


def files_of(folder: Path) -> list[Path]:
    """Return the files that say how a folder's model cuts tokens.

    Raises:
        ModelUnusable: There are none.
    """
    for names in (("tokenizer.json",), ("vocab.txt",)):
        found = [folder / name for name in names if (folder / name).is_file()]
        if found:
            return found
    raise ModelUnusable(f"{folder.name!r} has neither tokenizer.json nor vocab.txt; they come with the model")


def read(path: Path, longest: int, settings: dict[str, object] | None = None) -> Tokenizer:
    """Return a tokenizer that cuts after some tokens and pads nothing.

    Args:
        path: A `tokenizer.json`, or a vocabulary of word pieces, one a line.
        longest: Most tokens of a text, special ones among them.
        settings: What stands in `tokenizer_config.json`.

    Raises:
        ModelUnusable: The file is damaged, or the library is not installed.
    """
    try:
        import tokenizers  # 40 ms, and only a configured model needs it
    except ImportError as error:
        raise ModelUnusable("tokenizers is not installed; pip install 'cistron-mcp[minilm]'") from error
    try:
        found = tokenizers.Tokenizer.from_file(str(path)) if path.suffix == ".json" else _pieces(path, settings or {})
        found.no_padding()
        found.enable_truncation(longest)
    except ModelUnusable:
        raise
    except Exception as error:  # the library raises Exception itself for whatever is wrong with a file
        raise ModelUnusable(f"{path.name} of the model cannot be read ({error})") from error
    return found


def cut(tokenizer: Tokenizer, texts: Sequence[str], *, special: bool = True) -> list[list[int]]:
    """Return the tokens of texts.

    Args:
        tokenizer: From `read`.
        texts: Any texts.
        special: Whether a model's own tokens stand around them.

    Raises:
        ModelUnusable: The library fails at one of them.
    """
    try:
        return [each.ids for each in tokenizer.encode_batch(list(texts), add_special_tokens=special)]
    except Exception as error:  # as in `read`
        raise ModelUnusable(f"the model's tokenizer fails ({error})") from error


def settings_of(folder: Path) -> dict[str, object]:
    """Return what stands in a folder's `tokenizer_config.json`."""
    return dict(settings_in(folder / "tokenizer_config.json"))


def _pieces(path: Path, settings: dict[str, object]) -> Tokenizer:
    """Return BERT's word pieces (Devlin et al. 2019) over a vocabulary."""
    from tokenizers import Tokenizer as Made  # as above
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer
    from tokenizers.processors import BertProcessing

    pieces = {piece: row for row, piece in enumerate(path.read_text(encoding="utf-8").splitlines())}
    if not {"[UNK]", "[CLS]", "[SEP]"} <= pieces.keys():
        raise ModelUnusable(f"{path.name} of the model has no [UNK], [CLS] and [SEP]; tokenizer.json would tell more")
    made = Made(WordPiece(pieces, unk_token="[UNK]"))
    made.normalizer = BertNormalizer(lowercase=settings.get("do_lower_case", True) is not False)
    made.pre_tokenizer = BertPreTokenizer()
    made.post_processor = BertProcessing(("[SEP]", pieces["[SEP]"]), ("[CLS]", pieces["[CLS]"]))
    return made
