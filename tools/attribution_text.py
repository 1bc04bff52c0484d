"""Answers about authors and forgetting as lines that an agent or a person reads."""

from __future__ import annotations

from .models.attribution import Authored, Forgotten, Why
from .models.notes import Bound
from .plain import one_line

SHOWN = 10


def why_text(why: Why) -> str:
    """Return an answer of `why` as text."""
    if not why.found:
        return "\n".join([f"why {one_line(why.target)}: unknown", *(f"note: {each}" for each in why.notes)])
    lines = [f"why {one_line(why.target)}: {why.kind} {one_line(why.path or '')}"]
    lines += [_author(each) for each in why.authors[:SHOWN]]
    if len(why.authors) > SHOWN:
        lines.append(f"and {len(why.authors) - SHOWN} more")
    lines += [f"from {_receipt(each)}" for each in why.receipts]
    lines += [f"revises {why.revises}"] if why.revises else []
    lines += [f"revised by {why.revised_by}"] if why.revised_by else []
    return "\n".join([*lines, *(f"note: {each}" for each in why.notes)])


def forget_text(forgotten: Forgotten) -> str:
    """Return an answer of `forget` as text."""
    said = {"dry_run": "would forget", "forgotten": "forgot", "restored": "brought back"}[forgotten.state]
    of = f" of {', '.join(one_line(name) for name in forgotten.agents[:SHOWN])}" if forgotten.agents else ""
    since = f" since {forgotten.since}" if forgotten.since else ""
    lines = [
        f"{said}{of}{since}: {len(forgotten.notes)} notes, {len(forgotten.texts)} texts, {forgotten.events} events"
        f" ({forgotten.uses} uses)"
    ]
    for name, ids in (("notes", forgotten.notes), ("texts", forgotten.texts), ("back again", forgotten.revived)):
        if ids:
            more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
            lines.append(f"{name}: {', '.join(one_line(id_) for id_ in ids[:SHOWN])}{more}")
    if forgotten.state == "dry_run":
        lines.append("nothing was changed; pass dry_run=false to do it")
    if forgotten.id is not None and forgotten.undo_until is not None:
        lines.append(f"undo={forgotten.id} brings it back until {forgotten.undo_until}")
    return "\n".join(lines)


def _author(author: Authored) -> str:
    spot = f" {one_line(author.spot)}" if author.spot else ""
    session = f", session {one_line(author.session)}" if author.session else ""
    who = one_line(f"{author.agent} on {author.party} of {author.org}")
    return f"{author.at} {author.via}{spot} by {who}{session}"


def _receipt(receipt: Bound) -> str:
    lines = f":{receipt.start_line}-{receipt.end_line}" if receipt.start_line is not None else ""
    name = f" {receipt.symbol}" if receipt.symbol else ""
    value = f" {receipt.key} = {receipt.value}" if receipt.key else ""
    return one_line(f"{receipt.path}{lines}{name}{value}")
