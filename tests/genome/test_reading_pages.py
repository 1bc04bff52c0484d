"""HTML pages and PDF documents are read as what a reader sees of them."""

import io
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from cistron.genome.reading import pdf_pages
from cistron.genome.reading.html import page
from cistron.genome.reading.pdf import TOO_MUCH
from cistron.genome.reading.reader import read
from cistron.genome.records import Kind, Reading

from .pdfs import pdf

PAGE = """<!DOCTYPE html>
<html><head><title>The &amp; Guide</title>
<script>var x = "<h1>no</h1>";
</script><style>b{}</style></head>
<body>
<h1>Install <a href="#i">&#182;</a></h1>
<p>Use <code>pip</code> &lt;name&gt; &#x41;.
<pre>
  if {{ x }}:
    y</pre>
<h2>Linux
box</h2><p>second &eacute;</p><img src="x" alt="the map">
</body></html>
"""


def reading(path: str, data: bytes) -> Reading:
    found = read(path, data)
    assert found is not None
    return found


def test_a_page_is_divided_by_its_headings_on_the_lines_of_its_file() -> None:
    found = reading("guide.html", PAGE.encode())
    assert [(span.start_line, span.end_line, span.heading) for span in found.spans] == [
        (1, 5, None), (6, 10, "Install"), (11, 13, "Install / Linux box"),
    ]  # fmt: skip
    assert found.text.count("\n") == PAGE.count("\n")
    assert found.kind is Kind.DOC


def test_a_page_shows_no_scripts_and_no_tags_but_entities_and_code_as_they_look() -> None:
    lines = reading("guide.xhtml", PAGE.encode()).text.split("\n")
    assert lines[6] == "Use pip <name> A."
    assert lines[8:10] == ["  if {{ x }}:", "    y"]
    assert lines[11] == "box second é the map"
    assert "var x" not in "\n".join(lines)


def test_a_template_is_read_as_code() -> None:
    for text in ("<h1>{{ title }}</h1>\n", '<h1 v-if="x">A</h1>\n', "<h1>A</h1>\n<p>{% block x %}\n", "<div></div>\n"):
        found = reading("page.html", text.encode())
        assert (found.text, found.kind) == (text, Kind.CODE)


def test_a_page_without_a_name_is_told_by_its_beginning() -> None:
    assert reading("https://example.org/a", PAGE.encode()).spans[1].heading == "Install"


def test_the_title_heads_a_page_without_a_first_heading() -> None:
    text = "<title>Crane</title>\n<h2>Rope</h2>\n<p>new every year</p>\n"
    assert [span.heading for span in reading("a.htm", text.encode()).spans] == ["Crane", "Crane / Rope"]


@given(st.text(alphabet="<>/!-hp12&;\"'= a\n", max_size=200))
def test_any_page_keeps_its_lines(text: str) -> None:
    found = page(text)
    assert found is None or found.text.count("\n") == text.count("\n")


def test_a_pdf_is_divided_by_its_pages() -> None:
    found = reading("manual.pdf", pdf("Harbour manual\nThe crane lifts 40 tonnes.", "Second page"))
    assert [(span.start_line, span.end_line, span.heading, span.form) for span in found.spans] == [
        (1, 2, "page 1", "page"), (3, 3, "page 2", "page"),
    ]  # fmt: skip
    assert found.text == "Harbour manual\nThe crane lifts 40 tonnes.\nSecond page\n"


def test_an_outline_names_the_pages_under_it() -> None:
    writer = PdfWriter()
    writer.append(PdfReader(io.BytesIO(pdf("one", "two"))))
    writer.add_outline_item(title="Cranes", page_number=1)
    data = io.BytesIO()
    writer.write(data)
    assert [span.heading for span in reading("a.pdf", data.getvalue()).spans] == ["page 1", "Cranes, page 2"]


def locked() -> bytes:
    writer = PdfWriter()
    writer.append(PdfReader(io.BytesIO(pdf("one"))))
    writer.encrypt("secret", algorithm="RC4-128")
    data = io.BytesIO()
    writer.write(data)
    return data.getvalue()


def nested() -> bytes:
    return pdf("x").replace(b"/Type /Catalog", b"/Type /Catalog /A " + b"[" * 100_000 + b"]" * 100_000)


UNFIT = {
    "encrypted": (locked, pdf_pages.ENCRYPTED),
    "truncated": (lambda: pdf("one", "two")[:300], pdf_pages.DAMAGED),
    "pictures": (lambda: pdf(""), pdf_pages.EMPTY),
    "bomb": (lambda: pdf(contents=zlib.compress(bytes(100 << 20), 1)), TOO_MUCH),
    "nested": (nested, TOO_MUCH),
}


@pytest.mark.parametrize("name", UNFIT)
def test_a_pdf_that_cannot_be_read_says_why(name: str) -> None:
    make, why = UNFIT[name]
    assert reading("a.pdf", make()).unfit == why


def test_what_only_has_the_name_of_a_pdf_is_read_as_what_it_is() -> None:
    assert reading("a.pdf", b"just text\n").text == "just text\n"
    assert read("a.pdf", b"\0\1\2") is None


def test_a_notebook_shows_its_sources_as_they_read_and_no_outputs() -> None:
    picture = {"output_type": "display_data", "data": {"image/png": "iVBOR" * 9_000}}
    cells = [
        {"cell_type": "markdown", "source": ["# Crane\n", 'lifts "40" tonnes']},
        {"cell_type": "code", "source": ["load = 40\n", "print(load)"], "outputs": [picture]},
    ]
    data = json.dumps({"cells": cells, "nbformat": 4}, indent=1)
    found = reading("a.ipynb", data.encode())
    assert found.unfit is None
    assert found.text.count("\n") == data.count("\n")
    assert {"# Crane", 'lifts "40" tonnes', "load = 40", "print(load)"} <= set(found.text.split("\n"))
    assert "iVBOR" not in found.text
    assert {span.heading for span in found.spans} == {"Crane"}
    source = found.text.encode()
    assert b"".join(source[span.start_byte : span.end_byte] for span in found.spans) == source
