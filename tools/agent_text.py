"""The compact text forms of `agent_state` and `flag`."""

from __future__ import annotations

from datetime import UTC, datetime

from .models.agent import AgentStateReport, Difference, Flags, VersionOf
from .plain import one_line


def agent_text(report: AgentStateReport) -> str:
    """Return what an action on an agent's state did or found, a version, change or moment a line."""
    lines = [f"{report.action}: {one_line(report.agent)} on {one_line(report.branch)} at event {report.sequence}"]
    if report.resume is not None:
        lines.append(f"in focus: {one_line(', '.join(report.resume.places)) or 'nothing yet'}")
        lines += [f'asked "{one_line(question)}"' for question in report.resume.questions]
        settled = "unknown" if report.settled is None else f"{report.settled:.2f}"
        lines.append(f"work goes: {report.resume.band}; settled: {settled}{'; switched' if report.switched else ''}")
    if report.checked is not None:
        lines.append(f"log: {report.checked} events follow from one another")
    lines += [_version(version) for version in report.versions]
    if report.difference is not None:
        lines += _difference(report.difference)
    lines += [
        f"{one.likeness:.2f} {_day(one.at)} event {one.sequence}: {one_line(', '.join(one.doing))}"
        for one in report.moments
    ]
    if report.file is not None:
        lines.append(f"file: {one_line(report.file)}")
    return "\n".join([*lines, *(f"note: {one_line(note)}" for note in report.notes)])


def flags_text(flags: Flags) -> str:
    """Return the flags, a line each."""
    lines = [
        f"{one_line(one.name)} set by {one_line(one.by)} {_day(one.at)}"
        + (f": {one_line(one.reason)}" * bool(one.reason))
        for one in flags.flags
    ]
    return "\n".join(lines) or "no flag is set"


def _version(version: VersionOf) -> str:
    names = f" ({', '.join(version.branches)})" if version.branches else ""
    message = f" {one_line(version.message)}" if version.message else ""
    return f"{version.id[:10]} {_day(version.at)} {one_line(version.agent)}{names}{message}"


def _difference(found: Difference) -> list[str]:
    head = f"{found.before[:10]} -> {found.after[:10]}"
    if not found.ok:
        return [f"{head}: cannot be told exactly from the states alone"]
    if not found.changes:
        return [f"{head}: the same"]
    return [f"{head}, {found.source}:", *(f"{one.count:+d} {one_line(one.event)}" for one in found.changes)]


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M") if at > 0 else "never"
