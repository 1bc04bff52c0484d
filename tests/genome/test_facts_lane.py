"""Facts are read out of code, configuration and documents, found by the words of their keys, and kept in step."""

import time
from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cistron.genome.reading.facts import facts
from cistron.genome.search.facts import find_facts
from cistron.genome.search.lexical import Idf
from cistron.genome.search.query import parse
from cistron.genome.search.wanted import fit, wanted
from cistron.genome.store import contents, versions
from cistron.genome.store.database import Database
from cistron.genome.store.migrate import APPLICATION_ID, steps
from cistron.tools.services import Services


def told(text: str, language: str) -> list[str]:
    return [f"{fact.key} {fact.value} {fact.line}" for fact in facts(text, language)]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        pytest.param(
            "python",
            "def run(a, port: int = 80, *, host='::1', deep=f(1)):\n",
            ["port 80 1", "host ::1 1"],
            id="parameters",
        ),
        pytest.param(
            "python",
            "def run(\n    timeout: dict[str, int] | float = 2.5,  # seconds\n):\n",
            ["timeout 2.5 2"],
            id="annotated",
        ),
        pytest.param(
            "python",
            "@dataclass\nclass A:\n    size: int = 3\n\n    def f(self):\n        size = 4\n",
            ["size 3 3"],
            id="field",
        ),
        pytest.param("python", "def f():\n    local = 4\n    return local\n", [], id="a function's own"),
        pytest.param(
            "python",
            "class A(B):\n    size: int = Field(default=3, ge=1)\n    nodes = Option(5, '--n')\n",
            ["size 3 2", "nodes 5 3"],
            id="framework",
        ),
        pytest.param(
            "python",
            "class A:\n    def __init__(self):\n        self.size = 3\n        self._x = 1\n",
            ["size 3 3"],
            id="attribute",
        ),
        pytest.param(
            "python", '__version__ = "1.2.3"\nrelease = "1.2"\n', ["__version__ 1.2.3 1", "release 1.2 2"], id="version"
        ),
        pytest.param(
            "python",
            'setup(\n    name=NAME,\n    python_requires=">=3.8",\n)\n',
            ["python_requires >=3.8 3"],
            id="setup",
        ),
        pytest.param("python", 'x = env.int("PAGE_SIZE", default=20)\n', ["PAGE_SIZE 20 1"], id="environ"),
        pytest.param(
            "javascript",
            "const port = 3000;\nconst f = {\n  timeout: 50,\n};\n",
            ["port 3000 1", "timeout 50 3"],
            id="script",
        ),
        pytest.param("go", "const defaultPort = 8080\n", ["defaultPort 8080 1"], id="go"),
        pytest.param(
            "yaml", 'web:\n  ports:\n    - "80:8080"\n  args:\n    - a\n', ["web.ports 80:8080 3"], id="ports"
        ),
        pytest.param(
            "rst", "CONCURRENT_ITEMS\n----------------\n\nDefault: ``100``\n", ["CONCURRENT_ITEMS 100 4"], id="heading"
        ),
        pytest.param(
            "markdown",
            "It listens on port 9000. Requires Python 3.10+.\n",
            ["port 9000 1", "requires-python >=3.10 1"],
            id="prose",
        ),
        pytest.param("markdown", "- `--workers`: how many. Default: `4`\n", ["--workers 4 1"], id="option"),
        pytest.param("markdown", "```\nexport LOG_LEVEL=debug\n```\n", [], id="an example"),
    ],
)
def test_facts_of(language: str, text: str, expected: list[str]) -> None:
    assert told(text, language) == expected


@given(
    st.text(alphabet="def class(x:=1,\n\"'#)[] self.Field->_A", max_size=300),
    st.sampled_from(["python", "javascript", "go", "rst"]),
)
def test_every_fact_stands_at_its_line(text: str, language: str) -> None:
    rows = text.split("\n")
    for fact in facts(text, language):
        assert fact.key in rows[fact.line - 1]


def test_a_hostile_text_takes_linear_time() -> None:
    text = "def f(" + "a: int = 1, " * 20_000 + "\ndef g(" * 20_000 + "class A:\n    x: " + "y" * 100_000
    begun = time.thread_time()
    facts(text, "python")
    assert time.thread_time() - begun < 5


@pytest.mark.parametrize(
    ("query", "sort"),
    [
        ("what port does it listen on?", "port"),
        ("default timeout of the client", "number"),
        ("what is MAX_RETRIES", None),
        ("which python version is required", "version"),
        ("is caching enabled by default", "switch"),
        ("how many workers are started", None),
        ("what is the base url", "place"),
    ],
)
def test_a_question_for_a_value_says_which_sort(query: str, sort: str | None) -> None:
    found = wanted(query, parse(query).terms)
    assert found is not None
    assert found.sort == sort or (sort is None and found.sort == "number")


@pytest.mark.parametrize(
    ("sort", "good", "bad"),
    [
        ("port", "8080", "80800"),
        ("port", "80:8080/tcp", "http"),
        ("number", "2.5", "fast"),
        ("version", ">=3.8,<4", "latest one"),
        ("switch", "True", "7"),
        ("place", "/var/log", "3"),
    ],
)
def test_a_value_of_the_sort_asked_for_fits_better(sort: str, good: str, bad: str) -> None:
    assert fit(sort, good) > fit(sort, None) > fit(sort, bad)


def test_of_equal_keys_the_one_whose_definition_is_named_comes_first(tree: Path, services: Services) -> None:
    (tree / "a.py").write_text("class Pool:\n    def __init__(self, size: int = 10) -> None:\n        pass\n")
    (tree / "b.py").write_text("class Cache:\n    def __init__(self, size: int = 99) -> None:\n        pass\n")
    assert _found(services, tree, "what is the default size of the cache")[0] == "size = 99"
    assert _found(services, tree, "what is the default size of the pool")[0] == "size = 10"


def test_a_store_of_the_schema_before_finds_its_facts_after_the_migration(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = apsw.Connection(str(path))
    for number, sql in steps().items():
        if number <= 2:
            old.execute(sql)
            old.pragma("user_version", number)
    old.pragma("application_id", APPLICATION_ID)
    old.execute(
        "insert into content (hash, mode, size, lines, language, kind, generated, redacted, reader, used_at)"
        " values (x'00', 'toml', 1, 1, 'toml', 'config', 0, 0, '1', 0)"
    )
    old.execute("insert into fact (content, line, key, value) values (1, 2, 'server.listen_port', '8080')")
    old.close()
    database = Database(path)
    with database.snapshot() as reading:
        rows = list(reading.execute("select rowid from fact_search where fact_search match 'listen'"))
        names = list(reading.execute("select n.key, f.value from fact f join fact_name n on n.id = f.name"))
    database.close()
    assert rows == [(1,)]
    assert names == [("server.listen_port", "8080")]


def test_names_of_forgotten_contents_are_forgotten_with_them(tree: Path, services: Services) -> None:
    (tree / "a.toml").write_text("listen_port = 1\n")
    _found(services, tree, "what is listen_port")
    (tree / "a.toml").write_text("other = 2\n")
    _found(services, tree, "what is listen_port")
    with services.engine().database.writing() as writer:
        versions.expire(writer, time.time() + 60)
        contents.prune(writer, time.time() + 60)
    reading = services.engine().database.reading()
    assert [key for (key,) in reading.execute("select key from fact_name")] == ["other"]
    assert list(reading.execute("select rowid from fact_search where fact_search match 'listen'")) == []


def _found(services: Services, tree: Path, text: str) -> list[str]:
    root = next(root for root in services.roots() if root.path == str(tree))
    services.ingest_work(root, None)(lambda _: None, lambda: False)
    query = parse(text)
    with services.engine().database.snapshot() as reading:
        spots = find_facts(reading, query, Idf(reading, query.terms), {root.id: root})
    return [f"{spot.fact.key} = {spot.fact.value}" for spot in spots]
