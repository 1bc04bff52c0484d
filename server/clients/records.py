"""What the install commands speak of: the machine, a client, the files it reads, and what of them is ours."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from ...tools.errors import ToolsError

NAME = "cistron"
Scope = Literal["project", "user"]
Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | float | bool | None"


class ConfigError(ToolsError):
    """A client's file cannot be read as what it should be, or not be changed; it is left as it is."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Whose configuration is meant.

    `workspace` is None outside of every workspace; `platform` is as in `sys.platform`.
    """

    home: Path
    workspace: Path | None
    platform: str
    environment: Mapping[str, str]

    def config(self) -> Path:
        """Return the folder in which Linux programs keep their settings."""
        named = self.environment.get("XDG_CONFIG_HOME", "")
        return Path(named) if named.startswith("/") else self.home / ".config"

    def application_data(self) -> Path:
        """Return the folder in which desktop programs of this system keep their settings."""
        if self.platform == "darwin":
            return self.home / "Library" / "Application Support"
        if self.platform == "win32":
            return Path(self.environment.get("APPDATA") or self.home / "AppData" / "Roaming")
        return self.config()

    def named(self, variable: str, otherwise: str) -> Path:
        """Return the folder that a variable names, else one in the home."""
        value = self.environment.get(variable)
        return Path(value).expanduser() if value else self.home / otherwise

    def which(self, program: str) -> str | None:
        """Return where a program is found on the PATH."""
        return shutil.which(program, path=self.environment.get("PATH", ""))


@dataclass(frozen=True, slots=True)
class Launch:
    """How a client starts us: programs by path, or by name where the PATH has them.

    `hook` is a line for a shell, as Claude Code takes it, without the event; `store` what follows the event in it.
    """

    command: str
    args: tuple[str, ...]
    hook: str
    store: str = ""

    def within(self, folder: str) -> Launch:
        """Return the same with the workspace named, for clients that start servers elsewhere."""
        return replace(self, args=(*self.args, "--workspace", folder))


@dataclass(frozen=True, slots=True)
class Entry:
    """A member of an object that is ours, at `keys`; the server's `command` tells whether one that is there is."""

    keys: tuple[str, ...]
    value: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Hook:
    """A command of ours in the list that Claude Code keeps for an event."""

    event: str
    matcher: str | None
    command: str


@dataclass(frozen=True, slots=True)
class Config:
    """One file of a client. `form` is how it is written; of a `text` the whole file is ours, `text`."""

    path: Path
    form: Literal["json", "toml", "text"]
    parts: tuple[Entry | Hook, ...] = ()
    text: str = ""
    private: bool = False  # made readable to its owner alone where it is new


@dataclass(frozen=True, slots=True)
class Client:
    """A coding agent: how it is told that it is installed, and what is written for it in a scope (nothing: no such)."""

    name: str
    title: str
    programs: tuple[str, ...]
    folders: Callable[[Machine], Sequence[Path]]
    configs: Callable[[Machine, Scope, Launch], Sequence[Config]]
    then: str

    def found(self, machine: Machine) -> str | None:
        """Return what shows that the client is installed."""
        folders = (str(folder) for folder in self.folders(machine) if folder.is_dir())
        programs = (path for program in self.programs if (path := machine.which(program)))
        return next(folders, None) or next(programs, None)
