"""Which flags of the command line are settings."""

from __future__ import annotations

import argparse


def flags(arguments: argparse.Namespace) -> dict[str, object]:
    """Return the settings among the flags, by the names they have as settings."""
    given = vars(arguments)
    roots = given["root"]
    return {
        "genome": given["genome"],
        "roots": tuple(roots) if roots else None,
        "tools": given.get("tools"),
        "log_level": given.get("log_level"),
        "network": given.get("network") or None,
    }
