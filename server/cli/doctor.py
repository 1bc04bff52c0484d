"""`cistron doctor`: is the store whole, what is installed, what is off and why; with --fix it repairs what it can."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from ...tools.errors import UsageError
from .. import logs
from ..doctor.check import Check
from ..doctor.examination import Treated, examined, patient_of, running, treated
from ..settings import Settings, read_settings
from .flags import flags
from .main import DONE, PROBLEMS


def run(arguments: argparse.Namespace) -> int:
    """Print one line a check and what to do about those that failed."""
    logs.configure("error")
    cwd = Path.cwd()
    try:
        settings = read_settings(flags(arguments), os.environ, cwd)
    except UsageError as error:  # wrong settings are a finding, not a failure of ours
        what, _, advice = str(error).partition("; ")
        results = [Treated(Check("settings", False, what, advice or None))]
    else:
        results = _examine(settings, cwd, arguments)
    if arguments.json:
        print(json.dumps([_row(one) for one in results]))
    else:
        print("\n".join(_line(one) for one in results))
    return DONE if all(one.check.ok for one in results) else PROBLEMS


def _examine(settings: Settings, cwd: Path, arguments: argparse.Namespace) -> list[Treated]:
    checks = examined(patient_of(settings, cwd, os.environ))
    if arguments.fix:
        results = treated(checks, lambda question: arguments.yes or _asked(question))
    else:
        results = [Treated(check) for check in checks]
    store = next(one.check for one in results if one.check.name == "store")
    if store.ok:
        results.append(Treated(running(settings, cwd, os.environ)))
    return results


def _asked(question: str) -> bool:
    """Put a question to whoever sits at the terminal; nobody there means no."""
    if not sys.stdin.isatty():
        return False
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _row(one: Treated) -> dict[str, object]:
    check = one.check
    return {
        "name": check.name,
        "ok": check.ok,
        "detail": check.detail,
        "advice": check.advice,
        "fixable": check.repair is not None,
        "done": one.done,
    }


def _line(one: Treated) -> str:
    check = one.check
    advice = f"; {check.advice}" if check.advice and not (one.done and check.ok) else ""
    done = f" -> {one.done}" if one.done else ""
    return f"{'ok ' if check.ok else 'NO '} {check.name}: {check.detail}{advice}{done}"
