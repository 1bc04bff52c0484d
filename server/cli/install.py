"""`cistron install` and `cistron uninstall`: say what is written into each client's file, and write it."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ...tools.errors import UsageError
from ...tools.plain import one_line
from ..clients.change import Change, carry_out, to_install, to_uninstall
from ..clients.launch import is_passing, launch_for
from ..clients.records import Client, Config, ConfigError, Launch, Machine, Scope
from ..clients.registry import CLIENTS
from ..workspace import find_workspace
from .main import DONE, PROBLEMS

Plan = Callable[[Config, bool], Change]


def run(arguments: argparse.Namespace) -> int:
    """Write our entry into the files of the chosen clients; 1 when one of them was not changed as it should be."""
    return _carry(arguments, to_install)


def undo(arguments: argparse.Namespace) -> int:
    """Take our entry out of the files of the chosen clients; 1 when one of them could not be changed."""
    return _carry(arguments, to_uninstall)


def this_machine() -> Machine:
    """Return the machine and the workspace that the command was typed in."""
    return Machine(Path.home(), find_workspace(Path.cwd()), sys.platform, os.environ)


def _carry(arguments: argparse.Namespace, plan: Plan) -> int:
    machine, scope = this_machine(), _scope(arguments)
    if scope == "project" and machine.workspace is None:
        raise UsageError("this is no workspace; run `git init` or make an empty cistron.toml here, or use --scope user")
    roots = [_whole(root) for root in arguments.root or ()]
    genome = _whole(arguments.genome) if arguments.genome else None
    launch = launch_for(machine, scope, (sys.argv[0], sys.executable), roots, genome)
    installing = plan is to_install
    chosen = _chosen(arguments.client, machine, scope, installing)
    if not chosen:
        print("no client was found; name one with --client: " + ", ".join(CLIENTS), file=sys.stderr)
        return PROBLEMS
    if installing:
        _say_command(launch, machine, scope)
    worked = [_one(client, configs, plan, arguments) for client, configs in _files(chosen, machine, scope, launch)]
    return DONE if all(worked) else PROBLEMS


def _whole(path: Path) -> Path:
    return Path(os.path.abspath(path.expanduser()))


def _scope(arguments: argparse.Namespace) -> Scope:
    return arguments.scope


def _chosen(names: Sequence[str] | None, machine: Machine, scope: Scope, installing: bool) -> list[Client]:
    """Return the clients that were named, or those that are installed here, and say which they are and why.

    To take our entry out, every client is looked at: one that is gone may have left its file.
    """
    if names and "all" not in names:
        return [CLIENTS[name] for name in dict.fromkeys(names)]
    if names or not installing:
        return list(CLIENTS.values())
    found = [(client, why) for client in CLIENTS.values() if (why := client.found(machine))]
    for client, why in found:
        print(f"found {client.title}: {why}")
    return [client for client, _ in found]


def _files(
    chosen: Sequence[Client], machine: Machine, scope: Scope, launch: Launch
) -> list[tuple[Client, Sequence[Config]]]:
    """Return the files of each client, and say which clients have none in this scope."""
    files = [(client, client.configs(machine, scope, launch)) for client in chosen]
    for client, configs in files:
        if not configs:
            print(f"{client.title}: has no file in a project; use --scope user")
    return [(client, configs) for client, configs in files if configs]


def _say_command(launch: Launch, machine: Machine, scope: Scope) -> None:
    print(f"command: {shlex.join([launch.command, *launch.args])}")
    if scope == "project" and os.path.isabs(launch.command):
        print(f"  {Path(launch.command).name} is not on the PATH: team-mates will not have this path", file=sys.stderr)
    if is_passing(launch.command):
        print("  this environment will be cleared away; run `uv tool install cistron-mcp` first", file=sys.stderr)


def _one(client: Client, configs: Sequence[Config], plan: Plan, arguments: argparse.Namespace) -> bool:
    """Show and make the changes of one client; say whether all went well."""
    well, changed = True, False
    for config in configs:
        try:
            change = plan(config, arguments.force)
            if change.is_empty:
                state = "nothing to do" if change.held.text is not None else "not there"
                print(f"{client.title}: {config.path}: {state}")
                continue
            print(f"{client.title}: {_where(change)}")
            print(_visible(change.diff()), end="")
            if not arguments.dry_run:
                _write(change)
            changed = True
        except ConfigError as error:
            print(f"{client.title}: {error}", file=sys.stderr)
            well = False
    if changed and plan is to_install and not arguments.dry_run:
        print(f"next: {client.then}")
    return well


def _write(change: Change) -> None:
    kept = carry_out(change)
    said = "removed" if change.after is None else "written"
    print(f"{said}: {change.held.path}" + (f" (before: {kept})" if kept else ""))


def _where(change: Change) -> str:
    path = change.config.path
    return str(path) if path == change.held.path or not path.is_symlink() else f"{path} -> {change.held.path}"


def _visible(diff: str) -> str:
    """Return a difference with what a terminal would obey escaped: the file may have come from anywhere."""
    return "".join(letter if letter in "\t\n" else one_line(letter) for letter in diff.replace("\r\n", "\n"))
