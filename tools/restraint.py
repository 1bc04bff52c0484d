"""What a thread in the background owes to the rest of the machine: a low priority, and little work on battery."""

from __future__ import annotations

import logging
import os
import sys
import threading
from pathlib import Path

logger = logging.getLogger(__name__)
POWER = Path("/sys/class/power_supply")  # Linux alone
NICEST = 19


def lower_priority() -> bool:
    """Give this thread the lowest priority; whether the system can do that for a thread and did."""
    if not sys.platform.startswith("linux"):
        return False  # elsewhere it would be the whole process's
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICEST)
    except OSError as error:
        logger.debug("the background thread keeps its priority: %s", error)
        return False
    return True


def on_battery(power: Path = POWER) -> bool:
    """Whether the machine has a battery and no mains; False where the system does not tell.

    Args:
        power: The folder in which Linux shows its power supplies.
    """
    try:
        supplies = sorted(power.iterdir())
    except OSError:
        return False
    kinds = {(_said(each / "type"), _said(each / "online")) for each in supplies if _said(each / "scope") != "Device"}
    mains = {online for kind, online in kinds if kind in ("Mains", "USB")}
    return any(kind == "Battery" for kind, _ in kinds) and bool(mains) and "1" not in mains


def _said(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
