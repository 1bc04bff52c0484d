"""The command line: in this process where that is enough, in one of its own where start or end are the thing."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from cistron.server.cli.main import main

TIMEOUT_S = 60
HEAVY = "mcp mcp_types pydantic numpy apsw tree_sitter tree_sitter_language_pack rich anyio pathspec torch".split()


@pytest.fixture(autouse=True)
def _inside(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each command in the tree, without the settings of whoever runs the tests."""
    monkeypatch.chdir(tree)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in [name for name in os.environ if name.startswith(("CISTRON_", "HELIX_"))]:
        monkeypatch.delenv(name)


Captured = pytest.CaptureFixture[str]


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["packet", "--help"], ["bogus"]])
def test_help_and_version_import_nothing_heavy(arguments: Sequence[str]) -> None:
    script = (
        "import sys; from cistron.server.cli.main import main; "
        f"main({list(arguments)!r}); print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=TIMEOUT_S, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "arguments",
    [[], ["bogus"], ["packet"], ["packet", "x", "--task", "fix"], ["packet", "  "], ["serve", "--tools", "none"]],
    ids=" ".join,
)
def test_wrong_usage_is_two_and_said_on_stderr(arguments: Sequence[str], capsys: Captured) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err
    assert "Traceback" not in said.err


def test_a_tree_is_read_in_and_asked_about(tree: Path, capsys: Captured) -> None:
    assert main(["ingest", "."]) == 0
    assert "read, 0 unchanged" in capsys.readouterr().out
    assert (tree / ".cistron" / "genome.db").exists()
    assert main(["packet", "split a line into words", "--task", "edit"]) == 0
    assert "verified" in capsys.readouterr().out


def test_a_question_in_a_new_workspace_reads_it_in_first(capsys: Captured) -> None:
    assert main(["packet", "parse_line", "--json"]) == 0
    said = capsys.readouterr()
    packet = json.loads(said.out)
    assert packet["known"] == "yes"
    assert packet["items"][0]["symbol"] == "parse_line"
    assert "files seen" in said.err


def test_ingesting_again_reads_nothing_and_says_what_was_skipped_and_why(tree: Path, capsys: Captured) -> None:
    (tree / "table.txt").write_bytes(b"\0\1\2" * 1000)
    assert main(["ingest", "."]) == 0
    assert "(table.txt)" in capsys.readouterr().out
    assert main(["ingest", ".", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["read"] == 0
    assert report["unchanged"] >= 3


def test_verify_is_one_when_a_place_does_not_hold(tree: Path, capsys: Captured) -> None:
    main(["ingest", "."])
    assert main(["verify", "src/parser.py::parse_line"]) == 0
    (tree / "src" / "parser.py").unlink()
    capsys.readouterr()
    assert main(["verify", "src/parser.py::parse_line", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["results"][0]["evidence"]["rung"] == "gone"


def test_a_conclusion_is_kept_and_comes_back_in_a_packet(capsys: Captured) -> None:
    assert main(["remember", "Lines are split at white space", "--from", "src/parser.py::parse_line"]) == 0
    assert "receipt symbol src/parser.py:4-" in capsys.readouterr().out
    assert main(["packet", "where are lines split"]) == 0
    assert 'note n1 "Lines are split at white space"' in capsys.readouterr().out
    assert main(["verify", "n1"]) == 0
    assert main(["remember", "--forgets", "n1"]) == 0
    assert main(["remember", "x", "--from", "src/nothing.py"]) == 2
    assert "src/nothing.py" in capsys.readouterr().err


def test_a_file_of_instructions_is_imported_and_audited(tree: Path, capsys: Captured) -> None:
    (tree / "CLAUDE.md").write_text("# Rules\n\n- `parse_line` splits lines\n- `server.port` is `8080`\n")
    assert main(["audit", "CLAUDE.md"]) == 0
    assert capsys.readouterr().out == "2 true, 0 not true, 0 cannot be told\n"
    assert main(["remember", "--import", "CLAUDE.md"]) == 0
    assert "2 added" in capsys.readouterr().out
    (tree / "settings.toml").write_text("[server]\nport = 9090\n")
    assert main(["audit", "CLAUDE.md", "--json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)["not_true"]
    assert (found["line"], found["why"]) == (4, "server.port is 9090 at settings.toml:2")


@pytest.mark.parametrize(
    "arguments",
    [["audit", "NOTHING.md"], ["audit"], ["audit", "."], ["remember"], ["remember", "x", "--import", "README.md"]],
    ids=" ".join,
)
def test_an_audit_or_note_of_nothing_is_wrong_usage(arguments: Sequence[str], capsys: Captured) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err


def test_stats_and_doctor_answer_for_a_whole_store(capsys: Captured) -> None:
    main(["ingest", "."])
    capsys.readouterr()
    assert main(["stats", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["files"] >= 3
    assert main(["doctor"]) == 0
    assert "integrity ok" in capsys.readouterr().out


def test_doctor_finds_a_store_that_is_not_one(tree: Path, capsys: Captured) -> None:
    (tree / ".cistron").mkdir()
    (tree / ".cistron" / "genome.db").write_bytes(b"nonsense" * 1000)
    assert main(["doctor"]) == 1
    assert "genome.db" in capsys.readouterr().out


def test_doctor_reports_wrong_settings_as_a_finding(tree: Path, capsys: Captured) -> None:
    (tree / "cistron.toml").write_text('tools = "all"\n')
    assert main(["doctor"]) == 1
    assert "cistron.toml" in capsys.readouterr().out


def test_other_commands_end_with_one_line_when_the_settings_are_wrong(tree: Path, capsys: Captured) -> None:
    (tree / "cistron.toml").write_text('tools = "all"\n')
    assert main(["packet", "x"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1


def test_a_path_that_is_not_there_is_one_line_and_status_one(capsys: Captured) -> None:
    assert main(["ingest", "no/such/folder"]) == 1
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 1
    assert "no/such/folder" in said.err


def test_a_folder_named_in_the_terminal_becomes_a_root(tmp_path: Path, capsys: Captured) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "notes.md").write_text("# Quokka\n\nA quokka is a small wallaby.\n")
    assert main(["ingest", str(other)]) == 0
    capsys.readouterr()
    assert main(["packet", "quokka wallaby", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["items"][0]["path"] == "other/notes.md"


def test_outside_every_workspace_a_question_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    monkeypatch.chdir(nowhere)
    assert main(["packet", "anything", "--json"]) == 0
    packet = json.loads(capsys.readouterr().out)
    assert (packet["known"], packet["reason"]) == ("no", "outside_roots")
    assert not (nowhere / ".cistron").exists()


def test_output_into_a_closed_pipe_is_no_error(tree: Path) -> None:
    main(["ingest", "."])
    command = f"{sys.executable} -m cistron.server packet parse_line --json | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=tree, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_an_interrupted_ingest_ends_with_130_and_leaves_a_whole_store(tree: Path) -> None:
    for number in range(1000):
        (tree / "src" / f"module_{number}.py").write_text(f"def function_{number}():\n    return {number}\n" * 20)
    child = subprocess.Popen(
        [sys.executable, "-m", "cistron.server", "ingest", "."], cwd=tree, stderr=subprocess.PIPE, text=True
    )
    store = tree / ".cistron" / "genome.db"
    while child.poll() is None and not (store.exists() and store.stat().st_size > 0):
        pass
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=TIMEOUT_S)
    assert child.returncode == 130
    assert "Traceback" not in said
    assert main(["ingest", "."]) == 0
    assert main(["doctor"]) == 0
