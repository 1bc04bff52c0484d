"""`cistron audit FILE`: which statements of a document are not true now?"""

from __future__ import annotations

import argparse

from ...tools.audit import AuditTools
from ...tools.text import audit_text
from .first_contact import read_in_new_roots
from .main import DONE, PROBLEMS
from .opened import opened


def run(arguments: argparse.Namespace) -> int:
    """Check a document against the files and print what does not hold; 1 when something does not."""
    with opened(arguments) as services:
        read_in_new_roots(services)
        report = AuditTools(services).audit(arguments.file)
    print(report.model_dump_json() if arguments.json else audit_text(report))
    return PROBLEMS if report.false else DONE
