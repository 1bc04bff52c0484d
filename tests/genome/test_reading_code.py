from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cistron.genome.reading.code import divide
from cistron.genome.reading.grammars import GRAMMARS
from cistron.genome.reading.languages import kind_of, language_of
from cistron.genome.records import Kind, Span

SNIPPETS = Path(__file__).parents[2] / "fixtures" / "languages"

# One span a line: its lines, its form, its symbol.
EXPECTED = {
    "bash.sh": """
1-4 statements -
5-9 function send
10-13 function close
14-14 statements -
""",
    "c.c": """
1-4 statements -
5-8 class point_t
9-12 class client
13-19 function client_send
20-24 function client_close
""",
    "cpp.cpp": """
1-2 statements -
3-4 class net
5-7 class net.Client
8-8 method net.Client.Client
9-9 method net.Client.~Client
10-13 method net.Client.size
14-17 class net.Client
18-22 method net.Server.send
23-28 method net.Pool.get
""",
    "csharp.cs": """
1-4 statements -
5-10 class Client
11-14 method Client.Client
15-16 method Client.Send
17-22 class Client.ISender
23-24 class State
""",
    "dart.dart": """
1-2 statements -
3-6 class Client
7-11 method Client.send
12-14 method Client.size
15-17 function main
""",
    "elixir.ex": """
1-4 class App.Client
5-12 function App.Client.send
13-14 function App.Client.close
""",
    "go.go": """
1-4 statements -
5-9 class Client
10-11 class A
12-16 class B
17-21 method Client.Send
22-24 function New
""",
    "haskell.hs": """
1-4 statements -
5-9 function send
10-10 class State
""",
    "java.java": """
1-4 statements -
5-9 class Client
10-13 method Client.Client
14-18 method Client.size
19-20 class Client
21-23 class Client.State
24-26 class Sender
""",
    "javascript.js": """
1-3 statements -
4-8 function send
9-12 function get
13-16 function Client.close
17-19 class Client
20-23 method Client.constructor
24-28 method Client.onError
29-30 class api
31-33 method api.list
34-38 method api.find
39-41 function main
""",
    "julia.jl": """
1-2 class Net
3-7 function Net.send
8-9 function Net.double
10-14 class Net.Client
""",
    "kotlin.kt": """
1-5 statements -
6-8 class Client
9-10 method Client.send
11-11 class Client.Companion
12-15 method Client.Companion.make
16-18 function shout
""",
    "lua.lua": """
1-2 statements -
3-7 function M.send
8-11 function M.close
12-13 function helper
14-17 function M.get
18-18 statements -
""",
    "php.php": """
1-6 statements -
7-13 class Client
14-19 method Client.send
20-22 class Client
23-26 function make
""",
    "python.py": """
1-8 statements -
9-19 function send
20-24 class Client
25-28 method Client.url
29-32 method Client.url
33-34 class Client
35-35 class Client.Options
36-39 method Client.Options.get
40-43 statements -
44-45 function fast
""",
    "r.r": """
1-2 statements -
3-6 function send
""",
    "ruby.rb": """
1-2 statements -
3-3 class Net
4-6 class Net.Client
7-11 method Net.Client.send
12-15 method Net.Client.make
16-18 method Net.Client.close
""",
    "rust.rs": """
1-5 statements -
6-11 class Client
12-14 class Client
15-21 method Client.send
22-23 class Sender
24-28 method Sender.open
29-30 class tests
31-33 function tests.works
""",
    "scala.scala": """
1-4 statements -
5-8 class Client
9-13 method Client.send
14-14 class Client
15-16 method Client.make
""",
    "sql.sql": """
1-5 class client
6-7 class open_client
""",
    "swift.swift": """
1-2 statements -
3-6 class Client
7-10 method Client.init
11-15 method Client.send
16-16 class Client
17-19 method Client.close
20-22 function make
""",
    "tsx.tsx": """
1-2 statements -
3-6 class Props
7-10 function Header
11-13 function App
""",
    "typescript.ts": """
1-2 statements -
3-6 class Options
7-7 function over
8-11 function over
12-15 class Client
16-20 method Client.send
21-23 class Client
24-24 class Tools
25-29 function Tools.make
30-30 class Color
""",
    "zig.zig": """
1-3 statements -
4-7 function main
8-10 class Client
11-15 method Client.send
16-18 function sends
""",
}


def assert_covered(text: str, spans: list[Span]) -> None:
    """Every line in exactly one span, offsets of whole lines, nothing longer than 110 lines."""
    lines = text.encode().split(b"\n")
    if not lines[-1]:
        lines.pop()
    sizes = [len(line) + 1 for line in lines]
    if lines and not text.endswith("\n"):
        sizes[-1] -= 1
    line = offset = 0
    for span in spans:
        assert span.start_line == line + 1
        assert span.end_line >= span.start_line
        assert span.end_line - span.start_line < 110
        assert span.start_byte == offset
        offset += sum(sizes[line : span.end_line])
        assert span.end_byte == offset
        line = span.end_line
    assert line == len(lines)
    assert offset == len(text.encode())


def rows(spans: list[Span]) -> list[tuple[int, int, str, str | None, int]]:
    return [(span.start_line, span.end_line, span.form, span.symbol, span.part) for span in spans]


@pytest.mark.parametrize("name", EXPECTED, ids=str)
def test_a_snippet_is_divided_at_its_definitions(name: str) -> None:
    text = (SNIPPETS / name).read_text()

    spans = divide(text, name.split(".")[0])

    found = [f"{span.start_line}-{span.end_line} {span.form} {span.symbol or '-'}" for span in spans]
    assert found == EXPECTED[name].split("\n")[1:-1]
    assert_covered(text, spans)


@given(
    language=st.sampled_from(sorted(GRAMMARS)),
    text=st.one_of(st.text(max_size=400), st.text(alphabet="abc (){}[]:;\"'\n\t#/*=<>@def \r\u2028é", max_size=400)),
)
@settings(max_examples=300, deadline=None)
def test_any_text_is_covered_once_in_any_language(language: str, text: str) -> None:
    spans = divide(text, language)

    assert_covered(text, spans)
    assert divide(text, language) == spans


@given(name=st.sampled_from(sorted(EXPECTED)), seed=st.integers(0, 10_000), repeat=st.integers(1, 12))
@settings(max_examples=250, deadline=None)
def test_a_mutilated_snippet_loses_no_line(name: str, seed: int, repeat: int) -> None:
    dice = random.Random(seed)
    lines = (SNIPPETS / name).read_text().split("\n") * repeat
    kept = [line for line in lines if dice.random() > 0.15]
    text = "\n".join(kept)[dice.randrange(40) :]
    text = "".join(letter for letter in text if letter not in "(){}[]" or dice.random() > 0.1)

    spans = divide(text, name.split(".")[0])

    assert_covered(text, spans)


def test_a_long_function_is_cut_at_statements_into_numbered_parts() -> None:
    body = "".join(f"    if x == {at}:\n        return {at}\n" for at in range(100))
    text = f"def long(x):\n{body}\n\ndef short():\n    pass\n"

    spans = divide(text, "python")

    assert [(span.symbol, span.part) for span in spans] == [("long", 0), ("long", 1), ("long", 2), ("short", 0)]
    lines = text.split("\n")
    assert all(lines[span.start_line - 1].startswith("    if") for span in spans[1:3])
    assert_covered(text, spans)


def test_a_long_function_gives_its_large_inner_functions_spans() -> None:
    inner = "    def inner():\n" + "        work()\n" * 20
    text = "def outer():\n" + "    step()\n" * 70 + inner + "    return inner\n"

    spans = divide(text, "python")

    assert rows(spans) == [
        (1, 71, "function", "outer", 0),
        (72, 92, "function", "outer.inner", 0),
        (93, 93, "function", "outer", 1),
    ]


def test_a_short_function_keeps_its_inner_functions() -> None:
    text = "def outer():\n    def inner():\n        return 1\n    return inner\n"
    assert rows(divide(text, "python")) == [(1, 4, "function", "outer", 0)]


def test_a_module_in_one_long_call_is_opened() -> None:
    functions = "".join(f"  function f{at} () {{\n" + "    work()\n" * 10 + "  }\n" for at in range(10))
    text = f"(function () {{\n  'use strict'\n{functions}}})()\n"

    spans = divide(text, "javascript")

    assert [span.symbol for span in spans if span.symbol] == [f"f{at}" for at in range(10)]
    assert_covered(text, spans)


def test_statements_between_definitions_are_runs_of_their_own() -> None:
    text = "import os\n\nX = 1\n\ndef f():\n    pass\n\n# about Y\nY = 2\n"
    expected = [(1, 4, "statements", None, 0), (5, 7, "function", "f", 0), (8, 9, "statements", None, 0)]
    assert rows(divide(text, "python")) == expected


def test_a_comment_apart_from_a_definition_goes_to_the_span_before() -> None:
    text = "def f():\n    pass\n\n# apart\n\n# about g\ndef g():\n    pass\n"
    assert rows(divide(text, "python")) == [(1, 5, "function", "f", 0), (6, 8, "function", "g", 0)]


def test_deep_nesting_does_not_end_in_a_recursion_error() -> None:
    for text in ("x = " + "(" * 10_000 + "1" + ")" * 10_000 + "\n", "x = " + "(\n" * 10_000 + "1" + ")\n" * 10_000):
        assert_covered(text, divide(text, "python"))
    nested = "".join("  " * at + f"class C{at}:\n" for at in range(300))
    assert_covered(nested, divide(nested, "python"))
    braces = "{\n" * 5000 + "}\n" * 5000
    assert_covered(braces, divide(braces, "javascript"))


def test_a_table_of_data_is_cut_into_pieces() -> None:
    text = "ROWS = [\n" + "    (1, 2, 3),\n" * 1000 + "]\n"
    spans = divide(text, "python")
    assert len(spans) > 10
    assert_covered(text, spans)


def test_perl_whose_parser_can_loop_for_ever_is_divided_into_paragraphs() -> None:
    spans = divide("sub send {\n    return 1\n}\n\nmy $x = $y[0]/c#})\n", "perl")
    assert [(span.start_line, span.end_line) for span in spans] == [(1, 5)]


def test_a_language_without_a_grammar_is_divided_into_paragraphs() -> None:
    spans = divide("a\n\nb\n", "brainfuck")
    assert [span.form for span in spans] == ["paragraph"]


def test_importing_the_reader_does_not_load_a_parser() -> None:
    check = "import sys, cistron.genome.reading.reader; sys.exit('tree_sitter' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


@pytest.mark.parametrize(
    ("path", "text", "language"),
    [
        ("src/a.py", "", "python"),
        ("a/b/Makefile", "", "make"),
        ("x.h", "int f(void);", "c"),
        ("x.h", "namespace a {\nclass B {};\n}", "cpp"),
        ("bin/run", "#!/usr/bin/env -S python3.11 -u\n", "python"),
        ("bin/run", "#!/bin/sh -e\n", "bash"),
        ("README", "", "text"),
        (".env.local", "", "ini"),
        ("Dockerfile.dev", "", "dockerfile"),
        ("a.unknown", "", None),
        ("strange", "", None),
    ],
    ids=str,
)
def test_a_name_or_a_shebang_tells_the_language(path: str, text: str, language: str | None) -> None:
    assert language_of(path, text) == language


def test_a_language_tells_the_kind() -> None:
    kinds = [kind_of(language) for language in ("python", "make", "yaml", "markdown", None)]
    assert kinds == [Kind.CODE, Kind.CODE, Kind.CONFIG, Kind.DOC, Kind.DOC]
