"""The doctor, each broken state made for real: what it says, what it repairs, what it leaves to a person."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import apsw
import pytest

from cistron.genome.store import migrate as migrations
from cistron.genome.store.examine import examine
from cistron.genome.store.migrate import APPLICATION_ID, latest, steps
from cistron.server.cli.main import main
from cistron.server.doctor import machine, roots, store
from cistron.server.doctor.check import Check, Patient
from cistron.server.doctor.examination import examined, patient_of, running
from cistron.server.settings import Settings
from cistron.tools.services import Services

Captured = pytest.CaptureFixture[str]
TIMEOUT_S = 60
linux = pytest.mark.skipif(not Path("/proc/locks").exists(), reason="needs a table of locks")


@pytest.fixture
def read_in(tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> Path:
    """A workspace that was read in; the test stands in it. Returns its store."""
    for name in [name for name in os.environ if name.startswith(("CISTRON_", "HELIX_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tree.parent / "config"))
    monkeypatch.chdir(tree)
    assert main(["ingest", "."]) == 0
    capsys.readouterr()
    return tree / ".cistron" / "genome.db"


def doctor(capsys: Captured, *flags: str) -> tuple[int, dict[str, dict[str, Any]]]:
    status = main(["doctor", "--json", *flags])
    return status, {row["name"]: row for row in json.loads(capsys.readouterr().out)}


def patient(genome: Path, **changed: Any) -> Patient:
    return Patient(genome, examine(genome), Settings(**changed), time.time())


def wrong(rows: dict[str, dict[str, Any]]) -> list[str]:
    return [name for name, row in rows.items() if not row["ok"]]


def helper(code: str, *arguments: object) -> "subprocess.Popen[str]":
    """Run code in another process, which says `ready` and waits to be killed."""
    ending = "\nprint('ready', flush=True)\nimport time\ntime.sleep(600)\n"
    child = subprocess.Popen(
        [sys.executable, "-c", code + ending, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def killed(child: "subprocess.Popen[str]") -> None:
    child.kill()
    child.wait(TIMEOUT_S)
    assert child.stdout is not None
    child.stdout.close()


def test_a_whole_store_is_well_and_no_socket_is_used(read_in: Path, capsys: Captured) -> None:
    status, rows = doctor(capsys)
    assert (status, wrong(rows)) == (0, [])
    assert "all sockets refused" in rows["network"]["detail"]
    assert not rows["store"]["fixable"]


def test_without_a_store_nothing_is_made_by_looking(tree: Path) -> None:
    genome = tree / ".cistron" / "genome.db"
    checks = examined(Patient(genome, examine(genome), Settings(), time.time()))
    assert all(check.ok for check in checks)
    assert not genome.parent.exists()


def test_a_connection_that_a_packet_tries_is_found(read_in: Path, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def calls_home(*_: object) -> None:
        socket.create_connection(("127.0.0.1", 9), timeout=1)

    monkeypatch.setattr("cistron.tools.packet.conflicts", calls_home)
    with pytest.raises(PermissionError, match="blocked"):
        running(Settings(), tree, os.environ)


@pytest.mark.parametrize("flags", [(), ("--fix", "--yes")], ids=["look", "fix"])
@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(lambda path: path.write_bytes(b"nonsense" * 1000), "not SQLite", id="not SQLite"),
        pytest.param(lambda path: path.mkdir(), "not a file", id="folder"),
        pytest.param(lambda path: database(path, 3, 0), "another program's", id="another program's"),
        pytest.param(lambda path: database(path, latest() + 1, APPLICATION_ID), "newer", id="newer schema"),
    ],
)
def test_what_is_no_store_of_ours_is_named_and_never_touched(
    read_in: Path, capsys: Captured, make: Any, said: str, flags: tuple[str, ...]
) -> None:
    shutil.rmtree(read_in.parent)
    read_in.parent.mkdir()
    make(read_in)
    before = [(path.name, path.is_file() and path.read_bytes()) for path in sorted(read_in.parent.iterdir())]
    status, rows = doctor(capsys, *flags)
    assert status == 1
    assert said in rows["store"]["detail"]
    assert rows["store"]["advice"]
    assert [(path.name, path.is_file() and path.read_bytes()) for path in sorted(read_in.parent.iterdir())] == before


def database(path: Path, version: int, application: int) -> None:
    connection = apsw.Connection(str(path))
    connection.execute("create table thing (id)")
    connection.pragma("user_version", version)
    connection.pragma("application_id", application)
    connection.close()


def test_an_older_schema_is_named_and_brought_up(
    read_in: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in read_in.parent.glob("genome.db*"):
        file.unlink()
    connection = apsw.Connection(str(read_in))
    with monkeypatch.context() as older:
        older.setattr(migrations, "steps", lambda: {number: sql for number, sql in steps().items() if number <= 5})
        migrations.migrate(connection, read_in)
    connection.close()
    status, rows = doctor(capsys)
    assert (status, "older schema 5" in rows["store"]["detail"]) == (1, True)
    assert examine(read_in).version == 5
    status, rows = doctor(capsys, "--fix")
    assert (status, rows["store"]["done"]) == (0, f"brought up to schema {latest()}")


def test_a_damaged_store_is_moved_away_only_after_a_yes(read_in: Path, capsys: Captured) -> None:
    with read_in.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(os.urandom(40 * 4096))
    status, rows = doctor(capsys, "--fix")
    assert (status, rows["store"]["fixable"], rows["store"]["done"]) == (1, True, None)
    assert "damaged" in rows["store"]["detail"]
    assert read_in.exists()
    status, rows = doctor(capsys, "--fix", "--yes")
    assert "moved to genome.db.broken-1" in rows["store"]["done"]
    assert (read_in.parent / "genome.db.broken-1").exists()
    assert main(["ingest", "."]) == 0
    capsys.readouterr()
    assert doctor(capsys)[0] == 0


@linux
def test_a_log_that_a_killed_server_left_is_folded_in(read_in: Path, capsys: Captured) -> None:
    child = helper(
        "import sys\nfrom cistron.genome.store.database import Database\nfrom cistron.genome.store import counters\n"
        "from pathlib import Path\ndatabase = Database(Path(sys.argv[1]))\n"
        "with database.writing() as writer:\n    counters.grow(writer, {'test': 1})\n",
        read_in,
    )
    assert store.log(patient(read_in)).ok  # its writer lives
    killed(child)
    left = store.log(patient(read_in))
    assert (left.ok, "killed" in left.detail) == (False, True)
    status, rows = doctor(capsys, "--fix")
    assert (status, rows["log"]["done"]) == (0, "folded in")
    connection = apsw.Connection(str(read_in))
    assert connection.execute("select value from counter where name = 'test'").get == 1
    connection.close()


@linux
def test_whoever_keeps_the_write_lock_is_named(read_in: Path) -> None:
    child = helper(
        "import sys, apsw\nconnection = apsw.Connection(sys.argv[1])\nconnection.execute('begin immediate')\n", read_in
    )
    try:
        found = store.unlocked(patient(read_in))
    finally:
        killed(child)
    assert (found.ok, str(child.pid) in found.detail) == (False, True)
    assert store.unlocked(patient(read_in)).ok


@linux
def test_an_indexer_that_was_stopped_is_named_and_a_killed_ones_lock_is_free(read_in: Path) -> None:
    child = helper(
        "import sys\nfrom pathlib import Path\nfrom cistron.genome.store.lock import indexer_lock\n"
        "held = indexer_lock(Path(sys.argv[1]), lambda: True)\nheld.__enter__()\n",
        read_in,
    )
    try:
        at_work = store.indexer(patient(read_in))
        os.kill(child.pid, signal.SIGSTOP)
        while "T" not in Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[0]:
            pass
        stopped = store.indexer(patient(read_in))
    finally:
        killed(child)
    assert (at_work.ok, at_work.detail) == (True, f"process {child.pid} reads a tree in")
    assert (stopped.ok, f"kill -CONT {child.pid}" in (stopped.advice or "")) == (False, True)
    assert store.indexer(patient(read_in)).detail == "nobody reads a tree in"


def test_texts_that_nothing_points_at_are_dropped(read_in: Path, capsys: Captured) -> None:
    connection = apsw.Connection(str(read_in))
    connection.execute("insert into chunk (hash, text, tokens) values (x'00', 'loose', 1)")
    connection.execute("insert into passage (chunk) values (last_insert_rowid())")
    connection.close()
    status, rows = doctor(capsys)
    assert (status, wrong(rows)) == (1, ["orphans"])
    status, rows = doctor(capsys, "--fix")
    assert (status, rows["orphans"]["done"]) == (0, "dropped 1")
    assert doctor(capsys)[0] == 0


def test_a_clock_that_was_set_back_has_the_files_asked_again(read_in: Path, capsys: Captured) -> None:
    connection = apsw.Connection(str(read_in))
    connection.execute("update source set proven_at = proven_at + 86400")
    connection.close()
    status, rows = doctor(capsys)
    assert (status, wrong(rows)) == (1, ["clock"])
    assert "24.0 h" in rows["clock"]["detail"]
    status, rows = doctor(capsys, "--fix")
    assert (status, rows["clock"]["done"]) == (0, "4 files will be asked again")
    assert doctor(capsys)[0] == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up being root")
def test_a_read_only_store_is_said_to_answer_questions_only(read_in: Path) -> None:
    code = (
        "import os, sys, time\nfrom pathlib import Path\n"
        "from cistron.server.doctor import store\nfrom cistron.server.doctor.check import Patient\n"
        "from cistron.genome.store.examine import examine\nfrom cistron.server.settings import Settings\n"
        "path = Path(sys.argv[1])\nexamine(path)  # imports what it needs\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "sick = Patient(path, examine(path), Settings(), time.time())\n"
        "print(store.whole(sick).ok, store.writable(sick).detail)\n"
    )
    with TemporaryDirectory() as folder:  # every user may enter it, which pytest's own none may
        Path(folder).chmod(0o755)
        copy = Path(shutil.copy(read_in, folder))
        copy.chmod(0o444)
        done = subprocess.run(
            [sys.executable, "-c", code, str(copy)], capture_output=True, text=True, timeout=TIMEOUT_S, check=True
        )
    assert done.stdout == f"True {copy} is read-only: questions work, nothing is kept\n"


def test_a_disk_with_less_room_than_needed_is_named(read_in: Path) -> None:
    assert store.disk(patient(read_in)).ok
    free = shutil.disk_usage(read_in.parent).free
    found = store.disk(patient(read_in), least=2 * free)
    assert (found.ok, "MiB free" in found.detail) == (False, True)


def test_a_root_that_vanished_is_taken_back_only_after_a_yes(read_in: Path, tmp_path: Path, capsys: Captured) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "notes.md").write_text("# Quokka\n\nA quokka is a small wallaby.\n")
    assert main(["ingest", str(other)]) == 0
    capsys.readouterr()
    shutil.rmtree(other)
    status, rows = doctor(capsys, "--fix")
    assert (status, wrong(rows), rows["root other"]["done"]) == (1, ["root other"], None)
    status, rows = doctor(capsys, "--fix", "--yes")
    assert (status, rows["root other"]["done"]) == (0, "taken back")
    status, rows = doctor(capsys)
    assert (status, "root other" in rows) == (0, False)
    assert main(["packet", "quokka wallaby", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["known"] == "no"


def test_a_workspace_that_was_moved_is_followed_with_what_was_learned(
    read_in: Path, tree: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["remember", "parse_line splits at white space", "--from", "src/parser.py::parse_line"]) == 0
    capsys.readouterr()
    moved = tree.rename(tree.with_name("renamed"))
    monkeypatch.chdir(moved)
    sick = patient(moved / ".cistron" / "genome.db")
    assert [check.ok for check in roots.roots(sick)] == [False]
    status, rows = doctor(capsys, "--fix", "--yes")
    assert (status, rows["root project"]["done"]) == (0, f"it is {moved} now")
    assert [check.name for check in roots.roots(patient(moved / ".cistron" / "genome.db"))] == ["root renamed"]
    assert main(["verify", "n1"]) == 0
    assert "verified" in capsys.readouterr().out


def test_a_root_that_was_not_read_to_the_end_is_named(read_in: Path, tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "half").mkdir()
    services = Services(read_in)
    services.grant(tmp_path / "half")
    services.close()
    status, rows = doctor(capsys)
    assert (status, wrong(rows)) == (1, ["root half"])
    assert "cistron ingest" in rows["root half"]["advice"]


def test_files_that_are_too_large_are_named(read_in: Path, tree: Path, capsys: Captured) -> None:
    (tree / "src" / "large.py").write_text("x = 1\n" * 400_000)
    main(["ingest", "."])
    capsys.readouterr()
    status, rows = doctor(capsys)
    assert status == 0
    assert "project/src/large.py" in rows["size"]["detail"]
    assert "max_file_bytes" in rows["size"]["advice"]


def test_more_folders_than_the_system_watches_are_named(read_in: Path, tmp_path: Path) -> None:
    limit = tmp_path / "max_user_watches"
    limit.write_text("1\n")
    (found,) = roots.watches(patient(read_in), limit)
    assert (found.ok, "sysctl" in (found.advice or "")) == (False, True)
    limit.write_text("8192\n")
    assert roots.watches(patient(read_in), limit)[0].ok


def test_a_socket_that_nobody_answers_is_removed_and_a_live_one_is_kept(read_in: Path, capsys: Captured) -> None:
    dead, live = read_in.parent / "hook-1-2.sock", read_in.parent / "hook-1-3.sock"
    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as lost:
        os.chdir(read_in.parent)  # a socket's path must be short
        lost.bind(dead.name)
        lost.close()
        listening.bind(live.name)
        listening.listen()
        os.chdir(read_in.parent.parent)
        status, rows = doctor(capsys)
        assert (status, wrong(rows)) == (1, ["sockets"])
        assert "hook-1-2.sock" in rows["sockets"]["detail"]
        assert "hook-1-3.sock" not in rows["sockets"]["detail"]
        assert doctor(capsys, "--fix")[0] == 0
        assert (dead.exists(), live.exists()) == (False, True)


def test_old_spool_and_temporary_files_are_removed_and_new_ones_kept(read_in: Path, capsys: Captured) -> None:
    spool = read_in.parent / "spool"
    spool.mkdir()
    names = [spool / "hooks.jsonl", read_in.parent / "brief.tmp", spool / "new.jsonl", read_in.parent / "new.tmp"]
    for path in names:
        path.write_text("{}\n")
    for path in names[:2]:
        os.utime(path, (0, 0))
    status, rows = doctor(capsys)
    assert (status, wrong(rows)) == (1, ["spool", "temporaries"])
    assert doctor(capsys, "--fix")[0] == 0
    assert [path.exists() for path in names] == [False, False, True, True]


def test_a_machine_without_git_is_told_what_it_lacks(tmp_path: Path) -> None:
    found = machine.git(path=str(tmp_path))
    assert (found.ok, found.detail) == (False, "not found")


def test_extras_that_are_missing_say_what_they_would_add() -> None:
    assert all(check.ok for check in machine.extras())
    assert any("would add" in check.detail for check in machine.extras())


def test_a_repair_that_fails_is_said_and_changes_nothing_else(read_in: Path, tree: Path) -> None:
    from cistron.server.doctor.examination import treated

    def fails() -> str:
        raise OSError("the disk is on fire")

    checks = [Check("one", False, "broken", repair=fails), Check("two", False, "broken", repair=lambda: "mended")]
    results = treated([*checks, *examined(patient_of(Settings(), tree, {}))], lambda _: False)
    assert (results[0].check.ok, results[0].done) == (False, "could not be repaired: the disk is on fire")
    assert (results[1].check.ok, results[1].done) == (True, "mended")
