"""The verdict of each ranked hit: prove its file now, and say what became of it since it was ingested."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import apsw

from ..errors import NotNow
from ..reading.ingest import MAX_FILE_BYTES
from ..reading.pdf import QUESTION_S, within
from ..records import Fact, Place, Source
from ..search.rank import Hit
from ..store import contents, notes
from .age import Status, freshness, status
from .fact import prove_fact
from .ladder import FileProof, FileState, align, prove_file
from .profiles import Profile
from .receipts import NoteProof, ReceiptProver


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is true of a hit now. `stale` asks for the file to be read in and the ranking to be run again.

    `text` is what stands at the place now where the store has not followed, and holds another text.
    """

    status: Status
    rung: str
    start_line: int
    end_line: int
    healed: bool
    fresh: float = 1.0
    stale: bool = False
    text: str | None = None  # what stands there now, where that is another text; of a note the passage that was found
    fact: Fact | None = None  # as it stands now, where the hit is one
    note: NoteProof | None = None  # of a note: what its receipts say


class Prover:
    """Proves hits for one packet; every file is asked once.

    Args:
        connection: The snapshot that the hits came from.
        profile: What the task asks of a proof.
        clock: Seconds since the epoch.
        max_file_bytes: A larger file counts as changed; the bound that it was read under.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        profile: Profile,
        clock: Callable[[], float] = time.time,
        max_file_bytes: int = MAX_FILE_BYTES,
    ) -> None:
        self._connection = connection
        self._profile = profile
        self._clock = clock
        self._max_file_bytes = max_file_bytes
        self._files: dict[int, FileProof] = {}
        self._receipts: ReceiptProver | None = None

    def prove(self, hit: Hit) -> Verdict:
        """Return the verdict of a hit; of a document that takes too long to read, that its bytes are others."""
        try:
            found = self._place(hit)
            return found if hit.fact is None else self._fact(hit, hit.fact, found)
        except NotNow:
            return Verdict("needs_refresh", "changed", hit.place.start_line, hit.place.end_line, False, stale=True)

    def _fact(self, hit: Hit, fact: Fact, around: Verdict) -> Verdict:
        """The verdict of the place, narrowed to the fact's own line."""
        file = self._files.get(hit.source.id)
        lines = [each.line for each in contents.facts_of(self._connection, hit.place.content, fact.key)]
        proof = prove_fact(self._connection, hit.source, fact, sum(line < fact.line for line in lines), file)
        if proof.now is None:
            return replace(around, status="needs_refresh", rung="gone", start_line=fact.line, end_line=fact.line)
        line, rung = proof.now.line, proof.rung or around.rung
        found = replace(around, rung=rung, start_line=line, end_line=line, fact=proof.now)
        is_read_again = file is not None and file.state is FileState.DIFFERENT and proof.rung is not None
        return replace(found, status="verified", healed=True) if is_read_again else found

    def _place(self, hit: Hit) -> Verdict:
        if hit.gone:
            return self._gone(hit)
        if hit.root.kind == "virtual":
            return self._noted(hit)
        file = self._file(hit.root.path, hit.source)
        if file.state is FileState.SAME:
            return self._standing(hit, file)
        if file.state is FileState.UNREACHABLE:
            return self._aged(hit, file)
        if file.state is FileState.GONE:
            return Verdict("needs_refresh", "gone", hit.place.start_line, hit.place.end_line, False, stale=True)
        return self._different(hit, file)

    @within(QUESTION_S)
    def prove_note(self, note: notes.Note) -> NoteProof:
        """Return the verdict of a note, from its receipts as they stand now."""
        if self._receipts is None:
            self._receipts = ReceiptProver(self._connection, self._file, self._max_file_bytes)
        held = notes.receipts(self._connection, note.id)
        return self._receipts.prove(note, held, self._profile, self._clock() - note.at)

    def _noted(self, hit: Hit) -> Verdict:
        """A text that is no file: a note is as true as its receipts, any other as old as it is."""
        is_note = hit.source.path.startswith(notes.PREFIX)
        note = notes.of_source(self._connection, hit.source.id) if is_note else None
        if note is None:
            return self._aged(hit)
        proof = self.prove_note(note)
        text = contents.passage_text(self._connection, hit.place.passage)
        lines = (hit.place.start_line, hit.place.end_line)
        return Verdict(proof.status, proof.rung, *lines, False, proof.fresh, note=proof, text=text)

    def _file(self, root: str, source: Source) -> FileProof:
        known = self._files.get(source.id)
        if known is None:
            hash_ = None if source.content is None else contents.content_hash(self._connection, source.content)
            known = prove_file(root, source, hash_, self._max_file_bytes, need_bytes=self._profile.need_bytes)
            self._files[source.id] = known
        return known

    def _standing(self, hit: Hit, file: FileProof) -> Verdict:
        """The file is as the store knows it: true. Say what happened to the span since it was ingested."""
        source, place = hit.source, hit.place
        rung = file.rung
        if source.ingested_path is not None:
            rung = "renamed"
        elif source.ingested is not None and source.content != source.ingested:
            rung = self._since_ingested(source.ingested, place) or rung
        return Verdict("verified", rung, place.start_line, place.end_line, source.drifted)

    def _since_ingested(self, ingested: int, place: Place) -> str | None:
        before = contents.namesakes(self._connection, ingested, place.symbol, place.heading)
        equal = [old for old in before if old.passage == place.passage]
        if equal:
            return (
                "span"
                if any((old.start_line, old.end_line) == (place.start_line, place.end_line) for old in equal)
                else "moved"
            )
        return "changed" if before and (place.symbol or place.heading) else None

    def _different(self, hit: Hit, file: FileProof) -> Verdict:
        """The file has changed and the store has not followed yet: align in memory."""
        place = hit.place
        if file.data is None:
            return Verdict("needs_refresh", "changed", place.start_line, place.end_line, False, stale=True)
        text = contents.passage_text(self._connection, place.passage)
        held = contents.names(self._connection, place.content)
        found = align(place, text, hit.source.path, file.data, held)
        if found.start_line is None or found.end_line is None:
            return Verdict("needs_refresh", "gone", place.start_line, place.end_line, False, stale=True)
        return Verdict("verified", found.rung, found.start_line, found.end_line, True, stale=True, text=found.text)

    def _gone(self, hit: Hit) -> Verdict:
        """A place of the ingested version that the current one lacks; the file itself may be back by now."""
        place = hit.place
        file = self._file(hit.root.path, hit.source)
        stale = file.state is FileState.DIFFERENT
        if file.state is FileState.UNREACHABLE:
            return self._aged(hit, file)
        return Verdict("needs_refresh", "gone", place.start_line, place.end_line, False, stale=stale)

    def _aged(self, hit: Hit, file: FileProof | None = None) -> Verdict:
        """Nothing can be compared: the age speaks, unless the stamp of an unreadable file tells that it was written."""
        fresh = freshness(self._clock() - hit.source.proven_at, hit.source.volatility)
        if file is not None and file.touched:
            return Verdict("needs_refresh", "age", hit.place.start_line, hit.place.end_line, False, 0.0)
        strict = self._profile.need_bytes
        verdict = status(fresh, hit.source.authority, self._profile.upper, self._profile.lower, strict=strict)
        return Verdict(verdict, "age", hit.place.start_line, hit.place.end_line, False, fresh)
