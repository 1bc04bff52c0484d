"""Conversations, pages and PDF documents as a question finds them: proven, with the latest word first."""

# ruff: noqa: RUF001  letters of other scripts are meant as they are

from collections.abc import Generator
from pathlib import Path

import pytest

from cistron.genome.reading import pdf as pdf_reading
from cistron.tools.errors import UsageError
from cistron.tools.ingest import IngestTools
from cistron.tools.models.packet import Item
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services

from ..genome.pdfs import pdf

CHAT = """# Release week

[2024-03-01 09:00] Ana: the search listener sits on port 8080
[2024-03-01 09:05] Bo: the billing listener sits on port 7070
[2024-03-02 10:00] Ana: lunch first, then the retro
[2024-03-04 11:00] Bo: we moved the search listener to port 9090
[2024-03-05 11:30] Cy: is the search port open on the proxy?
[2024-03-06 12:00] Ana: Priya reviews every change in search
"""


@pytest.fixture
def empty(tmp_path: Path) -> Generator[Services]:
    """Services over an empty folder."""
    (tmp_path / "repo").mkdir()
    services = Services(tmp_path / "store" / "genome.db", [tmp_path / "repo"], vectors=False)
    services.start()
    yield services
    services.close()


def keep(services: Services, tmp_path: Path, name: str, text: str | bytes) -> None:
    """Write a file and read the folder in."""
    data = text.encode() if isinstance(text, str) else text
    (tmp_path / "repo" / name).write_bytes(data)
    assert IngestTools(services).ingest(path=str(tmp_path / "repo")).state == "done"


def ask(services: Services, query: str) -> list[Item]:
    return PacketTools(services).context_packet(query, max_tokens=4_000).items


def test_the_later_turn_comes_first_and_the_earlier_one_names_it(empty: Services, tmp_path: Path) -> None:
    keep(empty, tmp_path, "chat.md", CHAT)
    first, second, *_ = ask(empty, "which port does the search listener use")
    assert (first.start_line, first.status, first.evidence.because) == (6, "verified", None)
    assert first.why.startswith("Release week / Bo, 2024-03-04 11:00; ")
    assert (second.start_line, second.status, second.evidence.because) == (1, "stale_risk", "chat.md:6-6")
    assert "replaced by chat.md:6-6, Release week / Bo, 2024-03-04 11:00" in second.why


def test_a_turn_about_something_else_replaces_nothing(empty: Services, tmp_path: Path) -> None:
    keep(empty, tmp_path, "chat.md", CHAT)
    (billing, *_) = ask(empty, "which port does the billing listener use")
    assert (billing.start_line, billing.status) == (4, "verified")


def test_a_question_about_the_past_is_answered_in_the_order_of_its_words(empty: Services, tmp_path: Path) -> None:
    keep(empty, tmp_path, "chat.md", CHAT)
    assert all("replaced" not in item.why for item in ask(empty, "which port did search originally listen on"))


def test_what_a_speaker_said_is_found_by_the_name(empty: Services, tmp_path: Path) -> None:
    keep(empty, tmp_path, "chat.md", CHAT.replace("Bo: we moved the search listener to", "Bo: nice weather on"))
    (said, *_) = ask(empty, "what did Bo say about the billing port")
    assert said.start_line == 4


def test_of_kept_texts_the_later_comes_first_although_neither_has_a_date(empty: Services) -> None:
    told = ("Jonas reviews changes in ledger", "morning all", "Mei takes over reviews of ledger changes from Jonas")
    for at, text in enumerate(told):
        IngestTools(empty).ingest(content=f"Ana: {text}", source_id=f"chat/{at}")
    first, second, *_ = ask(empty, "who reviews changes in ledger")
    assert (first.path, second.path) == ("chat/2", "chat/0")
    assert "replaced by chat/2" in second.why


def test_a_value_that_comes_back_stands_first(empty: Services, tmp_path: Path) -> None:
    rows = (
        "the mailer retries 3 times",
        "we raised the mailer retries to 9",
        "back to 3 retries of the mailer, actually",
    )
    text = "".join(f"[2024-03-0{day} 09:00] Ana: {said}\n" for day, said in enumerate(rows, 1))
    keep(empty, tmp_path, "chat.txt", text)
    lines = [item.start_line for item in ask(empty, "how many retries does the mailer have")]
    assert lines[0] == 3


def test_japanese_and_hebrew_conversations_are_answered_by_their_last_word(empty: Services, tmp_path: Path) -> None:
    keep(
        empty,
        tmp_path,
        "ja.txt",
        "田中: 検索サーバーのポートは8080です\n鈴木: はい\n田中: 検索サーバーのポートを9090に変更\n鈴木: 了解\n",
    )
    keep(
        empty, tmp_path, "he.txt", "דנה: הפורט של החיפוש הוא 8080\nיוסי: טוב\nדנה: הפורט של החיפוש הוא 9090\nיוסי: כן\n"
    )
    assert ask(empty, "検索サーバーのポート")[0].start_line == 3
    assert ask(empty, "הפורט של החיפוש")[0].start_line == 3


def test_who_spoke_is_a_fact_of_the_turn(empty: Services, tmp_path: Path) -> None:
    keep(empty, tmp_path, "chat.md", CHAT)
    reading = empty.engine().database.reading()
    held = list(reading.execute("select value, line from fact where key = 'speaker' order by line"))
    assert held[:2] == [("Ana", 3), ("Bo", 4)]


def test_a_page_is_proven_on_its_lines_and_healed_after_an_edit(empty: Services, tmp_path: Path) -> None:
    html = "<html>\n<h1>Crane</h1>\n<p>The crane lifts &quot;forty&quot; tonnes.</p>\n</html>\n"
    keep(empty, tmp_path, "manual.html", html)
    (item, *_) = ask(empty, "how many tonnes does the crane lift")
    assert (item.start_line, item.status) == (2, "verified")
    (tmp_path / "repo" / "manual.html").write_text(html.replace("<html>", "<html>\n<!-- x -->\n"))
    (item, *_) = ask(empty, "how many tonnes does the crane lift")
    assert (item.start_line, item.status, item.healed) == (4, "verified", True)


def test_a_pdf_is_found_by_its_page_and_proven_by_its_bytes(empty: Services, tmp_path: Path) -> None:
    keep(empty, tmp_path, "manual.pdf", pdf("Harbour manual", "The crane lifts 40 tonnes."))
    (item, *_) = PacketTools(empty).context_packet("crane tonnes", "edit", detail="lines").items
    assert (item.path, item.start_line, item.status, item.evidence.rung) == ("manual.pdf", 2, "verified", "bytes")
    assert item.why.startswith("page 2; ")
    assert item.text == "The crane lifts 40 tonnes."


def test_a_pdf_waits_for_its_extra_and_is_read_once_that_is_there(
    empty: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "repo" / "manual.pdf").write_bytes(pdf("The crane lifts 40 tonnes."))
    monkeypatch.setattr(pdf_reading, "is_readable", lambda: False)
    report = IngestTools(empty).ingest(path=str(tmp_path / "repo"))
    assert [(each.reason, each.examples) for each in report.skipped] == [(pdf_reading.WAITS, ["manual.pdf"])]
    monkeypatch.undo()
    report = IngestTools(empty).ingest(path=str(tmp_path / "repo"))
    assert (report.read, report.skipped) == (1, [])


def test_a_damaged_pdf_is_reported_and_the_rest_is_read(empty: Services, tmp_path: Path) -> None:
    (tmp_path / "repo" / "bad.pdf").write_bytes(b"%PDF-1.7\nnothing")
    keep(empty, tmp_path, "a.md", "# Crane\n\nForty tonnes.\n")
    report = IngestTools(empty).ingest(path=str(tmp_path / "repo"))
    assert [each.reason for each in report.skipped] == ["PDF: damaged"]
    assert ask(empty, "crane tonnes")[0].path == "a.md"


def test_a_synonym_of_the_settings_finds_what_has_the_other_word(tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "a.py").write_text("def open_database(path):\n    return path\n")
    (tmp_path / "repo" / "b.py").write_text("def close_window(path):\n    return path\n")
    for synonyms, expected in ({}, []), ({"db": ["database"]}, ["a.py"]):
        services = Services(tmp_path / "g.db", [tmp_path / "repo"], vectors=False, synonyms=synonyms)
        assert IngestTools(services).ingest(path=str(tmp_path / "repo")).state == "done"
        assert [item.path for item in ask(services, "where is the db")] == expected
        services.close()


def test_a_synonym_of_several_words_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'data base' is no single word"):
        Services(tmp_path / "g.db", [], synonyms={"db": ["data base"]})
