"""Logs go to stderr: stdout belongs to the protocol. Nothing a user stored or asked is logged above debug."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping

LEVELS = ("debug", "info", "warning", "error")


def configure(level: str) -> None:
    """Send every log line to stderr, ours from `level` on, those of the libraries from warning on.

    Must run before the server is built: the SDK sets up the root logger itself where nobody did.
    """
    line = logging.StreamHandler(sys.stderr)
    line.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=logging.WARNING, handlers=[line])
    logging.getLogger("cistron").setLevel(level.upper())


def counts(answer: Mapping[str, object] | None) -> str:
    """Say how long the lists of an answer are, which is all a log line tells of it.

    >>> counts({"query": "secret", "known": "yes", "items": [1, 2], "notes": []})
    'items=2 notes=0'
    """
    lists = ((name, value) for name, value in (answer or {}).items() if isinstance(value, list))
    return " ".join(f"{name}={len(value)}" for name, value in lists)
