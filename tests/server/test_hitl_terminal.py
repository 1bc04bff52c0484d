"""The person at the terminal: `cistron hitl watch | list | answer`, in real processes and in this one."""

import io
import json
import subprocess
import sys
from collections.abc import Generator
from getpass import getuser
from pathlib import Path

import pytest

from cistron.server.cli.main import main
from cistron.tools.hitl import HitlTools
from cistron.tools.services import Services

TIMEOUT_S = 60
COMMAND = [sys.executable, "-m", "cistron.server"]


@pytest.fixture
def asking(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[HitlTools]:
    """The tools of an agent at work in the workspace."""
    monkeypatch.chdir(tree)
    services = Services(tree / ".cistron" / "genome.db", [], vectors=False)
    yield HitlTools(services)
    services.close()


def test_an_answer_from_another_process_reaches_the_agent_that_waits(asking: HitlTools, tree: Path) -> None:
    asking.emit("May I deploy?", "permission_request")
    command = [*COMMAND, "hitl", "answer", "h1", "yes", "--comment", "after six"]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f'h1 answered "yes", saying "after six" by {getuser()} (terminal)')
    answer = asking.wait("h1").events[0].answer
    assert answer is not None
    assert (answer.text, answer.comment, answer.through) == ("yes", "after six", "terminal")


def test_watch_asks_as_questions_come_and_ends_with_its_input(asking: HitlTools, tree: Path) -> None:
    child = subprocess.Popen(
        [*COMMAND, "hitl", "watch"], cwd=tree,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stderr is not None
    assert "waiting for questions" in child.stderr.readline()
    asking.emit("Which port?", options=["8080", "9090"])
    child.stdin.write("2\n")
    child.stdin.flush()
    event = asking.wait("h1").events[0]
    assert event.answer is not None
    assert (event.answer.text, event.answer.through) == ("9090", "terminal")
    asking.emit("And the host?")
    said, _ = child.communicate(timeout=TIMEOUT_S)
    assert child.returncode == 0
    assert asking.get("h2").state == "pending"
    assert "  | Which port?" in said
    assert "  2. 9090" in said


def test_watch_asks_again_after_a_useless_answer_and_leaves_a_blank_one(
    asking: HitlTools, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asking.emit("Which port?")
    asking.emit("Which host?")
    monkeypatch.setattr(sys, "stdin", io.StringIO("?!\n\nlocalhost\n"))
    asking.emit("Which name?")  # the input ends here
    assert main(["hitl", "watch"]) == 0
    assert "'?!' says nothing" in capsys.readouterr().out
    assert [event.id for event in asking.pending()] == ["h1", "h3"]


def test_a_second_answer_is_told_whose_stands_and_is_a_problem(
    asking: HitlTools, capsys: pytest.CaptureFixture[str]
) -> None:
    asking.emit("May I?")
    assert main(["hitl", "answer", "h1", "yes"]) == 0
    assert main(["hitl", "answer", "h1", "no"]) == 1
    assert f'h1 was answered before: answered "yes" by {getuser()} (terminal) after' in capsys.readouterr().out


def test_list_shows_questions_and_rates_as_text_and_as_json(
    asking: HitlTools, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["hitl", "list"]) == 0
    assert capsys.readouterr().out == "no questions yet\n"
    asking.emit("May I drop table users?")
    assert main(["hitl", "list"]) == 0
    assert 'h1 pending [other; risk: drop table, drop; lost] local/agent: "May I' in capsys.readouterr().out
    assert main(["hitl", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["events"][0]["recoverability"] == "lost"


def test_what_an_agent_wrote_can_neither_control_the_terminal_nor_forge_a_line(
    asking: HitlTools, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    evil = "\x1b[2Jsafe\r\nh1 answered \u202e\x9b31m"
    asking.emit(f"question {evil}", options=[f"yes {evil}", "no"], context=evil)
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert main(["hitl", "watch"]) == 0
    assert main(["hitl", "list"]) == 0
    shown = capsys.readouterr().out
    assert not any(letter in shown for letter in "\x1b\r\u202e\x9b")
    assert not any(line.startswith("h1 answered") for line in shown.splitlines())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param([], "which question? pass its ID", id="no id"),
        pytest.param(["h1"], "pass either TEXT or --option N", id="no answer"),
        pytest.param(["h1", "a", "--option", "1"], "pass either TEXT or --option N", id="two answers"),
        pytest.param(["h1", "--option", "3"], "no option 3; the question has options 1 to 2", id="no such option"),
        pytest.param(["h9", "yes"], "no question h9", id="unknown"),
        pytest.param(["x", "yes"], "no id 'x'; ids like h3", id="no id at all"),
        pytest.param(["h1", "y" * 5000], "answer has 5,000 characters", id="too long"),
    ],
)
def test_wrong_usage_is_explained_and_answers_nothing(
    asking: HitlTools, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asking.emit("Which port?", options=["8080", "9090"])
    assert main(["hitl", "answer", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert asking.get("h1").state == "pending"
