"""`cistron verify TARGET...`: do these places still hold?"""

from __future__ import annotations

import argparse

from ...tools.text import verify_text
from ...tools.verify import VerifyTools
from .main import DONE, PROBLEMS
from .opened import opened


def run(arguments: argparse.Namespace) -> int:
    """Prove the targets and print one line for each; 1 when one of them needs a read."""
    with opened(arguments) as services:
        report = VerifyTools(services).verify(arguments.targets)
    print(report.model_dump_json() if arguments.json else verify_text(report))
    return DONE if all(result.status == "verified" for result in report.results) else PROBLEMS
