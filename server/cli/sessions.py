"""`cistron sessions`: who is at work on what."""

from __future__ import annotations

import argparse

from ...tools.session import MOST_SHOWN, SessionTools
from ...tools.session_text import session_text
from .main import DONE
from .opened import opened


def run(arguments: argparse.Namespace) -> int:
    """Print the sessions of this device that were heard of within a day, the latest first."""
    with opened(arguments) as services:
        report = SessionTools(services).session("list", k=MOST_SHOWN)
    print(report.model_dump_json() if arguments.json else session_text(report))
    return DONE
