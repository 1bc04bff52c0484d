from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cistron.genome.reading.config import divide_config
from cistron.genome.reading.facts import facts
from cistron.genome.records import Span

TOML = """name = "x"
port = 8080  # the door

# how we lint
[tool.ruff]
line-length = 120
exclude = [
    "a",
]

[tool.ruff.lint]
select = ["E"]

[[package]]
name = "a"
[[package]]
name = "b"
"""
YAML = """version: 3
name: demo
services:
  web:
    image: "nginx:1.25"
    ports:
      - "80:80"
  db:
    image: postgres
script: |
  key: not a key
  other: neither
"""
JSON = """{
  "name": "demo",
  "port": 8080,
  "scripts": {
    "test": "pytest -q",
    "lint": "ruff",
    "url": "a: {b}"
  },
  "files": ["a", "b"]
}
"""
INI = """root = true
[server]
host = localhost
port: 80
long =
    key = no
    more
; note
[client]
retries = 3
"""
TEXTS = {"toml": TOML, "yaml": YAML, "json": JSON, "ini": INI}
DIVIDED = {
    "toml": [(1, 3, None), (4, 10, "tool.ruff"), (11, 13, "tool.ruff.lint"), (14, 17, "package")],
    "yaml": [(1, 2, None), (3, 9, "services"), (10, 12, "script")],
    "json": [(1, 3, None), (4, 8, "scripts"), (9, 10, "files")],
    "ini": [(1, 1, "root"), (2, 7, "server"), (8, 10, "client")],
}
# key, value, line
FACTS = {
    "toml": "name x 1|port 8080 2|tool.ruff.line-length 120 6|package.name a 15|package.name b 17",
    "yaml": "version 3 1|name demo 2|services.web.image nginx:1.25 5|services.web.ports 80:80 7"
    "|services.db.image postgres 9",
    "json": "name demo 2|port 8080 3|scripts.test pytest -q 5|scripts.lint ruff 6|scripts.url a: {b} 7",
    "ini": "root true 1|server.host localhost 3|server.port 80 4|client.retries 3 10",
}


def assert_covered(text: str, spans: list[Span]) -> None:
    source = text.encode()
    line = 0
    for span in spans:
        assert span.start_line == line + 1
        assert span.end_line >= span.start_line
        assert span.end_line - span.start_line < 110
        line = span.end_line
    assert line == source.count(b"\n") + (not source.endswith(b"\n") and bool(source))
    assert b"".join(source[span.start_byte : span.end_byte] for span in spans) == source


@pytest.mark.parametrize("language", TEXTS)
def test_tables_and_large_keys_stand_alone_and_short_keys_together(language: str) -> None:
    spans = divide_config(TEXTS[language], language)
    assert [(span.start_line, span.end_line, span.symbol) for span in spans] == DIVIDED[language]
    assert {span.form for span in spans} == {"key"}
    assert_covered(TEXTS[language], spans)


@pytest.mark.parametrize("language", TEXTS)
def test_literals_are_facts_under_their_whole_path(language: str) -> None:
    found = [f"{fact.key} {fact.value} {fact.line}" for fact in facts(TEXTS[language], language)]
    assert found == FACTS[language].split("|")


def test_a_long_key_is_divided_at_the_keys_below_it() -> None:
    steps = "".join(f"      - name: step {at}\n        run: make\n" for at in range(50))
    text = f"on: push\njobs:\n  lint:\n    runs-on: linux\n    needs: x\n    env: y\n  build:\n    steps:\n{steps}"

    spans = divide_config(text, "yaml")

    assert [span.symbol for span in spans[:3]] == ["on", "jobs.lint", "jobs.build.steps"]
    assert_covered(text, spans)


def test_documents_of_one_yaml_file_are_not_mixed() -> None:
    text = "kind: A\nname: a\n---\nkind: B\nname: b\n"
    assert [(span.start_line, span.end_line) for span in divide_config(text, "yaml")] == [(1, 2), (3, 5)]


def test_a_large_json_object_is_divided_at_its_members() -> None:
    member = '    "p%d": {\n      "version": "1",\n      "dev": true,\n      "os": "x"\n    }'
    members = ",\n".join(member % at for at in range(60))
    text = f'{{\n  "packages": {{\n{members}\n  }}\n}}\n'
    spans = divide_config(text, "json")
    assert "packages.p7" in [span.symbol for span in spans]
    assert_covered(text, spans)


@pytest.mark.parametrize("language", TEXTS)
@given(
    text=st.one_of(st.text(max_size=300), st.text(alphabet="ab:=[]{},\"'-#\n \t.\\|", max_size=400)),
    cut=st.integers(0, 200),
)
@settings(max_examples=80, deadline=None)
def test_any_text_is_covered_once(language: str, text: str, cut: int) -> None:
    for broken in (text, TEXTS[language][cut:] + text):
        assert_covered(broken, divide_config(broken, language))
        lines = broken.split("\n")
        assert all(fact.key and 1 <= fact.line <= len(lines) for fact in facts(broken, language))


@pytest.mark.parametrize(
    ("language", "line", "fact"),
    [
        ("python", "MAX_SIZE: Final[int] = 1_000", ("MAX_SIZE", "1_000")),
        ("python", "    NAME = 'x'  # why", ("NAME", "x")),
        ("python", "p = os.environ.get('PORT', '8080')", ("PORT", "8080")),
        ("python", "p = os.getenv(\n    'HOST', \"h\")", ("HOST", "h")),
        ("python", "a.add_argument('-p', '--port', type=int, help='a (b)', default=80)", ("--port", "80")),
        ("python", "@click.option('--name', default='x', help='y')", ("--name", "x")),
        ("javascript", "export const LIMIT = 5;", ("LIMIT", "5")),
        ("javascript", "const p = process.env.PORT || 3000", ("PORT", "3000")),
        ("java", "  public static final String NAME = \"x\";", ("NAME", "x")),
        ("rust", "pub const MAX: u32 = 5;", ("MAX", "5")),
        ("c", "#define LIMIT 0x10", ("LIMIT", "0x10")),
        ("go", "const MAX_RETRIES = 5", ("MAX_RETRIES", "5")),
        ("dockerfile", "EXPOSE 8080", ("EXPOSE", "8080")),
        ("dockerfile", "ENV MODE=fast", ("MODE", "fast")),
        ("bash", "export LEVEL=3", ("LEVEL", "3")),
        ("bash", 'run "${MODE:-fast}"', ("MODE", "fast")),
        ("make", "CC ?= gcc", ("CC", "gcc")),
    ],
    ids=str,
)  # fmt: skip
def test_code_gives_its_defaults_as_facts(language: str, line: str, fact: tuple[str, str]) -> None:
    assert [(found.key, found.value) for found in facts(f"x\n{line}\ny\n", language)] == [fact]


@pytest.mark.parametrize(
    "line",
    [
        "X = call()",
        "NAME = OTHER",
        "if MAX == 3:",
        "f(LIMIT=3)",
        "self.MAX = 3 + y",
        "NAME = 'a' + b",
        "f('MAX = 3')",
        "A = 1",
    ],
)
def test_what_is_no_literal_constant_is_no_fact(line: str) -> None:
    assert facts(line + "\n", "python") == []


def test_a_redacted_value_is_none() -> None:
    found = facts("password: '[redacted]'\n", "yaml")
    assert [(fact.key, fact.value) for fact in found] == [("password", None)]


def test_long_lines_without_a_match_take_linear_time() -> None:
    for piece in ("A", " ", "(", "[", '"', "'", "a ", "- ", "A=", "add_argument('--x', ", "${", "\\", ": "):
        for language in ("python", "javascript", "yaml", "json", "toml", "ini", "bash", "dockerfile"):
            text = piece * 30_000
            facts(text, language)
            if language in TEXTS:
                assert_covered(text, divide_config(text, language))
