"""What `verify` says of definitions, values and lines that are asked for by name or number, after an edit."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cistron.tools.ingest import IngestTools
from cistron.tools.models.work import Verified
from cistron.tools.services import Services
from cistron.tools.verify import VerifyTools

LONG = "\n".join(f"    step_{n} = {n}" for n in range(150))
CODE = f'''import os

LIMIT = 3


class Box:
    size = 2

    def get(self, key, wait=1.5):
        return key

    @property
    def lid(self):
        return 1

    @lid.setter
    def lid(self, value):
        self.value = value

    colour = "red"


def box(a=None):
    return Box()


def get(key):
    """Use it so:

        def inner():
            pass
    """
    def inner():
        return os.sep
    return inner


def long():
{LONG}
    return step_0


def last(key):
    return key
'''
SETTINGS = '[tool.x]\nport = 80\nhosts = ["a", "b"]\n'

Ask = Callable[..., Verified]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Ask for a target in a tree after one text of one file was replaced by another."""

    def ask(target: str, old: str = "", new: str = "", path: str = "a.py") -> Verified:
        work = tmp_path / "work"
        work.mkdir()
        (work / "a.py").write_text(CODE)
        (work / "a.toml").write_text(SETTINGS)
        services = Services(tmp_path / "genome.db", [work])
        try:
            IngestTools(services).ingest(path=str(work))
            text = (work / path).read_text()
            assert text.count(old) == 1 or not old
            (work / path).write_text(text.replace(old, new) if old else text + "\n# end\n")
            return VerifyTools(services).verify([target]).results[0]
        finally:
            services.close()

    return ask


@pytest.mark.parametrize(
    ("target", "start"),
    [("a.py::get", 27), ("a.py::box", 23), ("a.py::Box", 6), ("a.py::BOX", 6), ("a.py::Box.get", 9)],
)
def test_the_name_itself_is_meant_before_another_case_or_the_end_of_a_longer_one(
    ask: Ask, target: str, start: int
) -> None:
    result = ask(target)
    assert (result.status, result.start_line) == ("verified", start)


@pytest.mark.parametrize(
    ("target", "old", "new"),
    [
        pytest.param("a.py::long", "step_140 = 140", "step_140 = 141", id="deep in a long function"),
        pytest.param("a.py::Box.lid", "self.value = value", "self.value = None", id="a setter"),
        pytest.param("a.py::Box.lid", '    colour = "red"', "    @lid.deleter\n    def lid(self): ...", id="one more"),
        pytest.param("a.py::Box", 'colour = "red"', 'colour = "blue"', id="an attribute below the methods"),
        pytest.param("a.py::get.inner", "return os.sep", "return os.curdir", id="a function in a function"),
        pytest.param("a.py::LIMIT", "LIMIT = 3", "LIMIT = 4", id="a constant"),
        pytest.param("a.py::LIMIT", "LIMIT = 3\n", "", id="a constant that is gone"),
        pytest.param("a.py::Box.size", "size = 2", "size = 3", id="an attribute"),
        pytest.param("a.py::Box.get.wait", "wait=1.5", "wait=2.5", id="a default"),
        pytest.param("a.py::box.a", "a=None", "a", id="a default that is gone"),
        pytest.param("a.py:10-10", "        return key\n\n    @", "        return self\n\n    @", id="a line"),
    ],
)
def test_a_change_of_what_is_claimed_is_told(ask: Ask, target: str, old: str, new: str) -> None:
    assert ask(target, old, new).status == "needs_refresh"


@pytest.mark.parametrize(
    ("target", "old", "new"),
    [
        pytest.param("a.py::long", "LIMIT = 3", "LIMIT = 3\nMORE = 4", id="a long function moved"),
        pytest.param("a.py::Box", "return 1", "return 2", id="a class, of whose methods one changed"),
        pytest.param("a.py::get.inner", "    return inner", "    return [inner]", id="what stands around a function"),
        pytest.param("a.py::LIMIT", "LIMIT = 3", "#: the most\nLIMIT: int = 0x3", id="a constant written otherwise"),
        pytest.param("a.py::Box.get.wait", "key, wait=1.5", "key: str, wait: float = 1.5", id="another signature"),
        pytest.param("a.py::last", "last(key):\n    return key\n", "last(key):\n    return key\n\n\nx()\n", id="below"),
        pytest.param("a.py:3-3", "import os", "import os\nimport sys", id="a line that moved"),
        pytest.param("a.py:10-10", "return 1", "return 2", id="a line beside a change"),
    ],
)  # fmt: skip
def test_a_change_elsewhere_is_no_alarm(ask: Ask, target: str, old: str, new: str) -> None:
    result = ask(target, old, new)
    assert result.status == "verified", result


def test_an_equal_line_of_another_function_is_not_the_line(ask: Ask) -> None:
    result = ask("a.py:10-10", "    def get(self, key, wait=1.5):\n        return key\n\n", "")
    assert result.status == "needs_refresh"


def test_a_moved_value_comes_with_its_line(ask: Ask) -> None:
    result = ask("a.py::LIMIT", "import os", "import os\nimport sys")
    assert (result.evidence.rung, result.start_line) == ("moved", 4)


@pytest.mark.parametrize(("target", "status"), [("port", "needs_refresh"), ("hosts", "verified")])
def test_keys_of_settings_are_proven_by_their_value(ask: Ask, target: str, status: str) -> None:
    result = ask(f"a.toml::tool.x.{target}", "port = 80\nhosts = [", "port = 81\nhosts  =  [", path="a.toml")
    assert result.status == status
