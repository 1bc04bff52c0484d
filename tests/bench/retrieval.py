"""Does a question find the lines that answer it? Asked of us and of five rivals, over real packages.

The questions of `fixtures/questions` are asked over the packages they were written for: of one side of the split, the
test side unless told otherwise. Prints one line of JSON on stdout and tables on stderr; exits 1 when a bar is missed.
Every difference stands with its 95 % interval, by bootstrap over the questions, paired with each rival.

    python tests/bench/retrieval.py                    # the number that is reported
    python tests/bench/retrieval.py --split train      # while something is tuned
    python tests/bench/retrieval.py --git DIR          # subjects of a history's commits; the files that they changed
"""

import argparse
import logging
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import questions
from finding import commits, rivals
from finding.ours import Ours
from questions import Question
from shared.report import say, show
from shared.scores import Scored, figures, interval, score

MOST = 10
MEASURES = ("file", "span", "touch")
BARRED = ("file", "span")
OURS = "cistron"
BARS = {"semble lexical": 0.03, "semble hybrid": 0.03, "bm25": 0.20}  # NDCG@10, ours above theirs
SHOWN = (
    "file_ndcg", "span_ndcg", "touch_ndcg", "file_hit_1", "file_hit_5", "file_hit_10", "span_hit_1", "span_hit_5",
    "span_hit_10", "file_mrr", "span_mrr", "recall_2000", "tokens", "tokens_to_first", "p50_ms", "p95_ms",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Suite:
    """A source tree with what is asked of it."""

    name: str
    tree: Path
    languages: tuple[str, ...]
    questions: list[Question]


def main() -> int:
    """Ask, print, and hold the means against the bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--split", choices=[*questions.SPLITS, "all"], default="test")
    parser.add_argument("--only", nargs="+", metavar="PACKAGE", help="ask of these packages alone; holds no bar")
    parser.add_argument(
        "--git", type=lambda given: Path(given).resolve(), metavar="DIR", help="ask a history's commit subjects instead"
    )
    parser.add_argument("--commits", type=int, default=200, help="how far back in it")
    asked = parser.parse_args()
    logging.getLogger("bm25s").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        suites = _history(asked.git, asked.commits, Path(folder)) if asked.git else _packages(asked.split, asked.only)
        found = _ask_all(suites, Path(folder))
    kinds = _groups(suites, by_language=False)
    missing = [] if asked.only or asked.git else _misses(found, kinds)
    _report(asked.git.name if asked.git else asked.split, found, kinds, _groups(suites, by_language=True), missing)
    return 1 if missing else 0


def _packages(split: str, only: Sequence[str] | None) -> list[Suite]:
    suites: list[Suite] = []
    held = questions.questions(None if split == "all" else split)
    for name, package in sorted(questions.packages().items()):
        mine = [question for question in held if question.package == name]
        if not mine or (only and name not in only):
            continue
        try:
            tree = questions.corpus(name)
        except (subprocess.CalledProcessError, OSError) as error:  # a registry that is not there, a build tool missing
            say(f"{name}: left out, its source could not be fetched: {error}")
            continue
        suites.append(Suite(name, tree, package.languages, mine))
    return suites


def _history(repository: Path, most: int, folder: Path) -> list[Suite]:
    tree = folder / "tree"
    held = commits.questions(repository, most, tree)
    return [Suite(repository.name, tree, ("history",), held)]


def _ask_all(suites: Sequence[Suite], folder: Path) -> dict[str, list[Scored]]:
    """Ask every system every question; the answers of all systems are in the same order."""
    found: dict[str, list[Scored]] = defaultdict(list)
    for suite in suites:
        ours = Ours(folder / "store")
        for system in [ours, *rivals.all_rivals()]:
            begun = time.perf_counter()
            system.index(suite.tree)
            took = time.perf_counter() - begun
            for question in suite.questions:
                begun = time.perf_counter()
                ranking = system.ask(question.text, MOST)
                milliseconds = (time.perf_counter() - begun) * 1000
                found[system.name].append(score(question.answers, ranking, milliseconds))
            say(f"{suite.name}: {system.name} indexed in {took:.1f} s, {len(suite.questions)} questions")
        for question in suite.questions:  # as an agent asks, who passes a question and nothing else
            begun = time.perf_counter()
            ranking = ours.ask(question.text, None)
            milliseconds = (time.perf_counter() - begun) * 1000
            found[f"{OURS} (defaults)"].append(score(question.answers, ranking, milliseconds))
        ours.close()
    return dict(found)


def _groups(suites: Sequence[Suite], *, by_language: bool) -> dict[str, list[int]]:
    """Return which questions, by their place in the order asked, belong to each kind or language."""
    groups: dict[str, list[int]] = defaultdict(list)
    at = 0
    for suite in suites:
        for question in suite.questions:
            for name in suite.languages if by_language else [question.kind]:
                groups[name].append(at)
            at += 1
    return dict(sorted(groups.items()))


def _gains(found: dict[str, list[Scored]], rival: str, what: str) -> tuple[float, float, float]:
    pairs = zip(found[OURS], found[rival], strict=True)
    return interval([getattr(ours, what) - getattr(theirs, what) for ours, theirs in pairs])


def _misses(found: dict[str, list[Scored]], kinds: dict[str, list[int]]) -> list[str]:
    missing: list[str] = []
    for rival, bar in BARS.items():
        for what in BARRED:
            gain = _gains(found, rival, what)[0]
            if gain < bar:
                missing.append(f"{what} NDCG@10 is {gain:+.3f} against {rival} (>= {bar:+.2f})")
    for kind, rows in kinds.items():
        for what in BARRED:
            ours, theirs = (_mean(found[name], rows, what) for name in (OURS, "bm25"))
            if ours < theirs:
                missing.append(f"{kind}: {what} NDCG@10 is {ours:.3f}, bm25's is {theirs:.3f}")
    for rival in ("semble lexical", "semble hybrid"):
        gain = _gains(found, rival, "recall")[0]
        if gain < 0:
            missing.append(f"recall within 2,000 tokens is {gain:+.3f} against {rival} (>= 0)")
    return missing


def _mean(scored: Sequence[Scored], rows: Sequence[int], what: str) -> float:
    return sum(getattr(scored[row], what) for row in rows) / len(rows)


def _report(
    name: str,
    found: dict[str, list[Scored]],
    kinds: dict[str, list[int]],
    languages: dict[str, list[int]],
    missing: list[str],
) -> None:
    systems = {system: figures(scored) for system, scored in found.items()}
    against = [rival for rival in systems if not rival.startswith(OURS)]
    gains = {rival: {what: _gains(found, rival, what) for what in (*MEASURES, "recall")} for rival in against}
    groups = {
        group: {
            system: {what: round(_mean(scored, rows, what), 4) for what in MEASURES} for system, scored in found.items()
        }
        for group, rows in {**kinds, **languages}.items()
    }
    report = {"bench": "retrieval", "suite": name, "passed": not missing, "missing": missing}
    rows: list[list[object]] = [["", *systems], *([key, *(held[key] for held in systems.values())] for key in SHOWN)]
    show({**report, "systems": systems, "gains": gains, "groups": groups}, rows)
    say("\nours above each rival: mean and 95 % interval")
    for rival, gain in gains.items():
        say(f"{rival:16}" + "".join(f"  {what} {m:+.3f} [{lo:+.3f}, {hi:+.3f}]" for what, (m, lo, hi) in gain.items()))
    say("\nNDCG@10 by file / span / touch")
    for group, members in {**kinds, **languages}.items():
        cells = "".join(
            f"  {system} {'/'.join(f'{value:.3f}' for value in held.values())}"
            for system, held in groups[group].items()
        )
        say(f"{group:12} {len(members):4}{cells}")
    for what in missing:
        say(f"bar missed: {what}")


if __name__ == "__main__":
    sys.exit(main())
