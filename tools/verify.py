"""`verify`: prove places now, and hear what was used."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from ..genome.errors import RootNotGranted, StoreError
from ..genome.proof.changes import diff
from ..genome.proof.grades import Grade, grade
from ..genome.proof.ladder import FileState, SpanProof, align, prove_file
from ..genome.proof.naming import find_local, find_name
from ..genome.proof.runs import align_lines, align_local, align_pieces, align_value
from ..genome.reading.discover import is_listed
from ..genome.reading.literals import literals
from ..genome.reading.reader import read
from ..genome.records import Place, Root, Source
from ..genome.store import contents, events, sources
from ..genome.store.database import QUESTION_PATIENCE_MS
from .errors import UsageError
from .jobs import Job
from .models.packet import Evidence, RefreshTarget
from .models.work import Verified, VerifyReport
from .packet import prefixes
from .plain import plain, quoted
from .plan import TOKENS_PER_LINE
from .reading import mark_read
from .services import Services

logger = logging.getLogger(__name__)
MOST = 100
LINES_FORM = "lines"  # a place that is no span of the store
MOST_LINES = 2_000  # of a file that is graded as a whole
DIFF_LINES = 60
COSMETIC = "only white space or comments differ"
ITEM_ID = re.compile(r"([0-9a-f]+)\.([0-9a-f]+)\.([0-9a-f]+)(?:\.l[0-9a-f]+)?")  # of a fact also its line
LINES = re.compile(r"(?P<path>.+?)[:#]L?(?P<start>\d+)(?:-L?(?P<end>\d+))?")
SYMBOL = re.compile(r"(?P<path>.+?)::(?P<symbol>[^:].*)")


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a target says: a version of a file, and a place or lines in it."""

    root: Root
    source: Source
    content: int | None
    place: Place | None
    text: str
    pieces: tuple[tuple[Place, str], ...] = ()  # all that stands under the symbol
    name: str | None = None  # what is claimed of lines: a definition inside a function, or else a value
    is_value: bool = False


class VerifyTools:
    """The verify tool of one server."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def verify(
        self,
        targets: Annotated[list[str], Field(max_length=MOST, description="item ids, path, path:10-20 or path::Symbol")],
        used: Annotated[
            list[str] | None, Field(max_length=MOST, description="paths or ids you opened or edited")
        ] = None,
        session: Annotated[str | None, Field(description="your session's handle")] = None,
    ) -> VerifyReport:
        """Check places you hold against the files now, before you rely on them or edit them.

        Compares bytes; tells moved, changed and gone apart and gives the current lines. Pass `used` after you opened
        or edited files.
        """
        if not targets and not used:
            raise UsageError(
                "nothing to verify; pass targets: an item's id, 'src/app.py', 'src/app.py:10-20', 'src/app.py::App.run'"
            )
        name = plain(session or self._services.session)
        targets, used = [plain(target) for target in targets], [plain(target) for target in used or []]
        recorded = self._record(used, name)
        results = [self._prove(target, name) for target in targets]
        reads = [read for result in results if (read := _read_again(result)) is not None]
        return VerifyReport(results=results, refresh_targets=reads, recorded=recorded)

    def _prove(self, target: str, session: str) -> Verified:
        for job in self._services.jobs.all():
            if job.id == target:
                return _of_job(target, job)
        try:
            claim = self._claim(target, session)
        except RootNotGranted as error:
            return _unknown(target, str(error))
        if isinstance(claim, str):
            return _unknown(target, claim)
        prefix = prefixes(self._services.roots())[claim.root.id]
        reading = self._services.engine().database.reading()
        hash_ = None if claim.content is None else contents.content_hash(reading, claim.content)
        file = prove_file(claim.root.path, claim.source, hash_, self._services.max_file_bytes, need_bytes=True)
        path = prefix + claim.source.path
        if file.state is FileState.SAME:
            return self._result(target, path, claim, SpanProof("bytes", *_lines(claim)), session)
        if file.state is FileState.UNREACHABLE:
            return Verified(
                target=target,
                status="stale_risk",
                path=path,
                evidence=Evidence(rung="age"),
                note="cannot be read now; its age alone speaks",
            )
        if file.state is FileState.GONE:
            return Verified(
                target=target,
                status="needs_refresh",
                path=path,
                evidence=Evidence(rung="gone", grade="gone"),
                note="the file is gone",
            )
        if file.data is None:
            return _changed(target, path)
        if claim.place is None:
            return self._whole(target, path, claim, file.data)
        proof = self._aligned(claim, claim.place, file.data)
        return self._result(target, path, claim, proof, session)

    def _aligned(self, claim: _Claim, place: Place, data: bytes) -> SpanProof:
        reading = self._services.engine().database.reading()
        if place.form == LINES_FORM:
            places, text = contents.places(reading, place.content), contents.text_of(reading, place.content)
            if claim.name is not None and claim.is_value:
                return align_value(claim.name, claim.source.path, text, data)
            if claim.name is not None:
                return align_local(claim.name, claim.source.path, text, places, data)
            return align_lines(place.start_line, place.end_line, text, places, claim.source.path, data)
        held = contents.names(reading, place.content)
        if claim.pieces:
            return align_pieces(claim.pieces, claim.source.path, data, held)
        return align(place, claim.text, claim.source.path, data, held)

    def _whole(self, target: str, path: str, claim: _Claim, data: bytes) -> Verified:
        """Return how a file as a whole has changed."""
        now = read(claim.source.path, data)
        if now is None or claim.content is None:
            return _changed(target, path)
        before = contents.text_of(self._services.engine().database.reading(), claim.content)
        own = grade(before, now.text, now.language, "file") if before.count("\n") <= MOST_LINES else None
        if own == "cosmetic":
            evidence = Evidence(rung="changed", grade=own)
            return Verified(target=target, status="verified", path=path, evidence=evidence, note=COSMETIC)
        return _changed(target, path, own, diff(before, now.text, DIFF_LINES) if own else None)

    def _result(self, target: str, path: str, claim: _Claim, proof: SpanProof, session: str) -> Verified:
        """Return the verdict on a place; where only white space or comments differ it is verified."""
        place = claim.place
        lines_only = place is not None and place.symbol is None and place.heading is None
        rung = "changed" if lines_only and proof.rung == "gone" else proof.rung
        own, difference = self._graded(claim, proof, session)
        notes = {
            "changed": COSMETIC if own == "cosmetic" else "the text is another one now; read it again",
            "gone": "no longer in this file",
            "moved": "same text, other lines",
        }
        ok = rung in ("bytes", "span", "moved") or own == "cosmetic"
        return Verified(
            target=target,
            status="verified" if ok else "needs_refresh",
            path=path,
            start_line=proof.start_line,
            end_line=proof.end_line,
            symbol=None if place is None else place.symbol,
            evidence=Evidence(rung=rung, grade=own),  # type: ignore[arg-type]  # a proof's rung
            diff=difference,
            note=notes.get(rung),
        )

    def _graded(self, claim: _Claim, proof: SpanProof, session: str) -> tuple[Grade | None, str | None]:
        """Return how a place has changed since the version that the target is of, and the difference."""
        place = claim.place
        if proof.rung == "gone":
            return (None if place and not (place.symbol or place.heading) else "gone"), None
        if proof.text is not None and place is not None:
            language = contents.get(self._services.engine().database.reading(), place.content).language
            starts = place.start_line, proof.start_line or place.start_line
            before = claim.text if proof.before is None else proof.before
            form = "function" if place.form == LINES_FORM else place.form
            return grade(before, proof.text, language, form), diff(before, proof.text, DIFF_LINES, starts)
        if proof.rung == "changed":
            return "body_changed", None
        shown = self._services.engine().recorder.shown(session).values()
        paths = {item.path for item in shown if item.source == claim.source.id}
        if claim.source.ingested_path is not None or (paths and claim.source.path not in paths):
            return "renamed", None
        return ("moved" if proof.rung == "moved" else "unchanged"), None

    def _claim(self, target: str, session: str) -> _Claim | str:
        """Return what a target speaks of, or why it speaks of nothing."""
        if match := ITEM_ID.fullmatch(target):
            return self._claim_of_item(*(int(part, 16) for part in match.groups()))
        for pattern in (SYMBOL, LINES):
            if match := pattern.fullmatch(target):
                parts = match.groupdict()
                return self._claim_of_path(
                    parts["path"], parts.get("symbol"), parts.get("start"), parts.get("end"), session
                )
        return self._claim_of_path(target, None, None, None, session)

    def _claim_of_item(self, source_id: int, content: int, ordinal: int) -> _Claim | str:
        reading = self._services.engine().database.reading()
        limit = (1 << 63) - 1  # SQLite's integers
        if max(source_id, content, ordinal) > limit:
            return "no such item; pass an id from context_packet"
        source = sources.get(reading, source_id)
        place = contents.place(reading, content, ordinal)
        if source is None or place is None:
            return "no such item any more; ask context_packet again"
        root = next(root for root in self._services.roots() if root.id == source.root)
        return _Claim(root, source, content, place, contents.passage_text(reading, place.passage))

    def _claim_of_path(
        self, path: str, symbol: str | None, start: str | None, end: str | None, session: str
    ) -> _Claim | str:
        root, relative = self._services.locate(path)
        engine = self._services.engine()
        source = sources.by_path(engine.database.reading(), root.id, relative)
        if source is None:
            if not engine.database.writable:
                return f"{quoted(path)} is not in the store"
            if is_listed(Path(root.path), [relative]):
                self._follow(root, relative)
            source = sources.by_path(engine.database.reading(), root.id, relative)
        if source is None or (source.content is None and source.ingested is None):
            return f"{quoted(path)} is not in the store: not there, ignored or skipped; check the spelling"
        shown = [item for item in engine.recorder.shown(session).values() if item.source == source.id]
        content = max((item.content for item in shown), default=source.ingested or source.content)
        assert content is not None
        if symbol is not None:
            return self._claim_of_symbol(root, source, content, symbol)
        if start is None:
            return _Claim(root, source, content, None, "")
        return self._claim_of_lines(root, source, content, int(start[:9]), int((end or start)[:9]))

    def _claim_of_symbol(self, root: Root, source: Source, content: int, symbol: str) -> _Claim | str:
        reading = self._services.engine().database.reading()
        wanted = symbol.replace("::", ".").replace("#", ".")
        places = contents.places(reading, content)
        symbols = [place.symbol for place in places if place.symbol]
        if wanted not in symbols:
            text = contents.text_of(reading, content)
            local = find_local(wanted, places, text)
            values = [] if local else literals(source.path, text).get(wanted, [])
            if runs := local or [(one.start_line, one.end_line) for one in values]:
                lines = self._claim_of_lines(root, source, content, *runs[0])
                return lines if isinstance(lines, str) else replace(lines, name=wanted, is_value=not local)
        name = find_name(wanted, symbols)
        if name is None:
            known = sorted(set(symbols))[:8]
            told = f"; it has {', '.join(known)}" if known else ""
            return f"{source.path} had no symbol {quoted(symbol)}{told}"
        own = [place for place in places if place.symbol == name]
        first = own[0]
        if first.form in ("function", "method"):  # what is divided from a long one is a part of it
            own = [place for place in places if f"{place.symbol}.".startswith(f"{name}.")]
        pieces = tuple((place, contents.passage_text(reading, place.passage)) for place in own)
        return _Claim(root, source, content, first, contents.passage_text(reading, first.passage), pieces)

    def _claim_of_lines(self, root: Root, source: Source, content: int, start: int, end: int) -> _Claim | str:
        text = contents.text_of(self._services.engine().database.reading(), content)
        lines = text.split("\n")
        if not 1 <= start <= end <= len(lines):
            return f"{source.path} had {len(lines)} lines; pass lines within 1-{len(lines)}"
        place = Place(content, 0, 0, LINES_FORM, 0, 0, start, end, None, None)
        return _Claim(root, source, content, place, "\n".join(lines[start - 1 : end]))

    def _record(self, used: list[str], session: str) -> int:
        """Follow the files that were used, and write the use to the log."""
        engine = self._services.engine()
        recorded = 0
        for target in used:
            mark_read(self._services, target, session)
            claim = self._used(target, session)
            if claim is None or engine.agent is None:
                continue
            self._follow(claim.root, claim.source.path)
            with engine.database.writing() as writer:
                engine.memory.used(writer, engine.agent, session, _spots(writer, claim))
            recorded += 1
        return recorded

    def _follow(self, root: Root, path: str) -> None:
        """Read a file in if it has changed; where another process writes, it is proven from memory instead."""
        try:
            self._services.engine().ingester.absorb(root, path, QUESTION_PATIENCE_MS)
        except StoreError as error:
            logger.info("not read in: %s", error)

    def _used(self, target: str, session: str) -> _Claim | None:
        try:
            claim = self._claim(target, session)
        except RootNotGranted:
            return None
        return None if isinstance(claim, str) else claim


def _spots(writer: Any, claim: _Claim) -> list[tuple[int, str]]:
    """Return what a use is of, the file and the definition in it: anchors, each with its name on any machine."""
    path, place = claim.source.path, claim.place
    spots = [(events.anchor_id(writer, claim.root.id, path, None, None, 0), path)]
    if place is not None and (place.symbol or place.heading):
        anchor = events.anchor_id(writer, claim.root.id, path, place.symbol, place.heading, place.nth)
        spots.append((anchor, f"{path}::{place.symbol or place.heading}"))
    return spots


def _changed(target: str, path: str, own: Grade | None = None, difference: str | None = None) -> Verified:
    return Verified(
        target=target,
        status="needs_refresh",
        path=path,
        evidence=Evidence(rung="changed", grade=own),
        diff=difference,
        note="the file has changed; read it again",
    )


def _lines(claim: _Claim) -> tuple[int | None, int | None]:
    return (None, None) if claim.place is None else (claim.place.start_line, claim.place.end_line)


def _of_job(target: str, job: Job) -> Verified:
    """Return how far an ingest in the background has come; what it read is true of the files as of then."""
    if job.error or (job.report and job.report.stopped):
        note = job.error or "stopped before the end; ingest again to go on"
        return Verified(target=target, status="needs_refresh", evidence=Evidence(rung="age"), note=f"failed: {note}")
    if job.report is None:
        return Verified(
            target=target, status="stale_risk", evidence=Evidence(rung="age"), note=f"running: {job.share:.0%} done"
        )
    note = f"done: {job.report.read} files read, {job.report.unchanged} unchanged, {job.report.gone} gone"
    return Verified(target=target, status="verified", evidence=Evidence(rung="age"), note=note)


def _unknown(target: str, note: str) -> Verified:
    return Verified(target=target, status="needs_refresh", evidence=Evidence(rung="gone"), note=note)


def _read_again(result: Verified) -> RefreshTarget | None:
    if result.status == "verified" or result.path is None:
        return None
    gone = result.evidence.rung == "gone"
    lines = (
        None if gone or result.start_line is None or result.end_line is None else (result.start_line, result.end_line)
    )
    return RefreshTarget(
        path=result.path,
        start_line=lines[0] if lines else None,
        end_line=lines[1] if lines else None,
        reason="gone" if gone else "aged" if result.evidence.rung == "age" else "changed",
        priority=1.0,
        action="search for where it went"
        if gone
        else f"read lines {lines[0]}-{lines[1]}"
        if lines
        else "read it again",
        tokens=TOKENS_PER_LINE * (lines[1] - lines[0] + 1) if lines else 20,
    )
