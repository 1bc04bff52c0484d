"""Read in what was never read in, before a command answers from it."""

from __future__ import annotations

import sys
from pathlib import Path

from ...tools.services import Services
from ...tools.stats import StatsTools
from .ingest import ingest_with_bar, lines


def read_in_new_roots(services: Services) -> None:
    """Ingest every root that is not complete and say so on stderr.

    A server does this in the background and answers from what is there; a command would end before it was done.
    """
    for root in StatsTools(services).stats().roots:
        if not root.complete and Path(root.path).is_dir():
            report = ingest_with_bar(services, Path(root.path))
            print("\n".join(lines(report)), file=sys.stderr)
