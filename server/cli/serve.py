"""`cistron serve`: MCP over stdin and stdout until the client closes them or a signal comes, or over HTTP."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
from mcp.server import MCPServer

from .. import logs
from ..app import build
from ..settings import read_settings
from ..workspace import find_workspace
from .flags import flags

if TYPE_CHECKING:
    from ...tools.services import Services

CLOSE_TIMEOUT_S = 5.0


def run(arguments: argparse.Namespace) -> int:
    """Serve; return 0 when the client has closed stdin."""
    cwd = _cwd(arguments.workspace)
    settings = read_settings(flags(arguments), os.environ, cwd)
    logs.configure(settings.log_level)
    if settings.http:
        from .serve_http import run_http  # starlette, uvicorn: 0.2 s

        return run_http(settings, cwd)
    opened: list[Services] = []

    def opening() -> Services:
        from ..hooks import listen
        from ..opening import open_services  # SQLite, grammars: 0.1 s that the greeting does not wait for

        opened.append(open_services(settings, cwd, os.environ))
        listen(opened[0])
        return opened[0]

    server = build(opening, tools=settings.tools, version=version("cistron-mcp"))
    if sys.stdin.isatty():
        print("cistron: waiting for an MCP client on stdin; end with Ctrl-C", file=sys.stderr)
    gc.freeze()
    gc.enable()
    anyio.run(_serve, server, opened)
    return 0


def _cwd(named: Path | None) -> Path:
    """Return where the workspace is looked for: what a client named, unless there is none.

    Clients that do not know a variable hand its name over as it stands.
    """
    folder = None if named is None else named.expanduser()
    return folder if folder is not None and folder.is_dir() and find_workspace(folder) else Path.cwd()


async def _serve(server: MCPServer[None], opened: Sequence[Services]) -> None:
    async with anyio.create_task_group() as group:
        if sys.platform != "win32":
            group.start_soon(_end_on_signal, opened)
        await server.run_stdio_async()
        group.cancel_scope.cancel()


async def _end_on_signal(opened: Sequence[Services]) -> None:
    """Close the store on SIGTERM or SIGINT, then let the signal end the process as it would have.

    Cancelling is not enough: the SDK reads stdin on a thread, which returns only when the client writes or closes.
    """
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for number in signals:
            for services in opened:
                with anyio.move_on_after(CLOSE_TIMEOUT_S):
                    await anyio.to_thread.run_sync(services.close, abandon_on_cancel=True)
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
