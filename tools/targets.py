"""How a target that an agent names is written: an item's id, `path:10-20`, `path::Class.method`; all else is a path."""

from __future__ import annotations

import re

ITEM_ID = re.compile(
    r"([0-9a-f]{1,15})\.([0-9a-f]{1,15})\.([0-9a-f]{1,15})(?:\.l[0-9a-f]{1,15})?"
)  # a fact's: its line
LINES = re.compile(r"(?P<path>.+?)[:#]L?(?P<start>\d{1,9})(?:-L?(?P<end>\d{1,9}))?")
SYMBOL = re.compile(r"(?P<path>.+?)::(?P<symbol>[^:].*)")
