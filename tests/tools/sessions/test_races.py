"""Two processes that want the same at once: one gets it, the other is told."""

import json
import subprocess
import sys
from pathlib import Path

from cistron.tools.services import Services

from .conftest import Desk

SAY = """
import json
import sys
from pathlib import Path
from cistron.genome.records import Identity
from cistron.tools.errors import UsageError
from cistron.tools.services import Services
from cistron.tools.session import SessionTools
services = Services(Path(sys.argv[1]), [Path(sys.argv[2])], identity=Identity(agent=sys.argv[3]))
tools = SessionTools(services)
services.engine()
print("ready", flush=True)
arguments = json.loads(sys.stdin.readline())
try:
    print(tools.session(**arguments).model_dump_json(), flush=True)
except UsageError as error:
    print(json.dumps(str(error)), flush=True)
services.close()
"""


def race(store: Path, tree: Path, arguments: dict[str, object]) -> list[dict[str, object] | str]:
    """What two processes are answered that ask the same at once."""
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", SAY, str(store), str(tree), agent],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for agent in ("one", "two")
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write(json.dumps(arguments) + "\n")
        worker.stdin.flush()
    return [json.loads(worker.communicate(timeout=60)[0]) for worker in workers]


def test_of_two_processes_that_claim_at_once_one_wins_and_the_other_is_told_who(services: Services, tree: Path) -> None:
    found = race(services.genome, tree, {"action": "claim", "paths": ["src/client.py"]})
    claimed = [each["claimed"][0] for each in found if isinstance(each, dict)]  # type: ignore[index]
    assert sorted(each["yours"] for each in claimed) == [False, True]
    winner = ("one", "two")[[each["yours"] for each in claimed].index(True)]
    (by,) = [each["by"] for each in claimed if not each["yours"]]
    assert by.startswith(f"{winner}/s-")


def test_of_two_processes_that_continue_at_once_one_does(services: Services, tree: Path) -> None:
    desk = Desk(services)
    old = desk.start()
    desk.does("end", session=old)
    found = race(services.genome, tree, {"action": "start", "of": old})
    assert sorted(type(each).__name__ for each in found) == ["dict", "str"]
    assert any("was continued by another" in each for each in found if isinstance(each, str))
