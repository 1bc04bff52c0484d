"""One of the torture bench's processes: mixed calls on a shared store until it has made its share or is killed.

Every line it appends to its log is one call that returned: what was called, how long it took, and of a write what the
caller was told is kept. A line is one `write` to a file opened for appending, so that a SIGKILL cannot tear it.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable
from pathlib import Path

from cistron.genome.errors import GenomeError
from cistron.genome.records import Identity
from cistron.tools.errors import ToolsError
from cistron.tools.ingest import IngestTools
from cistron.tools.notes import NotesTools
from cistron.tools.packet import PacketTools
from cistron.tools.refresh import RefreshTools
from cistron.tools.resonance import ResonanceTools
from cistron.tools.services import Services
from cistron.tools.verify import VerifyTools

FILES = 60
CALLS = {"packet": 10, "refresh": 4, "verify": 30, "used": 17, "remember": 15, "keep": 16, "edit": 6, "resonance": 2}
WRITES = ("used", "remember", "keep")

Kept = dict[str, object]


class Worker:
    """The calls of one process, each under the name that the log gives it."""

    def __init__(self, services: Services, tree: Path, seed: int) -> None:
        self._services = services
        self._tree = tree
        self._random = random.Random(seed)
        self._seed = seed
        self._count = 0
        self.calls: dict[str, Callable[[], Kept]] = {
            "packet": self._packet,
            "refresh": self._refresh,
            "verify": self._verify,
            "used": self._used,
            "remember": self._remember,
            "keep": self._keep,
            "edit": self._edit,
            "resonance": self._resonance,
        }

    def choose(self, only: str | None) -> str:
        """Return which call is next."""
        return only or self._random.choices(list(CALLS), list(CALLS.values()))[0]

    def _name(self) -> str:
        self._count += 1
        return f"w{self._seed}x{self._count}"

    def _file(self) -> str:
        return f"pkg/m{self._random.randrange(FILES):02}.py"

    def _packet(self) -> Kept:
        number = self._random.randrange(FILES)
        PacketTools(self._services).context_packet(f"compute_{number} tally", self._random.choice(("explain", "edit")))
        return {}

    def _refresh(self) -> Kept:
        RefreshTools(self._services).refresh_targets(f"compute_{self._random.randrange(FILES)}")
        return {}

    def _verify(self) -> Kept:
        VerifyTools(self._services).verify([self._file(), f"{self._file()}::helper"])
        return {}

    def _used(self) -> Kept:
        return {"events": VerifyTools(self._services).verify([], used=[self._file()]).recorded}

    def _remember(self) -> Kept:
        text = f"{self._name()} concluded that compute_{self._random.randrange(FILES)} is called once"
        return {"note": NotesTools(self._services).remember(text).id, "text": text}

    def _keep(self) -> Kept:
        name = self._name()
        text = f"kept by {name}: {self._random.random()}"
        IngestTools(self._services).ingest(content=text, source_id=f"tool:{name}")
        return {"source": f"tool:{name}", "text": text}

    def _edit(self) -> Kept:
        path = self._tree / self._file()
        before = path.read_bytes()
        fresh = path.with_suffix(f".{os.getpid()}.tmp")
        fresh.write_bytes(before.split(b"\n# edit")[0] + b"\n# edit %d\n" % self._random.randrange(1_000))
        fresh.replace(path)
        return {}

    def _resonance(self) -> Kept:
        ResonanceTools(self._services).resonance()
        return {}


def work(store: str, tree: str, log: str, seed: int, calls: int, only: str) -> None:
    """Work until the share is done."""
    identity = Identity(agent=f"agent-{seed % 4}")
    services = Services(Path(store), [Path(tree)], identity=identity)
    services.engine()  # a write is timed on an open store
    worker = Worker(services, Path(tree), seed)
    out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        for _ in range(calls):
            name = worker.choose(only or None)
            begun = time.perf_counter()
            line: Kept = {"call": name}
            try:
                line.update(worker.calls[name]())
            except (GenomeError, ToolsError) as error:
                line["error"] = f"{type(error).__name__}: {error}"
            line["ms"] = round(1000 * (time.perf_counter() - begun), 2)
            os.write(out, json.dumps(line).encode() + b"\n")
    finally:
        services.close()
