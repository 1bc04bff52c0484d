from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cistron.genome.reading.notebook import divide_notebook
from cistron.genome.reading.prose import divide_paragraphs, divide_prose
from cistron.genome.records import Span


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


def sections(text: str, language: str) -> list[tuple[int, int, str | None]]:
    spans = divide_prose(text, language)
    assert_covered(text, spans)
    return [(span.start_line, span.end_line, span.heading) for span in spans]


def test_markdown_headings_make_a_path() -> None:
    text = "intro\n\n# Install #\ntext\n## Linux\ntext\n## Mac\n# Use\n"
    expected = [(1, 2, None), (3, 4, "Install"), (5, 6, "Install / Linux"), (7, 7, "Install / Mac"), (8, 8, "Use")]
    assert sections(text, "markdown") == expected


def test_a_heading_inside_a_fence_is_code() -> None:
    text = "# A\n```sh\n# not one\n~~~\n```\n~~~\n# nor this\n~~~\n# B\n"
    assert sections(text, "markdown") == [(1, 8, "A"), (9, 9, "B")]


def test_setext_headings_are_headings_and_rules_are_not() -> None:
    text = "Title\n=====\n\nSub\n---\ntext\n\n---\n\n- item\n---\n"
    assert sections(text, "markdown") == [(1, 3, "Title"), (4, 11, "Title / Sub")]


def test_front_matter_stands_alone() -> None:
    text = "---\ntitle: x\n# not a heading\n---\n# A\n"
    assert sections(text, "markdown") == [(1, 4, None), (5, 5, "A")]


def test_restructured_levels_follow_the_order_of_adornments() -> None:
    text = "=====\nTitle\n=====\n\nPart\n----\ntext\n\nSub\n~~~\n\nOther\n-----\n"
    expected = [(1, 4, "Title"), (5, 8, "Title / Part"), (9, 11, "Title / Part / Sub"), (12, 13, "Title / Other")]
    assert sections(text, "rst") == expected


def test_a_table_border_in_restructured_text_is_no_heading() -> None:
    text = "Title\n=====\n\n===  ===\na    b\n===  ===\n1    2\n===  ===\n"
    assert sections(text, "rst") == [(1, 8, "Title")]


def test_a_long_section_is_cut_at_paragraphs_into_parts() -> None:
    text = "# A\n\n" + "one\ntwo\n\n" * 60
    spans = divide_prose(text, "markdown")
    assert [span.part for span in spans] == list(range(len(spans)))
    assert {span.heading for span in spans} == {"A"}
    assert all(text.split("\n")[span.start_line - 1] == "one" for span in spans[1:])
    assert_covered(text, spans)


def test_paragraphs_are_merged_up_to_thirty_lines() -> None:
    spans = divide_paragraphs("line\nline\n\n" * 30)
    assert [(span.start_line, span.end_line) for span in spans] == [(1, 30), (31, 60), (61, 90)]


def test_a_huge_line_is_one_span() -> None:
    spans = divide_paragraphs("short\n" + "x" * 100_000 + "\nshort\n")
    assert [(span.start_line, span.end_line) for span in spans] == [(1, 1), (2, 2), (3, 3)]


@given(
    language=st.sampled_from(["markdown", "rst", "asciidoc", "org", "text", None]),
    text=st.one_of(st.text(max_size=300), st.text(alphabet="#=-~`* \n\tab+|", max_size=400)),
)
@settings(max_examples=250, deadline=None)
def test_any_text_is_covered_once(language: str | None, text: str) -> None:
    assert_covered(text, divide_prose(text, language))


NOTEBOOK = {
    "metadata": {"cells": "no list"},
    "cells": [
        {"cell_type": "markdown", "source": ["# Data\n", "text"]},
        {"cell_type": "code", "outputs": [{"text": ["}\n", "]\n"]}], "source": ["x = 1"]},
        {"cell_type": "markdown", "source": "## Plot"},
        {"cell_type": "code", "source": []},
    ],
    "nbformat": 4,
}


@pytest.mark.parametrize("indent", [1, 2, 4])
def test_a_notebook_is_divided_into_cells_under_their_headings(indent: int) -> None:
    text = json.dumps(NOTEBOOK, indent=indent)

    spans = divide_notebook(text)

    assert_covered(text, spans)
    assert [(span.form, span.heading) for span in spans] == [
        ("cell", "Data"),
        ("cell", "Data"),
        ("cell", "Data / Plot"),
        ("cell", "Data / Plot"),
    ]
    assert "x = 1" in text.encode()[spans[1].start_byte : spans[1].end_byte].decode()


def test_a_notebook_on_one_line_is_one_span() -> None:
    assert [(span.start_line, span.end_line) for span in divide_notebook(json.dumps(NOTEBOOK))] == [(1, 1)]


BROKEN = ["", "{", '{"cells": [', '{"cells": 3}', "[1, 2]", '{"cells": [1, {]}', "{" * 5000, "[" * 90_000]


@pytest.mark.parametrize("text", BROKEN, ids=lambda text: text[:12])
def test_a_broken_notebook_loses_no_line(text: str) -> None:
    assert_covered(text, divide_notebook(text))


@given(cut=st.integers(0, 500), text=st.text(max_size=30))
@settings(max_examples=80, deadline=None)
def test_a_cut_notebook_loses_no_line(cut: int, text: str) -> None:
    broken = json.dumps(NOTEBOOK, indent=1)[:cut] + text
    assert_covered(broken, divide_notebook(broken))
