"""`cistron remember TEXT` or `cistron remember --import FILE`: keep conclusions with receipts."""

from __future__ import annotations

import argparse

from ...tools.errors import UsageError
from ...tools.imports import import_file
from ...tools.notes import NotesTools
from ...tools.text import import_text, remember_text
from .first_contact import read_in_new_roots
from .main import DONE
from .opened import opened


def run(arguments: argparse.Namespace) -> int:
    """Keep one note, or make notes of a file's statements, and say what they were bound to."""
    if arguments.file is not None and arguments.text is not None:
        raise UsageError("pass either TEXT or --import FILE")
    if arguments.file is None and arguments.text is None and arguments.forgets is None:
        raise UsageError("nothing to remember; pass TEXT, --import FILE or --forgets ID")
    with opened(arguments) as services:
        read_in_new_roots(services)
        if arguments.file is not None:
            imported = import_file(services, arguments.file)
            print(imported.model_dump_json() if arguments.json else import_text(imported))
            return DONE
        report = NotesTools(services).remember(
            arguments.text or "",
            derived_from=arguments.derived_from,
            kind=arguments.kind,
            revises=arguments.revises,
            forgets=arguments.forgets,
        )
    print(report.model_dump_json() if arguments.json else remember_text(report))
    return DONE
