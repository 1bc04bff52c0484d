"""`remember`: keep a conclusion with receipts for what it was drawn from."""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field

from ..genome.errors import StoreReadOnly
from ..genome.reading import noting
from ..genome.reading.noting import Author, Draft
from ..genome.store import notes
from ..genome.store.notes import Note
from .binding import Binding, bind_targets, bind_text
from .errors import UsageError
from .models.notes import NoteKind, Remembered
from .noted import DATA, bound, name_of, note_id
from .packet import prefixes
from .plain import plain, quoted
from .services import Services

MAX_BYTES = 1 << 20


class NotesTools:
    """The remember tool of one server."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def remember(
        self,
        text: str,
        derived_from: Annotated[list[str] | None, Field(description="path, path:1-9, path::Symbol, item id")] = None,
        kind: NoteKind = "finding",
        revises: str | None = None,
        forgets: str | None = None,
        session: str | None = None,
    ) -> Remembered:
        """Keep a conclusion; packets return it, proven against its sources."""
        services = self._services
        writable(services)
        old, gone = self._note(revises, "revises"), self._note(forgets, "forgets")
        if old is not None and old.state != "live":
            raise UsageError(f"revises: {name_of(old.id)} was {_fate(old)}")
        draft = None if gone is not None and not text.strip() else checked(plain(text), kind)
        name = services.heard(session)
        binding = Binding()
        if draft is not None:
            targets = [plain(target) for target in derived_from or []]
            binding = bind_targets(services, targets) if targets else bind_text(services, draft.text, name)
            draft = Draft(
                draft.text, kind, binding.receipts, None, old, draft.instruction_like, draft.redacted
            )  # fmt: skip
        engine = services.engine()
        author = Author(services.agent(), name, services.clock())
        forget = [gone] if gone is not None and gone.state != "forgotten" else []
        written = noting.write(engine.ingester, [] if draft is None else [draft], author, forget=forget)
        return self._answer(written[0] if written else None, draft, binding, gone, kind)

    def _note(self, target: str | None, argument: str) -> Note | None:
        if target is None:
            return None
        number = note_id(plain(target).strip())
        found = None if number is None else notes.get(self._services.engine().database.reading(), number)
        if found is None:
            raise UsageError(f"{argument}: no note {quoted(target)}; ids like n3 come from remember and from packets")
        return found

    def _answer(
        self, note: Note | None, draft: Draft | None, binding: Binding, gone: Note | None, kind: NoteKind
    ) -> Remembered:
        prefix = prefixes(self._services.roots())
        receipts = [bound(each, prefix, binding.remarks.get(n)) for n, each in enumerate(binding.receipts)]
        said: list[str] = []
        if note is not None and not receipts:
            said.append("no receipts: nothing can be proven, its age alone will speak; pass derived_from to bind it")
        if draft is not None and draft.redacted:
            said.append(f"{draft.redacted} secret values were not kept")
        if note is not None and note.instruction_like:
            said.append(DATA.format(name_of(note.id)))
        return Remembered(
            id=None if note is None else name_of(note.id),
            kind=kind,
            receipts=receipts,
            unbound=binding.unbound,
            revised=None if note is None or note.revises is None else name_of(note.revises),
            forgotten=None if gone is None else name_of(gone.id),
            instruction_like=note is not None and note.instruction_like,
            redacted=0 if draft is None else draft.redacted,
            notes=said,
        )


def writable(services: Services) -> None:
    """Raise what a caller should hear before any work is done.

    Raises:
        StoreReadOnly: Nothing can be written.
    """
    if not services.engine().database.writable:
        raise StoreReadOnly(f"{services.genome} cannot be written, so nothing is remembered; check its permissions")


def checked(text: str, kind: str) -> Draft:
    """Return a text as it would be kept.

    Raises:
        UsageError: It says nothing, is too long, or the kind is unknown.
    """
    if kind not in get_args(NoteKind):
        raise UsageError(f"no kind {quoted(kind)}; pass one of: {', '.join(get_args(NoteKind))}")
    size = len(text.encode())
    if size > MAX_BYTES:
        raise UsageError(f"text has {size:,} bytes, {MAX_BYTES:,} is the most; say what matters and where it stands")
    if not any(letter.isalnum() for letter in text):
        raise UsageError(f"text {quoted(text)} says nothing; pass a sentence that somebody can use later")
    return noting.draft(text, kind)


def _fate(note: Note) -> str:
    if note.state == "revised" and note.revised_by is not None:
        return f"revised by {name_of(note.revised_by)}; revise that one"
    if note.state == "rejected":
        return "rejected by a person; ask one with hitl before you remember it anew"
    return f"{note.state}; remember it anew"
