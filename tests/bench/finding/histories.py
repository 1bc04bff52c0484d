"""Agents at work on the commits of a history: a commit is a stretch of work, its author an agent.

A history has paths alone. Where a release of its project is known, the files hold what they held there, and an agent
asks for each in the words of one of its own definitions or lines; others are left out. Without a release a file holds
its own name, and is asked for by that.
"""

import ast
import json
import random
import re
import subprocess
import sys
import tarfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from finding import commits
from finding.commits import MOST_FILES
from shared.corpora import CACHE

# Releases from about the end of the public histories that the memory benches read.
RELEASES = {
    "anyio": "anyio==4.16.0",
    "datasette": "datasette==1.0a41",
    "python-sdk": "mcp==2.3.0",
    "sqlite-utils": "sqlite-utils==4.2.1",
}
AGENTS = ("ann", "ben", "cid")
SEVERAL = 2  # files of a commit, from which on it tells of more than itself
FEWEST, WORDS = 2, 8  # of a definition or line that are asked for


@dataclass(frozen=True, slots=True)
class Step:
    """One question of a stretch of work, the files that answer it, and whether it is no earlier one word for word."""

    query: str
    needed: tuple[str, ...]
    is_new: bool = True


@dataclass(frozen=True, slots=True)
class Task:
    """A stretch of work: who, hours since the one before, its questions, and what is used after each."""

    agent: str
    hours: float
    steps: tuple[Step, ...]


def of_paths(path: Path, most: int, tree: Path) -> list[Task]:
    """Write the tree of a history (`NAME.jsonl`: one commit a line, t, a, p) and return its last stretches of work."""
    contents = _release(path.stem)
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for one in found:
        one["p"] = [each for each in one["p"] if contents is None or each in contents]
    found = [one for one in found if SEVERAL <= len(one["p"]) <= MOST_FILES][-most:]
    texts = contents or {each: " ".join(re.findall(r"[A-Za-z]+", each)) for one in found for each in one["p"]}
    for name, text in texts.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text, encoding="utf-8")
    rank = [author for author, _ in Counter(one["a"] for one in found).most_common()]
    tasks: list[Task] = []
    before = found[0]["t"] if found else 0
    asked: set[str] = set()
    for number, one in enumerate(found):
        rng = random.Random(f"{path.stem} {number}")
        steps: list[Step] = []
        for each in rng.sample(one["p"], len(one["p"])):
            query = _asked_for(each, texts[each], rng)
            steps.append(Step(query, (each,), query not in asked))
            asked.add(query)
        agent = AGENTS[rank.index(one["a"]) % len(AGENTS)]
        tasks.append(Task(agent, max(0.0, one["t"] - before) / 3600, tuple(steps)))
        before = one["t"]
    return tasks


def of_checkout(repository: Path, most: int, tree: Path) -> list[Task]:
    """Check a repository out as it was `most` commits ago; the subject of each since is asked before every file."""
    have = int(commits._git(repository, "rev-list", "--first-parent", "--no-merges", "--count", "HEAD"))
    most = min(most, have * 3 // 4)
    found = commits.questions(repository, most, tree.with_name("bare"))
    subprocess.run(["git", "clone", "--quiet", str(repository), str(tree)], check=True)
    back = ["rev-list", "--first-parent", "--no-merges", f"--max-count={most + 1}", "HEAD"]
    base = commits._git(tree, *back).split()[-1]
    subprocess.run(["git", "-C", str(tree), "checkout", "--quiet", base], check=True)
    tasks: list[Task] = []
    for number, question in enumerate(reversed(found)):
        paths = dict.fromkeys(answer.path for answer in question.answers)
        steps = tuple(Step(question.text, (path,)) for path in paths)
        tasks.append(Task(AGENTS[number // 8 % len(AGENTS)], 5.0, steps))
    return tasks


def _release(name: str) -> dict[str, str] | None:
    """Return the texts of a project's release by path; None where none is known."""
    if name not in RELEASES:
        return None
    folder = CACHE / "archives" / f"{RELEASES[name].replace('==', '-')}-pypi-sdist"
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.glob("*.tar.gz")):
        package = RELEASES[name].partition("==")[0]
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--no-binary", package, "--dest", str(folder), RELEASES[name]]
        subprocess.run(command, check=True, stdout=sys.stderr)
    found: dict[str, str] = {}
    with tarfile.open(next(folder.glob("*.tar.gz"))) as opened:
        for member in opened:
            stream = opened.extractfile(member) if member.isfile() and member.size < 1 << 19 else None
            if stream is not None:
                data = stream.read()
                if b"\0" not in data:
                    found["/".join(member.name.split("/")[1:])] = data.decode("utf-8", "replace")
    return found


def _asked_for(path: str, text: str, rng: random.Random) -> str:
    """Return a question for a file: what one of its definitions says of itself, else a line of it, else its name."""
    said = _said_in_code(text) if path.endswith(".py") else text.splitlines()
    words = [re.findall(r"[A-Za-z]+", line)[:WORDS] for line in said]
    fewest = FEWEST if path.endswith(".py") else WORDS // 2
    chosen = [" ".join(each).lower() for each in words if len(each) >= fewest]
    return rng.choice(chosen) if chosen else " ".join(re.findall(r"[A-Za-z]+", path))


def _said_in_code(text: str) -> list[str]:
    """Return the first line of every docstring, or the words of the name where there is none."""
    try:
        parsed = ast.parse(text)
    except (SyntaxError, ValueError):
        return []
    found: list[str] = []
    for node in ast.walk(parsed):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            said = (ast.get_docstring(node) or "").strip().partition("\n")[0]
            parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", node.name)
            found.append(said if len(said.split()) > 2 else " ".join(parts))
    return found
