"""Receipts made of what stands in the store: of definitions, of lines, of literals."""

from __future__ import annotations

import apsw

from ..records import Place, Root
from ..store import contents
from ..store.notes import Receipt
from .lookup import Standing

PARTS_A_SYMBOL = 4  # pieces of a long definition that are bound


def symbol_receipts(connection: apsw.Connection, root: Root, path: str, place: Place) -> list[Receipt]:
    """Return receipts for a definition: one, or one for each of the pieces that a long one is divided into."""
    pieces = [place]
    if place.part == 0 and place.symbol is not None:
        later = contents.places(connection, place.content)[place.ordinal + 1 :]
        for each in later[: PARTS_A_SYMBOL - 1]:
            if each.symbol != place.symbol or each.part == 0:
                break
            pieces.append(each)
    kind = "symbol" if place.symbol is not None else "span"
    return [
        Receipt(
            kind, root.id, path, each.content, each.passage, each.symbol, each.heading, each.nth, each.start_line,
            each.end_line,
        )
        for each in pieces
    ]  # fmt: skip


def lines_receipt(
    connection: apsw.Connection, root: Root, path: str, content: int, start: int, end: int
) -> Receipt | None:
    """Return a receipt for lines of a file, with the definition around them; None where it has no such lines."""
    lines = contents.text_of(connection, content).split("\n")
    if not 1 <= start <= end <= len(lines):
        return None
    around = [each for each in contents.places(connection, content) if each.start_line <= start <= each.end_line]
    inner = min(around, key=lambda each: each.end_line - each.start_line, default=None)
    names = (None, None, 0) if inner is None else (inner.symbol, inner.heading, inner.nth)
    return Receipt(
        "span", root.id, path, content, None, *names, start, end, "\n".join(lines[start - 1 : end])
    )  # fmt: skip


def literal_receipt(standing: Standing) -> Receipt:
    """Return a receipt for a key with the value it has now."""
    source, fact = standing.source, standing.fact
    return Receipt(
        "literal", source.root, source.path, source.content, None, None, None, 0, fact.line, fact.line, None, fact.key,
        fact.value,
    )  # fmt: skip
