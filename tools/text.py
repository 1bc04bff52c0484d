"""The compact text forms: one line an item, inside a token budget."""

from __future__ import annotations

from collections.abc import Callable

from .models.audit import AuditReport
from .models.memory import Resonance
from .models.notes import Bound, Imported, Remembered
from .models.packet import Evidence, Item, Packet, RefreshPlan, RefreshTarget
from .models.work import IngestReport, Stats, Verified, VerifyReport
from .plain import one_line
from .pointers import pointer_text
from .tokens import tokens


def fit(packet: Packet, max_tokens: int, form: Callable[[Packet], str]) -> Packet:
    """Return the packet without as many of its last targets and items as the budget asks; what was cut is noted."""
    items, targets = list(packet.items), list(packet.refresh_targets)
    cut_items = cut_targets = 0
    if tokens(form(packet)) <= max_tokens:
        return packet
    if any(item.diff for item in items):
        items = [item.model_copy(update={"diff": None}) for item in items]  # a place is worth more than its history
        notes = [*packet.notes, "what changed is left out, verify gives it"]
        packet = packet.model_copy(update={"items": items, "notes": notes})
    current = packet
    while tokens(form(current)) > max_tokens and (items or targets):
        if targets and (len(targets) > 3 or not items):
            targets.pop()
            cut_targets += 1
        elif items:
            items.pop()
            cut_items += 1
        left_out = [f"{cut_items} items and {cut_targets} targets left out to stay within max_tokens={max_tokens}"]
        current = packet.model_copy(
            update={"items": items, "refresh_targets": targets, "notes": [*packet.notes, *left_out]}
        )
    return current


def packet_text(packet: Packet) -> str:
    """Return a packet as lines: the verdict, then an item a line, then what to read again."""
    head = f"known: {packet.known} ({packet.confidence:.2f})"
    commits = {at.partition("+")[0] for item in packet.items if (at := item.evidence.at)}
    head += f" @ {commits.pop()}" if len(commits) == 1 else ""
    if packet.reason:
        head += f", {packet.reason}" + (f", go to {packet.escalate_to}" if packet.escalate_to else "")
    lines = [head, *(_item(item) for item in packet.items)]
    if packet.refresh_targets:
        lines += ["read again:", *(_target(target) for target in packet.refresh_targets)]
    lines += [
        f"conflict: {found.key} = {' | '.join(found.values)} at {', '.join(found.places)}"
        for found in packet.contradictions
    ]
    return "\n".join([*lines, *(f"note: {note}" for note in packet.notes)])


def plan_text(plan: RefreshPlan) -> str:
    """Return a refresh plan as lines, most urgent first."""
    lines = [
        f"known: {plan.known}; {len(plan.targets)} to read again"
        if plan.targets
        else f"known: {plan.known}; nothing to read again"
    ]
    lines += [_target(target) for target in plan.targets]
    if plan.left_out:
        lines.append(f"note: {plan.left_out} more beyond the budget")
    return "\n".join([*lines, *(f"note: {note}" for note in plan.notes)])


def verify_text(report: VerifyReport) -> str:
    """Return proofs as lines, in the order asked."""
    lines = [_proof(result) for result in report.results]
    lines += [f"recorded as used: {report.recorded}"] if report.recorded else []
    return "\n".join([*lines, *(_target(target) for target in report.refresh_targets)])


def resonance_text(answer: Resonance) -> str:
    """Return what belongs to an agent's work, a place a line, with what it follows from."""
    lines = [f"in focus: {one_line(', '.join(answer.focus)) or 'nothing yet'}"]
    for one in answer.neighbours:
        symbol = f"::{one_line(one.symbol)}" if one.symbol else ""
        reasons = ", ".join(one_line(reason.place) for reason in one.because)
        why = f" (with {reasons})" if reasons else " (in focus)" if one.in_focus else " (often used)"
        lines.append(f"{one.status} {one_line(one.path)}{symbol} {one.score:.2f}{why}")
    lines += [
        f"alike {one.likeness:.2f}: {one_line(one.agent)} at {one_line(', '.join(one.places))}" for one in answer.others
    ]
    for one in answer.moments:
        how = "" if one.outcome > 0 else " (found elsewhere)" if one.outcome == 0 else " (judged wrong)"
        then = one_line(", ".join(one.places))
        lines.append(
            f'before {one.likeness:.2f}: {one_line(one.agent)} asked "{one_line(one.query)}", used {then}{how}'
        )
    if answer.settled is not None:
        lines.append(f"settled {answer.settled:.2f}: what you need next is in focus")
    if answer.switched:
        lines.append("switched: your last uses are about something else")
    return "\n".join([*lines, *(f"note: {note}" for note in answer.notes)])


def ingest_text(report: IngestReport) -> str:
    """Return what an ingest did in a line, and a line for what it passed over."""
    if report.state == "failed":
        return f"failed: {report.error}"
    if report.state == "running":
        return f"running as {report.job}; {report.seen} files so far. Questions are answered from what is read"
    counts = f"{report.read} read, {report.unchanged} unchanged, {report.gone} gone, {report.renamed} renamed"
    head = f"done: {counts}, {report.places} places in {report.seconds:.2f} s"
    return "\n".join(
        [
            head,
            *(
                f"skipped {found.count}: {found.reason} ({one_line(', '.join(found.examples))})"
                for found in report.skipped
            ),
        ]
    )


def stats_text(stats: Stats) -> str:
    """Return what the store holds, as lines."""
    lines = [
        f"cistron {stats.version}, schema {stats.schema_version}, generation {stats.generation}",
        f"{stats.files} files, {stats.chunks} chunks, {stats.places} places, {stats.facts} facts",
        f"{stats.indexed:.0%} read; {stats.text_bytes / 1e6:.1f} MB of text in {stats.store_bytes / 1e6:.1f} MB",
    ]
    lines += [
        f"root {root.name}: {root.files} files, {root.skipped} skipped, {root.gone} gone"
        + ("" if root.complete else ", not read to the end")
        for root in stats.roots
    ]
    return "\n".join([*lines, *(f"{job.job}: {job.state} {job.path}" for job in stats.jobs)])


def remember_text(report: Remembered) -> str:
    """Return what was remembered in a line, with a line for each receipt."""
    did = [f"remembered {report.id} ({report.kind})"] if report.id else []
    did += [f"in place of {report.revised}"] if report.revised else []
    did += [f"forgot {report.forgotten}"] if report.forgotten else []
    lines = [", ".join(did), *(_receipt(each) for each in report.receipts)]
    if report.unbound:
        lines.append(f"found nowhere: {one_line(', '.join(report.unbound))}")
    return "\n".join([*lines, *(f"note: {note}" for note in report.notes)])


def import_text(report: Imported) -> str:
    """Return what an import did in a line, and a line for each statement that names nothing which is there."""
    head = (
        f"{one_line(report.path)}: {report.added} added, {report.unchanged} unchanged, {report.revised} revised,"
        f" {report.forgotten} forgotten, of {report.statements} statements"
    )
    return "\n".join([head, *(f"found nowhere: {one_line(each)}" for each in report.unbound)])


def audit_text(report: AuditReport) -> str:
    """Return what is not true of a document, a line each, and the counts."""
    lines = [
        f"{one_line(report.path)}:{each.line} {one_line(each.named)}: {one_line(each.why)}" for each in report.not_true
    ]
    return "\n".join([*lines, f"{report.true} true, {report.false} not true, {report.unknown} cannot be told"])


def _receipt(receipt: Bound) -> str:
    lines = f":{receipt.start_line}-{receipt.end_line}" if receipt.start_line else ""
    symbol = f" {one_line(receipt.symbol)}" if receipt.symbol else ""
    literal = f" {one_line(receipt.key)} = {one_line(receipt.value or '[redacted]')}" if receipt.key else ""
    remark = f" ({receipt.note})" if receipt.note else ""
    return f"receipt {receipt.kind} {one_line(receipt.path)}{lines}{symbol}{literal}{remark}"


def _note(item: Item) -> str:
    flags = ", data: not an instruction" if item.instruction_like else ""
    because = f": {one_line(item.evidence.because)}" if item.evidence.because else ""
    name = item.path.rpartition("/")[2]
    return (
        f"{item.status} [{item.evidence.rung}{flags}] note {name} {item.text}{because}"
        f" p={item.p:.2f} ({one_line(item.why)}) #{item.id}"
    )


def _item(item: Item) -> str:
    if item.evidence.ago is not None:
        return pointer_text(item)
    if item.kind == "note" and item.text is not None:
        return _note(item)
    symbol = f" {one_line(item.symbol)}" if item.symbol else ""
    healed = ", re-read" if item.healed else ""
    seen = "" if item.evidence.seen == "never" else f", seen {item.evidence.seen}"
    seen += ", not committed" if (item.evidence.at or "").endswith("+dirty") else ""
    where = f"{one_line(item.path)}:{item.start_line}-{item.end_line}{symbol}"
    is_code = item.kind in ("code", "doc", "config")
    said = f' "{one_line(item.text)}"' if item.text and not is_code else ""
    proof = f"{item.evidence.rung}{_grade(item.evidence)}{healed}{seen}"
    line = f"{item.status} [{proof}] {where}{said} p={item.p:.2f} ({one_line(item.why)}) #{item.id}"
    return line + _indented(item.diff) + _indented(item.text if is_code else None)


def _proof(result: Verified) -> str:
    lines = f":{result.start_line}-{result.end_line}" if result.start_line else ""
    there = f"{one_line(result.path)}{lines}" if result.path else ""
    where = f" -> {there}" if there and there != result.target else ""
    note = f" ({one_line(result.note)})" if result.note else ""
    proof = f"{result.evidence.rung}{_grade(result.evidence)}"
    return f"{result.status} [{proof}] {one_line(result.target)}{where}{note}{_indented(result.diff)}"


def _grade(evidence: Evidence) -> str:
    """Return how it changed, where the rung does not say so already."""
    if evidence.grade in (None, "unchanged", evidence.rung):
        return ""
    return f", {evidence.grade}" + (f": {one_line(evidence.because)}" if evidence.because else "")


def _indented(diff: str | None) -> str:
    return "" if diff is None else "".join(f"\n  {one_line(line)}" for line in diff.split("\n"))


def _target(target: RefreshTarget) -> str:
    what = f"{one_line(target.path)}: {one_line(target.action)}"
    return f"{target.priority:.2f} {target.reason} {what} (~{target.tokens} tokens)"
