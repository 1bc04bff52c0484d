"""What does each shape of word cost in tokens? Fitted on packets and code of the train half, judged on the test half.

Needs two tokenizers with their vocabularies inside: `pip install anthropic-tokenizer==0.1.0 bpe-openai==0.1.4`. Least
squares of the relative error. Prints one line of JSON on stdout and a table on stderr; exits 1 where the estimate in
force is off by more than 2 % in the mean, or by more than 10 % in more than one text of twenty.
"""

import sys
from collections.abc import Callable

import anthropic_tokenizer
import bpe_openai
import numpy as np
import questions
from finding.lane_stores import opened
from shared.report import show

from cistron.tools.packet import PacketTools
from cistron.tools.text import packet_text
from cistron.tools.tokens import PIECE, tokens

ASKED = 12  # questions a package
READ = 4  # items whose code is a text too
MEAN, EACH, SHARE = 0.02, 0.10, 0.95
SHAPES = (
    "1-3 letters", "4-6", "7-9", "10 and more", "letter beyond 9", "long, joined", "capital", "letter of capitals",
    "number", "digit", "break", "underscores", "wide", "marks", "further mark",
)  # fmt: skip
Count = Callable[[str], int]


def main() -> int:
    """Collect, fit, judge, print."""
    train, test = _texts("train"), _texts("test")
    o200k = bpe_openai.get_encoding("o200k_base")
    count: Count = anthropic_tokenizer.count_tokens
    rows, counted = np.array([shapes(text) for text in train]), np.array([count(text) for text in train], float)
    fitted = np.linalg.lstsq(rows / counted[:, None], np.ones(len(rows)), rcond=None)[0]
    ratios = np.array([tokens(text) / count(text) for text in test])
    others = np.array([tokens(text) / len(o200k.encode(text)) for text in test])
    share = float((np.abs(ratios - 1) <= EACH).mean())
    passed = abs(float(ratios.mean()) - 1) <= MEAN and share >= SHARE
    found = {"mean": ratios.mean(), "least": ratios.min(), "most": ratios.max(), "within 10 %": share}
    found["mean to o200k"] = others.mean()
    figures = {name: round(float(value), 3) for name, value in found.items()}
    weights = {name: round(float(weight), 2) for name, weight in zip(SHAPES, fitted, strict=True)}
    report = {"bench": "fit_tokens", "passed": passed, "texts": len(test), **figures, "weights": weights}
    show(report, [["shape", "tokens"], *([name, weight] for name, weight in weights.items()), *figures.items()])
    return 0 if passed else 1


def shapes(text: str) -> list[float]:
    """Return how often each shape is in a text."""
    found = dict.fromkeys(SHAPES, 0.0)
    for space, word, number, breaks, underscores, wide, marks in PIECE.findall(text):
        if word:
            found[SHAPES[min(3, (len(word) - 1) // 3)]] += 1
            found["letter beyond 9"] += max(0, len(word) - 9)
            found["long, joined"] += not space and len(word) > 4
            found["capital"] += word[0].isupper()
            found["letter of capitals"] += len(word) * (len(word) > 1 and word.isupper())
        found["number"] += bool(number)
        found["digit"] += len(number)
        found["break"] += bool(breaks)
        found["underscores"] += bool(underscores)
        found["wide"] += bool(wide)
        found["marks"] += bool(marks)
        found["further mark"] += max(0, len(marks) - 1)
    return list(found.values())


def _texts(split: str) -> list[str]:
    found: list[str] = []
    held = questions.questions(split)
    for name in sorted({question.package for question in held}):
        tree = questions.corpus(name)
        with opened(name) as services:
            for question in [one for one in held if one.package == name][:ASKED]:
                packet = PacketTools(services).context_packet(question.text, session=question.id)
                code = [
                    (tree / item.path).read_text("utf-8", "replace").split("\n")[item.start_line - 1 : item.end_line]
                    for item in packet.items[:READ]
                ]
                found += [packet_text(packet), "\n".join("\n".join(lines) for lines in code)]
    return [text for text in found if text]


if __name__ == "__main__":
    sys.exit(main())
