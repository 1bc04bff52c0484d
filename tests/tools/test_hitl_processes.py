"""Several processes and one store of questions: nothing is lost, doubled, or written where it may not be."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from cistron.tools.hitl import HitlTools
from cistron.tools.services import Services

WAIT_S = 60

RACE = """
import sys
from pathlib import Path
from cistron.genome.records import Identity
from cistron.tools.hitl import HitlTools
from cistron.tools.services import Services
services = Services(Path(sys.argv[1]), [], identity=Identity(participant=sys.argv[2]), vectors=False)
services.engine()
print("ready", flush=True)
sys.stdin.readline()
event, _, won = HitlTools(services).answer("h1", sys.argv[2], "terminal")
print(won, event.answer.by, event.answer.text, flush=True)
services.close()
"""
EMIT = """
import sys, time
from pathlib import Path
from cistron.tools.hitl import HitlTools
from cistron.tools.services import Services
services = Services(Path(sys.argv[1]), [], vectors=False)
for number in range(1000):
    print(HitlTools(services).emit(f"question {number}").id, flush=True)
"""
FROZEN = """
import os, sys
from pathlib import Path
from cistron.genome.errors import StoreReadOnly
from cistron.genome.store.migrate import latest
from cistron.tools.hitl import HitlTools
from cistron.tools.services import Services
latest(); os.setgroups([]); os.setgid(65534); os.setuid(65534)
services = Services(Path(sys.argv[1]), [], vectors=False)
tools = HitlTools(services)
print(*(event.question for event in tools.recent().events))
try:
    tools.emit("May I too?")
except StoreReadOnly as error:
    print(f"StoreReadOnly: {error}")
try:
    tools.answer("h1", "yes", "terminal")
except StoreReadOnly:
    print("StoreReadOnly")
services.close()
"""


def test_of_two_processes_that_answer_at_once_one_wins_and_both_name_it(services: Services, store: Path) -> None:
    HitlTools(services).emit("Which one?")
    children = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, str(store), name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for name in ("bob", "eve")
    ]  # fmt: skip
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    said = [child.communicate(timeout=WAIT_S)[0].split() for child in children]
    assert sorted(won for won, _, _ in said) == ["False", "True"]
    winner = next(name for won, name, _ in said if won == "True")
    assert all((by, text) == (winner, winner) for _, by, text in said)


def test_a_killed_process_loses_no_question_that_it_was_told_is_kept(services: Services, store: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", EMIT, str(store)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    told = [child.stdout.readline().strip() for _ in range(20)]
    child.send_signal(signal.SIGKILL)
    told += child.communicate(timeout=WAIT_S)[0].split()
    tools = HitlTools(services)
    kept = {event.id: event.question for event in tools.recent(100).events}
    assert all(kept[f"h{number}"] == f"question {number - 1}" for number in range(1, len(told) + 1))
    assert services.engine().database.integrity() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up being root")
def test_a_store_that_cannot_be_written_lists_questions_and_says_why_nobody_is_asked() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "genome.db"
        services = Services(store, [], vectors=False)
        HitlTools(services).emit("May I?")
        services.close()
        Path(folder).chmod(0o755)
        store.chmod(0o444)
        done = subprocess.run(
            [sys.executable, "-c", FROZEN, str(store)], capture_output=True, text=True, timeout=WAIT_S, check=False
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "May I?",
        "StoreReadOnly: genome.db cannot be written, so nobody is asked; check its permissions",
        "StoreReadOnly",
    ]
