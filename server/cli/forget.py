"""`cistron forget --agent NAME`: say what it wrote and taught, and with `--yes` forget it."""

from __future__ import annotations

import argparse

from ...tools.attribution_text import forget_text
from ...tools.forget import ForgetTools
from .main import DONE
from .opened import opened


def run(arguments: argparse.Namespace) -> int:
    """Forget, bring back, or say what would be forgotten."""
    with opened(arguments) as services:
        answer = ForgetTools(services).forget(
            arguments.agent, arguments.participant, arguments.since, not arguments.yes, arguments.undo
        )
    text = forget_text(answer).replace("pass dry_run=false", "add --yes").replace("undo=", "--undo ")
    print(answer.model_dump_json() if arguments.json else text)
    return DONE
