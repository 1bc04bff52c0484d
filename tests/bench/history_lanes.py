"""Do links and recency help to find what a commit will touch? Asked of a git history, this repository's by default.

The work tree is put back by some commits, what came before is learned, and the subjects of the commits since are asked
for the files that they changed. Without an earlier history there is nothing to learn, so that no other suite can tell.
Prints one line of JSON on stdout and a table on stderr; exits 1 where a lane that is off gains, or one that is on does
not.

    python tests/bench/history_lanes.py [--git DIR] [--commits N]
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import questions
from finding import commits
from finding.lane_stores import Asked, settled
from shared.report import show
from shared.scores import Scored, interval

from cistron.genome.search.lanes.lane import Context
from cistron.genome.search.lanes.table import OFF, chosen
from cistron.genome.search.lexical import Idf
from cistron.genome.search.query import parse
from cistron.tools.services import Services

LANES = ("links", "successor", "recency")


def main() -> int:
    """Learn, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--git", type=Path, default=questions.REPOSITORY, metavar="DIR")
    parser.add_argument("--commits", type=int, default=40, help="how far back the tree is put")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        held = commits.questions(given.git, given.commits, Path(folder) / "bare")
        tree = Path(folder) / "tree"
        subprocess.run(["git", "clone", "--quiet", str(given.git), str(tree)], check=True)
        back = ["rev-list", "--first-parent", "--no-merges", f"--max-count={given.commits + 1}", "HEAD"]
        listed = subprocess.run(["git", "-C", str(tree), *back], check=True, capture_output=True, text=True)
        base = listed.stdout.split()[-1]
        subprocess.run(["git", "-C", str(tree), "checkout", "--quiet", base], check=True)
        services = Services(Path(folder) / "store" / "genome.db", [tree])
        settled(services)
        learned = services.engine().memory.learn_history(services.roots()[0])
        found = _ask(services, held)
        services.close()
    usual = found.pop("usual")
    rows: list[list[object]] = [["lane", "file", "adds by file"], ["none of these", _mean(usual), ""]]
    report: dict[str, object] = {}
    wrong: list[str] = []
    for name, scored in found.items():
        adds = interval([one.file - other.file for one, other in zip(scored, usual, strict=True)])
        report[name] = {"file": _mean(scored), "adds": adds}
        rows.append([name, _mean(scored), "{:+.3f} [{:+.3f}, {:+.3f}]".format(*adds)])
        if (adds[1] > 0) != (name not in OFF):
            wrong.append(name)
    head = {"bench": "history_lanes", "passed": not wrong, "questions": len(held), "learned": learned, "wrong": wrong}
    show(head | report, rows)
    return 1 if wrong else 0


def _ask(services: Services, held: list[questions.Question]) -> dict[str, list[Scored]]:
    choices = {"usual": chosen(dict.fromkeys(LANES, False))}
    choices |= {name: chosen({other: other == name for other in LANES}) for name in LANES}
    found: dict[str, list[Scored]] = {name: [] for name in choices}
    roots = {root.id: root for root in services.roots()}
    with services.engine().database.snapshot() as connection:
        for question in held:
            query = parse(question.text)
            near = services.engine().embedder.near(connection, query.text)
            asked = Asked(question, query, Context(connection, roots, Idf(connection, query.terms), near))
            for name, lanes in choices.items():
                found[name].append(asked.score(asked.rank(lanes).hits))
    return found


def _mean(scored: list[Scored]) -> float:
    return round(sum(one.file for one in scored) / max(1, len(scored)), 4)


if __name__ == "__main__":
    sys.exit(main())
