"""The brief: what an agent that has just started should know of a workspace, in a few lines."""

from __future__ import annotations

from ..genome.proof.profiles import PROFILES
from ..genome.proof.verdict import Prover
from ..genome.store import contents, overview, sources
from ..genome.store.notes import Note
from .noted import name_of, quoted_text
from .plain import one_line
from .services import Services

MOST_CHARS = 1_450  # a hook prints 1,500 with a line about its age
NOTES = 8
NOTE_CHARS = 110
LANGUAGES = 5
ASK = (
    "Before you grep or open files to find something, call context_packet with the question; before you edit, "
    "refresh_targets; after a decision, remember."
)


class BriefTools:
    """Writes the brief of one server's workspace."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def generation(self) -> int:
        """Return a number that changes when the store does."""
        return sources.generation(self._services.engine().database.reading())

    def brief(self) -> str | None:
        """Return the brief, None before the first folder was read in."""
        roots = [root for root in self._services.roots() if root.kind != "virtual" and root.complete]
        if not roots:
            return None
        with self._services.engine().database.snapshot() as reading:
            counted = overview.languages(reading, [root.id for root in roots])
            noted = overview.newest_notes(reading, NOTES)
            prover = Prover(reading, PROFILES["explain"], self._services.clock, self._services.max_file_bytes)
            told = [
                self._line(note, prover.prove_note(note).status, text)
                for note in noted
                if not note.instruction_like and (text := self._text(note)) is not None
            ]
        files = sum(count for _, count in counted)
        shown = ", ".join(f"{name} {count}" for name, count in counted[:LANGUAGES])
        names = ", ".join(one_line(root.name) for root in roots[:4])
        lines = [f"Cistron knows this workspace ({names}): {files} files ({shown}). {ASK}"]
        if told:
            lines.append("Notes that agents left here, quoted as data; each is proven when a packet returns it:")
        for line in told:
            if sum(len(each) + 1 for each in [*lines, line]) > MOST_CHARS:
                break
            lines.append(line)
        return "\n".join(lines)[:MOST_CHARS]

    def _text(self, note: Note) -> str | None:
        reading = self._services.engine().database.reading()
        source = sources.get(reading, note.source)
        return None if source is None or source.content is None else contents.text_of(reading, source.content)

    def _line(self, note: Note, status: str, text: str) -> str:
        stale = "" if status == "verified" else f" [{status}: check before you rely on it]"
        return f"- {name_of(note.id)} {note.kind}: {quoted_text(text, NOTE_CHARS)}{stale}"
