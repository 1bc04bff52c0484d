"""A document becomes statements with their lines, and a statement says what it names."""

from hypothesis import given
from hypothesis import strategies as st

from cistron.genome.reading.mentions import mentions
from cistron.genome.reading.statements import Document, statements

GUIDE = """\
---
title: x
---
# Project

Orders live in `src/orders.py`. Totals are cents, e.g. 100 is one euro.
They are rounded in `Order.total`!

## Commands

- Run `make test` before
  you push.
- See [the guide](docs/guide.md#top) or src/app.py:10-20.
1. [ ] `TAX_RATE` is `0.19`

| setting | default | what |
|---|---|---|
| `PORT` | 8080 | where it listens |

<!-- `hidden.py` is
no statement -->

```bash
$ npm run build
dist/ was written
```

```python
def create_widget(): ...
```
"""
RESTRUCTURED = """\
Guide
=====

Use :meth:`~shop.Cart.add` and ``TAX_RATE = 0.19``; `a_title.py`_ is no code.

.. code-block:: python

    shop.never_there()

.. note::

    See ``docs/other.rst`` too::

        not.a.statement()
"""


def named(text: str, **options: bool) -> set[tuple[str, str]]:
    return {(each.sort, each.name) for each in mentions(text, **options)}


def marked(text: str) -> set[tuple[str, str]]:
    return {(each.sort, each.name) for each in mentions(text) if each.marked}


def of(document: Document, words: str) -> tuple[int, int]:
    (found,) = [each for each in document.statements if words in each.text]
    return found.line, found.end_line


def test_sentences_bullets_rows_and_commands_are_statements_with_their_lines() -> None:
    document = statements(GUIDE, "CLAUDE.md")
    assert of(document, "Orders live") == (6, 6)
    assert of(document, "one euro") == (6, 6)
    assert of(document, "rounded") == (7, 7)
    assert of(document, "make test") == (11, 12)
    assert of(document, "PORT") == (18, 18)
    assert of(document, "npm run build") == (24, 24)
    assert len([each for each in document.statements if "hidden" in each.text or "written" in each.text]) == 0


def test_a_statement_knows_its_heading() -> None:
    document = statements(GUIDE, "CLAUDE.md")
    assert {each.heading for each in document.statements if "make test" in each.text} == {"Commands"}


def test_code_that_is_shown_is_no_statement_but_its_names_are_kept_as_examples() -> None:
    document = statements(GUIDE, "CLAUDE.md")
    assert "create_widget" in document.examples
    assert not [each for each in document.statements if "create_widget" in each.text]


def test_a_column_of_defaults_gives_literals() -> None:
    (row,) = [each for each in statements(GUIDE, "CLAUDE.md").statements if each.literal]
    assert row.literal == ("PORT", "8080")


def test_restructured_text_marks_names_its_own_way() -> None:
    document = statements(RESTRUCTURED, "guide.rst")
    first = next(each for each in document.statements if "Use" in each.text)
    assert {("symbol", "shop.Cart.add"), ("literal", "TAX_RATE")} <= named(first.text, rst=True)
    assert not {each.name for each in mentions(first.text, rst=True) if each.marked} & {"a_title.py"}
    assert not [each for each in document.statements if "never_there" in each.text or "not.a" in each.text]
    assert [each.line for each in document.statements if "other.rst" in each.text] == [12]


def test_paths_with_lines_and_symbols_are_taken_apart() -> None:
    (place,) = [each for each in mentions("see src/app.py:10-20") if each.sort == "path"]
    assert (place.name, place.lines) == ("src/app.py", (10, 20))
    (symbol,) = [each for each in mentions("`src/app.py::App.run` starts it") if each.marked]
    assert (symbol.sort, symbol.name, symbol.value) == ("symbol", "App.run", "src/app.py")


def test_what_is_marked_tells_path_symbol_literal_and_command() -> None:
    text = "`src/a.py`, `Cart.add()`, `TAX = 0.19`, `make lint test`, `npm run x:y`, `Makefile`"
    assert marked(text) == {
        ("path", "src/a.py"),
        ("symbol", "Cart.add"),
        ("literal", "TAX"),
        ("command", "lint"),
        ("command", "test"),
        ("command", "x:y"),
        ("path", "Makefile"),
    }


def test_ordinary_words_name_nothing() -> None:
    assert (
        named("Use and/or as you like, e.g. 1.5 times; it is Fine, I.e. text/html over https://a.example/b.py") == set()
    )


def test_patterns_and_placeholders_are_no_paths() -> None:
    assert marked("`src/*.py`, `<name>/x.py`, `path/to/x.py`, `~/.bashrc`, `$HOME/x.py`, `application/json`") == set()


@given(st.text(alphabet="`~#|-* \n.ab/:=[]()<!>_1", max_size=300), st.sampled_from(["a.md", "a.rst", "a.txt"]))
def test_any_text_splits_and_every_statement_stands_within_it(text: str, path: str) -> None:
    document = statements(text, path)
    count = text.count("\n") + 1
    for each in document.statements:
        assert 1 <= each.line <= each.end_line <= count
        for mention in mentions(each.text, rst=document.rst, shell=each.shell):
            assert mention.name
