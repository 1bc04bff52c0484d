"""What may be meant by the beginning of a path or of a symbol."""

from __future__ import annotations

from ..genome.errors import RootNotGranted
from ..genome.store import completion
from .packet import prefixes
from .plain import plain
from .services import Services

MOST = 100  # the protocol's bound
LONGEST = 500  # characters; no path or symbol that is worth completing is longer


def complete_path(services: Services, typed: str) -> tuple[list[str], bool]:
    """Return the paths that begin so, sorted, and whether there are more."""
    typed = plain(typed)
    if len(typed) > LONGEST:
        return [], False
    reading = services.engine().database.reading()
    found: list[str] = []
    for root, prefix in prefixes(services.roots()).items():
        wanted = typed.removeprefix(prefix) if typed.startswith(prefix) else "" if prefix.startswith(typed) else None
        if wanted is not None or prefix:
            rows = completion.paths(reading, [root], typed if wanted is None else wanted, MOST + 1)
            found += [prefix + path for _, path in rows]
    found = sorted(set(found))
    return found[:MOST], len(found) > MOST


def complete_symbol(services: Services, typed: str, path: str | None) -> tuple[list[str], bool]:
    """Return the symbols that begin so, sorted, of one file or of all, and whether there are more."""
    typed = plain(typed)
    if len(typed) > LONGEST:
        return [], False
    roots, within = [root.id for root in services.roots()], None
    if path:
        try:
            root, within = services.locate(plain(path))
        except RootNotGranted:
            return [], False
        roots = [root.id]
    found = completion.symbols(services.engine().database.reading(), roots, typed, within, MOST + 1)
    return found[:MOST], len(found) > MOST
