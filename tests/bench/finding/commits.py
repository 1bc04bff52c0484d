"""Commit subjects as questions: which files would a change of this kind touch?"""

import io
import subprocess
import tarfile
from pathlib import Path

from questions import Answer, Question

MOST_FILES = 8  # a commit that touches more has no one subject
FEWEST_WORDS = 3


def questions(repository: Path, most: int, tree: Path) -> list[Question]:
    """Write the tree as it was `most` commits ago, and return what was done since, each with the files it changed.

    A file that the old tree does not hold is nobody's answer; a commit without any other is left out.

    Raises:
        subprocess.CalledProcessError: It is no git repository.
    """
    history = _git(repository, "rev-list", "--first-parent", "--no-merges", f"--max-count={most + 1}", "HEAD").split()
    base = history[-1]
    packed = subprocess.run(["git", "-C", str(repository), "archive", base], check=True, capture_output=True).stdout
    tree.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(tree, filter="data")
    found: list[Question] = []
    for commit in history[:-1]:
        subject, _, names = _git(repository, "show", "--format=%s%x00", "--name-only", "-z", commit).partition("\0")
        paths = [name.strip("\n") for name in names.split("\0") if name.strip("\n")]
        known = [path for path in paths if (tree / path).is_file()]
        if known and len(paths) <= MOST_FILES and len(subject.split()) >= FEWEST_WORDS:
            answers = tuple(Answer(path, 1, _lines(tree / path), "") for path in known)
            found.append(Question(commit[:12], repository.name, "test", "commit", subject, answers))
    return found


def _git(repository: Path, *arguments: str) -> str:
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _lines(path: Path) -> int:
    return max(1, path.read_bytes().count(b"\n"))
