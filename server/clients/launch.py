"""Which command a client is to run: a name that team-mates have too, or the very program of this installation."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from .records import Launch, Machine, Scope

SERVER, HOOK = "cistron-mcp", "cistron-hook"


def launch_for(
    machine: Machine, scope: Scope, running: Sequence[str], roots: Sequence[Path], genome: Path | None
) -> Launch:
    """Return the command for a scope.

    Args:
        machine: Whose PATH counts.
        scope: In a project the name alone, where the PATH has it: the file is shared with others.
        running: The program that runs and its interpreter, nearest first; ours lie in the folder of one of them.
        roots: Folders that a person named for the server.
        genome: The store that a person named.
    """
    given = [("--root", root) for root in roots] + ([("--genome", genome)] if genome else [])
    arguments = tuple(word for flag, path in given for word in (flag, str(path)))
    store = f" {_quoted(str(genome.parent))}" if genome else ""
    if scope == "project" and machine.which(SERVER):
        return Launch(SERVER, arguments, HOOK, store)
    for folder in (Path(os.path.abspath(program)).parent for program in running):
        server, hook = (_program(folder, name) for name in (SERVER, HOOK))
        if server and hook:
            return Launch(server, arguments, _quoted(hook), store)
    python = running[-1]  # of a checkout that is not installed
    words = ("-m", "cistron.server", "serve", *arguments)
    return Launch(python, words, f"{_quoted(python)} -m cistron.server hook", store)


def is_passing(program: str) -> bool:
    """Whether a program lies in an environment that is cleared away at will, as `uvx` makes them."""
    return "archive-v0" in Path(program).parts


def _program(folder: Path, name: str) -> str | None:
    found = (folder / f"{name}{end}" for end in ("", ".exe"))
    return next((str(path) for path in found if path.is_file()), None)


def _quoted(program: str) -> str:
    # Claude Code runs a hook's line in a shell, on Windows that of Git, which takes slashes alone.
    return shlex.quote(program.replace("\\", "/") if os.name == "nt" else program)
