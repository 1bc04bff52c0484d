"""`cistron doctor`: is the store whole, what is installed, what is off and why."""

from __future__ import annotations

import argparse
import dataclasses
import json
import platform
import sys
from importlib.metadata import version

from ...genome.errors import GenomeError
from ...tools.errors import ToolsError
from ...tools.stats import Check, StatsTools
from .main import DONE, PROBLEMS
from .opened import opened


def run(arguments: argparse.Namespace) -> int:
    """Print one line a check and what to do about those that failed."""
    checks = [_versions(), *_store_checks(arguments)]
    if arguments.json:
        print(json.dumps([dataclasses.asdict(check) for check in checks]))
    else:
        print("\n".join(_line(check) for check in checks))
    return DONE if all(check.ok for check in checks) else PROBLEMS


def _store_checks(arguments: argparse.Namespace) -> list[Check]:
    """Ask the layers below; a store that cannot be opened or wrong settings are findings, not failures of ours."""
    try:
        with opened(arguments) as services:
            return StatsTools(services).doctor()
    except (ToolsError, GenomeError) as error:
        what, _, advice = str(error).partition("; ")
        return [Check(name="store", ok=False, detail=what, advice=advice or None)]


def _versions() -> Check:
    names = ("cistron-mcp", "mcp", "apsw", "tree-sitter-language-pack")
    installed = ", ".join(f"{name} {version(name)}" for name in names)
    return Check(name="versions", ok=True, detail=f"{installed}, python {platform.python_version()} ({sys.platform})")


def _line(check: Check) -> str:
    advice = f"; {check.advice}" if check.advice else ""
    return f"{'ok ' if check.ok else 'NO '} {check.name}: {check.detail}{advice}"
