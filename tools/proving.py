"""Prove what a target claims: a file, lines, a definition in all its pieces, or a value, against the bytes now."""

from __future__ import annotations

from ..genome.proof.changes import diff
from ..genome.proof.grades import Grade, grade
from ..genome.proof.ladder import FileState, SpanProof, align, prove_file
from ..genome.proof.runs import align_lines, align_local, align_pieces, align_value
from ..genome.reading.reader import read
from ..genome.records import Place
from ..genome.store import contents
from .claims import LINES_FORM, Claim
from .models.packet import Evidence
from .models.work import Verified
from .packet import prefixes
from .services import Services

MOST_LINES = 2_000  # of a file that is graded as a whole
DIFF_LINES = 60
COSMETIC = "only white space or comments differ"


class ClaimProver:
    """Proves claims for one server."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def prove(self, target: str, claim: Claim, session: str) -> Verified:
        """Return what is true of a claim now; its file's bytes are compared.

        Args:
            target: As the caller named it.
            claim: What that means.
            session: Whose knowledge a change is told against.
        """
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

    def _aligned(self, claim: Claim, place: Place, data: bytes) -> SpanProof:
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

    def _whole(self, target: str, path: str, claim: Claim, data: bytes) -> Verified:
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

    def _result(self, target: str, path: str, claim: Claim, proof: SpanProof, session: str) -> Verified:
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

    def _graded(self, claim: Claim, proof: SpanProof, session: str) -> tuple[Grade | None, str | None]:
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


def _changed(target: str, path: str, own: Grade | None = None, difference: str | None = None) -> Verified:
    return Verified(
        target=target,
        status="needs_refresh",
        path=path,
        evidence=Evidence(rung="changed", grade=own),
        diff=difference,
        note="the file has changed; read it again",
    )


def _lines(claim: Claim) -> tuple[int | None, int | None]:
    return (None, None) if claim.place is None else (claim.place.start_line, claim.place.end_line)
