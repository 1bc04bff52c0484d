"""`verify`: prove places now, and hear what was used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from ..genome.errors import RootNotGranted
from ..genome.proof.profiles import PROFILES
from ..genome.proof.verdict import Prover
from ..genome.store import attribution, events, notes
from ..genome.store.notes import Note, path_of
from .claims import Claim, Claims
from .errors import UsageError
from .jobs import Job
from .models.packet import Evidence, RefreshTarget
from .models.work import Verified, VerifyReport
from .noted import broken_targets, count, name_of, note_id
from .packet import prefixes
from .plain import plain
from .plan import TOKENS_PER_LINE
from .proving import ClaimProver
from .reading import mark_read
from .services import Services
from .targets import ITEM_ID

MOST = 100
STRICT = PROFILES["edit"]


class VerifyTools:
    """The verify tool of one server."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._claims = Claims(services)
        self._prover = ClaimProver(services)

    def verify(
        self,
        targets: Annotated[list[str], Field(max_length=MOST, description="item ids, path, path:10-20 or path::Symbol")],
        used: Annotated[
            list[str] | None, Field(max_length=MOST, description="paths or ids you opened or edited")
        ] = None,
        session: str | None = None,
    ) -> VerifyReport:
        """Check places you hold against the files now, before you rely on them or edit them.

        Compares bytes; tells moved, changed and gone apart and gives the current lines. Pass `used` after you opened
        or edited files.
        """
        if not targets and not used:
            raise UsageError(
                "nothing to verify; pass targets: an item's id, 'src/app.py', 'src/app.py:10-20', 'src/app.py::App.run'"
            )
        name = self._services.heard(session)
        targets, used = [plain(target) for target in targets], [plain(target) for target in used or []]
        recorded = self._record(used, name)
        results, reads = self.prove_all(targets, name)
        return VerifyReport(results=results, refresh_targets=reads, recorded=recorded)

    def prove_all(self, targets: Sequence[str], name: str) -> tuple[list[Verified], list[RefreshTarget]]:
        """Prove targets against what a session was shown, and return what to read again.

        Args:
            targets: As `verify` takes them.
            name: What the session is kept under.
        """
        results: list[Verified] = []
        reads: list[RefreshTarget] = []
        for target in targets:
            note = self._note(target)
            result, again = self._noted(target, note) if note is not None else (self._prove(target, name), None)
            results.append(result)
            one = _read_again(result) if again is None else None
            reads += again or ([one] if one is not None else [])
        return results, reads

    def _note(self, target: str) -> Note | None:
        """Return the note that a target names: `n12`, its path, or the id of an item that is one."""
        reading = self._services.engine().database.reading()
        if (number := note_id(target)) is not None:
            return notes.get(reading, number)
        found = ITEM_ID.fullmatch(target)
        source = int(found[1], 16) if found else 0
        return notes.of_source(reading, source) if 0 < source < 1 << 63 else None

    def _noted(self, target: str, note: Note) -> tuple[Verified, list[RefreshTarget]]:
        """Prove a note by its receipts."""
        path = path_of(note.id)
        if note.state != "live":
            by = f" by {name_of(note.revised_by)}: use that" if note.revised_by is not None else ""
            gone = Verified(
                target=target,
                status="needs_refresh",
                path=path,
                evidence=Evidence(rung="gone"),
                note=f"{name_of(note.id)} was {note.state}{by}",
            )
            return gone, []
        services = self._services
        with services.engine().database.snapshot() as connection:
            proof = Prover(connection, STRICT, services.clock, services.max_file_bytes).prove_note(note)
        because = f"; {proof.because}" if proof.because else ""
        result = Verified(
            target=target,
            status=proof.status,
            path=path,
            evidence=Evidence(rung=proof.rung, because=proof.because),  # type: ignore[arg-type]  # a rung of the ladder
            note=f"{count(proof)}{because}",
        )
        return result, broken_targets(proof, prefixes(services.roots()), 1.0)

    def _prove(self, target: str, session: str) -> Verified:
        for job in self._services.jobs.all():
            if job.id == target:
                return _of_job(target, job)
        try:
            claim = self._claims.find(target, session)
        except RootNotGranted as error:
            return _unknown(target, str(error))
        if isinstance(claim, str):
            return _unknown(target, claim)
        return self._prover.prove(target, claim, session)

    def _record(self, used: list[str], session: str) -> int:
        """Follow the files that were used, and write the use to the log."""
        engine, agent = self._services.engine(), self._services.agent()
        if used:
            engine.recorder.flush()  # what they were used after
        recorded = 0
        for target in used:
            edited = mark_read(self._services, target, session)
            claim = self._used(target, session)
            if claim is None or agent is None:
                continue
            self._claims.follow(claim.root, claim.source.path)
            with engine.database.writing() as writer:
                spots = _spots(writer, claim)
                engine.memory.used(writer, agent, session, spots)
                if edited:
                    events.log(
                        writer, agent, "edit", self._services.clock(), session=session, anchor=spots[0][0],
                        detail=claim.source.path,
                    )  # fmt: skip
                now = self._services.clock()
                attribution.credit_spots(writer, agent, "use", session, now, [anchor for anchor, _ in spots])
            recorded += 1
        return recorded

    def _used(self, target: str, session: str) -> Claim | None:
        try:
            claim = self._claims.find(target, session)
        except RootNotGranted:
            return None
        return None if isinstance(claim, str) else claim


def _spots(writer: Any, claim: Claim) -> list[tuple[int, str]]:
    """Return what a use is of, the file and the definition in it: anchors, each with its name on any machine."""
    path, place = claim.source.path, claim.place
    spots = [(events.anchor_id(writer, claim.root.id, path, None, None, 0), path)]
    if place is not None and (place.symbol or place.heading):
        anchor = events.anchor_id(writer, claim.root.id, path, place.symbol, place.heading, place.nth)
        spots.append((anchor, f"{path}::{place.symbol or place.heading}"))
    return spots


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
