"""Check what a document says of the workspace: the names, values and commands in it, against store and disk now."""

from __future__ import annotations

import os
from pathlib import Path

from ..genome.errors import RootNotGranted
from ..genome.reading.decode import decode
from ..genome.reading.secrets import redact
from ..genome.reading.statements import Document, statements
from ..genome.records import Root
from ..genome.search.audit import Audit, Finding
from ..genome.search.grounds import Grounds
from .errors import UsageError
from .models.audit import AuditReport, NotTrue
from .plain import quoted
from .services import Services

MAX_BYTES = 1 << 20
FRESHEN_S = 2.0


class AuditTools:
    """The audit of documents for one store."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def audit(self, path: Path) -> AuditReport:
        """Return which statements of a document are not true now.

        Args:
            path: A Markdown, reStructuredText or plain text file that a person named; it may lie outside the roots.

        Raises:
            UsageError: It is not there, no text, or too long.
        """
        text = read_document(path)
        root, relative = place_of(self._services, path)
        document = statements(text, relative)
        findings = self._findings(document, root, relative)
        return _report(relative, findings)

    def _findings(self, document: Document, root: Root | None, relative: str) -> list[list[Finding]]:
        services = self._services
        roots = [each for each in services.roots() if each.kind != "virtual"]
        if services.engine().database.writable:
            services.engine().freshener.freshen(roots, FRESHEN_S)
        with services.engine().database.snapshot() as connection:
            audit = Audit(Grounds(connection, roots, beside(root, relative)), document, relative)
            return [audit.judge(statement) for statement in document.statements]


def read_document(path: Path) -> str:
    """Return the text of a document that a person named, without secrets.

    Raises:
        UsageError: It is not there, no text, or too long.
    """
    try:
        if not path.is_file():
            raise UsageError(f"there is no file {quoted(str(path))}; check the spelling")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{quoted(str(path))} cannot be read ({error.strerror}); check its permissions") from error
    if len(data) > MAX_BYTES:
        raise UsageError(f"{quoted(str(path))} is larger than {MAX_BYTES:,} bytes; pass the part that matters")
    text = decode(data)
    if text is None:
        raise UsageError(f"{quoted(str(path))} is no text; pass a document like CLAUDE.md")
    return redact(path.name, text)[0]


def beside(root: Root | None, relative: str) -> tuple[Root, str] | None:
    """Return the root and folder of a document, to which its links are relative."""
    return None if root is None else (root, os.path.dirname(relative))


def place_of(services: Services, path: Path) -> tuple[Root | None, str]:
    """Return the root that a document lies in and its path there; outside the roots its name."""
    try:
        return services.locate(str(path.absolute()))
    except RootNotGranted:
        return None, path.name


def _report(path: str, findings: list[list[Finding]]) -> AuditReport:
    not_true: list[NotTrue] = []
    counts = {"true": 0, "false": 0, "unknown": 0}
    for each in findings:
        wrong = [finding for finding in each if finding.truth == "false"]
        not_true += [_not_true(finding) for finding in wrong]
        if each:
            truth = "false" if wrong else "true" if any(found.truth == "true" for found in each) else "unknown"
            counts[truth] += 1
    return AuditReport(path=path, not_true=not_true, **counts)


def _not_true(finding: Finding) -> NotTrue:
    statement = finding.statement
    return NotTrue(
        line=statement.line,
        end_line=statement.end_line,
        statement=statement.text if len(statement.text) <= 200 else f"{statement.text[:200]}...",
        named=finding.mention.text,
        why=finding.why,
    )
