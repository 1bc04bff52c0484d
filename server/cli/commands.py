"""Which commands there are, and what can be given to each.

This module and what it imports stay light: a command's own module, which has its name, brings in the rest when it runs.
"""

from __future__ import annotations

import argparse
import gc
import importlib
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from .flags import add_http_flags

if TYPE_CHECKING:
    # The type has no public name, and is generic for the checker alone.
    _Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]  # pyright: ignore[reportPrivateUsage]

NOTE_KINDS = ("decision", "finding", "howto", "preference", "fact")
AGENT_ACTIONS = (
    "show", "commit", "log", "diff", "rollback", "branch", "merge", "search", "export", "import",
)  # fmt: skip
CLIENTS = (
    "claude-code",
    "claude-desktop",
    "cursor",
    "vscode",
    "windsurf",
    "zed",
    "codex",
    "gemini",
    "continue",
    "opencode",
)
TASK_TYPES = ("plan", "explain", "review", "edit", "debug", "ops", "quote")


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
    _add_hitl(commands)
    _add_why(commands)
    _add_forget(commands)
    _add(commands, "sessions", "say who is at work on what")
    _add_token(commands)
    _add_agent(commands)
    _add(commands, "stats", "say what the store holds")
    _add_doctor(commands)
    _add_install(commands, "install", "write the server into the files of the coding agents on this machine")
    _add_install(commands, "uninstall", "take it out of them again")
    _add_hook(commands)
    return whole


def _add(
    commands: _Commands,
    name: str,
    summary: str,
    json: bool = True,
) -> argparse.ArgumentParser:
    """Add a command with the flags that all of them have."""
    command = commands.add_parser(name, help=summary, description=f"{summary[:1].upper()}{summary[1:]}.")
    command.set_defaults(run=partial(_run, name))
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
    command = _add(commands, "serve", "answer MCP clients over stdin and stdout, or over HTTP", json=False)
    command.add_argument("--tools", choices=("default", "full", "helix"), help="which set of tools to list")
    command.add_argument("--log-level", choices=("debug", "info", "warning", "error"), help="what to say on stderr")
    add_http_flags(command)
    command.add_argument(
        "--workspace", type=Path, metavar="DIR", help="where to look for the workspace (default: here)"
    )


def _add_token(commands: _Commands) -> None:
    command = _add(commands, "token", "print the token that `serve --http` asks for; makes one if there is none")
    command.add_argument("--rotate", action="store_true", help="replace it by a new one; the old one ends at once")
    command.add_argument("--url", action="store_true", help="print a link that opens the pages in a browser, once")
    command.add_argument("--token-file", type=Path, metavar="FILE", help="the server's, if it was given one")
    command.add_argument("--host", metavar="NAME", help="the server's name, for --url (default: 127.0.0.1)")
    command.add_argument("--port", type=int, metavar="N", help="the server's port, for --url (default: 8377)")


def _add_ingest(commands: _Commands) -> None:
    command = _add(commands, "ingest", "read a file or folder in; this opens it to questions from now on")
    command.add_argument("path", type=Path, metavar="PATH")


def _add_packet(commands: _Commands) -> None:
    command = _add(commands, "packet", "ask a question and print the places that answer it")
    command.add_argument("query", metavar="QUERY")
    command.add_argument("--task", choices=TASK_TYPES, default="explain", help="what the answer is for")
    command.add_argument("--max-items", type=int, default=8, metavar="N")
    command.add_argument("--max-tokens", type=int, default=1500, metavar="N")


def _add_verify(commands: _Commands) -> None:
    command = _add(commands, "verify", "prove places now; 1 means that one of them does not hold")
    command.add_argument(
        "targets", nargs="+", metavar="TARGET", help="an id from a packet, path, path:10-20, path::symbol"
    )


def _add_remember(commands: _Commands) -> None:
    command = _add(commands, "remember", "keep a conclusion with receipts for what it was drawn from")
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
    command = _add(commands, "audit", "say which statements of a document are not true; 1 means that some are")
    command.add_argument("file", type=Path, metavar="FILE", help="CLAUDE.md, AGENTS.md, a README, a guide")


def _add_why(commands: _Commands) -> None:
    command = _add(commands, "why", "say who wrote something, when, through what; 1 means that it is unknown")
    command.add_argument("id", metavar="ID", help="an item's or a note's id, path, path:10-20, path::symbol")


def _add_forget(commands: _Commands) -> None:
    command = _add(commands, "forget", "say what an agent or a person wrote and taught, and forget it")
    command.add_argument("--agent", metavar="NAME", help="claude-code, or ada/claude-code for that person's alone")
    command.add_argument("--participant", metavar="NAME", help="a person, through whichever agent")
    command.add_argument("--since", metavar="WHEN", help="'2 h', '3 d' or 2026-01-31T12:00 (default: ever)")
    command.add_argument("--yes", action="store_true", help="do it; without, say what would be forgotten")
    command.add_argument("--undo", metavar="ID", help="bring back what was forgotten within a day, e.g. f3")


def _add_hitl(commands: _Commands) -> None:
    command = _add(commands, "hitl", "answer what agents ask: watch for questions, list them, answer one")
    command.add_argument("step", choices=("watch", "list", "answer"), help="watch: asks here as questions come")
    command.add_argument("id", metavar="ID", nargs="?", help="of the question to answer, e.g. h3")
    command.add_argument("text", metavar="TEXT", nargs="?", help="the answer: an option or words of your own")
    command.add_argument("--option", type=int, metavar="N", help="the number of an option instead")
    command.add_argument("--comment", metavar="TEXT", help="what goes with the answer")


def _add_doctor(commands: _Commands) -> None:
    command = _add(commands, "doctor", "check the store and the installation; 1 means something is wrong")
    command.add_argument("--fix", action="store_true", help="repair what can be; asks where something could be lost")
    command.add_argument("--yes", action="store_true", help="with --fix: say yes to every question")


def _add_agent(commands: _Commands) -> None:
    command = _add(commands, "agent", "keep, compare, put back and take along what an agent's memory holds")
    command.add_argument("action", choices=AGENT_ACTIONS)
    command.add_argument("words", nargs="*", metavar="WORD", help="a version or branch; export, import: a file")


def _add_install(commands: _Commands, name: str, summary: str) -> None:
    command = _add(commands, name, summary, json=False)
    command.add_argument(
        "--client",
        action="append",
        choices=(*CLIENTS, "all"),
        help="for this one; again for more (default: those that are installed)",
    )
    command.add_argument(
        "--scope",
        choices=("user", "project"),
        default="user",
        help="for you in every workspace, or for everyone in this",
    )
    command.add_argument("--dry-run", action="store_true", help="show what would be written, and write nothing")
    command.add_argument("--force", action="store_true", help="replace another server that is named cistron")


def _add_hook(commands: _Commands) -> None:
    command = commands.add_parser("hook", help="take an event from Claude Code on stdin; `cistron-hook` starts faster")
    command.set_defaults(run=_hook)
    command.add_argument("event", metavar="EVENT", help="SessionStart, PostToolUse or PreCompact")
    command.add_argument("store", metavar="DIR", nargs="?", help="the store's folder (default: the workspace's)")


def _run(command: str, arguments: argparse.Namespace) -> int:
    """Run a command by its module, which costs 0.4 s of imports and more."""
    if command == "serve":
        # The SDK makes objects by the hundred thousand that stay; collections in between cost 15 % of the start.
        gc.disable()
    return importlib.import_module(f"{__package__}.{command}").run(arguments)


def _hook(arguments: argparse.Namespace) -> int:
    from ..hook import take

    return take(arguments.event, arguments.store)
