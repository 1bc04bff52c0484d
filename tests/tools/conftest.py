"""Services over a small tree of real files."""

from collections.abc import Generator
from pathlib import Path

import pytest

from cistron.tools.ingest import IngestTools
from cistron.tools.services import Services

from .outside import MARKER

CLIENT = '''"""Send requests."""


class Client:
    """Talks to a server."""

    def send_request(self, body: bytes) -> int:
        """Send a body and return the status."""
        return self.retry(body, attempts=3)

    def retry(self, body: bytes, attempts: int) -> int:
        """Send a body again until the server takes it."""
        return len(body) * attempts


def open_client(address: str) -> Client:
    """Return a client for an address."""
    return Client()
'''
GUIDE = "# Guide\n\n## Install\n\nRun the installer.\n\n## Retries\n\nA request is sent again three times.\n"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with a module, a document, a setting and a text in another script."""
    return plant(tmp_path / "repo")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Where the store is made, outside the tree."""
    return tmp_path / "store" / "genome.db"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder beside the root whose name begins with the root's, with a file nobody may see."""
    outside = tmp_path / "repo-evil"
    (outside / "src").mkdir(parents=True)
    for name in ("client.py", "secret.txt", "src/client.py"):
        (outside / name).write_text(f"def {MARKER}():\n    return {MARKER!r}\n" * 3)
    return outside


@pytest.fixture
def services(tree: Path, store: Path) -> Generator[Services]:
    """Services over the tree, which has been read in; closed at the end."""
    services = read_in(store, tree)
    yield services
    services.close()


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Generator[Services]:
    """Such services for all tests of a file: asking leaves nothing behind that changes an answer."""
    folder = tmp_path_factory.mktemp("asked")
    services = read_in(folder / "store" / "genome.db", plant(folder / "repo"))
    yield services
    services.close()


def plant(tree: Path) -> Path:
    """Write the tree's files."""
    (tree / "src").mkdir(parents=True)
    (tree / "docs").mkdir()
    (tree / "src" / "client.py").write_text(CLIENT)
    (tree / "docs" / "guide.md").write_text(GUIDE)
    (tree / "docs" / "japanese.md").write_text("# 設定\n\nサーバーの設定を変更する。\n", encoding="utf-8")
    (tree / "settings.toml").write_text("[server]\nport = 8080\nattempts = 3\n")
    return tree


def read_in(store: Path, tree: Path, lanes: dict[str, bool] | None = None) -> Services:
    """Open services and read the tree in."""
    services = Services(store, [tree], lanes=lanes)
    services.start()
    assert IngestTools(services).ingest(path=str(tree)).state == "done"
    return services


class Clock:
    """A clock that a test sets."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def opened(store: Path, tree: Path, clock: Clock) -> Generator[Services]:
    """Services whose tree was read in, on a clock that a test sets."""
    services = Services(store, [tree], clock=clock)
    assert IngestTools(services).ingest(path=str(tree)).state == "done"
    yield services
    services.close()
