"""The `cistron` program: a hook is taken at once, every other command by the parser that knows them all."""

from __future__ import annotations

import sys


def main() -> int:
    """Run what the command line asks for."""
    if sys.argv[1:2] == ["hook"] and 3 <= len(sys.argv) <= 4 and not sys.argv[2].startswith("-"):
        from .hook import take  # a tenth of what the parser costs, at every edit of an agent

        return take(*sys.argv[2:])
    from .cli.main import main as command

    return command()
