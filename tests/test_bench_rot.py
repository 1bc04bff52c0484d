"""The rot bench can fail: its judge is shown edits that it must tell apart, and one small history end to end."""

import importlib
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

CODE = b'''"""A module."""

import os

LIMIT = 3


class Box(dict):
    """A box."""

    size: int = 2

    def open(self, key, wait=1.5):
        return self[key]

    @property
    def lid(self):
        return 1

    @lid.setter
    def lid(self, value):
        self["lid"] = value


def outer(a=None):
    def inner():
        return os.sep
    return inner


def last(b="x"):
    return b
'''


@pytest.fixture
def claims(root: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The judge, imported by its bare name as the benches do."""
    monkeypatch.syspath_prepend(root / "tests" / "bench")
    return importlib.import_module("rotting.claims")


def rotten(claims: ModuleType, path: str, before: bytes, after: bytes | None) -> dict[str, str]:
    """Return what an edit makes rotten: by tokens, or by text alone."""
    then = claims.read(path, before)
    now = None if after is None else claims.read(path, after)
    labels = {claim.name: claims.judge(claim, then, now) for claim in claims.claims(path, then)}
    return {name: "tokens" if label.tokens else "text" for name, label in labels.items() if label.text}


def test_every_definition_literal_and_path_is_claimed_once(claims: ModuleType) -> None:
    found = [(claim.kind, claim.name) for claim in claims.claims("a.py", claims.read("a.py", CODE))]
    assert found == [
        ("path", ""), ("class", "Box"), ("function", "Box.open"), ("function", "Box.lid"), ("function", "outer"),
        ("local", "outer.inner"), ("function", "last"), ("constant", "LIMIT"), ("constant", "Box.size"),
        ("default", "Box.open.wait"), ("default", "outer.a"), ("default", "last.b"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(b"return b", b"return a", {"last": "tokens"}, id="a body"),
        pytest.param(b"return b", b"return b  # so", {"last": "text"}, id="a comment"),
        pytest.param(b"return b\n", b"return b\n\n\n", {}, id="blank lines at the end"),
        pytest.param(b"import os", b"import os\n\nimport sys", {}, id="lines above"),
        pytest.param(b"LIMIT = 3", b"LIMIT = 4", {"LIMIT": "tokens"}, id="a constant"),
        pytest.param(b"LIMIT = 3", b"LIMIT: int = 0x3", {}, id="a constant written otherwise"),
        pytest.param(b"size: int = 2", b"size: int = 3", {"Box": "tokens", "Box.size": "tokens"}, id="an attribute"),
        pytest.param(b"wait=1.5", b"wait=2.5", {"Box.open": "tokens", "Box.open.wait": "tokens"}, id="a default"),
        pytest.param(b"key, wait", b"key: str, wait", {"Box.open": "tokens"}, id="a signature, not its default"),
        pytest.param(b'"lid"] = ', b'"top"] = ', {"Box.lid": "tokens"}, id="a setter"),
        pytest.param(b"os.sep", b"os.curdir", {"outer": "tokens", "outer.inner": "tokens"}, id="a local"),
        pytest.param(b"(dict)", b"(list)", {"Box": "tokens"}, id="bases"),
        pytest.param(b"@property", b"@cached", {"Box.lid": "tokens"}, id="a decorator"),
    ],
)
def test_an_edit_makes_rotten_what_it_touches(
    claims: ModuleType, old: bytes, new: bytes, expected: dict[str, str]
) -> None:
    assert CODE.count(old) == 1
    assert rotten(claims, "a.py", CODE, CODE.replace(old, new)) == expected


def test_keys_of_settings_are_claims(claims: ModuleType) -> None:
    before = b'[tool.x]\nport = 80 # here\nhosts = ["a"]\n[y]\nz = "w"\n'
    assert rotten(claims, "a.toml", before, before.replace(b"80", b"81")) == {"tool.x.port": "tokens"}
    assert rotten(claims, "a.cfg", b"[a]\nb = c\nd: e\n", b"[a]\nb = c\nd: f\n") == {"a.d": "tokens"}


def test_everything_in_a_file_that_is_gone_is_rotten(claims: ModuleType) -> None:
    assert rotten(claims, "a.py", b"X = 1\n", None) == {"": "tokens", "X": "tokens"}


def test_a_score_counts_each_cell(claims: ModuleType) -> None:
    scores = importlib.import_module("rotting.score")
    cells = [(True, True)] * 8 + [(True, False)] * 2 + [(False, True)] * 2 + [(False, False)] * 8
    found = scores.score([scores.Judged(str(n), flagged, rotten) for n, (flagged, rotten) in enumerate(cells)])
    assert (found["hits"], found["alarms"], found["misses"], found["quiet"]) == (8, 2, 2, 8)
    assert (found["precision"], found["recall"], found["miss_rate"]) == (0.8, 0.8, 0.2)
    assert found["j"] == pytest.approx(0.6)
    assert found["alerts_per_catch"] == 1.25
    low, high = found["j_95"]
    assert low < 0.6 < high


def test_a_small_history_gives_its_exact_confusion(claims: ModuleType, tmp_path: Path) -> None:
    rot, repos = importlib.import_module("rot"), importlib.import_module("rotting.repos")
    work = tmp_path / "work"
    work.mkdir()
    (work / "box.py").write_bytes(CODE)
    (work / "gone.py").write_bytes(b"def lost():\n    return 1\n")
    (work / "same.toml").write_bytes(b"[tool]\nport = 80\n")
    commit(work, "before")
    edited = CODE.replace(b"return b", b"return a").replace(b"LIMIT = 3", b"LIMIT: int = 3")
    edited = edited.replace(b"wait=1.5", b"wait=2.5").replace(b"import os", b"import os\nimport sys")
    (work / "box.py").write_bytes(edited)
    (work / "gone.py").unlink()
    commit(work, "after")
    clone = tmp_path / "clone"
    clone.mkdir()
    case = repos.cloned(clone, work, "HEAD~1", "HEAD")

    measured = rot.measure(case)

    flagged = {one.claim.name or one.claim.path for one in measured.outcomes if one.flagged}
    assert flagged == {"last", "Box.open", "Box.open.wait", "gone.py", "lost"}
    assert flagged == {one.claim.name or one.claim.path for one in measured.outcomes if one.label.tokens}
    assert len(measured.outcomes) == 16
    changed = {name: sum(one.rivals[name] for one in measured.outcomes) for name in measured.outcomes[0].rivals}
    assert changed == {"always flag": 16, "file changed": 14, "cited lines": 13, "age": 0}
    assert (work / "box.py").read_bytes() == edited


def commit(work: Path, message: str) -> None:
    git = ["git", "-C", str(work), "-c", "user.name=t", "-c", "user.email=t@localhost"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", f"--message={message}"], check=True)
