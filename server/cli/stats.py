"""`cistron stats`: what the store holds."""

from __future__ import annotations

import argparse

from ...tools.stats import StatsTools
from ...tools.text import stats_text
from .main import DONE
from .opened import opened


def run(arguments: argparse.Namespace) -> int:
    """Print the counts of the store and its roots."""
    with opened(arguments) as services:
        stats = StatsTools(services).stats()
    print(stats.model_dump_json() if arguments.json else stats_text(stats))
    return DONE
