"""Where errors of our own become answers a client can read. Nothing else is caught: the rest are bugs."""

from __future__ import annotations

from collections.abc import Collection, Generator
from contextlib import contextmanager

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import ValidationError

from ..genome.errors import GenomeError
from ..tools import errors as tools


@contextmanager
def boundary() -> Generator[None]:
    """Turn an error that the layers below meant for the caller into the SDK's `ToolError`.

    Raises:
        ToolError: with the message of a `cistron.tools.errors.ToolsError` or a `GenomeError`.
    """
    try:
        yield
    except (tools.ToolsError, GenomeError) as error:
        raise ToolError(str(error)) from error


def unknown_arguments(tool: str, given: Collection[str], valid: Collection[str]) -> ToolError | None:
    """Return the error for arguments that the tool does not have, or None when it has them all."""
    unknown = sorted(set(given) - set(valid))
    if not unknown:
        return None
    named = ", ".join(repr(name[:40]) for name in unknown[:5])
    return ToolError(f"{tool} has no argument {named}; its arguments are {', '.join(valid)}")


def bad_arguments(tool: str, error: ValidationError) -> ToolError:
    """Return what was wrong with the arguments, one clause each, short enough to read and repair."""
    clauses: list[str] = []
    for problem in error.errors(include_url=False)[:5]:
        where = ".".join(str(part) for part in problem["loc"])
        given = "" if problem["type"] == "missing" else f", got {_short(problem['input'])}"
        clauses.append(f"{where}: {problem['msg'][:1].lower()}{problem['msg'][1:]}{given}")
    return ToolError(f"{tool}: {'; '.join(clauses)}")


def _short(value: object) -> str:
    """Give a value as Python writes it, cut to one short line."""
    text = repr(value) if not isinstance(value, str) else repr(value[:60])
    return text if len(text) <= 60 else f"{text[:57]}..."
