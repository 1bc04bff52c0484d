"""Claude Code: a server in one file, hooks in another."""

from __future__ import annotations

from collections.abc import Sequence

from .records import Client, Config, Hook, Launch, Machine, Scope
from .servers import json_file, server

EDITS = "Edit|Write|MultiEdit|NotebookEdit"
HOOKS = (("SessionStart", None), ("PostToolUse", EDITS), ("PreCompact", None))


def _configs(machine: Machine, scope: Scope, launch: Launch) -> Sequence[Config]:
    hooks = tuple(Hook(event, matcher, f"{launch.hook} {event}{launch.store}") for event, matcher in HOOKS)
    entry = server(launch, typed=True)
    if scope == "project":
        if machine.workspace is None:
            return []
        settings = machine.workspace / ".claude" / "settings.json"
        return [
            json_file(machine.workspace / ".mcp.json", "mcpServers", entry),
            Config(settings, "json", hooks),
        ]
    # CLAUDE_CONFIG_DIR moves both files.
    moved = machine.environment.get("CLAUDE_CONFIG_DIR")
    folder = machine.named("CLAUDE_CONFIG_DIR", ".claude")
    servers = (folder if moved else machine.home) / ".claude.json"
    main = json_file(servers, "mcpServers", entry)
    return [Config(main.path, "json", main.parts, private=True), Config(folder / "settings.json", "json", hooks)]


CLAUDE_CODE = Client(
    "claude-code",
    "Claude Code",
    ("claude",),
    lambda machine: [machine.named("CLAUDE_CONFIG_DIR", ".claude")],
    _configs,
    "start claude again; of a project it asks once whether you trust the server",
)
