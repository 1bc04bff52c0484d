"""Every client that we know how to configure, in the order in which they are named."""

from __future__ import annotations

from .claude_code import CLAUDE_CODE
from .others import CODEX, CONTINUE
from .records import Client
from .servers import CLAUDE_DESKTOP, CURSOR, GEMINI, OPENCODE, VSCODE, WINDSURF, ZED

CLIENTS: dict[str, Client] = {
    client.name: client
    for client in (
        CLAUDE_CODE, CLAUDE_DESKTOP, CURSOR, VSCODE, WINDSURF, ZED, CODEX, GEMINI, CONTINUE, OPENCODE,
    )
}  # fmt: skip
