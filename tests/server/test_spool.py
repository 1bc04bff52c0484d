"""Where a hook leaves its lines, and how they are taken up."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cistron.server import hook
from cistron.server.spool import MOST_TOUCHES, take
from cistron.server.workspace import find_workspace, store_path

TIMEOUT_S = 20


@pytest.fixture
def store(tree: Path) -> Path:
    """The store's folder, which is there."""
    folder = tree / ".cistron"
    folder.mkdir()
    return folder


def test_ten_thousand_lines_are_read_once_the_newest_of_them(store: Path) -> None:
    now = time.time()
    (store / "spool").mkdir()
    file = store / "spool" / "hooks.jsonl"
    line = '{{"event": "touch", "path": "/w/{}", "session": "s", "at": {}}}\n'
    text = "".join(line.format(number % 2000, now) for number in range(10_000)) + line.format("old", now - 1e6)
    file.write_text("\x00\n[]\n" + text + '{"event": "touch", "pa')
    taken = take(store, now)
    assert [event["path"] for event in taken] == [f"/w/{number}" for number in range(2000)][-MOST_TOUCHES:]
    assert not file.exists()
    assert take(store, now) == []


def test_no_line_is_lost_or_doubled_while_hooks_write_and_two_servers_read(store: Path) -> None:
    script = "import sys\nfrom cistron.server.hook import _spool\n" + (
        "for n in range(150): _spool(sys.argv[1], {'event': 'touch', 'session': sys.argv[2], 'path': str(n), 'at': 0})"
    )
    writers = [subprocess.Popen([sys.executable, "-c", script, str(store), str(number)]) for number in range(3)]
    taken: list[list[dict[str, object]]] = [[], []]

    def read(mine: list[dict[str, object]]) -> None:
        while any(writer.poll() is None for writer in writers):
            mine += take(store, 0)

    readers = [threading.Thread(target=read, args=(mine,)) for mine in taken]
    for reader in readers:
        reader.start()
    for thread in readers:
        thread.join(TIMEOUT_S)
    everything = [(event["session"], event["path"]) for event in [*taken[0], *taken[1], *take(store, 0)]]
    assert len(everything) == len(set(everything)) == 450 < MOST_TOUCHES


@pytest.mark.parametrize("case", ["plain", "inside", "worktree", "fake worktree", "named", "named by file", "nowhere"])
def test_a_hook_finds_the_store_that_the_server_finds(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main, linked, git = tmp_path / "main", tmp_path / "linked", tmp_path / "main" / ".git"
    for folder in (main / "src", linked, git / "worktrees" / "linked", git / "objects", git / "refs"):
        folder.mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    own = git / "worktrees" / "linked"
    for name, text in (("HEAD", "ref: refs/heads/b\n"), ("commondir", "../..\n"), ("gitdir", f"{linked}/.git\n")):
        (own / name).write_text(text)
    (linked / ".git").write_text(f"gitdir: {own}\n")
    if case == "fake worktree":
        (own / "gitdir").write_text(f"{tmp_path}/other/.git\n")
    for folder in (main, linked):
        (folder / ".cistron").mkdir()
    cwd = {"plain": main, "inside": main / "src", "worktree": linked, "fake worktree": linked}.get(case, main)
    if case == "nowhere":
        assert hook.find_store(str(tmp_path / "none")) is None
        return
    if case == "named":
        monkeypatch.setenv("CISTRON_GENOME", str(linked / ".cistron" / "x.db"))
        assert hook.find_store(str(cwd)) == str(linked / ".cistron")
        return
    if case == "named by file":
        (main / "cistron.toml").write_text('genome = "src/y.db"\n')
        assert hook.find_store(str(cwd)) == str(main / "src")
        return
    workspace = find_workspace(cwd)
    assert workspace is not None
    assert hook.find_store(str(cwd)) == str(store_path(workspace).parent)
