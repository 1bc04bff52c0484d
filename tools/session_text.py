"""The compact text of `session`: a line a session, a path or a deed."""

from __future__ import annotations

from .models.session import At, Claimed, SessionReport
from .models.work import Verified
from .news import ago
from .plain import one_line


def session_text(report: SessionReport) -> str:
    """Return what `session` answers as lines."""
    lines: list[str] = []
    if report.handle is not None:
        lines.append(f"session {report.handle}: pass it as `session` to every tool")
    elif report.action == "list" and not report.sessions:
        lines.append("nobody is at work")
    lines += [_session(each) for each in report.sessions]
    lines += [_claimed(each) for each in report.claimed]
    lines += [f"{report.released} released"] if report.released is not None else []
    lines += [f"{ago(each.age_s)} ago: {one_line(each.kind)} {one_line(each.what)}" for each in report.did]
    if report.action == "recent" and not report.did:
        lines.append("nothing is on record")
    lines += _shown(report)
    return "\n".join([*lines, *(f"note: {one_line(note)}" for note in report.notes)])


def _session(each: At) -> str:
    who = f"{one_line(each.agent)}/{one_line(each.session)} of {one_line(each.participant)}"
    line = f"{who}{' (you)' if each.you else ''}: {each.status}, heard of {ago(each.silent_s)} ago"
    line += f", at {one_line(each.focus)}" if each.focus else ""
    line += f"; blocked on {one_line(each.blocked_on)}" if each.blocked_on else ""
    line += f"; in flight {one_line(each.in_flight)}" if each.in_flight else ""
    line += f"; editing {one_line(', '.join(each.leases))}" if each.leases else ""
    line += f"; last commit {one_line(each.last_commit)}" if each.last_commit else ""
    return f"{line}; {each.questions} questions in {ago(each.age_s)}"


def _claimed(each: Claimed) -> str:
    if each.yours:
        return f"yours: {one_line(each.path)}"
    what = "it" if each.held_path == each.path else one_line(each.held_path or "")
    since = ago(each.since_s or 0)
    return f"not yours: {one_line(each.path)}; agent {one_line(each.by or '')} is editing {what} since {since}"


def _shown(report: SessionReport) -> list[str]:
    """Return what a session was shown: what changed a line each, the rest as pointers."""
    if report.action != "resume":
        return []
    changed = [each for each in report.shown if not _stands(each)]
    lines = [f"{len(report.shown)} places shown, {len(changed)} not as they were"]
    lines += [f"{each.status} [{each.evidence.grade or each.evidence.rung}] {_where(each)}" for each in changed]
    return [*lines, *(f"verified {_where(each)}" for each in report.shown if _stands(each))]


def _stands(each: Verified) -> bool:
    return each.status == "verified" and each.evidence.grade in (None, "unchanged", "moved", "cosmetic")


def _where(each: Verified) -> str:
    lines = f":{each.start_line}-{each.end_line}" if each.start_line else ""
    symbol = f" {one_line(each.symbol)}" if each.symbol else ""
    return f"{one_line(each.path or each.target)}{lines}{symbol}"
