"""`cistron agent ACTION`: an agent's memory in a terminal, and files of it anywhere."""

from __future__ import annotations

import argparse

from ...tools.agent_state import AgentTools
from ...tools.agent_text import agent_text
from ...tools.errors import UsageError
from ..passphrase import from_terminal
from .main import DONE, PROBLEMS
from .opened import opened

WORDS = {
    "show": "", "commit": "[MESSAGE]", "log": "[VERSION]", "diff": "[VERSION] [LATER]", "rollback": "VERSION",
    "branch": "NAME [VERSION]", "merge": "VERSION", "search": "[VERSION]", "export": "FILE [VERSION]", "import": "FILE",
}  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Act on the agent that the settings name. 1 means that a difference cannot be told exactly."""
    action, words = arguments.action, [*arguments.words, None, None]
    if len(arguments.words) > len(WORDS[action].split()):
        raise UsageError(f"too many words; usage: cistron agent {action} {WORDS[action]}".rstrip())
    first, second = words[:2]
    in_file = action in ("export", "import")
    with opened(arguments) as services:
        tools = AgentTools(services, lambda: from_terminal(twice=action == "export"), anywhere=True)
        report = tools.agent_state(
            action,
            name=second if in_file else None if action == "commit" else first,
            other=None if in_file else second,
            message=(first or "") if action == "commit" else "",
            file=first if in_file else None,
        )
    print(report.model_dump_json() if arguments.json else agent_text(report))
    return PROBLEMS if report.difference is not None and not report.difference.ok else DONE
