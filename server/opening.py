"""From settings to services: which store, which roots, and who is asking."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ..genome.records import Identity
from ..genome.store.identity import UNNAMED
from ..tools.services import Services
from .identity import identify, system_host, system_user
from .settings import IDENTITY_FALLBACKS, Settings
from .workspace import find_workspace, store_path


def open_services(settings: Settings, cwd: Path, environment: Mapping[str, str]) -> Services:
    """Return services for the workspace that `cwd` lies in, or for what the settings name instead.

    Without a workspace and without settings the store is the user's own and holds only what a person ingested
    from a terminal; a question then says that no folder is open.
    """
    workspace = find_workspace(cwd)
    roots = [root.expanduser().absolute() for root in settings.roots] or ([workspace] if workspace else [])
    identity = {layer: name for layer in IDENTITY_FALLBACKS if (name := getattr(settings, layer)) is not None}
    return Services(
        store_of(settings, cwd, environment),
        roots,
        identity=identify(Identity(**identity), user=system_user() if settings.local_federation else None),
        host=system_host() if settings.local_federation else UNNAMED,
        max_file_bytes=settings.max_file_bytes,
        network=settings.network,
        network_hosts=settings.network_hosts,
        lanes=settings.lanes,
        synonyms=settings.synonyms,
        model=model_of(settings),
    )


def model_of(settings: Settings) -> str | None:
    """Return where the second stage's model is, as a whole path, or its name; None where none was chosen."""
    given = settings.embedding_model
    return str(given.expanduser().absolute()) if isinstance(given, Path) else given


def store_of(settings: Settings, cwd: Path, environment: Mapping[str, str]) -> Path:
    """Return the store that these settings mean here."""
    workspace = find_workspace(cwd)
    genome = settings.genome or (store_path(workspace) if workspace else user_store(environment))
    return genome.expanduser().absolute()


def user_store(environment: Mapping[str, str]) -> Path:
    """Return the store of a user outside every workspace."""
    base = environment.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")
    return Path(base) / "cistron" / "genome.db"
