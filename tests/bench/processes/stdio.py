"""A real `cistron serve` process of the torture bench, spoken to in JSON-RPC over its stdin and stdout."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from processes.worker import FILES

GREETING = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "torture", "version": "1"},
}


class Front:
    """One server. `send` asks for something, `receive` waits for it; a server that was killed answers None."""

    def __init__(self, store: Path, tree: Path, name: str) -> None:
        self._name = name
        self._count = 0
        self._asked: dict[str, object] = {}
        self._err = tempfile.TemporaryFile()  # noqa: SIM115  # kept until `end`; a pipe would fill and block the server
        self._child = subprocess.Popen(
            [sys.executable, "-m", "cistron.server", "serve", "--genome", str(store), "--root", str(tree)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._err,
        )  # fmt: skip
        self._write({"id": 0, "method": "initialize", "params": GREETING})
        self._read(0)
        self._write({"method": "notifications/initialized"})

    def send(self, chance: random.Random) -> None:
        """Ask for one thing: a packet, a proof, or to keep a note."""
        self._count += 1
        number = chance.randrange(FILES)
        text = f"{self._name} found {self._count}: compute_{number} is pure"
        name, arguments = chance.choice((
            ("context_packet", {"query": f"compute_{number}"}),
            ("verify", {"targets": [f"pkg/m{number:02}.py::helper"], "used": [f"pkg/m{number:02}.py"]}),
            ("remember", {"text": text}),
        ))  # fmt: skip
        self._asked = {"call": f"stdio {name}"} | ({"text": text} if name == "remember" else {})
        self._write({"id": self._count, "method": "tools/call", "params": {"name": name, "arguments": arguments}})

    def receive(self) -> dict[str, object] | None:
        """Return what the server said to what was sent last, with what it then keeps; None when it has gone."""
        message = self._read(self._count)
        if message is None:
            return None
        result = message.get("result")
        if not isinstance(result, dict) or result.get("isError"):
            return {**self._asked, "error": json.dumps(message)[:500]}
        said = result["structuredContent"]
        kept = {"note": said["id"]} if "text" in self._asked else {}
        return {**self._asked, **kept, "events": said.get("recorded", 0)}

    def kill(self) -> None:
        """End it as the system would."""
        self._child.kill()

    def end(self) -> str:
        """Close its stdin, as a client does that goes away, wait for it, and return the end of its log."""
        try:
            self._child.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.communicate()
        self._err.seek(0)
        log = self._err.read().decode(errors="replace")[-2_000:]
        self._err.close()
        return log

    def _write(self, message: dict[str, object]) -> None:
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
            self._child.stdin.flush()
        except BrokenPipeError:
            pass  # it was killed; reading tells

    def _read(self, number: int) -> dict[str, object] | None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            message = json.loads(line) if line.endswith(b"\n") else {}
            if message.get("id") == number:
                return message
        return None
