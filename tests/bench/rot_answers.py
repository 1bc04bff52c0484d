"""The second label, which does not look at source text: does a release give another answer than the one before?

Both releases are installed with what they depend on and imported, each in a process of its own, and asked for
signatures and for what the older docstrings' examples print. A module that does not import is skipped and counted.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rotting.claims import LITERALS, SYMBOLS, Claim, Facts, Label
from rotting.repos import installed

LIMIT_S = 300


@dataclass(frozen=True)
class Answers:
    """Whether each claim's answer changed, for the claims that could be asked; and how many could not."""

    changed: Mapping[Claim, bool]
    skipped: int
    examples: int  # claims whose docstring's examples ran and printed the same twice


def compare(
    package: tuple[str, str, str] | None,
    claims: Sequence[Claim],
    facts: Mapping[str, Facts],
    labels: Mapping[Claim, Label],
) -> Answers:
    """Return what changed; without a package only the values of literals can be told."""
    changed = {claim: labels[claim].tokens for claim in claims if claim.kind in LITERALS}
    symbols = [claim for claim in claims if claim.kind in SYMBOLS and claim.kind != "local"]
    old = new = None
    if package is not None:
        name, before, after = package
        old, new = installed(name, before), installed(name, after)
    if old is None or new is None:
        return Answers(changed, len(symbols), 0)
    questions = [
        (claim.target, module, claim.name, facts[claim.path].definitions[claim.name].doc)
        for claim in symbols
        if (module := _module(old, claim.path)) is not None
    ]
    then, now = _ask(old, questions), _ask(new, questions)
    examples = 0
    for claim in symbols:
        before_, after_ = then.get(claim.target), now.get(claim.target)
        if before_ is None or after_ is None or before_[0] != "there":
            continue
        if after_[0] == "not imported" and _module(new, claim.path) is not None:
            continue
        examples += before_[2] is not None
        changed[claim] = before_[:2] != after_[:2] or (before_[2] is not None and None is not after_[2] != before_[2])
    return Answers(changed, len(symbols) - sum(claim in changed for claim in symbols), examples)


def _module(place: Path, path: str) -> str | None:
    inside = path.removeprefix("src/").removeprefix("lib/")
    if not path.endswith(".py") or not (place / inside).is_file() or inside.endswith("__main__.py"):
        return None
    return inside.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _ask(place: Path, questions: Sequence[tuple[str, str, str, str]]) -> dict[str, list[object]]:
    """Run the probe over a release; nothing of this process's own packages comes before it on the path."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "answers.json"
        ahead = [str(place), str(Path(__file__).parent)]
        code = f"import sys; sys.path[:0] = {ahead!r}; from rotting import probe; probe.run({str(out)!r})"
        try:
            subprocess.run(
                [sys.executable, "-P", "-c", code],
                input=json.dumps(questions),
                text=True,
                cwd=folder,
                timeout=LIMIT_S,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
                env={"PATH": "/usr/bin:/bin", "HOME": folder},
            )
        except subprocess.TimeoutExpired:
            return {}
        return json.loads(out.read_text()) if out.exists() else {}
