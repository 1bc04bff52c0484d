"""The `cistron` command: what can be typed, and how it ends.

This module and what it imports stay light; a command's own module brings in the rest when it runs.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ...genome.errors import GenomeError
from ...tools.errors import ToolsError, UsageError

if TYPE_CHECKING:
    # The type has no public name, and is generic for the checker alone.
    _Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]  # pyright: ignore[reportPrivateUsage]

DONE, PROBLEMS, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130
NOTE_KINDS = ("decision", "finding", "howto", "preference", "fact")
TASK_TYPES = ("plan", "explain", "review", "edit", "debug", "ops", "quote")


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


def parser() -> argparse.ArgumentParser:
    """Return the parser that knows every command."""
    whole = argparse.ArgumentParser(
        prog="cistron", description="Know or go and look: pointers into your files, proven before they are given."
    )
    whole.set_defaults(run=None)
    whole.add_argument("--version", action="version", version=f"cistron {version('cistron-mcp')}")
    commands = whole.add_subparsers(metavar="COMMAND", title="commands")
    _add_serve(commands)
    _add_ingest(commands)
    _add_packet(commands)
    _add_verify(commands)
    _add_remember(commands)
    _add_audit(commands)
    _add_why(commands)
    _add_forget(commands)
    _add(commands, "stats", _stats, "say what the store holds")
    _add(commands, "doctor", _doctor, "check the store and the installation; 1 means something is wrong")
    return whole


def _failed(error: Exception, status: int) -> int:
    print(f"cistron: {error}", file=sys.stderr)
    return status


def _add(
    commands: _Commands,
    name: str,
    run: Callable[[argparse.Namespace], int],
    summary: str,
    json: bool = True,
) -> argparse.ArgumentParser:
    """Add a command with the flags that all of them have."""
    command = commands.add_parser(name, help=summary, description=f"{summary[:1].upper()}{summary[1:]}.")
    command.set_defaults(run=run)
    command.add_argument("--genome", type=Path, metavar="FILE", help="the store (default: the workspace's)")
    command.add_argument(
        "--root",
        type=Path,
        action="append",
        metavar="DIR",
        help="a folder to know; again for more (default: workspace)",
    )
    command.add_argument("--network", action="store_true", help="compare kept web pages with their servers")
    if json:
        command.add_argument("--json", action="store_true", help="print the whole answer as one line of JSON")
    return command


def _add_serve(commands: _Commands) -> None:
    command = _add(commands, "serve", _serve, "answer an MCP client over stdin and stdout", json=False)
    command.add_argument("--tools", choices=("default", "full"), help="which set of tools to list")
    command.add_argument("--log-level", choices=("debug", "info", "warning", "error"), help="what to say on stderr")


def _add_ingest(commands: _Commands) -> None:
    command = _add(commands, "ingest", _ingest, "read a file or folder in; this opens it to questions from now on")
    command.add_argument("path", type=Path, metavar="PATH")


def _add_packet(commands: _Commands) -> None:
    command = _add(commands, "packet", _packet, "ask a question and print the places that answer it")
    command.add_argument("query", metavar="QUERY")
    command.add_argument("--task", choices=TASK_TYPES, default="explain", help="what the answer is for")
    command.add_argument("--max-items", type=int, default=8, metavar="N")
    command.add_argument("--max-tokens", type=int, default=1500, metavar="N")


def _add_verify(commands: _Commands) -> None:
    command = _add(commands, "verify", _verify, "prove places now; 1 means that one of them does not hold")
    command.add_argument(
        "targets", nargs="+", metavar="TARGET", help="an id from a packet, path, path:10-20, path::symbol"
    )


def _add_remember(commands: _Commands) -> None:
    command = _add(commands, "remember", _remember, "keep a conclusion with receipts for what it was drawn from")
    command.add_argument("text", metavar="TEXT", nargs="?", help="the conclusion; what it names is bound to it")
    command.add_argument(
        "--from",
        dest="derived_from",
        action="append",
        metavar="TARGET",
        help="what it was drawn from: path, path:10-20, path::symbol or an id from a packet; again for more",
    )
    command.add_argument("--kind", choices=NOTE_KINDS, default="finding")
    command.add_argument("--revises", metavar="ID", help="the note that this one takes the place of, e.g. n3")
    command.add_argument("--forgets", metavar="ID", help="a note that is to go")
    command.add_argument(
        "--import",
        dest="file",
        type=Path,
        metavar="FILE",
        help="make notes of a file's statements instead: CLAUDE.md, AGENTS.md, .cursorrules; again to follow its edits",
    )


def _add_audit(commands: _Commands) -> None:
    command = _add(commands, "audit", _audit, "say which statements of a document are not true; 1 means that some are")
    command.add_argument("file", type=Path, metavar="FILE", help="CLAUDE.md, AGENTS.md, a README, a guide")


def _add_why(commands: _Commands) -> None:
    command = _add(commands, "why", _why, "say who wrote something, when, through what; 1 means that it is unknown")
    command.add_argument("id", metavar="ID", help="an item's or a note's id, path, path:10-20, path::symbol")


def _add_forget(commands: _Commands) -> None:
    command = _add(commands, "forget", _forget, "say what an agent or a person wrote and taught, and forget it")
    command.add_argument("--agent", metavar="NAME", help="claude-code, or ada/claude-code for that person's alone")
    command.add_argument("--participant", metavar="NAME", help="a person, through whichever agent")
    command.add_argument("--since", metavar="WHEN", help="'2 h', '3 d' or 2026-01-31T12:00 (default: ever)")
    command.add_argument("--yes", action="store_true", help="do it; without, say what would be forgotten")
    command.add_argument("--undo", metavar="ID", help="bring back what was forgotten within a day, e.g. f3")


def _serve(arguments: argparse.Namespace) -> int:
    # Importing the SDK makes objects by the hundred thousand that stay; collections in between cost 15 % of the start.
    gc.disable()
    from . import serve  # mcp: about 0.8 s

    return serve.run(arguments)


def _ingest(arguments: argparse.Namespace) -> int:
    from . import ingest  # pydantic, SQLite, grammars, rich: about 0.4 s

    return ingest.run(arguments)


def _packet(arguments: argparse.Namespace) -> int:
    from . import packet  # pydantic, SQLite, grammars

    return packet.run(arguments)


def _verify(arguments: argparse.Namespace) -> int:
    from . import verify  # pydantic, SQLite, grammars

    return verify.run(arguments)


def _remember(arguments: argparse.Namespace) -> int:
    from . import remember  # pydantic, SQLite, grammars

    return remember.run(arguments)


def _audit(arguments: argparse.Namespace) -> int:
    from . import audit  # pydantic, SQLite, grammars

    return audit.run(arguments)


def _why(arguments: argparse.Namespace) -> int:
    from . import why  # pydantic, SQLite, grammars

    return why.run(arguments)


def _forget(arguments: argparse.Namespace) -> int:
    from . import forget  # pydantic, SQLite, grammars

    return forget.run(arguments)


def _stats(arguments: argparse.Namespace) -> int:
    from . import stats  # pydantic, SQLite, grammars

    return stats.run(arguments)


def _doctor(arguments: argparse.Namespace) -> int:
    from . import doctor  # pydantic, SQLite, grammars

    return doctor.run(arguments)
