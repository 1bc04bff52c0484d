"""Which party's view each call has: the one place where a caller's name becomes what the store shows."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from ..genome.errors import StoreError
from ..genome.records import Identity
from ..genome.store import identity
from ..genome.store.boundary import NOBODY
from ..genome.store.database import Database

logger = logging.getLogger(__name__)
PATIENCE_MS = 2_000


class Parties:
    """The parties of one store by the names that callers go by.

    Args:
        database: The store.
        own: On whose behalf this process acts; the first one to open a store makes it theirs.
        host: What the party is called if `own` names none.

    Raises:
        OtherOrg: The store belongs to another trust domain.
    """

    def __init__(self, database: Database, own: Identity, host: str) -> None:
        self._database = database
        self._known: dict[tuple[str, str], int] = {}
        self._host = host
        with database.snapshot() as reading:
            self._home = identity.home(reading)
        self.enter(own)

    def enter(self, who: Identity) -> None:
        """Let a caller in: refuse another org's, and write down a party that comes for the first time.

        Raises:
            OtherOrg: The store belongs to another trust domain.
        """
        key = who.org, who.party
        if key in self._known:
            return
        if self._home is not None:
            identity.check_org(self._home, who, Path(self._database.path).name)
        with self._database.snapshot() as reading:
            party = identity.known_party(reading, who)
        if self._database.writable and (party is None or self._home is None):
            try:
                with self._database.writing(PATIENCE_MS) as writer:
                    self._home = identity.settle(writer, who, self._host)
                    party = identity.party_id(writer, who)
            except StoreError as error:
                logger.warning("%s sees the files alone for now: %s", who.party, error)
        if party is not None:
            self._known[key] = party

    def named(self, who: Identity) -> Identity:
        """Return an identity with the store's own org and party where it leaves them open."""
        if self._home is None or identity.UNNAMED not in (who.org, who.party):
            return who
        org = self._home.org_name if who.org == identity.UNNAMED else who.org
        return replace(who, org=org, party=self._home.party_name if who.party == identity.UNNAMED else who.party)

    def of(self, who: Identity) -> int:
        """Return the party whose texts a caller sees; `NOBODY` for one that could not be written down."""
        return self._known.get((who.org, who.party), NOBODY)
