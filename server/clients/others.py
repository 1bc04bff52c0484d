"""Clients that do not read JSON: Codex reads TOML, Continue a YAML file for each server."""

from __future__ import annotations

import json
from collections.abc import Sequence

from .change import TEXT_MARK
from .records import NAME, Client, Config, Entry, Launch, Machine, Scope

CODEX_START_S = 30  # its own limit of 10 s is short for a cold disk


def _codex(machine: Machine, scope: Scope, launch: Launch) -> Sequence[Config]:
    folder = machine.named("CODEX_HOME", ".codex")
    if scope == "project":
        if machine.workspace is None:
            return []
        folder = machine.workspace / ".codex"
    value = {"command": launch.command, "args": list(launch.args), "startup_timeout_sec": CODEX_START_S}
    return [Config(folder / "config.toml", "toml", (Entry(("mcp_servers", NAME), value),))]


def _continue(machine: Machine, scope: Scope, launch: Launch) -> Sequence[Config]:
    folder = machine.home if scope == "user" else machine.workspace
    if folder is None:
        return []
    text = (
        f"{TEXT_MARK}; `cistron uninstall` removes it.\n"
        "name: Cistron\nversion: 0.0.1\nschema: v1\nmcpServers:\n"
        f"  - name: {NAME}\n    command: {_yaml(launch.command)}\n    args: [{', '.join(map(_yaml, launch.args))}]\n"
    )
    return [Config(folder / ".continue" / "mcpServers" / f"{NAME}.yaml", "text", text=text)]


def _yaml(text: str) -> str:
    """Return a text as YAML reads it: a JSON string is one."""
    return json.dumps(text, ensure_ascii=False)


CODEX = Client(
    "codex",
    "Codex",
    ("codex",),
    lambda machine: [machine.named("CODEX_HOME", ".codex")],
    _codex,
    "start codex again; it reads a project's file in trusted projects only",
)
CONTINUE = Client(
    "continue",
    "Continue",
    ("cn",),
    lambda machine: [machine.home / ".continue"],
    _continue,
    "reload the window; servers are used in agent mode",
)
