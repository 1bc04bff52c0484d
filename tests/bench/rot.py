"""Index one commit, move the folder to another, and ask about all that was known: which of it is rotten now?

Nothing is declared by anybody and nothing is ingested after the move. Every definition, literal and path of the older
commit is asked of `verify`, and the verdicts are compared with what Python's own parser says of the newer one. A
sample is also asked with `context_packet`, in sessions that had been shown the item.

A claim counts as flagged where `verify` does not call it verified, or gives its grade as signature_changed,
body_changed or gone. A claim about a path is about its existence alone: an edited file is flagged by its rung, gone or
renamed, and not for its new bytes.

Without `--git` the commits are pinned releases (`rotting/repos.py`). Prints one line of JSON on stdout and a table on
stderr; exits 1 when a bar is missed. Failures go to `.bench/rot.json`. See `docs/rot.md`.
"""

import argparse
import json
import math
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import rot_answers
from rotting import claims as rot_claims
from rotting import repos as rot_repos
from rotting.claims import LITERALS, PATH, SYMBOLS, Claim, Label
from rotting.score import Judged, score
from shared import corpora
from shared.asking import Place
from shared.report import say, share, show

from cistron.tools.models.packet import Item
from cistron.tools.models.work import Verified
from cistron.tools.verify import VerifyTools

MOST = 3_000
SHOWN = 40
BATCH = 100
KINDS = (*SYMBOLS, *LITERALS, PATH)
ROTTEN_GRADES = frozenset({"signature_changed", "body_changed", "gone"})
TAU_S, THRESHOLD = 7 * 86_400.0, 0.35  # helix-context: the slowest half-life, the mildest task
BARS = {"j": 0.985, "miss_rate": 0.01, "alerts_per_catch": 1.05}


@dataclass(frozen=True)
class Outcome:
    """One claim with its labels, what cistron said, and what each rival says."""

    case: str
    claim: Claim
    label: Label
    result: Verified
    flagged: bool
    answer: bool | None
    rivals: Mapping[str, bool]


@dataclass(frozen=True)
class Measured:
    """What one case gave: claims, the sample asked as packets, and what could not be asked."""

    outcomes: list[Outcome]
    packets: list[Judged]
    unindexed: int
    unindexed_verified: int
    skipped: int
    examples: int
    verify_ms: float
    lines: list[Judged]  # literals asked by their lines


def main() -> int:
    """Measure, print, and hold the figures against the bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--git", type=Path, help="a repository of your own; it is cloned, never touched")
    parser.add_argument("--from", dest="before", default="HEAD~1", help="the commit that is known")
    parser.add_argument("--to", dest="after", default="HEAD", help="the commit that is there")
    parser.add_argument("--packages", nargs="+", default=list(rot_repos.HISTORIES), choices=list(rot_repos.HISTORIES))
    parser.add_argument("--most", type=int, default=MOST, help="claims a case; more are sampled, by a fixed seed")
    asked = parser.parse_args()
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder).resolve()
        cases = (
            [rot_repos.cloned(base, asked.git, asked.before, asked.after)]
            if asked.git
            else rot_repos.pinned(base, asked.packages)
        )
        measured: dict[str, Measured] = {}
        for case in cases:
            measured[case.name] = measure(case, asked.most)
            say(f"{time.perf_counter() - begun:6.1f} s  {case.name}: {len(measured[case.name].outcomes)} claims")
    return _report(measured, time.perf_counter() - begun)


def measure(case: rot_repos.Case, most: int = MOST) -> Measured:
    """Index a case's older commit, move, ask about everything and judge it."""
    before = rot_repos.tree(case, case.before)
    facts = {path: rot_claims.read(path, data) for path, data in before.items()}
    place = Place(case.root, case.name)
    try:
        verify = VerifyTools(place.services())
        indexed, unindexed = _indexed(verify, sorted(before))
        claims = _sampled(
            [claim for path in indexed for claim in rot_claims.claims(path, facts[path])], case.name, most
        )
        shown = _show(place, claims, case.name)
        rot_repos.move(case)
        after = rot_repos.tree(case, case.after)
        later = {path: rot_claims.read(path, data) for path, data in after.items()}
        labels = {claim: rot_claims.judge(claim, facts[claim.path], later.get(claim.path)) for claim in claims}
        begun = time.perf_counter()
        results = _verify(verify, [claim.target for claim in claims])
        verify_ms = (time.perf_counter() - begun) * 1000 / max(1, len(claims))
        literals = [claim for claim in claims if claim.kind in LITERALS]
        by_lines = [
            Judged(f"{case.name} {claim.path}", is_flagged(claim, result), labels[claim].tokens)
            for claim, result in zip(literals, _verify(verify, [claim.lines for claim in literals]), strict=True)
        ]
        still = _verify(verify, unindexed)
        packets = [_ask_again(place, claim, query, session, labels[claim]) for claim, query, session in shown]
    finally:
        place.close()
    answers = rot_answers.compare(case.package, claims, facts, labels)
    outcomes = [
        Outcome(
            case.name, claim, labels[claim], result, is_flagged(claim, result), answers.changed.get(claim),
            _rivals(claim, before[claim.path], after.get(claim.path), case.age_s),
        )
        for claim, result in zip(claims, results, strict=True)
    ]  # fmt: skip
    verified = sum(result.status == "verified" for result in still)
    return Measured(outcomes, packets, len(unindexed), verified, answers.skipped, answers.examples, verify_ms, by_lines)


def is_flagged(claim: Claim, result: Verified) -> bool:
    """Whether an answer warns of a claim."""
    if claim.kind == PATH:
        return result.evidence.rung in ("gone", "renamed")
    return result.status != "verified" or result.evidence.grade in ROTTEN_GRADES


def _indexed(verify: VerifyTools, paths: Sequence[str]) -> tuple[list[str], list[str]]:
    results = _verify(verify, paths)
    known = {path for path, result in zip(paths, results, strict=True) if result.status == "verified"}
    return [path for path in paths if path in known], [path for path in paths if path not in known]


def _verify(verify: VerifyTools, targets: Sequence[str]) -> list[Verified]:
    found: list[Verified] = []
    for start in range(0, len(targets), BATCH):
        found += verify.verify(list(targets[start : start + BATCH])).results
    return found


def _sampled(claims: list[Claim], name: str, most: int) -> list[Claim]:
    """Draw claims with a fixed seed, in their order; of each (kind, name, lines) there is one."""
    claims = list(dict.fromkeys(claims))
    if len(claims) <= most:
        return claims
    chosen = sorted(random.Random(name).sample(range(len(claims)), most))
    return [claims[n] for n in chosen]


def _show(place: Place, claims: Sequence[Claim], name: str) -> list[tuple[Claim, str, str]]:
    """Ask for some definitions, each in a session of its own; keep those whose definition was shown."""
    symbols = [claim for claim in claims if claim.kind in ("function", "class")]
    chosen = random.Random(f"{name} shown").sample(symbols, min(SHOWN, len(symbols)))
    found: list[tuple[Claim, str, str]] = []
    for number, claim in enumerate(chosen):
        query, session = f"{claim.name} {claim.path}", f"shown {number}"
        if any(_is_of(item, claim) for item in place.ask(query, "edit", session).packet.items):
            found.append((claim, query, session))
    return found


def _ask_again(place: Place, claim: Claim, query: str, session: str, label: Label) -> Judged:
    """Ask what was asked before the move; a warning is in the item, else in what is to be read again."""
    packet = place.ask(query, "edit", session).packet
    items = [item for item in packet.items if _is_of(item, claim)]
    if items:
        flagged = any(
            item.status != "verified"
            or (item.evidence.grade in ROTTEN_GRADES if item.evidence.grade else item.evidence.seen == "older")
            for item in items
        )
    else:
        flagged = any(
            target.path == claim.path and target.reason != "low_confidence" for target in packet.refresh_targets
        )
    return Judged(claim.path, flagged, label.tokens)


def _is_of(item: Item, claim: Claim) -> bool:
    return item.path == claim.path and item.symbol == claim.name


def _rivals(claim: Claim, before: bytes, after: bytes | None, age_s: float) -> dict[str, bool]:
    """Return what the simple policies say of a claim; a path's lines are its existence."""
    cited = after is None or (
        claim.kind != PATH
        and before.split(b"\n")[claim.start - 1 : claim.end] != after.split(b"\n")[claim.start - 1 : claim.end]
    )
    return {
        "always flag": True,
        "file changed": before != after,
        "cited lines": cited,
        "age": math.exp(-age_s / TAU_S) < THRESHOLD,
    }


def _report(measured: Mapping[str, Measured], seconds: float) -> int:
    outcomes = [one for case in measured.values() for one in case.outcomes]
    by_tokens = any(one.result.evidence.grade is not None for one in outcomes)
    ours = {"overall": _score(outcomes, by_tokens)}
    ours |= {kind: _score([one for one in outcomes if one.claim.kind == kind], by_tokens) for kind in KINDS}
    other = _score(outcomes, not by_tokens)
    rivals = {
        name: score([Judged(_group(one), one.rivals[name], _rotten(one, by_tokens)) for one in outcomes])
        for name in (outcomes[0].rivals if outcomes else ())
    }
    cases = {name: _score(case.outcomes, by_tokens) for name, case in measured.items()}
    missing = [
        f"{bar} {ours['overall'][bar]} ({'>=' if bar == 'j' else '<='} {value})"
        for bar, value in BARS.items()
        if not _holds(bar, ours["overall"][bar], value)
    ]
    unindexed_verified = sum(case.unindexed_verified for case in measured.values())
    if unindexed_verified:
        missing.append(f"{unindexed_verified} files that are not indexed are called verified")
    report: dict[str, object] = {
        "bench": "rot", "bars": BARS, "passed": not missing, "missing": missing,
        "label": "tokens differ" if by_tokens else "text differs",
        **{bar: ours["overall"][bar] for bar in BARS},
        "kinds": ours, "other_label": other, "rivals": rivals, "cases": cases,
        "answers": _answers(outcomes, measured),
        "literals_by_lines": score([one for case in measured.values() for one in case.lines]),
        "packets": score([one for case in measured.values() for one in case.packets]),
        "unindexed": sum(case.unindexed for case in measured.values()),
        "verify_ms": {name: round(case.verify_ms, 2) for name, case in measured.items()},
        "seconds": round(seconds, 1),
    }  # fmt: skip
    corpora.CACHE.mkdir(exist_ok=True)
    (corpora.CACHE / "rot.json").write_text(
        json.dumps([_failure(one) for one in outcomes if _rotten(one, by_tokens) != one.flagged], indent=1)
    )
    columns = [
        "claims",
        "rotten",
        "precision",
        "recall",
        "j",
        "j_95",
        "misses",
        "miss_rate",
        "alarms",
        "alerts_per_catch",
    ]
    sections = {
        **ours,
        "literals by lines": report["literals_by_lines"],
        **{f"rival: {name}": one for name, one in rivals.items()},
        "packets": report["packets"],
        **cases,
    }
    rows = [[name, *(one[column] for column in columns)] for name, one in sections.items()]  # type: ignore[index]
    show(report, [["", *(column.replace("_", " ") for column in columns)], *rows])
    say(f"answers: {json.dumps(report['answers'])}")
    for what in missing:
        say(f"bar missed: {what}")
    return 1 if missing else 0


def _holds(bar: str, figure: object, value: float) -> bool:
    """Whether a figure meets its bar; where nothing is rotten there is nothing to catch."""
    if not isinstance(figure, float):
        return True
    return figure >= value if bar == "j" else figure <= value


def _score(outcomes: Sequence[Outcome], by_tokens: bool) -> dict[str, object]:
    return score([Judged(_group(one), one.flagged, _rotten(one, by_tokens)) for one in outcomes])


def _group(one: Outcome) -> str:
    return f"{one.case} {one.claim.path}"


def _rotten(one: Outcome, by_tokens: bool) -> bool:
    return one.label.tokens if by_tokens else one.label.text


def _answers(outcomes: Sequence[Outcome], measured: Mapping[str, Measured]) -> dict[str, object]:
    """Set flags against answers: how many flags change no answer, how many changed answers raise no flag."""
    found: dict[str, object] = {"skipped": sum(case.skipped for case in measured.values())}
    found["with_examples"] = sum(case.examples for case in measured.values())
    for name, kinds in (("symbols", SYMBOLS), ("literals", LITERALS)):
        asked = [one for one in outcomes if one.answer is not None and one.claim.kind in kinds]
        counts = Counter((one.flagged, one.answer) for one in asked)
        structural = [one for one in asked if one.flagged and one.label.tokens]
        found[name] = {
            "asked": len(asked),
            "changed": counts[True, True] + counts[False, True],
            "changed_unflagged": counts[False, True],
            "changed_unflagged_share": share(counts[False, True], counts[True, True] + counts[False, True]),
            "flagged_unchanged": counts[True, False],
            "structural_flags_without_change_share": share(sum(not one.answer for one in structural), len(structural)),
            "examples": [f"{one.case} {one.claim.target}" for one in asked if one.answer and not one.flagged][:20],
        }
    return found


def _failure(one: Outcome) -> dict[str, object]:
    return {
        "case": one.case, "kind": one.claim.kind, "target": one.claim.target, "name": one.claim.name,
        "what": "false alarm" if one.flagged else "miss", "why": one.label.why, "answer_changed": one.answer,
        "status": one.result.status, "rung": one.result.evidence.rung, "grade": one.result.evidence.grade,
        "note": one.result.note, "symbol": one.result.symbol, "lines": [one.result.start_line, one.result.end_line],
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
