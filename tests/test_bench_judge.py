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
    return importlib.import_module("judge")


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
