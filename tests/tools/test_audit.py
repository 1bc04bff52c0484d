"""`cistron audit`: what a document says and is not so; what cannot be told is left alone."""

from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from cistron.tools.audit import AuditTools
from cistron.tools.errors import UsageError
from cistron.tools.models.audit import AuditReport
from cistron.tools.services import Services
from cistron.tools.text import audit_text

from .conftest import plant, read_in

MAKEFILE = ".PHONY: test lint\n\ntest: lint\n\tpytest -q\n\nlint:\n\truff check\n"
LIMITS = "MAX_RETRIES = 3\nTIMEOUT_S = 10.0\n\n\ndef load_limits(path):\n    return path\n"
Audit = Callable[[str], AuditReport]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Services, Path]]:
    """A small project of several sorts of file, read in once."""
    folder = tmp_path_factory.mktemp("audited")
    tree = plant(folder / "repo")
    (tree / "Makefile").write_text(MAKEFILE)
    (tree / "package.json").write_text('{"name": "web", "scripts": {"build": "tsc", "test:unit": "vitest"}}\n')
    (tree / "src" / "limits.py").write_text(LIMITS)
    services = read_in(folder / "store" / "genome.db", tree)
    yield services, tree
    services.close()


@pytest.fixture
def audit(project: tuple[Services, Path]) -> Audit:
    """Audit a text as CLAUDE.md of the project."""

    def audited(text: str, name: str = "CLAUDE.md") -> AuditReport:
        services, tree = project
        (tree / name).write_text(text)
        try:
            return AuditTools(services).audit(tree / name)
        finally:
            (tree / name).unlink()

    return audited


TRUE = [
    "The client is in `src/client.py`.",
    "The client is in src/client.py:8-9 and the guide in [docs](docs/guide.md#retries).",
    "Call `Client.send_request()` first.",
    "`src/client.py::Client.retry` retries.",
    "`src.client.open_client` opens it.",
    "`MAX_RETRIES` is `3`.",
    "Set by default: `server.port: 8080`.",
    "Run `make test`.",
    "Run `npm run test:unit`.",
    "`TIMEOUT_S = 10.0`",
    "The folder `docs/` holds the guide.",
    "`load_limits` reads them.",
]
FALSE = [
    ("The client is in `src/clients.py`.", "no src/clients.py in src/; there is src/client.py"),
    ("See `docs/retries/guide.md`.", "no docs/retries/guide.md; there is docs/guide.md"),
    ("Call `Client.send_requests()` to send.", "there is Client.send_request"),
    ("`src/client.py::Client.reconnect` retries.", "no Client.reconnect in src/client.py"),
    ("`Client.shutdown_gracefully()` ends it.", "no shutdown_gracefully in Client"),
    ("`open_cleint` opens it.", "there is open_client"),
    ("`MAX_RETRIES` is `5`.", "MAX_RETRIES is 3 at src/limits.py:1"),
    ("The server listens, `server.port: 9090`.", "server.port is 8080 at settings.toml:2"),
    ("Run `make deploy`.", "no target deploy in Makefile"),
    ("Run `npm run lint`.", "no script lint in package.json"),
    ("`TIMEOUT_S` defaults to 30.", "TIMEOUT_S is 10.0 at src/limits.py:2"),
]
UNKNOWN = [
    "Be kind to each other.",
    "Create `hello.py` with this content.",
    "Install `docker-compose` and `uv` first.",
    "Use `os.environ.get()` for secrets.",
    "The function `fetch_all_things()` was removed in 2.0.",
    "Output goes to `build/report.html` and `dist/app.js`.",
    "Set `MAX_RETRIES=5` to try longer.",
    "For example, `src/my_plugin.py` could hold yours.",
    "It follows `pallets/flask` and `numpy.array`.",
    "Use snake_case and `CamelCase` as PEP 8 says.",
    "`requests.Session` keeps connections.",
]


@pytest.mark.parametrize("text", TRUE)
def test_what_is_so_is_true(audit: Audit, text: str) -> None:
    report = audit(text)
    assert (report.true, report.false) == (1, 0), report.not_true


@pytest.mark.parametrize(("text", "why"), FALSE)
def test_what_is_not_so_is_named_with_what_is(audit: Audit, text: str, why: str) -> None:
    report = audit(f"# Rules\n\n{text}\n")
    assert report.false == 1
    (found,) = report.not_true
    assert found.line == 3
    assert why in found.why
    assert f"CLAUDE.md:3 {found.named}: " in audit_text(report)


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_cannot_be_told_is_no_alarm(audit: Audit, text: str) -> None:
    report = audit(text)
    assert (report.true, report.false) == (0, 0), report.not_true


def test_examples_in_a_document_are_no_statements(audit: Audit) -> None:
    text = "Define `create_gadget()`:\n\n```python\nfrom src.nothing import create_gadget\nMAX_RETRIES = 9\n```\n"
    assert audit(text).false == 0


def test_commands_of_a_shell_example_are_checked(audit: Audit) -> None:
    report = audit("```sh\n$ make test\n$ make publish\n```\n")
    assert [(each.line, each.named) for each in report.not_true] == [(3, "make publish")]


def test_a_file_that_went_since_it_was_read_in_is_missed(tmp_path: Path) -> None:
    tree = plant(tmp_path / "repo")
    (tree / "CLAUDE.md").write_text("Settings are in `settings.toml`.\n")
    services = read_in(tmp_path / "store" / "genome.db", tree)
    try:
        assert AuditTools(services).audit(tree / "CLAUDE.md").true == 1
        (tree / "settings.toml").unlink()
        (found,) = AuditTools(services).audit(tree / "CLAUDE.md").not_true
        assert found.why == "no settings.toml any more"
    finally:
        services.close()


def test_a_document_outside_the_roots_is_read_because_a_person_named_it(
    project: tuple[Services, Path], tmp_path: Path
) -> None:
    (tmp_path / "AGENTS.md").write_text("`MAX_RETRIES` is `5`.\n")
    assert AuditTools(project[0]).audit(tmp_path / "AGENTS.md").false == 1


@pytest.mark.parametrize("text", ["", "\n\n", "?!\n", "`" * 5_000, "| a |\n|---|\n", "\x00\x01", "- \n" * 1_000])
def test_a_document_that_says_nothing_is_no_error(audit: Audit, text: str) -> None:
    if "\0" in text:
        with pytest.raises(UsageError, match="is no text"):
            audit(text)
        return
    assert audit(text).not_true == []


def test_wrong_files_are_named_with_what_to_do(project: tuple[Services, Path], tmp_path: Path) -> None:
    (tmp_path / "big.md").write_bytes(b"x" * ((1 << 20) + 1))
    for name, said in (("nothing.md", "no file"), (".", "no file"), ("big.md", "larger than")):
        with pytest.raises(UsageError, match=said):
            AuditTools(project[0]).audit(tmp_path / name)
