"""Clients whose JSON file has an object of servers: most have `mcpServers`, the others each a word of their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .records import NAME, Client, Config, Entry, Json, Launch, Machine, Scope

WORKSPACE_FOLDER = "${workspaceFolder}"


def server(launch: Launch, *, typed: bool = False) -> dict[str, Json]:
    """Return a server's entry as most clients read it; `typed` names the transport."""
    entry: dict[str, Json] = {"type": "stdio"} if typed else {}
    return {**entry, "command": launch.command, "args": list(launch.args)}


def json_file(path: Path, key: str, entry: dict[str, Json]) -> Config:
    """Return a JSON file that holds our entry in one object."""
    return Config(path, "json", (Entry((key, NAME), entry),))


def _claude_desktop(machine: Machine, scope: Scope, launch: Launch) -> Sequence[Config]:
    file = machine.application_data() / "Claude" / "claude_desktop_config.json"
    return [json_file(file, "mcpServers", server(launch))] if scope == "user" else []


def _cursor(machine: Machine, scope: Scope, launch: Launch) -> Sequence[Config]:
    folder = machine.home if scope == "user" else machine.workspace
    entry = server(launch.within(WORKSPACE_FOLDER), typed=True)
    return [json_file(folder / ".cursor" / "mcp.json", "mcpServers", entry)] if folder else []


def _windsurf(machine: Machine, scope: Scope, launch: Launch) -> Sequence[Config]:
    file = machine.home / ".codeium" / "windsurf" / "mcp_config.json"
    return [json_file(file, "mcpServers", server(launch))] if scope == "user" else []


def _gemini(machine: Machine, scope: Scope, launch: Launch) -> Sequence[Config]:
    folder = machine.home if scope == "user" else machine.workspace
    return [json_file(folder / ".gemini" / "settings.json", "mcpServers", server(launch))] if folder else []


def _vscode(machine: Machine, scope: Scope, launch: Launch) -> Sequence[Config]:
    folder = machine.application_data() / "Code" / "User"
    if scope == "project":
        if machine.workspace is None:
            return []
        folder = machine.workspace / ".vscode"
    return [json_file(folder / "mcp.json", "servers", server(launch.within(WORKSPACE_FOLDER), typed=True))]


def _zed_folder(machine: Machine) -> Path:
    # On a Mac too it is ~/.config/zed.
    return machine.application_data() / "Zed" if machine.platform == "win32" else machine.config() / "zed"


def _zed(machine: Machine, scope: Scope, launch: Launch) -> Sequence[Config]:
    folder = _zed_folder(machine)
    if scope == "project":
        if machine.workspace is None:
            return []
        folder = machine.workspace / ".zed"
    entry: dict[str, Json] = {"source": "custom", **server(launch), "env": {}}
    return [json_file(folder / "settings.json", "context_servers", entry)]


def _opencode(machine: Machine, scope: Scope, launch: Launch) -> Sequence[Config]:
    folder = machine.config() / "opencode" if scope == "user" else machine.workspace
    if folder is None:
        return []
    commented = folder / "opencode.jsonc"
    file = commented if commented.exists() else folder / "opencode.json"
    return [json_file(file, "mcp", {"type": "local", "command": [launch.command, *launch.args], "enabled": True})]


CLAUDE_DESKTOP = Client(
    "claude-desktop",
    "Claude Desktop",
    (),
    lambda machine: [machine.application_data() / "Claude"],
    _claude_desktop,
    "quit Claude Desktop and start it again; it has no workspace, so name folders with --root",
)
CURSOR = Client(
    "cursor",
    "Cursor",
    ("cursor", "cursor-agent"),
    lambda machine: [machine.home / ".cursor"],
    _cursor,
    "turn cistron on in Cursor's settings under MCP",
)
WINDSURF = Client(
    "windsurf",
    "Windsurf",
    ("windsurf",),
    lambda machine: [machine.home / ".codeium" / "windsurf"],
    _windsurf,
    "refresh the servers in Windsurf; it starts them outside the workspace, so name folders with --root",
)
GEMINI = Client(
    "gemini",
    "Gemini CLI",
    ("gemini",),
    lambda machine: [machine.home / ".gemini"],
    _gemini,
    "start gemini again; it runs servers in trusted folders only",
)
VSCODE = Client(
    "vscode",
    "VS Code",
    ("code",),
    lambda machine: [machine.application_data() / "Code"],
    _vscode,
    "start the server where VS Code asks whether you trust it",
)
ZED = Client("zed", "Zed", ("zed", "zeditor"), lambda machine: [_zed_folder(machine)], _zed, "Zed starts it by itself")
OPENCODE = Client(
    "opencode",
    "OpenCode",
    ("opencode",),
    lambda machine: [machine.config() / "opencode"],
    _opencode,
    "start opencode again",
)
