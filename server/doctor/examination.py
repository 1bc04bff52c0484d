"""The whole examination, in order, and the repairs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ...genome.errors import GenomeError
from ...genome.store.examine import examine
from ...tools.errors import ToolsError
from ...tools.services import Services
from ..opening import open_services, store_of
from ..settings import Settings
from . import leftovers, machine, model, network, roots, store
from .check import Check, Patient

Answer = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Treated:
    """A check as it is after a repair, or as it was found, and what was done."""

    check: Check
    done: str | None = None


def patient_of(settings: Settings, cwd: Path, environment: Mapping[str, str]) -> Patient:
    """Return what is to be looked at; nothing is opened or made."""
    genome = store_of(settings, cwd, environment)
    return Patient(genome, examine(genome), settings, time.time())


def examined(patient: Patient) -> list[Check]:
    """Look at everything but what needs a running server."""
    parts: list[Callable[[], Check | list[Check]]] = [
        machine.versions,
        lambda: store.whole(patient),
        lambda: store.writable(patient),
        lambda: store.unlocked(patient),
        lambda: store.log(patient),
        lambda: store.orphans(patient),
        lambda: store.indexer(patient),
        lambda: store.clock(patient),
        lambda: store.disk(patient),
        lambda: leftovers.sockets(patient),
        lambda: leftovers.spool(patient),
        lambda: leftovers.temporaries(patient),
        lambda: roots.roots(patient),
        lambda: roots.skipped(patient),
        lambda: roots.watches(patient),
        machine.git,
        machine.extras,
        lambda: model.model(patient),
    ]
    checks: list[Check] = []
    for part in parts:
        try:
            found = part()
        except (GenomeError, ToolsError) as error:
            found = Check("store", False, str(error), "see the message")
        checks += found if isinstance(found, list) else [found]
    return checks


def treated(checks: list[Check], may: Answer) -> list[Treated]:
    """Repair what can be, asking where something could be lost.

    Args:
        checks: What was found.
        may: Puts a question to a person; true means yes.
    """
    results: list[Treated] = []
    for check in checks:
        if check.ok or check.repair is None or (check.asks is not None and not may(check.asks)):
            results.append(Treated(check))
            continue
        try:
            done = check.repair()
        except (GenomeError, ToolsError, OSError) as error:
            results.append(Treated(check, f"could not be repaired: {error}"))
            continue
        results.append(Treated(replace(check, ok=True, advice=None), done))
    return results


def running(settings: Settings, cwd: Path, environment: Mapping[str, str]) -> Check:
    """Open the store as a server does, and make a packet without a network."""
    services: Services = open_services(settings, cwd, environment)
    services.start()
    try:
        services.engine()
        return network.network(services)
    except (GenomeError, ToolsError) as error:
        what, _, advice = str(error).partition("; ")
        return Check("server", False, what, advice or None)
    finally:
        services.close()
