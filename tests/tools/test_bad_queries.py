"""Questions that no friend would ask: each gives one clear error or a valid packet, never an exception of another's."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp import Client
from mcp_types import CallToolResult

from cistron.genome.errors import GenomeError
from cistron.server.app import build
from cistron.tools.errors import ToolsError, UsageError
from cistron.tools.ingest import IngestTools
from cistron.tools.models.packet import Packet, TaskType
from cistron.tools.packet import PacketTools
from cistron.tools.refresh import RefreshTools
from cistron.tools.services import Services
from cistron.tools.text import packet_text
from cistron.tools.verify import VerifyTools

WAIT_S = 30
BLANK = {
    "empty": "",
    "space": " ",
    "white space": " \t\r\n\v\f",
    "no-break and ideographic space": "\u00a0\u3000",
}
ODD = {
    "emoji": "🚀🔥 why does it 💥?",
    "joined emoji": "👩‍👩‍👧‍👦",
    "NEAR": "NEAR(send retry, 2)",
    "bare operators": "AND OR NOT NEAR",
    "unbalanced quote": '"send request',
    "quotes": '""""',
    "single quotes": "it's 'quoted'",
    "star": "*",
    "prefix": "send*",
    "caret": "^send",
    "column filter": "symbol:send body : retry",
    "column list": "{symbol body} : send",
    "negated column": "- symbol : send",
    "parentheses": "((send AND retry",
    "closing parentheses": ")))",
    "plus": "send + retry",
    "minus": "send -retry",
    "sql": "'; drop table source; --",
    "sql union": "x' union select hash from content --",
    "bound parameter": "?1 :name @x $y",
    "NUL": "send\0retry",
    "only NUL": "\0",
    "control characters": "\x01\x02\x1b[31m\x7f",
    "stop words": "how does it do what it does",
    "punctuation": "?!.,;:-_()[]{}<>/\\|@#$%^&*~`'\"",
    "underscores": "____",
    "japanese": "サーバーの設定",
    "one chinese letter": "設",
    "korean": "서버 설정을 변경",
    "arabic": "إعدادات الخادم",
    "combining marks": "e\u0301" * 50,
    "many combining marks": "a" + "\u0301" * 5_000,
    "right to left": "\u202egnirts",
    "byte order mark": "\ufeffsend",
    "private use": "\ue000\uf8ff",
    "last code point": "\U0010ffff",
    "non-characters": "\ufffe\uffff",
    "dots": "..........",
    "slashes": "////////",
    "path up": "../../../../etc/passwd",
    "absolute path": "/etc/passwd",
    "long word": "x" * 90_000,
    "long snake": "_".join(["ab"] * 30_000),
    "long camel": "Ab" * 45_000,
    "long path": "a/" * 45_000,
    "long dotted": "a." * 45_000,
    "long dashes": "-" * 90_000,
    "long colons": "::" * 45_000,
    "long digits": "1" * 90_000,
    "long cjk": "設定" * 40_000,
    "many words": " ".join(f"word{n}" for n in range(9_000)),
    "json": '{"query": "send"}',
    "a packet's line": "verified [stat] src/client.py:1-9 Client p=1.00",
    "regular expression": "(a+)+$",
    "format": "%s %n {0} {query!r}",
    "template": "{{7*7}} ${jndi:ldap://x}",
    "line breaks": "send\r\nrequest\u2028retry\u2029\x85",
    "ligature": "ﬁle ﬂow",
    "turkish i": "\u0130stanbul \u0131I",
    "sharp s": "STRASSE straße",
    "superscripts": "x²³¹ ½ Ⅷ",
}


def texts(cases: dict[str, str]) -> Callable[..., Any]:
    return pytest.mark.parametrize("query", cases.values(), ids=cases.keys())


def is_clear(message: str) -> bool:
    return bool(message) and "\n" not in message and "Traceback" not in message and len(message) < 400


def text_of(result: CallToolResult) -> str:
    return "".join(getattr(part, "text", "") for part in result.content)


def assert_valid(packet: Packet, services: Services, max_items: int, max_tokens: int) -> None:
    assert len(packet.items) <= max_items
    assert 0 <= packet.confidence <= 1
    assert (packet.reason is None) == (packet.known == "yes")
    assert -(-len(packet_text(packet)) // 4) <= max_tokens or not (packet.items or packet.refresh_targets)
    assert Packet.model_validate_json(packet.model_dump_json()) == packet
    root = Path(services.roots()[0].path)
    for item in packet.items:
        lines = (root / item.path).read_text().count("\n")
        assert 1 <= item.start_line <= item.end_line <= lines
        assert 0 <= item.p <= 1
        assert packet.known != "no" or item.status != "verified"


async def call(services: Services, tool: str, arguments: dict[str, Any]) -> CallToolResult:
    with anyio.fail_after(WAIT_S):
        async with Client(build(lambda: services)) as client:
            return await client.call_tool(tool, arguments)


@texts(BLANK)
@pytest.mark.parametrize("task_type", get_args(TaskType))
def test_a_blank_question_is_refused_in_every_task(asked: Services, query: str, task_type: str) -> None:
    with pytest.raises(UsageError, match="the query is empty"):
        PacketTools(asked).context_packet(query, task_type)
    with pytest.raises(UsageError, match="the query is empty"):
        RefreshTools(asked).refresh_targets(query, task_type)


@texts(ODD)
def test_an_odd_question_gives_a_valid_packet_and_plan(asked: Services, query: str) -> None:
    for task in ("explain", "edit"):
        packet = PacketTools(asked).context_packet(query, task)
        assert_valid(packet, asked, 8, 1500)
        assert len(packet.query) <= 403
        plan = RefreshTools(asked).refresh_targets(query, task)
        assert plan.left_out == 0


def test_words_of_the_query_language_of_the_index_are_plain_words(asked: Services) -> None:
    plain = PacketTools(asked).context_packet("send request retry").items
    for query in (
        "send AND request OR retry",
        '"send request" retry',
        "(send request) retry*",
        "^send + request - retry",
    ):
        found = PacketTools(asked).context_packet(query).items
        assert {item.symbol for item in plain} <= {item.symbol for item in found}, query


def test_a_question_in_japanese_finds_a_japanese_text(asked: Services) -> None:
    packet = PacketTools(asked).context_packet("サーバーの設定")
    assert packet.items[0].path == "docs/japanese.md"
    assert packet.known == "yes"


@pytest.mark.parametrize("query", ["how does it do what it does", "AND OR NOT", "?!.,;", "🚀🔥", "\0", "____"])
def test_a_question_without_a_word_to_search_for_is_not_known(asked: Services, query: str) -> None:
    packet = PacketTools(asked).context_packet(query)
    assert packet.known == "no"
    assert packet.confidence < 0.35
    assert packet.escalate_to is not None


@pytest.mark.parametrize("size", [100_001, 1 << 20])
def test_a_question_of_a_megabyte_is_refused_with_the_most_that_is_taken(asked: Services, size: int) -> None:
    with pytest.raises(UsageError, match="100,000 is the most") as caught:
        PacketTools(asked).context_packet("send " * (size // 5) + "x" * 10)
    assert is_clear(str(caught.value))


@pytest.mark.parametrize("query", ["\ud800", "send \udfff request", "\udc80\udcff.py"])
def test_a_lone_surrogate_gives_a_clear_error_or_a_packet(asked: Services, query: str) -> None:
    try:
        packet = PacketTools(asked).context_packet(query)
    except (ToolsError, GenomeError) as error:
        said = str(error)
        said.encode()  # a message that cannot be sent is none
    else:
        said = "answered"
        packet.model_dump_json()
    assert is_clear(said)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(query=st.text(max_size=80), task=st.sampled_from(get_args(TaskType)), most=st.integers(1, 50))
def test_any_text_gives_an_error_of_ours_or_a_valid_packet(asked: Services, query: str, task: str, most: int) -> None:
    try:
        packet = PacketTools(asked).context_packet(query, task, max_items=most, max_tokens=100 + most)
    except UsageError as error:
        said = str(error)
    else:
        said = "answered"
        assert_valid(packet, asked, most, 100 + most)
    assert is_clear(said)


@pytest.mark.parametrize("task_type", ["", "fix", "EDIT", "edit ", "explain\n", "\0", "x" * 5_000, "'; --"])
def test_an_unknown_task_type_names_the_valid_ones(asked: Services, task_type: str) -> None:
    with pytest.raises(UsageError, match="plan, explain, review, edit, debug, ops, quote") as caught:
        PacketTools(asked).context_packet("send", task_type)
    assert is_clear(str(caught.value))
    with pytest.raises(UsageError, match="plan, explain, review, edit, debug, ops, quote"):
        RefreshTools(asked).refresh_targets("send", task_type)


@pytest.mark.parametrize("max_items", [1, 50])
@pytest.mark.parametrize("max_tokens", [100, 20_000])
def test_the_borders_of_the_budgets_are_taken_and_kept(asked: Services, max_items: int, max_tokens: int) -> None:
    for query in ("client server request retry install port " * 10, "send"):
        packet = PacketTools(asked).context_packet(query, "edit", max_items=max_items, max_tokens=max_tokens)
        assert_valid(packet, asked, max_items, max_tokens)


def test_an_unknown_root_is_named_with_the_roots_there_are(asked: Services) -> None:
    for names in (["nowhere"], ["repo", "nowhere"], [""], ["../repo"], ["\0"]):
        with pytest.raises(UsageError, match="the roots are: repo"):
            PacketTools(asked).context_packet("send", roots=names)


@pytest.mark.parametrize(
    "target",
    [
        "", " ", "\0", "::", ":", "#", "src/client.py:", "src/client.py:0", "src/client.py:0-0", "src/client.py:9-3",
        "src/client.py:1-999999", "src/client.py:99999999999999999999", "src/client.py::", "src/client.py::Nothing",
        "src/client.py::" + "x" * 50_000, "1.1.1.1", "0.0.0", "ffffffffffffffffffffffff.1.1", "1.ffffffffffffffffff.0",
        "1.1.7fffffffffffffff", "a" * 100_000, "src", "src/", ".", "..", "/", "~", "~nobody-at-all/x",
        "src/client.py/x",
        "src//client.py", "./src/client.py", "src/../src/client.py", "job-1", "C:\\x", "file:///etc/passwd",
        "🚀.py:1-2",
        "src/client.py:-1", "src/client.py:1-", "src/client.py#L1-L2", "src/client.py:1:2", "x" * 300 + "/y",
        "\n", "a\nb",
        "\udc80.py", "../repo/src/client.py", "src/client.py:\uff11-\uff12", "src/client.py:²",
    ],
)  # fmt: skip
def test_an_odd_target_is_answered_with_one_line(asked: Services, target: str) -> None:
    report = VerifyTools(asked).verify([target], used=[target])
    (result,) = report.results
    assert result.target == target.encode("utf-8", "replace").decode()
    assert result.note is None or is_clear(result.note)
    if result.status == "verified":
        assert result.path == "src/client.py"
    elif result.path is None:
        assert result.note


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"content": "x"}, "source_id must be"),
        ({"content": "x", "source_id": ""}, "source_id must be"),
        ({"content": "x", "source_id": "a\0b"}, "source_id must be"),
        ({"content": "x", "source_id": "a" * 501}, "source_id must be"),
        ({"content": "x", "source_id": "a", "kind": "picture"}, "code, doc, config, note"),
        ({"content": "x", "source_id": "a", "volatility": "wild"}, "stable, medium, hot"),
        ({"content": "x", "path": "src"}, "either path, or content"),
        ({}, "either path, or content"),
        ({"content": "x" * ((1 << 20) + 1), "source_id": "a"}, "is the most"),
    ],
)
def test_a_text_that_cannot_be_kept_is_refused(asked: Services, arguments: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        IngestTools(asked).ingest(**arguments)  # type: ignore[arg-type]
    assert is_clear(str(caught.value))


@pytest.mark.parametrize(
    "name", ["page", "https://example.com/a?b=c#d", "../../x", "/etc/passwd", "-rf", "\ud800", " "]
)
def test_any_text_is_kept_or_refused_with_one_line(services: Services, name: str) -> None:
    for content in ("", "\n", "\0", "\ud800", "🚀", "a\0b" * 1_000, "\ufeff", "x" * (1 << 20)):
        try:
            report = IngestTools(services).ingest(content=content, source_id=name)
        except (ToolsError, GenomeError) as error:
            said = str(error)
        else:
            said = report.state
            report.model_dump_json()
        assert is_clear(said.encode("utf-8", "backslashreplace").decode())
    PacketTools(services).context_packet("page example passwd rf").model_dump_json()


def test_a_kept_text_of_every_kind_is_found_and_ages(services: Services) -> None:
    for kind in ("code", "doc", "config", "note"):
        IngestTools(services).ingest(content="the flywheel spins at 900 rpm\n", source_id=f"log-{kind}", kind=kind)
    packet = PacketTools(services).context_packet("flywheel spins rpm")
    assert {item.evidence.rung for item in packet.items} == {"age"}
    assert packet.items[0].path.startswith("log-")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("context_packet", {}, "query"),
        ("context_packet", {"query": None}, "query"),
        ("context_packet", {"query": 5}, "query"),
        ("context_packet", {"query": 1.5}, "query"),
        ("context_packet", {"query": True}, "query"),
        ("context_packet", {"query": ["send"]}, "query"),
        ("context_packet", {"query": {"text": "send"}}, "query"),
        ("context_packet", {"query": "send", "limit": 3}, "limit"),
        ("context_packet", {"query": "send", "services": {}, "self": 1}, "self"),
        ("context_packet", {"query": "send", "task_type": 3}, "task_type"),
        ("context_packet", {"query": "send", "task_type": "fix"}, "edit, debug"),
        ("context_packet", {"query": "send", "max_items": 0}, "max_items"),
        ("context_packet", {"query": "send", "max_items": 51}, "max_items"),
        ("context_packet", {"query": "send", "max_items": -1}, "max_items"),
        ("context_packet", {"query": "send", "max_items": 1 << 70}, "max_items"),
        ("context_packet", {"query": "send", "max_items": "many"}, "max_items"),
        ("context_packet", {"query": "send", "max_items": 2.5}, "max_items"),
        ("context_packet", {"query": "send", "max_items": None}, "max_items"),
        ("context_packet", {"query": "send", "max_tokens": 99}, "max_tokens"),
        ("context_packet", {"query": "send", "max_tokens": 20_001}, "max_tokens"),
        ("context_packet", {"query": "send", "roots": "repo-x"}, "roots"),
        ("context_packet", {"query": "send", "roots": [1]}, "roots"),
        ("context_packet", {"query": "send", "session": 5}, "session"),
        ("context_packet", {"query": ""}, "the query is empty"),
        ("context_packet", {"query": "x" * (1 << 20)}, "is the most"),
        ("refresh_targets", {"query": "send", "budget_tokens": 0}, "budget_tokens"),
        ("refresh_targets", {"query": "send", "budget_tokens": "all"}, "budget_tokens"),
        ("refresh_targets", {"query": "send", "task_type": "fix"}, "edit, debug"),
        ("refresh_targets", {}, "query"),
        ("verify", {}, "targets"),
        ("verify", {"targets": []}, "nothing to verify"),
        ("verify", {"targets": "src/client.py"}, "targets"),
        ("verify", {"targets": [None]}, "targets"),
        ("verify", {"targets": ["a"] * 101}, "targets"),
        ("ingest", {}, "either path, or content"),
        ("ingest", {"path": 3}, "path"),
        ("ingest", {"path": "src", "wait": "perhaps"}, "wait"),
        ("ingest", {"path": "src", "progress": 1}, "progress"),
        ("ingest", {"path": "src", "should_stop": True}, "should_stop"),
        ("ingest", {"path": "src", "context": {}}, "context"),
        ("nothing", {}, "context_packet"),
    ],
)
async def test_bad_arguments_are_answered_with_one_line_that_names_them(
    services: Services, caplog: pytest.LogCaptureFixture, tool: str, arguments: dict[str, Any], said: str
) -> None:
    result = await call(services, tool, arguments)
    assert result.is_error
    assert said in text_of(result)
    assert is_clear(text_of(result))
    assert not [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]


@pytest.mark.anyio
async def test_odd_questions_over_the_protocol_are_answered_without_a_traceback(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    with anyio.fail_after(WAIT_S):
        async with Client(build(lambda: services)) as client:
            for name, query in ODD.items():
                result = await client.call_tool("context_packet", {"query": query, "max_tokens": 400})
                assert not result.is_error, name
                assert result.structured_content is not None
                assert_valid(Packet.model_validate(result.structured_content), services, 8, 400)
    assert not [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("context_packet", {"query": "\ud800 send"}),
        ("context_packet", {"query": "send", "session": "\udfff"}),
        ("context_packet", {"query": "send", "roots": ["\udc80"]}),
        ("verify", {"targets": ["\udc80.py"]}),
        ("ingest", {"path": "\udc80"}),
        ("ingest", {"content": "\ud800", "source_id": "a"}),
        ("ingest", {"content": "a", "source_id": "\ud800"}),
    ],
)
async def test_a_lone_surrogate_over_the_protocol_is_an_error_or_an_answer(
    services: Services, caplog: pytest.LogCaptureFixture, tool: str, arguments: dict[str, Any]
) -> None:
    result = await call(services, tool, arguments)
    text_of(result).encode()
    assert not [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]


@pytest.mark.parametrize("session", ["", " ", "\0", "x" * 100_000, "'; drop table delivery; --", "🚀"])
def test_any_handle_of_a_session_is_taken_and_kept_apart(asked: Services, session: str) -> None:
    first = PacketTools(asked).context_packet("send request", session=session)
    again = PacketTools(asked).context_packet("send request", session=session)
    assert again.items[0].evidence.seen == "same" or session == ""
    other = PacketTools(asked).context_packet("send request", session=f"{session}-other")
    assert other.items[0].evidence.seen == "never"
    assert [item.id for item in first.items] == [item.id for item in again.items]
