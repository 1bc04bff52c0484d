"""Which folder is taken as the workspace, where its store stands, what is never indexed by itself."""

import subprocess
import tempfile
from pathlib import Path

import pytest

from cistron.server.workspace import find_workspace, forbidden_root, store_path


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "people" / "ann"
    folder.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder))
    return folder


def run_git(folder: Path, *args: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", *identity, *args], cwd=folder, check=True, capture_output=True)


def repository(folder: Path) -> Path:
    folder.mkdir(parents=True)
    run_git(folder, "init", "-q")
    run_git(folder, "commit", "-q", "--allow-empty", "-m", "m")
    return folder


@pytest.mark.parametrize("mark", [".git", ".cistron", "cistron.toml"])
def test_the_nearest_marked_folder_is_the_workspace(home: Path, mark: str) -> None:
    (home / "code" / ".git").mkdir(parents=True)
    deep = home / "code" / "app" / "src"
    deep.mkdir(parents=True)
    (home / "code" / "app" / mark).mkdir()
    assert find_workspace(deep) == home / "code" / "app"
    assert find_workspace(home / "code") == home / "code"


def test_a_home_that_is_a_repository_is_not_the_workspace(home: Path) -> None:
    for folder in (home, home.parent):
        (folder / ".git").mkdir()
    (home / "notes").mkdir()
    assert find_workspace(home / "notes") is None
    assert find_workspace(home.parent) is None


def test_an_unmarked_folder_has_no_workspace(tmp_path: Path) -> None:
    assert find_workspace(tmp_path) is None


@pytest.mark.parametrize(
    "path", ["/", "/home", "/Users", "/home/somebody", "/Users/somebody", "/usr", "/etc", "/var", tempfile.gettempdir()]
)
def test_folders_of_the_system_and_of_people_are_forbidden(path: str) -> None:
    assert forbidden_root(Path(path)) is not None


@pytest.mark.parametrize("path", [".", "..", "../..", ".ssh", ".ssh/keys", ".aws", ".config", "Downloads"])
def test_a_home_and_what_it_keeps_for_itself_is_forbidden(home: Path, path: str) -> None:
    assert forbidden_root(home / path) is not None


@pytest.mark.parametrize("path", ["code", ".config/nvim", "Documents/thesis", ".dotfiles"])
def test_a_project_in_a_home_is_allowed(home: Path, path: str) -> None:
    assert forbidden_root(home / path) is None


@pytest.mark.parametrize("path", ["/app", "/workspace", "/srv/project", "/home/somebody/project", "/home-of-code"])
def test_a_project_elsewhere_is_allowed(path: str) -> None:
    assert forbidden_root(Path(path)) is None


def test_a_link_to_a_home_is_forbidden(home: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(home)
    assert forbidden_root(tmp_path / "link") == "it is a home folder"


def test_linked_work_trees_share_the_store_of_the_main_one(home: Path) -> None:
    main = repository(home / "main")
    run_git(main, "worktree", "add", "-q", str(home / "linked"))
    assert store_path(home / "linked") == store_path(main) == main / ".cistron" / "genome.db"


def test_a_part_of_a_work_tree_has_a_store_of_its_own(home: Path) -> None:
    main = repository(home / "main")
    (main / "part" / ".cistron").mkdir(parents=True)
    workspace = find_workspace(main / "part")
    assert workspace == main / "part"
    assert store_path(workspace) == main / "part" / ".cistron" / "genome.db"


def test_a_git_file_cannot_choose_the_store_of_another_repository(home: Path) -> None:
    main = repository(home / "main")
    stranger = home / "stranger"
    stranger.mkdir()
    (stranger / ".git").write_text(f"gitdir: {main}/.git\n")
    assert store_path(stranger) == stranger / ".cistron" / "genome.db"
