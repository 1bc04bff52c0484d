"""The verdict of a note: its receipts, proven by the same ladder as any place; the worst one speaks for it."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import apsw

from ..errors import NotNow
from ..reading.load import load
from ..reading.noting import VOLATILITY
from ..reading.reader import read
from ..records import Place, Reading, Root, Source, Span
from ..search import lookup
from ..store import contents, sources
from ..store.contents import digest
from ..store.notes import Note, Receipt
from .age import Status, freshness, status
from .ladder import FileProof, FileState, SpanProof, align_reading
from .profiles import Profile

ORDER = ("stat", "bytes", "span", "moved", "renamed", "age", "changed", "gone")  # the worst comes last
BROKEN = ("changed", "gone")
DIFF_LINES, DIFF_WIDTH = 10, 160
COMPARED_LINES = 400  # of longer spans the rest is not compared for a diff
FEWEST_LETTERS = 8  # a shorter line says nothing by standing there again


@dataclass(frozen=True, slots=True)
class ReceiptProof:
    """What became of one receipt: the rung that told, and where it stands now; `now` is the text there, if changed."""

    receipt: Receipt
    rung: str
    path: str
    start_line: int | None = None
    end_line: int | None = None
    now: str | None = None

    @property
    def broken(self) -> bool:
        """Whether what the note was drawn from is another or not there."""
        return self.rung in BROKEN


@dataclass(frozen=True, slots=True)
class NoteProof:
    """The verdict of a note. `because` and `diff` are of the first broken receipt, `fresh` is 1 where receipts tell."""

    note: Note
    proofs: tuple[ReceiptProof, ...]
    status: Status
    rung: str
    fresh: float = 1.0
    because: str | None = None
    diff: str | None = None

    @property
    def held(self) -> int:
        """How many receipts hold."""
        return sum(proof.rung not in ("age", *BROKEN) for proof in self.proofs)


class ReceiptProver:
    """Proves receipts within one snapshot of the store.

    Args:
        connection: A reading connection.
        file_of: The proof of a file against what the store holds of it now.
        max_file_bytes: A larger file counts as changed.
    """

    def __init__(
        self, connection: apsw.Connection, file_of: Callable[[str, Source], FileProof], max_file_bytes: int
    ) -> None:
        self._connection = connection
        self._file_of = file_of
        self._max_file_bytes = max_file_bytes
        self._roots: dict[int, Root] = {root.id: root for root in sources.roots(connection)}

    def prove(self, note: Note, receipts: Sequence[Receipt], profile: Profile, age_s: float) -> NoteProof:
        """Return a note's verdict; one without receipts is only as good as its age."""
        proofs = tuple(self._prove(receipt) for receipt in receipts)
        rung = max((proof.rung for proof in proofs), key=ORDER.index, default="age")
        if rung == "age":
            fresh = freshness(age_s, VOLATILITY[note.kind])
            verdict = status(fresh, "inferred", profile.upper, profile.lower, strict=profile.need_bytes)
            return NoteProof(note, proofs, verdict, rung, fresh)
        broken = [proof for proof in proofs if proof.broken]
        if not broken:
            return NoteProof(note, proofs, "verified", rung)
        more = f" and {len(broken) - 1} more" if len(broken) > 1 else ""
        return NoteProof(note, proofs, "needs_refresh", rung, 1.0, told(broken[0]) + more, self._diff(broken[0]))

    def _prove(self, receipt: Receipt) -> ReceiptProof:
        root = self._roots.get(receipt.root)
        if root is None:
            return _gone(receipt)
        if root.kind == "virtual":
            return self._kept(root, receipt)
        if not os.path.isdir(root.path):
            return ReceiptProof(receipt, "age", receipt.path)
        if receipt.kind == "path":
            return self._of_path(root, receipt)
        source = sources.by_path(self._connection, root.id, receipt.path)
        if source is None:
            return self._unlisted(root, receipt)
        return self._in_file(root, receipt, source)

    def _kept(self, root: Root, receipt: Receipt) -> ReceiptProof:
        """A kept text cannot be asked for again: it ages while it is the same, and may have been replaced."""
        source = sources.by_path(self._connection, root.id, receipt.path)
        if source is None or source.content is None:
            return _gone(receipt)
        if source.content == receipt.content:
            return ReceiptProof(receipt, "age", source.path, receipt.start_line, receipt.end_line)
        return self._aligned(receipt, source.path, self._stored(source.content))

    def _of_path(self, root: Root, receipt: Receipt) -> ReceiptProof:
        try:
            os.lstat(os.path.join(root.path, receipt.path))
        except (FileNotFoundError, NotADirectoryError):
            there = self._renamed(receipt)
            is_there = there is not None and os.path.lexists(os.path.join(root.path, there.path))
            return ReceiptProof(receipt, "renamed", there.path) if there is not None and is_there else _gone(receipt)
        except OSError:
            return ReceiptProof(receipt, "age", receipt.path)
        return ReceiptProof(receipt, "stat", receipt.path)

    def _in_file(self, root: Root, receipt: Receipt, source: Source) -> ReceiptProof:
        file = self._file_of(root.path, source)
        if file.state is FileState.UNREACHABLE:
            return ReceiptProof(receipt, "changed" if file.touched else "age", source.path)
        if file.state is FileState.GONE:
            there = self._renamed(receipt)
            if there is None:
                return _gone(receipt)
            proof = self._in_file(root, receipt, there)
            return proof if proof.broken else replace(proof, rung="renamed")
        if file.state is FileState.SAME and source.content is not None:
            if source.content == receipt.content:
                return ReceiptProof(receipt, file.rung, source.path, receipt.start_line, receipt.end_line)
            return self._aligned(receipt, source.path, self._stored(source.content))
        return self._in_bytes(receipt, source.path, file.data)

    def _unlisted(self, root: Root, receipt: Receipt) -> ReceiptProof:
        """The store has no file of that path: renamed, forgotten, or no longer to be read."""
        there = self._renamed(receipt)
        if there is not None:
            proof = self._in_file(root, receipt, there)
            return proof if proof.broken else replace(proof, rung="renamed")
        loaded = load(root.path, receipt.path, self._max_file_bytes)
        if loaded is None:
            return _gone(receipt)
        if loaded.unreachable:
            return ReceiptProof(receipt, "age", receipt.path)
        return self._in_bytes(receipt, receipt.path, loaded.data)

    def _renamed(self, receipt: Receipt) -> Source | None:
        """Return the one file that holds the very bytes that the receipt's file held."""
        if receipt.content is None:
            return None
        held = lookup.holding(self._connection, receipt.content)
        there = [each for each in held if each.root == receipt.root and each.path != receipt.path]
        return there[0] if len(there) == 1 else None

    def _in_bytes(self, receipt: Receipt, path: str, data: bytes | None) -> ReceiptProof:
        if data is None:
            return ReceiptProof(receipt, "changed", path)
        if receipt.content is not None and digest(data) == contents.content_hash(self._connection, receipt.content):
            return ReceiptProof(receipt, "bytes", path, receipt.start_line, receipt.end_line)
        try:
            reading = read(path, data)
        except NotNow:  # its bytes are others, whatever stands there
            return ReceiptProof(receipt, "changed", path)
        return ReceiptProof(receipt, "changed", path) if reading is None else self._aligned(receipt, path, reading)

    def _stored(self, content: int) -> Reading:
        """Return a proven version of a file as the store divided it, without reading it again."""
        held = contents.get(self._connection, content)
        spans = tuple(
            Span(each.start_line, each.end_line, 0, 0, each.form, each.symbol, each.heading, each.part)
            for each in contents.places(self._connection, content)
        )
        text = contents.text_of(self._connection, content)
        facts = tuple(lookup.facts_in(self._connection, content))
        return Reading(text, held.language, held.kind, spans, facts)

    def _aligned(self, receipt: Receipt, path: str, reading: Reading) -> ReceiptProof:
        if receipt.kind == "literal":
            return _literal(receipt, path, reading)
        if receipt.passage is None:
            return _lines(receipt, path, reading)
        assert receipt.content is not None
        places = contents.places(self._connection, receipt.content)
        same = [each for each in places if (each.passage, each.nth) == (receipt.passage, receipt.nth)]
        place = next((each for each in same if each.start_line == receipt.start_line), None)
        text = contents.passage_text(self._connection, receipt.passage)
        found = align_reading(
            place or _place(receipt), text, reading, contents.names(self._connection, receipt.content)
        )
        return _proof(receipt, path, found, reading)

    def _diff(self, proof: ReceiptProof) -> str | None:
        """Return the first lines of what differs, old against new."""
        receipt = proof.receipt
        if proof.now is None:
            return None
        if receipt.kind == "literal":
            return f"-{receipt.key} = {receipt.value}\n+{receipt.key} = {proof.now}"
        then = receipt.text
        if then is None and receipt.passage is not None:
            then = contents.passage_text(self._connection, receipt.passage)
        old, new = ((text or "").split("\n")[:COMPARED_LINES] for text in (then, proof.now))
        lines = list(difflib.unified_diff(old, new, lineterm="", n=1))[2:]
        shown = [line[:DIFF_WIDTH] for line in lines[:DIFF_LINES]]
        return "\n".join(shown) + ("\n..." if len(lines) > DIFF_LINES else "") or None


def told(proof: ReceiptProof, prefix: str = "") -> str:
    """Return what became of a receipt, for a person: the span as it was bound, and what happened to it."""
    receipt = proof.receipt
    lines = f":{receipt.start_line}-{receipt.end_line}" if receipt.start_line and receipt.kind != "literal" else ""
    if receipt.kind == "literal":
        name = f" ({receipt.key} = {receipt.value})"
    else:
        name = f" ({receipt.symbol or receipt.heading})" if receipt.symbol or receipt.heading else ""
    return f"{prefix}{receipt.path}{lines}{name} {proof.rung}"


def _literal(receipt: Receipt, path: str, reading: Reading) -> ReceiptProof:
    facts = [fact for fact in reading.facts if fact.key == receipt.key]
    for fact in sorted(facts, key=lambda fact: abs(fact.line - (receipt.start_line or 0))):
        if fact.value == receipt.value:
            rung = "span" if fact.line == receipt.start_line else "moved"
            return ReceiptProof(receipt, rung, path, fact.line, fact.line)
    if not facts:
        return _gone(receipt)
    return ReceiptProof(receipt, "changed", path, facts[0].line, facts[0].line, facts[0].value or "[redacted]")


def _lines(receipt: Receipt, path: str, reading: Reading) -> ReceiptProof:
    """Find lines that are no passage: where they stood, else once within their own definition, else once at all."""
    place, text = _place(receipt), (receipt.text or "").removesuffix("\n")
    lines = reading.text.split("\n")
    block = text.split("\n")
    start, end = place.start_line, place.end_line
    if lines[start - 1 : end] == block:
        return ReceiptProof(receipt, "span", path, start, end)
    named = receipt.symbol or receipt.heading
    own = [span for span in reading.spans if named and (span.symbol, span.heading) == (receipt.symbol, receipt.heading)]
    if len(text.strip()) >= FEWEST_LETTERS:
        rows = [
            row
            for span in own
            for row in range(span.start_line - 1, span.end_line - len(block) + 1)
            if lines[row : row + len(block)] == block
        ]
        if len(rows) == 1:
            return ReceiptProof(receipt, "moved", path, rows[0] + 1, rows[0] + len(block))
    unnamed = replace(place, symbol=None, heading=None)
    found = align_reading(unnamed, text, reading)
    if found.start_line is not None:
        return _proof(receipt, path, found, reading)
    if named and not own:
        return _gone(receipt)
    if own:  # the definition stands: its lines are what to read
        start, end = own[0].start_line, own[-1].end_line
    end = min(end, len(lines))
    return ReceiptProof(receipt, "changed", path, min(start, end), end, "\n".join(lines[start - 1 : end]))


def _proof(receipt: Receipt, path: str, found: SpanProof, reading: Reading) -> ReceiptProof:
    if found.start_line is None or found.end_line is None:
        return _gone(receipt)
    now = None
    if found.rung == "changed":
        now = "\n".join(reading.text.split("\n")[found.start_line - 1 : found.end_line])
    return ReceiptProof(receipt, found.rung, path, found.start_line, found.end_line, now)


def _place(receipt: Receipt) -> Place:
    start = receipt.start_line or 1
    end = receipt.end_line or start
    return Place(
        receipt.content or 0, 0, receipt.passage or 0, "lines", 0, receipt.nth, start, end, receipt.symbol,
        receipt.heading,
    )  # fmt: skip


def _gone(receipt: Receipt) -> ReceiptProof:
    return ReceiptProof(receipt, "gone", receipt.path)
