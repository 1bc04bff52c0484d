"""`detail="lines"`: the code of a packet's items beside where it stands, in what the pointers leave of the budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..genome.store import contents
from .ask import Found
from .models.packet import Item, Packet
from .services import Services
from .tokens import tokens

FEWEST = 3  # lines of a place that are worth being cut to
STANDS = ("stat", "bytes", "span", "moved", "renamed")  # rungs by which the stored text is what stands there now
ROOM = 24  # tokens kept for the note on what was left out


def with_lines(
    services: Services, packet: Packet, found: Mapping[str, Found], max_tokens: int, form: Callable[[Packet], str]
) -> Packet:
    """Return a packet whose first items say what stands there, as many as the budget allows, the last of them cut.

    The text is the store's, in which secrets are redacted; an item that has changed since has none.

    Args:
        services: Where the texts are.
        packet: What is told, within the budget already.
        found: The places of its items, by id.
        max_tokens: Budget of the text form.
        form: Gives that.
    """
    left = max_tokens - tokens(form(packet)) - ROOM
    if left <= 0:
        return packet
    items: list[Item] = []
    without = 0
    for item in packet.items:
        text = None if item.text is not None else _text(services, found[item.id])
        kept = None if text is None else _fitting(text, left)
        without += text is not None and kept != text
        if kept is not None:
            left -= tokens(kept)
            item = item.model_copy(update={"text": kept})
        items.append(item)
    notes = [*packet.notes, f"lines of {without} items left out or cut to stay within max_tokens"] if without else None
    full = packet.model_copy(update={"items": items, "notes": notes or packet.notes})
    added = [number for number, item in enumerate(items) if item.text != packet.items[number].text]
    while added and tokens(form(full)) > max_tokens:  # what was escaped is longer than what was counted
        number = added.pop()
        items = [*items[:number], packet.items[number], *items[number + 1 :]]
        full = full.model_copy(update={"items": items})
    return full


def _text(services: Services, found: Found) -> str | None:
    if found.verdict.rung not in STANDS or found.verdict.stale:
        return None
    text = contents.passage_text(services.engine().database.reading(), found.hit.place.passage)
    return text.strip("\n") or None


def _fitting(text: str, budget: int) -> str | None:
    """Return as many of the first lines as a budget allows; None where that is next to nothing."""
    if tokens(text) <= budget:
        return text
    kept: list[str] = []
    for line in text.split("\n"):
        budget -= tokens(line) + 1
        if budget < 0:
            break
        kept.append(line)
    return "\n".join(kept) if len(kept) >= FEWEST else None
