"""The form of a question and the role of a file: what they move, and what they leave alone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cistron.genome.reading.ingest import Ingester
from cistron.genome.search.lanes.text import WEIGHED
from cistron.genome.search.query import parse
from cistron.genome.search.rank import Hit, rank
from cistron.genome.search.rules import form_of, prior
from cistron.genome.store import sources
from cistron.genome.store.database import Database

RAISED = (
    "def check(depot, number):\n    if number not in depot:\n"
    '        raise LookupError(f"no parcel {number} stands in the depot of this town")\n'
)
CLASS = 'class LookupError(Exception):\n    """A depot stands, no parcel in it."""\n'
GUIDE = "# Parcels\n\nSeek a parcel in the depots, one after the other.\n"
SEEK = "def seek(parcel, depots):\n    for depot in depots:\n        if parcel in depot:\n            return depot\n"

Store = Callable[[dict[str, str]], Callable[[str], list[Hit]]]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return what ingests a tree and gives the function that asks it."""

    def ingest(files: dict[str, str]) -> Callable[[str], list[Hit]]:
        for path, text in files.items():
            (tmp_path / "tree" / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "tree" / path).write_text(text, encoding="utf-8")
        database = Database(tmp_path / "genome.db")
        with database.writing() as writer:
            root = sources.add_root(writer, str((tmp_path / "tree").resolve()), "folder", 0.0)
        Ingester(database).ingest(root)
        return lambda question: rank(database.reading(), parse(question), [root], 20)

    return ingest


def paths(hits: list[Hit]) -> list[str]:
    return list(dict.fromkeys(hit.source.path for hit in hits))


def test_code_comes_before_prose_that_says_the_same(store: Store) -> None:
    ask = store({"GUIDE.md": GUIDE, "seek.py": SEEK})
    assert paths(ask("seek a parcel in all depots"))[0] == "seek.py"


def test_prose_comes_first_where_the_question_asks_for_it(store: Store) -> None:
    ask = store({"GUIDE.md": GUIDE, "seek.py": SEEK})
    assert paths(ask("does the guide say to seek a parcel in all depots"))[0] == "GUIDE.md"


def test_a_message_leads_to_where_it_is_raised_and_not_to_the_class(store: Store) -> None:
    ask = store({"errors.py": CLASS, "check.py": RAISED})
    assert paths(ask("LookupError: no parcel 17 stands in the depot of this town"))[0] == "check.py"


def test_what_repeats_a_question_word_for_word_comes_before_what_holds_its_words(store: Store) -> None:
    scattered = "def wrap(cannot, name):\n    # spider and project: cannot be the same name as project or spider\n" * 2
    said = "def check():\n    print('Cannot name a spider the same as your project')\n" + "    other = 1\n" * 12
    ask = store({"a.py": scattered, "b.py": said})
    assert paths(ask("cannot name a spider the same as your project"))[0] == "b.py"


def test_code_is_found_behind_more_prose_than_is_weighed(store: Store) -> None:
    prose = {f"docs/{number:03}.md": f"# Title {number}\n\nOne parcel of many.\n" for number in range(WEIGHED + 8)}
    ask = store({**prose, "seek.py": "def first(of):\n    return of.parcel  # the one of many\n"})
    assert paths(ask("parcel"))[0] == "seek.py"


@pytest.mark.parametrize(
    ("text", "is_message"),
    [
        ("ValueError: bad port", True),
        ("tornado.options.Error: Option 'port' already defined", True),
        ("error: linker failed", True),
        ("where is ValueError raised", False),
        ("how are errors counted: by name or by kind", False),
    ],
)
def test_a_message_is_known_by_how_it_begins(text: str, is_message: bool) -> None:
    assert form_of(text).message is is_message


def test_what_was_filled_into_a_message_is_no_part_of_its_text() -> None:
    windows = {window for row in form_of("KeyError: 'depot' is not one of 12 known places").windows for window in row}
    assert {" is not on ", " not on of "} <= windows
    assert not any("depot" in window or "12" in window for window in windows)


@given(st.text(max_size=200))
def test_every_question_has_a_form(text: str) -> None:
    form = form_of(text)
    assert all(window.startswith(" ") and window.endswith(" ") for row in form.windows for window in row)


@given(st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8}){0,3}\.(py|md)", fullmatch=True), st.booleans())
def test_no_role_raises_a_file_above_the_projects_own_code(path: str, generated: bool) -> None:
    form = form_of("where is it")
    assert 0 < prior(form, path, "code", generated, about_tests=False) <= prior(form, "a.py", "code", False, False)
