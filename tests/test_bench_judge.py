"""The judge of the mutation benchmark can fail: it is shown wrong items and must say so."""

import importlib
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

BEFORE = b"import os\n\n\ndef first():\n    return os.sep\n\n\ndef second():\n    return 2\n"
AFTER = b"# a note\n# another\n" + BEFORE.replace(b"return 2", b"return 3")


@pytest.fixture
def judge(root: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module that the benches import by its bare name."""
    monkeypatch.syspath_prepend(root / "tests" / "bench")
    return importlib.import_module("shared.judge")


def truth(judge: ModuleType, now: bytes | None):
    return judge.Truth({"a.py": BEFORE}, lambda path: now if path == "a.py" else None)


def item(judge: ModuleType, **changes: object):
    return replace(judge.Item("a.py", 8, 9, "second", "verified", "stat", healed=False), **changes)


def test_an_unchanged_item_is_right_and_no_alarm(judge: ModuleType) -> None:
    told = item(judge)
    judged = truth(judge, BEFORE).judge(told)
    assert judged.right
    assert not judged.missed(told)
    assert not judged.false_alarm(told)


@pytest.mark.parametrize(
    ("now", "changes"),
    [
        pytest.param(AFTER, {}, id="the old lines"),
        pytest.param(AFTER, {"healed": True, "rung": "span"}, id="the old lines, called re-read"),
        pytest.param(AFTER, {"healed": True, "rung": "moved", "start": 11, "end": 12}, id="a line below"),
        pytest.param(BEFORE.replace(b"return 2", b"return 3"), {}, id="another text of one size"),
        pytest.param(BEFORE.replace(b"second", b"sekond"), {"healed": True}, id="another name"),
        pytest.param(None, {"healed": True}, id="no file"),
        pytest.param(BEFORE, {"end": 99, "healed": True, "start": 50}, id="no such lines"),
        pytest.param(AFTER, {"symbol": None, "stored": "def second():\n    return 2\n", "healed": True}, id="a text"),
    ],
)
def test_a_wrong_item_that_is_called_verified_is_missed(
    judge: ModuleType, now: bytes | None, changes: dict[str, object]
) -> None:
    told = item(judge, **changes)
    assert truth(judge, now).judge(told).missed(told)


def test_a_moved_item_with_its_new_lines_is_right(judge: ModuleType) -> None:
    told = item(judge, healed=True, rung="changed", start=10, end=11)
    assert truth(judge, AFTER).judge(told).right


@pytest.mark.parametrize("status", ["needs_refresh", "stale_risk"])
def test_doubt_about_what_did_not_change_is_a_false_alarm(judge: ModuleType, status: str) -> None:
    told = item(judge, status=status)
    assert truth(judge, BEFORE).judge(told).false_alarm(told)
    assert not truth(judge, AFTER).judge(told).false_alarm(told)


def test_a_symbol_that_stands_is_not_gone(judge: ModuleType) -> None:
    told = item(judge, status="needs_refresh", rung="gone")
    assert truth(judge, BEFORE).judge(told).false_alarm(told)


def test_a_secret_taken_out_of_the_stored_text_may_be_anything(judge: ModuleType) -> None:
    told = item(judge, symbol=None, stored="def second():\n    return [redacted]\n")
    assert truth(judge, BEFORE).judge(told).right


CALLER = b"def first():\n    return second()\n\n\ndef second():\n    return 2\n\n\ndef third():\n    return 3\n"


@pytest.mark.parametrize(
    ("now", "because", "alarm"),
    [
        (CALLER.replace(b"return 2", b"return 4"), "a.py::second body_changed", False),
        (CALLER.replace(b"return 2", b"# why\n    return 2"), "a.py::second body_changed", True),
        (CALLER.replace(b"return 3", b"return 4"), "a.py::third body_changed", True),
        (CALLER.replace(b"return 3", b"return 4"), "a.py::second body_changed", True),
        (CALLER.replace(b"return 2", b"return 4"), None, True),
    ],
    ids=["it changed", "its layout did", "it is not called", "another changed", "nothing named"],
)
def test_doubt_for_a_dependency_must_name_one_that_changed(
    judge: ModuleType, now: bytes, because: str | None, alarm: bool
) -> None:
    told = judge.Item("a.py", 1, 2, "first", "stale_risk", "bytes", healed=False, because=because)
    judged = judge.Truth({"a.py": CALLER}, lambda path: now).judge(told)
    assert judged.false_alarm(told) is alarm


def test_a_session_is_judged_by_what_it_was_shown(judge: ModuleType) -> None:
    told = judge.Item("a.py", 1, 2, "first", "stale_risk", "bytes", healed=False, because="a.py::second body_changed")
    shown = {"a.py": CALLER.replace(b"return 2", b"return 4")}
    assert not judge.Truth({"a.py": CALLER}, lambda path: CALLER, shown).judge(told).false_alarm(told)
    assert judge.Truth({"a.py": CALLER}, lambda path: CALLER).judge(told).false_alarm(told)
