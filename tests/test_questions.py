"""The question suites are well formed, and the check that holds them against the released bytes can fail."""

import importlib
import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

LEAST_A_SPLIT = 100
LEAST_SHARE_OF_A_KIND = 0.1
MOST_WORDS = 40
CODE = 'import os\n\n\ndef open_lid(jar):\n    """Turn it."""\n    return jar\n'


@pytest.fixture
def suites(root: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module that the benches import by its bare name."""
    monkeypatch.syspath_prepend(root / "tests" / "bench")
    return importlib.import_module("questions")


@pytest.fixture
def told(suites: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What the check says of one question about a tree of one file."""
    (tmp_path / "jar.py").write_text(CODE)
    monkeypatch.setattr(suites, "corpus", lambda name: tmp_path)

    def tell(text: str = "unscrew the top", **changes: object) -> list[str]:
        answer = replace(suites.Answer("jar.py", 4, 6, "def open_lid"), **changes)
        asked = suites.Question("jars-001", "jars", "train", "where", text, (answer,))
        monkeypatch.setattr(suites, "questions", lambda: [asked])
        return suites.check()

    return tell


def test_every_package_is_pinned_and_has_questions_and_the_other_way_round(suites: ModuleType) -> None:
    packages = suites.packages()
    for package in packages.values():
        assert package.source in suites.SOURCES
        assert package.split in suites.SPLITS
        assert package.version[0].isdigit()
        assert package.languages
    asked = {question.package for question in suites.questions()}
    assert asked == set(packages)
    assert len(list(suites.FOLDER.glob("*.jsonl"))) == len(packages)


def test_every_question_has_a_name_of_its_own_a_kind_and_words(suites: ModuleType) -> None:
    questions = suites.questions()
    assert len({question.id for question in questions}) == len(questions)
    assert len({(question.package, question.text.lower()) for question in questions}) == len(questions)
    for question in questions:
        assert question.kind in suites.KINDS, question.id
        assert question.text == question.text.strip(), question.id
        assert 1 <= len(question.text.split()) <= MOST_WORDS, question.id
        assert question.answers, question.id


def test_every_answer_is_a_range_of_lines_in_a_relative_path(suites: ModuleType) -> None:
    for question in suites.questions():
        for answer in question.answers:
            assert 1 <= answer.start <= answer.end, question.id
            assert answer.has.strip(), question.id
            assert not answer.path.startswith("/"), question.id
            assert ".." not in answer.path.split("/"), question.id
            assert "\\" not in answer.path, question.id
        places = {(answer.path, answer.start, answer.end) for answer in question.answers}
        assert len(places) == len(question.answers), question.id


def test_a_line_holds_one_question_and_nothing_that_is_not_read(suites: ModuleType) -> None:
    for path in suites.FOLDER.glob("*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            assert set(entry) == {"id", "kind", "question", "answers"}
            assert all(set(answer) == {"path", "start", "end", "has"} for answer in entry["answers"])


@pytest.mark.parametrize("split", ["train", "test"])
def test_each_split_asks_enough_of_every_kind(suites: ModuleType, split: str) -> None:
    questions = suites.questions(split)
    assert {question.split for question in questions} == {split}
    assert len(questions) >= LEAST_A_SPLIT
    for kind in suites.KINDS:
        assert sum(question.kind == kind for question in questions) >= LEAST_SHARE_OF_A_KIND * len(questions)


def test_a_label_that_holds_is_not_reported(told) -> None:
    assert told() == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"path": "lid.py"}, "is not in the tree"),
        ({"end": 60}, "lines, not 4-60"),
        ({"has": "def shut_lid"}, "is not in jar.py:4-6"),
    ],
    ids=["path", "lines", "text"],
)
def test_a_label_that_does_not_hold_is_reported(told, changes: dict[str, object], said: str) -> None:
    (fault,) = told(**changes)
    assert said in fault


@pytest.mark.parametrize("text", ["where do lids come off", "what opens? open it", "class OpenJar"])
def test_a_plain_question_that_names_its_target_is_reported(told, text: str) -> None:
    (fault,) = told(text)
    assert "'open_lid'" in fault


def test_lines_inside_a_definition_stand_for_it(told) -> None:
    assert told("open the top", start=6, has="return jar") == ["jars-001: shares ['open'] with 'open_lid'"]


def test_words_are_the_parts_of_identifiers_in_the_singular(suites: ModuleType) -> None:
    assert suites.words("HTTPServerRequest.get_arguments") == {"http", "server", "request", "argument"}
    assert suites.words("the retries of processes") == {"retry", "process"}
