"""Git is run without anything of a stranger's repository being started, and repositories are read without git."""

import subprocess
from pathlib import Path

import pytest

from cistron.genome.reading import git
from cistron.genome.reading.discover import discover, is_listed


def run_git(folder: Path, *args: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    return subprocess.run(
        ["git", *identity, *args], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "main"
    folder.mkdir()
    run_git(folder, "init", "-q", "-b", "main")
    (folder / "a.py").write_text("a = 1\n")
    run_git(folder, "add", ".")
    run_git(folder, "commit", "-qm", "first")
    return folder


def test_nothing_that_a_repository_names_is_executed(tmp_path: Path, repository: Path) -> None:
    marker = tmp_path / "executed"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {marker}\ncat\n")
    script.chmod(0o755)
    for name in ("post-index-change", "fsmonitor-watchman", "post-checkout", "reference-transaction"):
        (repository / ".git" / "hooks" / name).write_text(script.read_text())
        (repository / ".git" / "hooks" / name).chmod(0o755)
    keys = ["core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "core.askPass", "credential.helper",
            "diff.external",
            "diff.x.textconv", "diff.x.command", "filter.x.clean", "filter.x.smudge", "filter.x.process", "gpg.program",
            "pager.log", "alias.ls-files", "uploadpack.packObjectsHook", "remote.origin.uploadpack"]  # fmt: skip
    for key in keys:
        run_git(repository, "config", key, str(script))
    for key, value in {
        "log.showSignature": "true",
        "remote.origin.url": f"ext::{script}",
        "protocol.ext.allow": "always",
    }.items():
        run_git(repository, "config", key, value)
    (repository / ".gitattributes").write_text("* filter=x diff=x\n")
    (repository / "a.py").write_text("a = 2\n")
    marker.unlink(missing_ok=True)

    assert discover(repository).files == [".gitattributes", "a.py"]
    assert is_listed(repository, ["a.py"]) == {"a.py"}
    assert b"+a = 1" in (git.run(repository, "log", "-p", "--format=%H") or b"")
    assert git.run(repository, "cat-file", "-p", "HEAD:a.py") == b"a = 1\n"
    git.run(repository, "cat-file", "-e", "0" * 39 + "1")

    assert not marker.exists()


@pytest.mark.parametrize(
    "args",
    [(), ("status",), ("diff",), ("fetch",), ("log", "--textconv"), ("cat-file", "--filters"), ("ls-files", "-m")],
)
def test_a_command_that_may_start_programs_is_refused(tmp_path: Path, args: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="may start other programs"):
        git.run(tmp_path, *args)


def test_run_passes_input_and_gives_none_on_failure(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert git.run(repository, "ls-files", "-z") == b"a.py\0"
    assert git.run(repository, "cat-file", "--batch-check=%(objecttype)", input=b"HEAD\n") == b"commit\n"
    assert git.run(tmp_path, "ls-files") is None
    assert git.run(repository, "rev-parse", "--verify", "-q", "none") is None
    assert git.run(repository, "ls-files", timeout_s=0.0) is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git.run(repository, "ls-files") is None


def test_a_repository_further_up_is_not_used(repository: Path) -> None:
    (repository / "sub").mkdir()
    assert git.run(repository / "sub", "ls-files") is None


def test_a_work_tree_named_by_the_repository_is_not_used(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    run_git(repository, "config", "core.worktree", str(tmp_path / "elsewhere"))
    assert git.run(repository, "rev-parse", "--show-toplevel") == f"{repository}\n".encode()


def test_the_work_tree_is_found_upward(repository: Path, tmp_path: Path) -> None:
    deep = repository / "x" / "y"
    deep.mkdir(parents=True)
    assert git.work_tree(deep) == git.work_tree(repository) == git.work_tree(repository / "a.py") == repository
    assert git.work_tree(repository / ".git" / "hooks") is None
    assert git.work_tree(tmp_path) is None


def test_linked_work_trees_share_a_common_folder(repository: Path, tmp_path: Path) -> None:
    run_git(repository, "worktree", "add", "-q", str(tmp_path / "linked"))
    assert git.common_dir(tmp_path / "linked") == git.common_dir(repository) == repository / ".git"
    assert git.common_dir(tmp_path) is None


def test_a_made_up_link_to_another_repository_is_not_believed(repository: Path, tmp_path: Path) -> None:
    forged = tmp_path / "forged"
    (forged / "fake").mkdir(parents=True)
    (forged / ".git").write_text("gitdir: fake\n")
    (forged / "fake" / "HEAD").write_text("ref: refs/heads/main\n")
    (forged / "fake" / "commondir").write_text(f"{repository}/.git\n")
    (forged / "fake" / "gitdir").write_text(f"{forged}/.git\n")
    assert git.common_dir(forged) == forged / "fake"


def test_the_head_is_read_loose_packed_detached_and_linked(repository: Path, tmp_path: Path) -> None:
    first = run_git(repository, "rev-parse", "HEAD")[:12]
    assert git.head(repository) == first
    run_git(repository, "worktree", "add", "-q", str(tmp_path / "linked"))
    run_git(repository, "pack-refs", "--all")
    assert git.head(repository) == git.head(tmp_path / "linked") == first
    run_git(repository, "checkout", "-q", "--detach")
    assert git.head(repository) == first
    assert git.head(tmp_path) is None


@pytest.mark.parametrize(
    "text", ["ref: refs/../../../secret", "ref: /etc/hostname", "ref: HEAD", "", "ref: refs/heads/none", "x" * 40]
)
def test_a_head_that_is_no_commit_gives_none(repository: Path, text: str) -> None:
    (repository / ".git" / "HEAD").write_text(text)
    assert git.head(repository) is None
