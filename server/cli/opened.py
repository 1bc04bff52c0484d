"""What every command but `serve` does first and last: read the settings, open the services, close them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ...tools.services import Services
from .. import logs
from ..opening import open_services
from ..settings import read_settings
from .flags import flags


@contextmanager
def opened(arguments: argparse.Namespace) -> Generator[Services]:
    """Yield started services for the command line's flags; they are closed even when the command is interrupted."""
    cwd = Path.cwd()
    settings = read_settings(flags(arguments), os.environ, cwd)
    logs.configure("warning")
    services = open_services(settings, cwd, os.environ)
    services.start()
    try:
        yield services
    finally:
        services.close()
