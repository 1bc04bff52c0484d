"""After anything git does to a work tree the next answer is right for the files as they stand, and names the commit."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from cistron.genome.errors import RootMissing
from cistron.genome.store import branches
from cistron.tools.models.packet import Item, Packet
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services
from tests.tools.conftest import read_in

MAIN = "def load_settings(path):\n    return parse(path, strict=True)\n"
OTHER = "def load_settings(path, profile):\n    return merge(parse(path), profile)\n"
FILES = 60  # more than are read within one question's patience is not needed: none is to be read twice


def run_git(folder: Path, *args: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always")
    return subprocess.run(
        ["git", *identity, *args], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def commit(folder: Path, message: str) -> str:
    run_git(folder, "add", "--all")
    run_git(folder, "commit", "-qm", message)
    return run_git(folder, "rev-parse", "HEAD")[:7]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two branches that differ in every file: `main`, which is checked out, and `other`."""
    folder = tmp_path / "work"
    folder.mkdir()
    run_git(folder, "init", "-q", "-b", "main")
    (folder / "settings.py").write_text(MAIN)
    for number in range(FILES):
        (folder / f"part{number}.py").write_text(f"def part_{number}():\n    return 'on main {number}'\n")
    commit(folder, "main")
    run_git(folder, "checkout", "-qb", "other")
    (folder / "settings.py").write_text(OTHER)
    (folder / "profile.py").write_text("def choose_profile(name):\n    return PROFILES[name]\n")
    for number in range(FILES):
        (folder / f"part{number}.py").write_text(f"def part_{number}():\n    return 'on other {number}'\n")
    commit(folder, "other")
    run_git(folder, "checkout", "-q", "main")
    return folder


Opened = Callable[[Path], Services]


@pytest.fixture
def opened(store: Path) -> Generator[Opened]:
    """Open services over a work tree on one store, read in; closed at the end."""
    made: list[Services] = []

    def open_(folder: Path) -> Services:
        made.append(read_in(store, folder))
        return made[-1]

    yield open_
    for services in made:
        services.close()


def ask(services: Services, query: str, task: str = "edit") -> Packet:
    """Return the first answer that saw all files: on a busy machine a question's time may end before."""
    for _ in range(20):
        packet = PacketTools(services).context_packet(query, task)
        if packet.store.indexed == 1.0:
            break
        time.sleep(0.1)
    return packet


def first(services: Services, query: str, task: str = "edit") -> Item:
    return ask(services, query, task).items[0]


def held(folder: Path, item: Item) -> str:
    lines = (folder / item.path).read_text().split("\n")
    return "\n".join(lines[item.start_line - 1 : item.end_line])


def test_the_question_after_a_checkout_is_answered_from_the_new_branch(repository: Path, opened: Opened) -> None:
    services = opened(repository)
    assert "strict=True" in held(repository, first(services, "load_settings"))
    for branch, words in (("other", "profile"), ("main", "strict"), ("other", "profile")):
        run_git(repository, "checkout", "-q", branch)
        item = first(services, "load_settings")
        assert (item.status, words in held(repository, item)) == ("verified", True)
    assert first(services, "choose_profile").path == "profile.py"
    run_git(repository, "checkout", "-q", "main")
    assert all(item.path != "profile.py" or item.status != "verified" for item in ask(services, "choose_profile").items)


def test_a_branch_that_was_seen_before_is_taken_over_without_reading_it_again(
    repository: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = opened(repository)
    run_git(repository, "checkout", "-q", "other")
    assert first(services, "choose_profile").path == "profile.py"
    run_git(repository, "checkout", "-q", "main")
    assert first(services, "load_settings").status == "verified"

    def refuse(*_: object) -> None:
        raise AssertionError("a file was divided again")

    monkeypatch.setattr("cistron.genome.reading.ingest.read", refuse)
    run_git(repository, "checkout", "-q", "other")
    packet = ask(services, "choose_profile")
    assert (packet.items[0].path, packet.items[0].status, packet.store.indexed) == ("profile.py", "verified", 1.0)


def test_a_checkout_while_no_server_ran_is_followed(repository: Path, opened: Opened, store: Path) -> None:
    opened(repository).close()
    run_git(repository, "checkout", "-q", "other")
    services = Services(store, [repository])
    services.start()
    try:
        item = first(services, "load_settings")
        assert (item.status, "profile" in held(repository, item)) == ("verified", True)
    finally:
        services.close()


def test_what_git_says_of_a_file_is_no_proof(repository: Path, opened: Opened) -> None:
    services = opened(repository)
    run_git(repository, "checkout", "-q", "other")
    ask(services, "load_settings")
    run_git(repository, "checkout", "-q", "main")
    index = (repository / ".git" / "index").stat()
    (repository / "part7.py").write_text("def part_7():\n    return 'edited after the checkout'\n")
    os.utime(repository / "part7.py", ns=(index.st_atime_ns, index.st_mtime_ns - 1))
    for task in ("explain", "edit"):
        item = first(services, "part_7", task)
        assert (item.status, "edited after" in held(repository, item)) == ("verified", True)
        assert item.evidence.rung != "stat"


def test_stash_rebase_reset_and_a_detached_head_are_followed(repository: Path, opened: Opened) -> None:
    services = opened(repository)
    (repository / "settings.py").write_text(MAIN.replace("strict=True", "strict=False"))
    assert "strict=False" in held(repository, first(services, "load_settings"))
    run_git(repository, "stash", "-q")
    assert "strict=True" in held(repository, first(services, "load_settings"))
    run_git(repository, "stash", "pop", "-q")
    assert "strict=False" in held(repository, first(services, "load_settings"))
    run_git(repository, "checkout", "-q", "--", ".")
    run_git(repository, "checkout", "-q", "--detach", "other")
    assert "profile" in held(repository, first(services, "load_settings"))
    run_git(repository, "reset", "-q", "--hard", "main")
    assert "strict=True" in held(repository, first(services, "load_settings"))
    run_git(repository, "checkout", "-qb", "third", "main")
    (repository / "third.py").write_text("def only_on_third():\n    return 3\n")
    commit(repository, "third")
    run_git(repository, "rebase", "-q", "other")
    assert "profile" in held(repository, first(services, "load_settings"))
    assert first(services, "only_on_third").status == "verified"


def test_evidence_names_the_commit_and_says_what_is_not_committed(repository: Path, opened: Opened) -> None:
    services = opened(repository)
    commit_ = run_git(repository, "rev-parse", "HEAD")[:7]
    assert first(services, "load_settings").evidence.at == commit_
    (repository / "settings.py").write_text(MAIN.replace("strict=True", "strict=False"))
    (repository / "new.py").write_text("def brand_new_thing():\n    return 1\n")
    assert first(services, "load_settings").evidence.at == f"{commit_}+dirty"
    assert first(services, "brand_new_thing").evidence.at == f"{commit_}+dirty"
    assert first(services, "part_3").evidence.at == commit_
    run_git(repository, "checkout", "-qf", "other")
    assert first(services, "load_settings").evidence.at == run_git(repository, "rev-parse", "other")[:7]


def test_a_difference_that_a_filter_may_have_made_is_doubted(repository: Path, opened: Opened) -> None:
    (repository / ".gitattributes").write_text("*.py text eol=crlf\n")
    commit(repository, "attributes")
    (repository / "settings.py").unlink()
    run_git(repository, "checkout", "-q", "--", "settings.py")
    assert b"\r\n" in (repository / "settings.py").read_bytes()
    item = first(opened(repository), "load_settings")
    assert (item.status, item.evidence.at) == ("verified", f"{run_git(repository, 'rev-parse', 'HEAD')[:7]}+dirty?")


def test_a_folder_outside_of_git_and_one_before_its_first_commit_name_no_commit(tmp_path: Path, opened: Opened) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "settings.py").write_text(MAIN)
    services = opened(folder)
    assert first(services, "load_settings").evidence.at is None
    run_git(folder, "init", "-q")
    assert first(services, "load_settings").evidence.at is None


def test_a_file_that_git_calls_renamed_keeps_what_was_known_of_it(repository: Path, opened: Opened) -> None:
    long = "".join(f"def step_{n}(value):\n    return value + {n}\n\n\n" for n in range(12))
    (repository / "steps.py").write_text(long)
    commit(repository, "steps")
    services = opened(repository)
    run_git(repository, "mv", "steps.py", "stages.py")
    (repository / "stages.py").write_text(long.replace("value + 3", "value + 33"))
    commit(repository, "renamed")
    item = first(services, "step_3")
    assert (item.path, item.status, item.evidence.rung) == ("stages.py", "verified", "renamed")


def test_a_file_that_was_renamed_and_edited_without_a_commit_is_told_by_its_text(
    repository: Path, opened: Opened
) -> None:
    long = "".join(f"def step_{n}(value):\n    return value + {n}\n\n\n" for n in range(12))
    (repository / "steps.py").write_text(long)
    services = opened(repository)
    (repository / "steps.py").unlink()
    (repository / "stages.py").write_text(long.replace("value + 3", "value + 33"))
    item = first(services, "step_5")
    assert (item.path, item.status, item.evidence.rung) == ("stages.py", "verified", "renamed")


def test_work_trees_of_one_repository_share_a_store_and_never_an_answer(
    tmp_path: Path, repository: Path, opened: Opened
) -> None:
    linked = tmp_path / "linked"
    run_git(repository, "worktree", "add", "-q", str(linked), "other")
    here, there = opened(repository), opened(linked)
    for _ in range(2):
        for services, folder, words in ((here, repository, "strict"), (there, linked, "profile")):
            item = first(services, "load_settings")
            assert (item.status, words in held(folder, item)) == ("verified", True)
    assert all(item.path != "profile.py" for item in ask(here, "choose_profile").items)
    (linked / "settings.py").write_text(OTHER.replace("profile)", "profile, 'edited there')"))
    assert "edited there" in held(linked, first(there, "load_settings"))
    assert "strict" in held(repository, first(here, "load_settings"))


def test_a_submodule_is_followed_and_named_by_its_own_commit(tmp_path: Path, repository: Path, opened: Opened) -> None:
    library = tmp_path / "library"
    library.mkdir()
    run_git(library, "init", "-q", "-b", "main")
    (library / "wheel.py").write_text("def turn_the_wheel():\n    return 1\n")
    first_commit = commit(library, "one")
    (library / "wheel.py").write_text("def turn_the_wheel(speed):\n    return speed\n")
    commit(library, "two")
    run_git(repository, "submodule", "add", "-q", str(library), "vendor/library")
    commit(repository, "submodule")
    services = opened(repository)
    assert "speed" in held(repository, first(services, "turn_the_wheel"))
    run_git(repository / "vendor" / "library", "checkout", "-q", first_commit)
    item = first(services, "turn_the_wheel")
    assert (item.path, item.status, item.evidence.at) == ("vendor/library/wheel.py", "verified", first_commit)
    assert "speed" not in held(repository, item)


def test_a_sparse_checkout_is_answered_from_the_files_that_are_there(repository: Path, opened: Opened) -> None:
    (repository / "deep").mkdir()
    (repository / "deep" / "well.py").write_text("def draw_water():\n    return 'bucket'\n")
    commit(repository, "deep")
    services = opened(repository)
    assert first(services, "draw_water").path == "deep/well.py"
    run_git(repository, "sparse-checkout", "set", "--cone", "nothing")
    assert all(item.status != "verified" for item in ask(services, "draw_water").items if item.path == "deep/well.py")
    run_git(repository, "sparse-checkout", "disable")
    assert first(services, "draw_water").status == "verified"


def test_a_shallow_clone_and_a_held_index_lock_change_nothing(tmp_path: Path, repository: Path, opened: Opened) -> None:
    run_git(tmp_path, "clone", "-q", "--depth=1", f"file://{repository}", "shallow")
    shallow = tmp_path / "shallow"
    (shallow / ".git" / "index.lock").write_text("")
    services = opened(shallow)
    item = first(services, "load_settings")
    assert (item.status, item.evidence.at) == ("verified", run_git(shallow, "rev-parse", "HEAD")[:7])


def test_a_rebase_that_stopped_is_said(repository: Path, opened: Opened) -> None:
    services = opened(repository)
    run_git(repository, "checkout", "-qb", "third")
    (repository / "settings.py").write_text(MAIN.replace("strict=True", "strict=None"))
    commit(repository, "third")
    with pytest.raises(subprocess.CalledProcessError):
        run_git(repository, "rebase", "-q", "other")
    packet = ask(services, "load_settings")
    assert any("a rebase is under way" in note for note in packet.notes)
    assert "<<<<<<<" in (repository / "settings.py").read_text()
    assert packet.items[0].status == "verified"
    run_git(repository, "rebase", "--abort")
    assert not ask(services, "load_settings").notes


def test_without_git_files_are_proven_and_the_answer_says_what_is_missing(
    repository: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    services = opened(repository)
    packet = ask(services, "load_settings")
    assert (packet.items[0].status, packet.items[0].evidence.at) == ("verified", None)
    assert any("git was not found" in note for note in packet.notes)
    (repository / "settings.py").write_text(OTHER)
    assert "profile" in held(repository, first(services, "load_settings"))


def test_a_bare_repository_is_refused_with_what_to_name_instead(tmp_path: Path, repository: Path, store: Path) -> None:
    run_git(tmp_path, "clone", "-q", "--bare", str(repository), "bare")
    services = Services(store)
    try:
        for folder in (tmp_path / "bare", repository / ".git"):
            with pytest.raises(RootMissing, match="repository without files; name a work tree"):
                services.grant(folder)
    finally:
        services.close()


def test_nothing_of_a_hostile_repository_is_executed_and_nothing_outside_is_read(
    tmp_path: Path, repository: Path, opened: Opened, outside: Path
) -> None:
    marker = tmp_path / "executed"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {marker}\ncat\n")
    script.chmod(0o755)
    names = ["--upload-pack=x.py", "-n.py", "new\nline.py", 'quo"te.py', "tab\there.py", "back\\slash.py"]
    for number, name in enumerate(names):
        (repository / name).write_text(f"def odd_name_{number}():\n    return {number}\n")
    (repository / ".gitattributes").write_text("* filter=x diff=x merge=x\n")
    (repository / ".gitmodules").write_text(f'[submodule "s"]\n\tpath = s\n\turl = --upload-pack={script}\n')
    (repository / "link.py").symlink_to(outside / "client.py")
    commit(repository, "odd")
    for key in ("core.fsmonitor", "core.sshCommand", "filter.x.clean", "filter.x.smudge", "diff.x.textconv"):
        run_git(repository, "config", key, str(script))
    run_git(repository, "config", "alias.ls-tree", f"!{script}")
    for hook in ("post-checkout", "fsmonitor-watchman", "post-index-change"):
        (repository / ".git" / "hooks" / hook).write_text(script.read_text())
        (repository / ".git" / "hooks" / hook).chmod(0o755)
    marker.unlink(missing_ok=True)
    services = opened(repository)
    for number, name in enumerate(names):
        item = first(services, f"odd_name_{number}")
        assert (item.path, item.status) == (name, "verified")
    head = branches.head(services.engine().database.reading(), services.roots()[0].id)
    other = run_git(repository, "-c", "core.fsmonitor=", "rev-parse", "other")
    (repository / ".git" / "refs" / "heads" / "main").write_text(f"{other}\n")  # a checkout that runs none of it
    assert head is not None
    assert first(services, "load_settings").status == "verified"
    assert not marker.exists()
    assert not any("outside" in item.path or item.path == "link.py" for item in ask(services, "client secret").items)


def test_a_git_folder_that_is_a_link_is_read_and_a_head_like_an_option_is_no_commit(
    tmp_path: Path, repository: Path, opened: Opened
) -> None:
    shutil.move(repository / ".git", tmp_path / "moved.git")
    (repository / ".git").symlink_to(tmp_path / "moved.git")
    services = opened(repository)
    assert first(services, "load_settings").evidence.at == run_git(repository, "rev-parse", "HEAD")[:7]
    (tmp_path / "moved.git" / "HEAD").write_text("--output=/tmp/never\n")
    packet = ask(services, "load_settings")
    assert (packet.items[0].status, packet.items[0].evidence.at) == ("verified", None)
