"""Import a file of instructions: each statement that names something becomes a note with receipts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ..genome.reading import noting
from ..genome.reading.mentions import mentions
from ..genome.reading.noting import Author, Draft
from ..genome.reading.statements import Document, Statement, statements
from ..genome.records import Root
from ..genome.search.grounds import Grounds
from ..genome.store import contents, notes, sources
from ..genome.store.notes import Note, Receipt
from .audit import FRESHEN_S, beside, place_of, read_document
from .models.notes import Imported
from .noted import name_of
from .notes import writable
from .services import Services

KIND = "fact"
MOST_UNBOUND = 50


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A statement that is to be a note."""

    statement: Statement
    receipts: list[Receipt]


def import_file(services: Services, path: Path) -> Imported:
    """Make notes of the statements of a file; what an earlier import of it made is replaced.

    A statement that is still there keeps its note with the receipts it had: that the file was not edited says nothing
    about the code. One that changed at its line takes the place of the old one, one that went is forgotten.

    Raises:
        UsageError: The file is not there, no text, or too long.
        StoreReadOnly: Nothing can be written.
    """
    writable(services)
    text = read_document(path)
    root, relative = place_of(services, path)
    document = statements(text, relative)
    origin = _origin(services, root, relative, path)
    wanted, unbound = _bound(services, document, root, relative)
    engine = services.engine()
    with engine.database.snapshot() as connection:
        earlier = {
            note: _text_of(contents.text_of(connection, source.content))
            for note in notes.live(connection, origin)
            if (source := sources.get(connection, note.source)) is not None and source.content is not None
        }
    drafts, moved, forget, unchanged = _changes(wanted, earlier, origin)
    author = Author(services.agent(), services.session, services.clock())
    written = noting.write(engine.ingester, drafts, author, forget=forget, moved=moved)
    revised = sum(draft.revises is not None for draft in drafts)
    return Imported(
        path=relative,
        statements=len(document.statements),
        added=len(drafts) - revised,
        unchanged=unchanged,
        revised=revised,
        forgotten=len(forget),
        unbound=unbound[:MOST_UNBOUND],
        ids=[name_of(note.id) for note in written],
    )


def _bound(services: Services, document: Document, root: Root | None, relative: str) -> tuple[list[_Wanted], list[str]]:
    """Return the statements that name something which is there, and those that name something which is not."""
    roots = [each for each in services.roots() if each.kind != "virtual"]
    services.engine().freshener.freshen(roots, FRESHEN_S)
    wanted: list[_Wanted] = []
    unbound: list[str] = []
    with services.engine().database.snapshot() as connection:
        grounds = Grounds(connection, roots, beside(root, relative))
        for statement in document.statements:
            named = mentions(statement.text, rst=document.rst, shell=statement.shell)
            near = [mention.name for mention in named if mention.sort == "path"]
            found = [receipt for mention in named for receipt in grounds.find(mention, near).receipts]
            receipts = list(dict.fromkeys(each for each in found if each.path != relative))
            if receipts:
                wanted.append(_Wanted(statement, receipts))
            elif any(mention.marked for mention in named):
                unbound.append(f"{relative}:{statement.line} {statement.text[:120]}")
    return wanted, unbound


def _origin(services: Services, root: Root | None, relative: str, path: Path) -> str:
    """Return the name under which a file's notes are found again: its path in the first root, else a whole one."""
    if root is None:
        return str(path.absolute())
    first = min(each.id for each in services.roots() if each.kind != "virtual")
    return relative if root.id == first else f"{root.name}/{relative}"


def _changes(
    wanted: list[_Wanted], earlier: dict[Note, str], file: str
) -> tuple[list[Draft], list[tuple[int, str]], list[Note], int]:
    """Return what is to be written, moved and forgotten, and how many statements stay as they are."""
    by_text: dict[str, list[Note]] = {}
    for note, text in earlier.items():
        by_text.setdefault(text, []).append(note)
    moved: list[tuple[int, str]] = []
    fresh: list[tuple[str, Draft]] = []
    kept: set[int] = set()
    for each in wanted:
        origin = f"{file}:{each.statement.line}"
        draft = replace(noting.draft(_said(each.statement), KIND), receipts=each.receipts, origin=origin)
        same = by_text.get(_text_of(draft.text))
        if same:
            note = same.pop(0)
            kept.add(note.id)
            if note.origin != origin:
                moved.append((note.id, origin))
        else:
            fresh.append((origin, draft))
    left = {note.origin: note for note in earlier if note.id not in kept}
    drafts = [replace(draft, revises=left.get(origin)) for origin, draft in fresh]
    revised = {draft.revises.id for draft in drafts if draft.revises is not None}
    forget = [note for note in earlier if note.id not in kept and note.id not in revised]
    return drafts, moved, forget, len(kept)


def _said(statement: Statement) -> str:
    """Return a statement as a note says it: under its heading, which tells what it is about."""
    return f"{statement.heading}: {statement.text}" if statement.heading else statement.text


def _text_of(text: str) -> str:
    return text.rstrip("\n")
