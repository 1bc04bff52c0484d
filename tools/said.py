"""What an item says of itself beside its lines: who spoke and when, on which page, and what was said since."""

from __future__ import annotations

from collections.abc import Mapping

from ..genome.search.rank import Hit

TOLD = ("turn", "page")  # forms whose heading is where they stand, no less than the lines


def said(hit: Hit, prefix: Mapping[int, str]) -> str:
    """Return the speaker and moment of a turn or the page of a document, and what replaced it; empty for all else."""
    parts = [hit.place.heading] if hit.place.form in TOLD and hit.place.heading and hit.fact is None else []
    if hit.later is not None:
        by = f", {hit.later.place.heading}" if hit.later.place.heading else ""
        parts.append(f"replaced by {replaced_by(hit, prefix)}{by}")
    return "; ".join([*parts, ""])


def replaced_by(hit: Hit, prefix: Mapping[int, str]) -> str | None:
    """Return where the turn stands that says now what this one said once, None where it holds."""
    if hit.later is None:
        return None
    place = hit.later.place
    return f"{prefix.get(hit.later.root.id, '')}{hit.later.source.path}:{place.start_line}-{place.end_line}"
