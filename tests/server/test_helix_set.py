"""The seed's tool names: what a prompt that was written for it calls and reads."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client

from cistron.server.app import build
from cistron.tools.services import Services

pytestmark = pytest.mark.anyio

Opening = Callable[[], Services]
WAIT_S = 30
NAMES = """
    helix_context helix_context_packet helix_refresh_targets helix_stats helix_ingest helix_resonance helix_consolidate
    helix_health helix_metrics_tokens helix_bridge_status helix_gene_get helix_neighbors helix_splice_preview
    helix_fingerprint helix_document_get helix_document_query helix_document_preview helix_document_fingerprint
    helix_sessions_list helix_session_recent helix_hitl_emit helix_hitl_recent
""".split()


async def answer(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    text = getattr(result.content[0], "text", "")
    assert not result.is_error, text
    assert result.structured_content == json.loads(text)
    return result.structured_content


async def test_the_seeds_names_stand_beside_the_default_set(opening: Opening) -> None:
    async with Client(build(opening, tools="helix")) as client:
        helix = [tool.name for tool in (await client.list_tools()).tools]
    async with Client(build(opening)) as client:
        default = [tool.name for tool in (await client.list_tools()).tools]
    assert helix == [*default, *NAMES]


async def test_a_packet_has_the_seeds_lists_and_every_item_its_fields(opening: Opening, tree: Path) -> None:
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening, tools="helix")) as client:
            before = await answer(client, "helix_context_packet", query="parse_line", task_type="edit", max_genes=3)
            gene = before["verified"][0]["gene_id"]
            (tree / "src" / "parser.py").unlink()
            after = await answer(client, "helix_context_packet", query="parse_line", task_type="edit")
            gone = await answer(client, "helix_gene_get", gene_id=gene)
    item = before["verified"][0]
    assert list(before) == [
        *("task_type", "query", "verified", "stale_risk", "contradictions", "refresh_targets", "working_set_id"),
        *("notes", "response_mode"),
    ]
    assert (item["source_id"], item["status"], item["live_truth_score"]) == ("src/parser.py", "verified", 1.0)
    assert item["content"].startswith("def parse_line(")
    assert item["citations"] == ["src/parser.py", f"gene:{gene}"]
    assert after["verified"] == []
    assert {one["status"] for one in after["stale_risk"]} == {"needs_refresh"}
    assert after["refresh_targets"][0]["source_id"] == "src/parser.py"
    assert gone["content"] == ""


async def test_context_is_one_answer_with_text_and_a_recommendation(opening: Opening) -> None:
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening, tools="helix")) as client:
            full = await answer(client, "helix_context", query="parse_line")
            short = await answer(client, "helix_document_query", query="parse_line", decoder_mode="minimal")
            lost = await answer(client, "helix_context", query="quantum chromodynamics lagrangian")
    assert "return line.split()" in full["content"]
    assert "return line.split()" not in short["content"]
    assert full["agent"]["recommendation"] == "trust"
    assert full["agent"]["citations"][0]["source"] == "src/parser.py"
    assert lost["agent"]["recommendation"] == "reread_raw"


async def test_a_text_is_kept_found_and_counted(opening: Opening) -> None:
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening, tools="helix")) as client:
            await answer(client, "helix_context", query="parse_line")
            kept = await answer(
                client, "helix_ingest", content="The zebrafish cache lives in RAM.", metadata={"path": "talk"}
            )
            gene = await answer(client, "helix_document_get", gene_id=kept["gene_ids"][0])
            found = await answer(client, "helix_fingerprint", query="zebrafish cache", max_results=1)
            stats = await answer(client, "helix_stats")
            tokens = await answer(client, "helix_metrics_tokens")
            health = await answer(client, "helix_health")
    assert (kept["count"], kept["attributed"]) == (1, True)
    assert gene["content"] == "The zebrafish cache lives in RAM."
    assert found["fingerprints"][0]["gene_id"] == kept["gene_ids"][0]
    assert found["evaluated_total"] == found["returned"] + found["filtered_by_floor"] + found["truncated_by_cap"]
    assert stats["total_genes"] == stats["open"] == health["genes"]
    assert tokens["session"]["total"] > 0
    assert health["checks"]["genome_ready"]


async def test_consolidate_takes_in_what_was_written_since(opening: Opening, tree: Path) -> None:
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening, tools="helix")) as client:
            await answer(client, "helix_context", query="parse_line")
            (tree / "more.toml").write_text("[more]\nwaiting_time = 30\n")
            first = await answer(client, "helix_consolidate")
            second = await answer(client, "helix_consolidate")
    assert first["facts_extracted"] == 1
    assert second["facts_extracted"] == 0


async def test_sessions_and_pauses_go_by_the_seeds_names(opening: Opening) -> None:
    with anyio.fail_after(WAIT_S):
        async with Client(build(opening, tools="helix")) as client:
            await client.call_tool("session", {"action": "start", "name": "writer", "focus": "the parser"})
            await client.call_tool("remember", {"text": "parse_line splits at white space"})
            listed = await answer(client, "helix_sessions_list")
            emitted = await answer(
                client, "helix_hitl_emit", pause_type="permission_request", task_context="may I delete it",
                risk_keywords=["delete"], tone_uncertainty=0.25, recoverability="lost",
            )  # fmt: skip
            recent = await answer(client, "helix_hitl_recent", pause_type="permission_request")
            foreign = await answer(client, "helix_hitl_recent", party_id="somebody else's")
            did = await answer(client, "helix_session_recent", handle="writer")
    assert "writer" in [one["handle"] for one in listed["participants"]]
    assert listed["count"] == len(listed["participants"])
    assert emitted == {"event_id": "h1", "ok": True}
    (event,) = recent["events"]
    assert (event["task_context"], event["recoverability_signal"]) == ("may I delete it", "lost")
    assert (event["operator_risk_keywords"], event["operator_tone_uncertainty"]) == (["delete"], 0.25)
    assert foreign == {"events": [], "count": 0}
    assert (did["handle"], did["count"]) == ("writer", len(did["genes"]))
