"""Cistron as one of the systems that the retrieval benches ask."""

import shutil
import time
from pathlib import Path

from shared.scores import Ranked, Ranking

from cistron.tools.packet import PacketTools
from cistron.tools.services import Services
from cistron.tools.text import packet_text

CHARS_PER_TOKEN = 4  # for every system the same, so that what is read compares
EMBED_S = 300.0
UNBOUNDED = 20_000  # tokens: ten items are never cut


class Ours:
    """A fresh store for each tree, asked through the tool in process, each question in a session of its own."""

    name = "cistron"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._services: Services | None = None
        self._asked = 0
        self.default_tokens = 0  # of the last answer with the tool's defaults

    def index(self, tree: Path) -> None:
        """Take in a source tree, and forget the one before."""
        self.close()
        self._tree = tree
        self._services = Services(self._folder / "genome.db", [tree])
        self._services.start()
        self._services.ingest_work(self._services.roots()[0], None)(lambda _: None, lambda: False)
        embedder = self._services.engine().embedder
        begun = time.perf_counter()
        while not embedder.is_complete and time.perf_counter() - begun < EMBED_S:
            embedder.settle()  # until then words answer alone, and a loaded machine would look like a worse order

    def ask(self, question: str, most: int | None) -> Ranking:
        """Return the places of a packet; of `most` None, with the tool's defaults."""
        assert self._services is not None
        self._asked += 1
        tools = PacketTools(self._services)
        session = f"question {self._asked}"
        if most is None:
            packet = tools.context_packet(question, session=session)
        else:
            packet = tools.context_packet(question, max_items=most, max_tokens=UNBOUNDED, session=session)
        places = [self._ranked(item.path, item.start_line, item.end_line) for item in packet.items]
        return Ranking(places, -(-len(packet_text(packet)) // CHARS_PER_TOKEN))

    def close(self) -> None:
        """Stop, and drop the store."""
        if self._services is not None:
            self._services.close()
        self._services = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def _ranked(self, path: str, start: int, end: int) -> Ranked:
        lines = (self._tree / path).read_text(encoding="utf-8", errors="replace").split("\n")[start - 1 : end]
        size = len("\n".join(lines)) + len(f"{path}:{start}-{end}\n")
        return Ranked(path, start, end, -(-size // CHARS_PER_TOKEN))
