"""Give memory back that only speeds up the next question: vectors, caches, pages, and what the allocator keeps."""

from __future__ import annotations

import ctypes
import functools
import gc
import logging
import sys

from ..genome.errors import GenomeError
from .errors import NotReady
from .services import Services

logger = logging.getLogger(__name__)
OURS = "cistron."
_Cached = type(functools.lru_cache(lambda: None))


def rest(services: Services) -> bool:
    """Drop everything that can be read in again, unless an ingest is at work; whether that was done.

    The next question reads vectors and model in again, which takes it some tens of milliseconds.
    """
    if any(not job.ended.is_set() for job in services.jobs.all()):
        return False
    try:
        engine = services.engine()
    except (GenomeError, NotReady):
        return False
    services.meter.flush(engine.database)
    engine.embedder.release()
    engine.database.shrink()
    for found in gc.get_objects():
        if isinstance(found, _Cached) and str(getattr(found, "__module__", "")).startswith(OURS):
            found.cache_clear()
    gc.collect()
    _trim()
    return True


def _trim() -> None:
    """Have the C library return the pages that it keeps for later, where it is glibc."""
    if not sys.platform.startswith("linux"):
        return
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):  # another C library, which returns them by itself
        logger.debug("this C library has no malloc_trim")
