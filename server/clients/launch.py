"""Which command a client is to run: a name that team-mates have too, or the very program of this installation."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from .records import Launch, Machine, Scope

SERVER, HOOK = "cistron-mcp", "cistron-hook"


def launch_for(machine: Machine, scope: Scope, python: str, arguments: tuple[str, ...]) -> Launch:
    """Return the command for a scope.

    Args:
        machine: Whose PATH counts.
        scope: In a project the name alone, where the PATH has it: the file is shared with others.
        python: The running interpreter; its folder holds the programs of its environment.
        arguments: What the server is told beside.
    """
    if scope == "project" and machine.which(SERVER):
        return Launch(SERVER, arguments, HOOK)
    beside = Path(os.path.abspath(python)).parent
    server, hook = (_program(beside, name) for name in (SERVER, HOOK))
    if server is None or hook is None:  # run from a checkout that is not installed
        return Launch(
            python, ("-m", "cistron.server", "serve", *arguments), f"{_quoted(python)} -m cistron.server hook"
        )
    return Launch(server, arguments, _quoted(hook))


def _program(folder: Path, name: str) -> str | None:
    found = (folder / f"{name}{end}" for end in ("", ".exe"))
    return next((str(path) for path in found if path.is_file()), None)


def _quoted(program: str) -> str:
    # Claude Code runs a hook's line in a shell, on Windows that of Git, which takes slashes alone.
    return shlex.quote(program.replace("\\", "/") if os.name == "nt" else program)
