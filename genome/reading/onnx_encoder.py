"""A sentence encoder as an ONNX file, run on one thread of the processor."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelUnusable
from . import tokenizer
from .encoders import Document, Vectors, as_text, as_words, name_of, settings_in, to_rows, tried, unit

FOLDERS = ("", "onnx")
PLAIN = "model.onnx"
QUANTISED = "model_*.onnx"  # as exporters name them: model_quantized, model_int8, model_qint8_avx512_vnni
LONGEST = 192  # tokens of a passage; what a model was trained on may be less
BATCH = 4  # texts of like length at once; more is no faster on one thread
PADDED = 1.25  # in a batch the longest has at most so many times the tokens of the shortest
INPUTS = ("input_ids", "attention_mask", "token_type_ids", "position_ids")
POOLED = "sentence_embedding"


def weights_in(folder: Path) -> Path | None:
    """Return the ONNX file of a folder: the plain one, else the first quantised one by name; None of none."""
    inside = [folder / name for name in FOLDERS]
    plain = [path / PLAIN for path in inside if (path / PLAIN).is_file()]
    others = [path for each in inside for path in sorted(each.glob(QUANTISED)) if path.is_file()]
    return next(iter([*plain, *others]), None)


def packaged(weights: Path) -> OnnxEncoder:
    """Return the model of the extra `minilm`: all-MiniLM-L6-v2 with int8 weights, and BERT's vocabulary beside it."""
    return OnnxEncoder(None, weights)


class OnnxEncoder:
    """A model of the BERT family and its tokenizer. Several threads may share it.

    Args:
        folder: Holds the tokenizer and the settings; None for uncased BERT's vocabulary and the mean of the tokens.
        weights: The ONNX file.

    Raises:
        ModelUnusable: A file is missing, damaged, or asks for more than tokens.
    """

    kind = "onnx"

    def __init__(self, folder: Path | None, weights: Path) -> None:
        self._what = f"the model {weights.parent.name if folder is None else folder.name!r}"
        spelled = [tokenizer.VOCABULARY] if folder is None else tokenizer.files_of(folder)
        self._pooling = "mean" if folder is None else _pooling(folder)
        limit, self._asked, self._told = (LONGEST, "", "") if folder is None else _limits(folder)
        settings = {} if folder is None else tokenizer.settings_of(folder)
        self._tokenizer = tokenizer.read(spelled[0], limit, settings)
        beside = sorted(weights.parent.glob(f"{weights.name}*"))  # weights of 2 GB and more stand in a second file
        self.model = name_of([*beside, *spelled], self._pooling, limit, self._asked, self._told)
        self._session = _session(weights, self._what)
        self._inputs = [each.name for each in self._session.get_inputs()]
        unknown = [name for name in self._inputs if name not in INPUTS]
        if unknown or "input_ids" not in self._inputs:
            raise ModelUnusable(f"{self._what} asks for {', '.join(self._inputs)}; a sentence encoder takes input_ids")
        outputs = [each.name for each in self._session.get_outputs()]
        self._output = POOLED if POOLED in outputs else outputs[0]
        self.dimensions = tried(self._run, self._what)

    def encode_query(self, text: str) -> Vectors:
        """Return a question's vector: (dimensions,), unit length; zeros where it has no finite one."""
        return unit(self._run([self._asked + as_words(text)]))[0]

    def encode_documents(self, documents: Sequence[Document]) -> NDArray[np.int8]:
        """Return a row for each document: (documents, dimensions), only its direction counts."""
        texts = [self._told + as_text(document) for document in documents]
        return to_rows(self._run(texts)) if texts else np.zeros((0, self.dimensions), np.int8)

    def _run(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of texts, those of like length together."""
        tokens = tokenizer.cut(self._tokenizer, texts)
        order = sorted(range(len(texts)), key=lambda at: (len(tokens[at]), at))
        found: dict[int, Vectors] = {}
        while order:
            length = len(tokens[order[0]])
            batch = [at for at in order[:BATCH] if len(tokens[at]) <= PADDED * length]
            order = order[len(batch) :]
            found |= zip(batch, self._pooled([tokens[at] for at in batch]), strict=True)
        return np.stack([found[at] for at in range(len(texts))])

    def _pooled(self, tokens: list[list[int]]) -> Vectors:
        longest = max(1, *(len(each) for each in tokens))
        ids = np.zeros((len(tokens), longest), np.int64)
        mask = np.zeros_like(ids)
        for row, each in enumerate(tokens):
            ids[row, : len(each)], mask[row, : len(each)] = each, 1
        places = np.broadcast_to(np.arange(longest, dtype=np.int64), ids.shape)
        given = dict(zip(INPUTS, (ids, mask, np.zeros_like(ids), places), strict=True))
        try:
            out = self._session.run([self._output], {name: given[name] for name in self._inputs})[0]
            return _one_each(np.asarray(out, np.float32), mask, self._pooling)
        except Exception as error:  # the runtime raises classes of its own for whatever a graph may do
            raise ModelUnusable(f"{self._what} cannot be run ({_line(error)})") from error


def _one_each(states: Vectors, mask: NDArray[np.int64], pooling: str) -> Vectors:
    """Return a vector for each text out of one for each token, where the graph has not done that itself."""
    if states.ndim != 3:
        return states
    if pooling == "cls":
        return states[:, 0]
    held = mask[:, :, None].astype(np.float32)
    with np.errstate(invalid="ignore", over="ignore"):  # whoever asked looks for what is not finite
        return ((states * held).sum(axis=1) / np.maximum(held.sum(axis=1), 1)).astype(np.float32)


def _session(weights: Path, what: str) -> Any:
    """Open a model for one thread that sleeps between its calls."""
    try:
        import onnxruntime  # 150 ms and 40 MB, and only a configured model needs it
    except ImportError as error:
        raise ModelUnusable("onnxruntime is not installed; pip install 'cistron-mcp[minilm]'") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # it would keep the largest batch's memory for good
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # as above
        raise ModelUnusable(f"{what} cannot be opened ({_line(error)})") from error


def _line(error: Exception) -> str:
    """Return what a library says is wrong, short and without the paths in it."""
    said = str(error).strip().splitlines() or [type(error).__name__]
    return " ".join(word for word in said[0].split() if "/" not in word and "\\" not in word)[:160]


def _pooling(folder: Path) -> str:
    settings = settings_in(folder / "1_Pooling" / "config.json")
    chosen = [name for name, value in settings.items() if name.startswith("pooling_mode") and value is True]
    named = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
    if not chosen:
        return "mean"
    if len(chosen) > 1 or chosen[0] not in named:
        raise ModelUnusable(f"{folder.name!r} pools by {', '.join(chosen)}; only mean and cls are read")
    return named[chosen[0]]


def _limits(folder: Path) -> tuple[int, str, str]:
    """Return the most tokens of a text, and what is put before a question and before a passage."""
    most = settings_in(folder / "sentence_bert_config.json").get("max_seq_length")
    positions = settings_in(folder / "config.json").get("max_position_embeddings")
    limits = [value for value in (most, positions) if isinstance(value, int) and value > 2]
    prompts = settings_in(folder / "config_sentence_transformers.json").get("prompts")
    said = prompts if isinstance(prompts, dict) else {}
    asked, told = said.get("query"), said.get("document", said.get("passage"))
    return min([LONGEST, *limits]), asked if isinstance(asked, str) else "", told if isinstance(told, str) else ""
