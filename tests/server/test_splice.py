"""Editing JSON with comments by splicing: what is not ours stays byte for byte."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cistron.server.clients.jsonc import COMMENT, JsoncError, parse
from cistron.server.clients.splice import insert, put, remove

ENTRY = {"command": "/opt/cistron-mcp", "args": ["--root", "/a"]}
WORDS = st.text('abc\\"/*,{}[]:é \u2028', max_size=6)
SCALARS = st.none() | st.booleans() | st.integers(-99, 99) | st.sampled_from([0.5, 1e9]) | WORDS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=8
)


OBJECTS = st.dictionaries(WORDS, VALUES, max_size=4)


@st.composite
def documents(draw: st.DrawFn, values: st.SearchStrategy[object] = OBJECTS) -> str:
    """An object as a person may have written it: comments, blanks and trailing commas anywhere."""
    end = draw(st.sampled_from(["\n", "\r\n"]))
    blanks = st.sampled_from(
        ["", " ", end, f"{end}  ", f"{end}\t", " /* a */ ", f" // b, }} {end}", f"{end}  // c{end}"]
    )

    def gap() -> str:
        return draw(blanks)

    def written(value: object) -> str:
        if not isinstance(value, dict | list):
            return json.dumps(value, ensure_ascii=draw(st.booleans()))
        parts = [
            f"{gap()}{json.dumps(child[0])}{gap()}:{gap()}{written(child[1])}{gap()}"
            if isinstance(value, dict)
            else f"{gap()}{written(child)}{gap()}"
            for child in (value.items() if isinstance(value, dict) else value)
        ]
        comma = f",{gap()}" if parts and draw(st.booleans()) else gap() if not parts else ""
        left, right = "{}" if isinstance(value, dict) else "[]"
        return f"{left}{','.join(parts)}{comma}{right}"

    return gap() + written(draw(values)) + gap()


def comments(text: str) -> list[str]:
    """The comments of a text, those that only look like one taken out with the strings."""
    strings = re.compile(r'"(?:[^"\\]|\\.)*+"|' + COMMENT.pattern)
    return [found[0] for found in strings.finditer(text) if not found[0].startswith('"')]


@given(documents())
def test_what_is_put_in_is_there_and_all_else_stays(text: str) -> None:
    before = parse(text)
    after = put(text, ("mcpServers", "cistron"), ENTRY)
    assert parse(after).value == {**before.value, "mcpServers": {"cistron": ENTRY}}  # type: ignore[dict-item]
    assert comments(after) == comments(text)
    assert put(after, ("mcpServers", "cistron"), ENTRY) == after


@given(documents())
def test_nothing_that_stood_there_is_taken_away_by_putting_in(text: str) -> None:
    after = put(text, ("mcpServers", "cistron"), ENTRY)
    rest = iter(after)
    assert all(letter in rest for letter in text)  # a subsequence


@given(documents())
def test_what_was_put_in_is_taken_out_without_a_trace(text: str) -> None:
    after = put(text, ("mcpServers", "cistron"), ENTRY)
    top = parse(after)
    back = remove(after, top, top.children[-1])
    assert parse(back).value == parse(text).value
    assert comments(back) == comments(text)


@given(documents(st.dictionaries(WORDS, VALUES, min_size=1, max_size=4)), st.data())
def test_any_member_can_be_taken_out_and_no_comment_outside_it_is_lost(text: str, data: st.DataObject) -> None:
    top = parse(text)
    child = data.draw(st.sampled_from(top.children))
    after = remove(text, top, child)
    assert parse(after).value == {k: v for k, v in top.value.items() if k != child.key}  # type: ignore[union-attr]
    assert comments(after) == comments(text[: child.start]) + comments(text[child.node.end :])


@given(documents(st.fixed_dictionaries({"list": st.lists(VALUES, max_size=3)})))
def test_an_item_goes_to_the_end_of_its_list(text: str) -> None:
    items = parse(text).member("list")
    assert items is not None
    after = parse(insert(text, items, None, ENTRY))
    assert after.value == {"list": [*items.value, ENTRY]}  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{}", '{\n  "k": {\n    "cistron": 1\n  }\n}'),
        ("{\n}", '{\n  "k": {\n    "cistron": 1\n  }\n}'),
        ('{"k": {"a": 1}}', '{"k": {"a": 1, "cistron": 1}}'),
        ('{"k": {"a": 1,}}', '{"k": {"a": 1, "cistron": 1,}}'),
        ('{\n\t"k": {\n\t\t"a": 1\n\t}\n}\n', '{\n\t"k": {\n\t\t"a": 1,\n\t\t"cistron": 1\n\t}\n}\n'),
        (
            '{\r\n    "k": {\r\n        "a": 1 // why\r\n    }\r\n}',
            '{\r\n    "k": {\r\n        "a": 1, // why\r\n        "cistron": 1\r\n    }\r\n}',
        ),
        ('{\n  "k": {\n    "a": 1,\n  },\n}', '{\n  "k": {\n    "a": 1,\n    "cistron": 1,\n  },\n}'),
    ],
)
def test_the_layout_of_the_file_is_kept(text: str, wanted: str) -> None:
    assert put(text, ("k", "cistron"), 1) == wanted


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("", 1, 1),
        ("// nothing\n", 2, 1),
        ('{\n  "a": 1', 2, 9),
        ('{\n  "a": tru\n}', 2, 8),
        ('{"a": 1}}', 1, 9),
        ('{"a": 1\n "b": 2}', 2, 2),
        ('{"a": "x\n"}', 1, 7),
        ('{"a": 1, "a": 2}', 1, 10),
        ("{'a': 1}", 1, 2),
        ('{"a": /* b }', 1, 7),
        ("[" * 1000, 1, 202),
        ('{"a": "\\q"}', 1, 8),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(text: str, line: int, column: int) -> None:
    with pytest.raises(JsoncError) as refused:
        parse(text)
    assert (refused.value.line, refused.value.column) == (line, column)
