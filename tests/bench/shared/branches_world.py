"""A repository with twenty branches and work trees that are switched, stashed, rebased and detached at random."""

import ast
import random
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from shared import corpora
from shared.judge import define

BRANCHES = 20
LINKED = 5
PACKAGES = ("werkzeug-3.1.3", "rich-14.1.0", "starlette-0.46.2", "jinja2-3.1.6")
EDITED = 0.02  # of the files, a branch
HOT = 0.10  # of the files are edited by some branch, so that branches differ at the same places


class World:
    """The repository, its work trees, and the symbols whose text differs between branches."""

    def __init__(self, base: Path, rng: random.Random, linked: int = LINKED, branches: int = BRANCHES) -> None:
        self.main = base / "main"
        self.main.mkdir(parents=True)
        for name in PACKAGES:
            package, _, version = name.rpartition("-")
            shutil.copytree(corpora.package(package, version), self.main / package)
        git(self.main, "init", "--quiet", "--initial-branch=main")
        (self.main / ".gitignore").write_text(".cistron/\n")
        self._commit("base")
        self.branches = [f"topic-{number}" for number in range(branches)]
        self.differing: list[tuple[str, str]] = []  # (path, symbol)
        paths = sorted(path.relative_to(self.main).as_posix() for path in self.main.rglob("*.py"))
        hot = rng.sample(paths, max(4, int(HOT * len(paths))))
        for branch in self.branches:
            git(self.main, "checkout", "--quiet", "-b", branch, "main")
            edited = rng.sample(hot, max(2, int(EDITED * len(paths))))
            for part in (edited[: len(edited) // 2], edited[len(edited) // 2 :]):
                for path in part:
                    self._edit(path, branch, rng)
                self._commit(branch)
        git(self.main, "checkout", "--quiet", "main")
        self.trees = [self.main]
        for number in range(linked):
            tree = base / f"linked-{number}"
            git(self.main, "worktree", "add", "--quiet", "--detach", str(tree), rng.choice(self.branches))
            self.trees.append(tree)
        self.differing = list(dict.fromkeys(self.differing))

    def act(self, tree: Path, rng: random.Random) -> str:
        """Do one thing that moves files under whoever reads them; return what it was."""
        acts: list[Callable[[Path, _Named], None]] = [_switch, _switch, _detach, _stash, _rebase]
        chosen = rng.choice(acts)
        for command in (("rebase", "--abort"), ("reset", "--quiet", "--hard")):
            with suppress(subprocess.CalledProcessError):
                git(tree, *command)
        chosen(tree, _Named(rng, rng.sample(self.branches, 2), self.differing))
        return chosen.__name__.strip("_")

    def _edit(self, path: str, branch: str, rng: random.Random) -> None:
        full = self.main / path
        text = full.read_text()
        functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
        lines = text.split("\n")
        chosen = rng.sample(functions, min(3, len(functions)))
        for node in sorted(chosen, key=lambda node: -node.lineno):
            first = node.body[0]
            is_line = first.lineno > node.lineno and not lines[first.lineno - 1][: first.col_offset].strip()
            if is_line and not getattr(first, "decorator_list", None):
                lines.insert(first.lineno - 1, f"{' ' * first.col_offset}branch = {branch!r}")
        edited = "\n".join(lines)
        with suppress(SyntaxError):
            ast.parse(edited)
            full.write_text(edited)
            then, now = define(text), define(edited)
            self.differing += [
                (path, name)
                for name in now
                if any(node.name == name.rpartition(".")[2] for node in chosen) and name in then
            ]

    def _commit(self, message: str) -> None:
        git(self.main, "add", "--all", "--force")
        git(self.main, "commit", "--quiet", "--allow-empty", f"--message={message}")


@dataclass(frozen=True)
class _Named:
    """What an act may need: two branches, and what may be edited."""

    rng: random.Random
    branches: list[str]
    differing: list[tuple[str, str]]


def _switch(tree: Path, named: _Named) -> None:
    git(tree, "checkout", "--quiet", "--ignore-other-worktrees", named.branches[0])


def _detach(tree: Path, named: _Named) -> None:
    git(tree, "checkout", "--quiet", "--detach", f"{named.branches[0]}~{named.rng.randrange(2)}")


def _stash(tree: Path, named: _Named) -> None:
    """Edit without a commit, put it away, switch, and take it back where that goes without a conflict."""
    path = tree / named.rng.choice(named.differing)[0]
    if not path.exists():
        return
    path.write_text("# not committed\n" + path.read_text())
    git(tree, "stash", "push", "--quiet")
    git(tree, "checkout", "--quiet", "--detach", named.branches[0])
    with suppress(subprocess.CalledProcessError):
        git(tree, "stash", "pop", "--quiet")
        return
    git(tree, "reset", "--quiet", "--hard")
    git(tree, "stash", "drop", "--quiet")


def _rebase(tree: Path, named: _Named) -> None:
    """Put one branch's commits on another; half of them end in a conflict, which is left standing for a while."""
    git(tree, "checkout", "--quiet", "--detach", named.branches[0])
    with suppress(subprocess.CalledProcessError):
        git(tree, "rebase", "--quiet", named.branches[1])


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    command = ["git", "-C", str(folder), "-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    command += ["-c", "core.autocrlf=false", "-c", "advice.detachedHead=false", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
