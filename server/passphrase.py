"""Where the passphrase of sealed states comes from: the environment or a person at a terminal, never an argument."""

from __future__ import annotations

import getpass
import os
import sys

from ..tools.errors import UsageError

VARIABLE = "CISTRON_PASSPHRASE"


def from_environment() -> str | None:
    """Return the passphrase that the server was started with, None where there is none."""
    return os.environ.get(VARIABLE)


def from_terminal(*, twice: bool) -> str | None:
    """Return the passphrase of the environment, or ask the person at the terminal; None where there is nobody.

    Args:
        twice: Ask again, because a slip would lose what is sealed with it.

    Raises:
        UsageError: The two were not the same.
    """
    known = from_environment()
    if known or not sys.stdin.isatty():
        return known
    given = getpass.getpass("passphrase: ")
    if twice and getpass.getpass("again: ") != given:
        raise UsageError("the two passphrases differ; nothing was written")
    return given
