"""Compare kept web pages with their servers for one packet: at most two, side by side, within a second in total."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import replace

from ..genome.errors import StoreError
from ..genome.proof.remote import Reply, revalidate
from ..genome.proof.verdict import Verdict
from ..genome.records import Source
from ..genome.store import contents, validators
from ..genome.store.database import QUESTION_PATIENCE_MS
from .services import Services

logger = logging.getLogger(__name__)
MOST = 2
BUDGET_S = 1.0


def confirm(
    services: Services, aged: Sequence[tuple[Source, Verdict]], *, need_bytes: bool
) -> dict[int, tuple[str, str]]:
    """Return (status, rung) of the kept pages that their servers could be asked about, by source.

    Nothing is asked unless a person turned the network on. What a server has changed is not read in.

    Args:
        services: Where the store is, and what the network may be used for.
        aged: Sources that no file proves, with the verdict of their age.
        need_bytes: Whether a fresh one is asked about too.
    """
    if not services.network:
        return {}
    asked = {
        source.id: source
        for source, verdict in aged
        if source.path.startswith(("http://", "https://")) and (need_bytes or verdict.status != "verified")
    }
    replies = _ask(services, list(asked.values())[:MOST])
    _record(services, [(asked[id_], reply) for id_, reply in replies.items() if reply.state == "same"])
    said = {"same": ("verified", "bytes"), "changed": ("needs_refresh", "changed")}
    return {id_: said[reply.state] for id_, reply in replies.items() if reply.state in said}


def with_status(verdict: Verdict, said: tuple[str, str] | None) -> Verdict:
    """Return a verdict as a server's answer has it; the age stands where there was none."""
    if said is None:
        return verdict
    status, rung = said
    return replace(verdict, status=status, rung=rung, fresh=1.0 if rung == "bytes" else 0.0)  # type: ignore[arg-type]


def _ask(services: Services, wanted: Sequence[Source]) -> dict[int, Reply]:
    replies: dict[int, Reply] = {}
    threads: list[threading.Thread] = []
    for source in wanted:
        with services.engine().database.snapshot() as reading:
            assert source.content is not None
            hash_ = contents.content_hash(reading, source.content)
            known = validators.get(reading, source)

        def ask(source: Source = source, hash_: bytes = hash_, known: validators.Validator = known) -> None:
            replies[source.id] = revalidate(source.path, hash_, known, services.network_hosts, BUDGET_S)

        threads.append(threading.Thread(target=ask, name="cistron-remote", daemon=True))
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + BUDGET_S
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))  # a name that is looked up for longer is given up
    return dict(replies)


def _record(services: Services, same: Sequence[tuple[Source, Reply]]) -> None:
    database = services.engine().database
    if not same or not database.writable:
        return
    try:
        with database.writing(QUESTION_PATIENCE_MS) as writer:
            for source, reply in same:
                validators.confirm(writer, source, reply.validator, services.clock())
    except StoreError as error:  # the answer stands; the next question asks again
        logger.info("not recorded: %s", error)
