"""A real `cistron serve --http` process of a bench."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

TOKEN = "a-token-for-this-bench-alone"
START_S, END_S = 120, 60


@contextmanager
def serving(tree: Path, tokens: Path, log: TextIO, *flags: str) -> Iterator[str]:
    """Yield the address of a server over a tree, SSE included, and end it as a system does.

    Args:
        tree: Where it is started.
        tokens: The file that its token is written to.
        log: An empty file that is given what it says.
        flags: More flags of `cistron serve`.

    Raises:
        RuntimeError: It did not start, or did not end with 0.
    """
    tokens.write_text(TOKEN)
    tokens.chmod(0o600)
    command = [sys.executable, "-m", "cistron.server", "serve", "--http", "--sse", "--port", "0"]
    with subprocess.Popen([*command, "--token-file", str(tokens), *flags], cwd=tree, stderr=log) as server:
        try:
            yield _address(server, Path(log.name))
        finally:
            server.send_signal(signal.SIGTERM)
            status = server.wait(END_S)
    if status:
        raise RuntimeError(f"the server ended with {status}")


def _address(server: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        for word in log.read_text().split():
            if word.startswith("http://") and word.endswith("/mcp"):
                return word.removesuffix("/mcp")
        time.sleep(0.05)
    raise RuntimeError(f"the server does not listen: {log.read_text()[-500:]}")
