"""`cistron why ID`: who wrote something, when, through what tool, from which receipts."""

from __future__ import annotations

import argparse

from ...tools.attribution_text import why_text
from ...tools.why import WhyTools
from .first_contact import read_in_new_roots
from .main import DONE, PROBLEMS
from .opened import opened


def run(arguments: argparse.Namespace) -> int:
    """Print the authors; 1 where nothing is known under that name."""
    with opened(arguments) as services:
        read_in_new_roots(services)
        answer = WhyTools(services).why(arguments.id)
    print(answer.model_dump_json() if arguments.json else why_text(answer))
    return DONE if answer.found else PROBLEMS
