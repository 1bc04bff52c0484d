"""The `cistron` command: how it begins and how it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ...genome.errors import GenomeError
from ...tools.errors import ToolsError, UsageError
from .commands import parser

DONE, PROBLEMS, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status: 0 done, 1 found problems, 2 wrong usage, 130 interrupted."""
    known = parser()
    try:
        arguments = known.parse_args(argv)
    except SystemExit as wanted:  # argparse ends the process after --help and after wrong usage
        return int(wanted.code or DONE)
    if arguments.run is None:
        known.print_help(sys.stderr)
        return WRONG_USAGE
    try:
        return arguments.run(arguments)
    except UsageError as error:
        return _failed(error, WRONG_USAGE)
    except (ToolsError, GenomeError) as error:
        return _failed(error, PROBLEMS)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output, `head` say, has gone. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def serve() -> int:
    """Run `cistron serve`, which is what the command `cistron-mcp` does."""
    return main(["serve", *sys.argv[1:]])


def _failed(error: Exception, status: int) -> int:
    print(f"cistron: {error}", file=sys.stderr)
    return status
