"""Does a packet know when it does not know? Ask what stores answer and what they do not, and judge `confidence`.

Trained on some packages (`--train` writes the models anew), judged on others. Prints one line of JSON on stdout and a
table on stderr; exits 1 when a bar is missed. Figures are at a base rate of one half: both sides weigh the same.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from knowledge.collect import Told, ask, background, collect
from knowledge.fit import Array, auroc, balanced, calibration, ece, false_abstention
from knowledge.packages import BACKGROUND, TEST, TRAIN
from knowledge.questions import KINDS
from knowledge.suite import ABSENT, cases
from knowledge.train import REGIMES, train, written
from shared import corpora
from shared.report import say, show

from cistron.genome.search import commonness, confidence

PLOT = corpora.REPOSITORY / "docs" / "know-or-go.png"
QUESTIONS = 100  # answerable ones to a store, at most; as many that are not
TERMS = 20_000  # of the table of common terms, at most
BARS = {"auroc": 0.95, "ece": 0.05, "false_abstention": 0.03, "judging_ms": 0.5, "answerable": 400, "unanswerable": 400}
AT_MOST = ("ece", "false_abstention", "judging_ms")
REFUSED = 0.95
SAMPLES, SEED = 1_000, 20


def main() -> int:
    """Train if asked to; measure, print, and hold the figures against the bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", action="store_true", help="count common terms and fit the models anew")
    parser.add_argument("--plot", action="store_true", help=f"draw {PLOT.name}; needs matplotlib")
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    asked = parser.parse_args()
    if asked.train:
        _train(asked.questions)
    begun = time.perf_counter()
    told = ask(cases(TEST, asked.questions))
    if asked.plot:
        _plot(told)
    return _report(told, time.perf_counter() - begun)


def _train(questions: int) -> None:
    table = background(BACKGROUND, TERMS)
    head = {"packages": BACKGROUND, "per_million": table}
    commonness.TABLE.write_text(json.dumps(head, separators=(",", ":")) + "\n")
    seen = collect(cases(TRAIN, questions))
    answerable = sum(one.case.absent is None for one in seen)
    report: dict[str, object] = {
        "made_by": "tests/bench/knowing.py --train",
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "packages": {name: version for name, (version, _) in TRAIN.items()},
        "answerable": answerable,
        "unanswerable": len(seen) - answerable,
        "delivered": sum(any(one.covers) for one in seen),
        "base_rate": 0.5,
        "seeds": "names of the packages",
        "regimes": REGIMES,
    }
    confidence.WEIGHTS.write_text(written(train(seen), report))


def _report(told: Sequence[Told], seconds: float) -> int:
    answerable = np.array([float(one.case.absent is None) for one in told])
    delivered = np.array([float(one.delivered) for one in told])
    rules: dict[str, Callable[[Told], float]] = {
        "confidence": lambda one: one.confidence,
        "share of idf mass": lambda one: one.share,
        "best BM25": lambda one: one.score,
    }
    scores = {name: np.array([rule(one) for one in told]) for name, rule in rules.items()}
    weights = balanced(answerable)
    figures = {name: _figures(values, answerable, delivered, weights) for name, values in scores.items()}
    mine = scores["confidence"]
    kinds = {absent: _against(told, mine, answerable, delivered, absent) for absent in ABSENT}
    forms = {kind: _of_form(told, mine, kind) for kind in KINDS}
    summary = {
        "auroc": figures["confidence"]["auroc"],
        "ece": figures["confidence"]["ece"],
        "false_abstention": figures["confidence"]["false_abstention"],
        "judging_ms": round(float(np.median([one.judging_ms for one in told])), 3),
        "answerable": int(answerable.sum()),
        "unanswerable": int((1 - answerable).sum()),
    }
    missing = [
        f"{name} {summary[name]} ({'<=' if name in AT_MOST else '>='} {bar})"
        for name, bar in BARS.items()
        if (summary[name] > bar if name in AT_MOST else summary[name] < bar)
    ]
    report = {"bench": "knowing", "bars": BARS, "passed": not missing, "missing": missing, **summary}
    report |= {"rules": figures, "intervals": _intervals(mine, answerable, delivered), "against": kinds}
    report |= {"forms": forms, "items": _items(told, weights), "known": _known(told), "seconds": round(seconds, 1)}
    rows = [["all questions", *figures["confidence"]]]
    rows += [[name, *map(str, of_rule.values())] for name, of_rule in figures.items()]
    show(report, rows)
    _tell(kinds, "unanswerable")
    _tell(forms, "question")
    for name, bar in BARS.items():
        verdict = "missed" if any(text.startswith(f"{name} ") for text in missing) else "met"
        say(f"bar {verdict}: {name} {summary[name]} ({bar})")
    return 1 if missing else 0


def _figures(scores: Array, answerable: Array, delivered: Array, weights: Array) -> dict[str, float]:
    """Return what is said of one rule: whether the answer is in the store, and whether it was delivered."""
    sure = (answerable == 0) | (delivered == 1)
    is_probability = scores.max() <= 1
    return {
        "auroc": round(auroc(scores, answerable), 4),
        "auroc_delivered": round(auroc(scores[sure], delivered[sure]), 4),
        "auroc_holds": round(auroc(scores, delivered), 4),
        "ece": round(ece(scores, delivered, weights), 4) if is_probability else float("nan"),
        "false_abstention": round(false_abstention(scores, answerable, REFUSED)[0], 4),
        "false_abstention_delivered": round(false_abstention(scores[sure], delivered[sure], REFUSED)[0], 4),
    }


def _against(
    told: Sequence[Told], scores: Array, answerable: Array, delivered: Array, absent: str
) -> dict[str, object]:
    """Return the figures of all answerable questions against one sort of unanswerable ones."""
    chosen = np.array([one.case.absent in (None, absent) for one in told])
    some, truth, held = scores[chosen], answerable[chosen], delivered[chosen]
    figures: dict[str, object] = {"n": int((truth == 0).sum()), **_figures(some, truth, held, balanced(truth))}
    refused = [one.known == "no" for one in told if one.case.absent == absent]
    return {**figures, "said_no": round(sum(refused) / len(refused), 4)}


def _of_form(told: Sequence[Told], scores: Array, kind: str) -> dict[str, object]:
    """Return the figures of one form of question, both sides."""
    chosen = np.array([one.case.question.kind == kind for one in told])
    group = [one for one, taken in zip(told, chosen, strict=True) if taken]
    truth = np.array([float(one.case.absent is None) for one in group])
    held = np.array([float(one.delivered) for one in group])
    figures: dict[str, object] = {"n": len(group), **_figures(scores[chosen], truth, held, balanced(truth))}
    return {**figures, "covered": round(float(held.sum() / truth.sum()), 4)}


def _known(told: Sequence[Told]) -> dict[str, dict[str, float]]:
    """Return how `known` is spread over questions that were answered, could have been, and could not."""
    groups = {
        "delivered": [one for one in told if one.delivered],
        "in the store, not delivered": [one for one in told if one.case.absent is None and not one.delivered],
        "not in the store": [one for one in told if one.case.absent is not None],
    }
    return {
        name: {
            known: round(sum(one.known == known for one in group) / len(group), 4) for known in ("yes", "partial", "no")
        }
        for name, group in groups.items()
    }


def _items(told: Sequence[Told], weights: Array) -> dict[str, float]:
    """Return the figures of the items' own `p`."""
    p = np.array([value for one in told for value in one.p])
    covers = np.array([float(held) for one in told for held in one.covers])
    of_item = np.repeat(weights, [len(one.p) for one in told])
    empty = [not one.p for one in told if one.case.absent is not None]
    return {
        "auroc": round(auroc(p, covers), 4),
        "ece": round(ece(p, covers, of_item), 4),
        "answerable": round(float(np.mean([len(one.p) for one in told if one.case.absent is None])), 2),
        "unanswerable": round(float(np.mean([len(one.p) for one in told if one.case.absent is not None])), 2),
        "unanswerable_empty": round(sum(empty) / len(empty), 4),
    }


def _intervals(scores: Array, answerable: Array, delivered: Array) -> dict[str, list[float]]:
    """Return 95 % intervals of the bars' figures: the bootstrap over questions (Efron 1979)."""
    rng = np.random.default_rng(SEED)
    drawn: dict[str, list[float]] = {}
    for _ in range(SAMPLES):
        chosen = rng.integers(0, len(scores), len(scores))
        truth = answerable[chosen]
        for name, value in _figures(scores[chosen], truth, delivered[chosen], balanced(truth)).items():
            drawn.setdefault(name, []).append(value)
    return {name: [round(float(x), 4) for x in np.quantile(values, [0.025, 0.975])] for name, values in drawn.items()}


def _tell(groups: dict[str, dict[str, object]], what: str) -> None:
    columns = list(next(iter(groups.values())))
    rows = [
        [what, *columns],
        *([name, *(str(figures[column]) for column in columns)] for name, figures in groups.items()),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    say("")
    for row in rows:
        say("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))


def _plot(told: Sequence[Told]) -> None:
    import matplotlib.pyplot as plt  # for the picture alone; the bench does without

    weights = balanced(np.array([float(one.case.absent is None) for one in told]))
    truth = np.array([float(one.delivered) for one in told])
    rules = {
        "confidence": np.array([one.confidence for one in told]),
        "share of idf mass, the rule before": np.array([one.share for one in told]),
    }
    figure, axes = plt.subplots(figsize=(6.4, 6.0))
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    places = ((0.03, 0.62), (0.50, 0.12))
    for (name, p), style, color, place in zip(rules.items(), ("o-", "s--"), ("black", "0.5"), places, strict=True):
        bins = calibration(p, truth, weights)
        axes.plot([b[0] for b in bins], [b[1] for b in bins], style, color=color, markersize=5)
        axes.text(*place, f"{name}\nECE {ece(p, truth, weights):.3f}", color=color)
    axes.set(
        xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel="confidence said (mean of a bin)",
        ylabel="share of packets whose items hold the answer",
        title=f"Confidence is what it says: \n{len(told):,} questions, {len(TEST)} packages not trained on",
    )  # fmt: skip
    figure.tight_layout()
    figure.savefig(PLOT, dpi=110)
    plt.close(figure)
    assert Path(PLOT).stat().st_size


if __name__ == "__main__":
    sys.exit(main())
