"""Transcripts and chat exports are divided by who speaks."""

# ruff: noqa: RUF001  letters of other scripts are meant as they are

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cistron.genome.reading.reader import read
from cistron.genome.reading.turns import turns
from cistron.genome.reading.when import moment
from cistron.genome.records import Kind, Reading


def reading(path: str, text: str) -> Reading:
    found = read(path, text.encode())
    assert found is not None
    assert_covered(found)
    return found


def assert_covered(found: Reading) -> None:
    source = found.text.encode()
    assert b"".join(source[span.start_byte : span.end_byte] for span in found.spans) == source


def headings(path: str, text: str) -> list[str | None]:
    return [span.heading for span in reading(path, text).spans]


TRANSCRIPTS = {
    "names": ("Ana: hi\nBo: hello\nAna: it is 8080\nBo: fine\n", ["Ana", "Bo", "Ana", "Bo"]),
    "day above": ("2024-03-01\nAna: we moved it\n", ["Ana, 2024-03-01"]),
    "stamps before": (
        "[2024-03-01 10:22] Ana: hi\n[2024-03-01 10:23] Bo Li: yes\n",
        ["Ana, 2024-03-01 10:22", "Bo Li, 2024-03-01 10:23"],
    ),
    "stamps behind": ("**Ana** (10:22): text\n\n**Bo** (10:25): more\n", ["Ana, 10:22", "Bo, 10:25"]),
    "irc": ("[10:22] <ana> hi there\n[10:23] <bo> yo\n", ["ana, 10:22", "bo, 10:23"]),
    "phone": (
        "12/03/2024, 10:22 - Ana: hi\n13/03/2024, 22:23 - Bo: yes\n",
        ["Ana, 2024-03-12 10:22", "Bo, 2024-03-13 22:23"],
    ),
    "over the text": ("Ana Lee  10:22 AM\nhello\nBo  1:24 PM\nyes\n", ["Ana Lee, 10:22 AM", "Bo, 1:24 PM"]),
    "headings": ("## Ana (2024-03-01)\ntext\n\n## Bo (2024-03-02)\ntext\n", ["Ana, 2024-03-01", "Bo, 2024-03-02"]),
    "roles": ("# Help\n\n## User\n\nhow?\n\n## Assistant\n\nSo: do this\n", ["Help / User", "Help / Assistant"]),
    "day lines": (
        "--- March 1, 2024 ---\nAna (09:15): a\n--- 2 March 2024 ---\nBo (10:00): b\n",
        ["Ana, 2024-03-01 09:15", "Bo, 2024-03-02 10:00"],
    ),
    "japanese": ("田中：ポートは8080\n鈴木：はい\n田中：変更\n鈴木：了解\n", ["田中", "鈴木", "田中", "鈴木"]),
    "hebrew": (
        "\u200f[2024-03-01, 10:22] דנה: שלום\n[2024-03-01, 10:23] יוסי: הפורט הוא 8080\n",
        ["דנה, 2024-03-01 10:22", "יוסי, 2024-03-01 10:23"],
    ),
}


@pytest.mark.parametrize(("text", "expected"), TRANSCRIPTS.values(), ids=TRANSCRIPTS.keys())
def test_each_turn_of_a_transcript_is_a_place_under_its_speaker_and_moment(text: str, expected: list[str]) -> None:
    assert headings("talk.md", text) == expected


def test_speakers_and_moments_are_facts_of_the_turn_s_line() -> None:
    found = reading("talk.txt", "# Weekly\n\n[2024-03-01 10:22] Ana: hi\nand more\n[2024-03-01 10:23] Bo: yes\n")
    said = [(fact.key, fact.value, fact.line) for fact in found.facts]
    assert said == [
        ("speaker", "Ana", 3), ("date", "2024-03-01 10:22", 3), ("speaker", "Bo", 5), ("date", "2024-03-01 10:23", 5),
    ]  # fmt: skip


NO_CONVERSATION = {
    "labels": "# Tool\n\nNote: this\nUsage: that\nExample: foo\nWarning: x\nNote: y\n",
    "log": "2024-03-01 10:22:11 INFO: started\n2024-03-01 10:22:12 ERROR: failed\n",
    "changes": "# Changes\n\nAdded: this\nFixed: that\nAdded: more\nFixed: again\n",
    "releases": "## v2.1.0 (2024-03-01)\n\nmore\n\n## v2.0.0 (2024-02-01)\n\nless\n",
    "listed": "# History\n\n* router: a\n* types: b\n* router: c\n* types: d\n* router: e\n",
    "code": "# X\n\n```\nAna: hi\nBo: yes\nAna: hi\nBo: yes\n```\n\nText.\n",
    "definition": "The server has one port.\n\nPort: 8080\n\nThe rest is prose of several lines.\nMore of it.\n",
}


@pytest.mark.parametrize("text", NO_CONVERSATION.values(), ids=NO_CONVERSATION.keys())
def test_labels_and_logs_are_no_conversation(text: str) -> None:
    assert all(span.form != "turn" for span in reading("notes.md", text).spans)


EXPORTS = {
    "roles": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": [{"type": "text", "text": "yo"}]}],
    "slack": [{"user": "ana", "text": "hi", "ts": "1709287331.0001"}, {"user": "bo", "text": "yo", "ts": "1709287400"}],
    "nested": {"title": "x", "messages": [{"author": {"name": "ana"}, "content": "hi"}, {"from": "bo", "value": "yo"}]},
}
SPEAKERS = {
    "roles": ["user", "assistant"],
    "slack": ["ana, 2024-03-01 10:02", "bo, 2024-03-01 10:03"],
    "nested": [None, "ana", "bo"],
}


@pytest.mark.parametrize("name", EXPORTS)
def test_each_message_of_an_export_is_a_place_on_its_lines(name: str) -> None:
    found = reading("chat.json", json.dumps(EXPORTS[name], indent=1))
    assert [span.heading for span in found.spans] == SPEAKERS[name]
    assert found.kind is Kind.DOC


def test_json_lines_are_a_place_a_message_and_escaped_letters_can_be_found() -> None:
    rows = [{"speaker": "Ana", "text": 'ポート 8080 "a\\b"', "date": "2024-03-01"}, {"speaker": "Bo", "text": "はい"}]
    found = reading("chat.jsonl", "\n".join(json.dumps(row) for row in rows))
    assert [(span.start_line, span.heading) for span in found.spans] == [(1, "Ana, 2024-03-01"), (2, "Bo")]
    assert "ポート" in found.text
    assert [json.loads(line) for line in found.text.split("\n")] == rows


def test_settings_with_a_name_and_a_value_are_no_chat() -> None:
    found = reading("env.json", '{"env": [{"name": "A", "value": "1"},\n {"name": "B", "value": "2"}]}\n')
    assert found.kind is Kind.CONFIG


def test_a_secret_in_a_chat_is_not_kept() -> None:
    token = "ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8"
    found = reading("talk.md", f"2024-03-01\nAna: the token is {token}\nBo: thanks\n")
    assert token not in found.text


@pytest.mark.parametrize(
    ("written", "expected"),
    [("03/04/2024", None), ("31/04/2024", None), ("5.3.2024", "2024-03-05"), ("2024年3月5日 9:07", "2024-03-05 09:07")],
)
def test_a_moment_that_can_be_read_in_two_ways_or_never_was_has_no_order(written: str, expected: str | None) -> None:
    assert moment(written) == expected


@given(st.text(alphabet="Ana Bo:[]()<>#*-\n 0123456789/.,：\u200f", max_size=300))
def test_any_text_is_read_and_covered(text: str) -> None:
    assert_covered(reading("talk.md", text))
    rows = [turn.row for turn in turns(text.split("\n"))]
    assert rows == sorted(set(rows))


KEYS = st.sampled_from(["role", "content", "from", "text", "ts", "messages"])
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=9),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(KEYS, each),
)


@settings(max_examples=30)
@given(JSON)
def test_any_json_is_read_and_covered(value: object) -> None:
    reading("chat.json", json.dumps(value, indent=1))
    reading("chat.jsonl", json.dumps(value) + "\n" + json.dumps(value))
