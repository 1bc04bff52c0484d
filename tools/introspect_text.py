"""The compact text forms of the introspection tools."""

from __future__ import annotations

from .models.introspect import BridgeStatus, Chunk, Fingerprint, Health, Neighbors, Spent, TokenMetrics
from .plain import one_line


def chunk_text(chunk: Chunk) -> str:
    """Return the proof in a line, then the text as it stands."""
    lines = f":{chunk.start_line}-{chunk.end_line}" if chunk.start_line else ""
    symbol = f" {one_line(chunk.symbol)}" if chunk.symbol else ""
    note = f" ({one_line(chunk.note)})" if chunk.note else ""
    head = f"{chunk.status} [{chunk.evidence.rung}] {one_line(chunk.path)}{lines}{symbol}{note}"
    more = [f"note: cut here; cursor={chunk.next_cursor} gives the rest"] if chunk.truncated else []
    return "\n".join([head, chunk.text, *more])


def neighbors_text(answer: Neighbors) -> str:
    """Return a neighbour a line, nearest first."""
    lines: list[str] = []
    for one in answer.neighbors:
        at = f":{one.start_line}-{one.end_line}" if one.start_line else ""
        symbol = f" {one_line(one.symbol)}" if one.symbol else ""
        lines.append(f"{one.status} {one_line(one.path)}{at}{symbol} {one.by} {one.score:.2f} #{one_line(one.target)}")
    return "\n".join([*lines, *(f"note: {note}" for note in answer.notes)])


def fingerprint_text(answer: Fingerprint) -> str:
    """Return the account in a line, then a place a line."""
    head = (
        f"{answer.returned} of {answer.above_floor_total} at or above {answer.score_floor:g}; {answer.evaluated_total}"
        f" evaluated, {answer.filtered_by_floor} below the floor, {answer.truncated_by_cap} cut"
    )
    lines = [
        f"{one.rank}. {one.score:.2f} {one_line(one.path)}:{one.start_line}-{one.end_line}"
        + (f" {one_line(one.symbol)}" if one.symbol else "")
        + f" ({one_line(one.why)}) #{one.id}"
        for one in answer.prints
    ]
    more = [f"note: cursor={answer.next_cursor} gives the next"] if answer.next_cursor is not None else []
    return "\n".join([head, *lines, *more])


def metrics_text(answer: TokenMetrics) -> str:
    """Return a tool a line, for the session, the process and the store."""
    parts = (("session", answer.session), ("process", answer.process), ("lifetime", answer.lifetime))
    return "\n".join([*(_spent(name, one) for name, found in parts for one in found), f"since {answer.since}"])


def health_text(answer: Health) -> str:
    """Return what was looked at, a line each."""
    lines = [
        f"{'ok ' if one.ok else 'NO '} {one_line(one.name)}: {one_line(one.detail)}"
        + (f"; {one_line(one.advice)}" if one.advice else "")
        for one in answer.findings
    ]
    return "\n".join([f"{answer.status}, cistron {answer.version}, up {answer.uptime_s:.0f} s", *lines])


def bridge_text(answer: BridgeStatus) -> str:
    """Return who is at work on the store, in three lines."""
    processes = "not told by this system" if answer.processes is None else ", ".join(map(str, answer.processes))
    indexer = "nobody" if not answer.is_indexing else "a process" if answer.indexer is None else str(answer.indexer)
    return "\n".join(
        [
            f"process {answer.process}; on the store: {processes}",
            f"indexing: {indexer}; {answer.jobs_running} jobs here",
            f"sessions: {answer.sessions_here} here, {answer.sessions_lately} in the last hour on the store",
        ]
    )


def _spent(name: str, one: Spent) -> str:
    size = one.text_bytes + one.structured_bytes
    return f"{name} {one.tool}: {one.calls} calls, ~{one.tokens} tokens of text, {size} bytes in both forms"
