"""Export and import of agents' states: `.hx` in clear, `.hxe` sealed with a passphrase that no tool argument carries.

Over MCP a file is a plain name in the folder `exports` beside the store; only the terminal may name other places.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..genome.records import Root
from ..genome.store import events, links, sources
from ..memory_core import sealed
from ..memory_core.core import AgentState
from ..memory_core.exchange import VERSION, ExchangeError, Portable, Spot, from_hx, relabelled, to_hx
from ..memory_core.sealed import SealError
from .errors import UsageError
from .plain import quoted

FOLDER = "exports"
CLEAR, SEALED = ".hx", ".hxe"
MOST_BYTES = 1 << 22
_NAME = re.compile(r"[\w][\w.-]{0,79}\.hxe?", re.ASCII)

Passphrase = Callable[[], str | None]


def inside(genome: Path, name: str) -> Path:
    """Return where a file that a tool's caller named is.

    Raises:
        UsageError: It is no plain name, or has another ending.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{quoted(name)} is no name of a state's file: pass letters, digits, - and _ that end in .hx or .hxe; it "
            "lies in the store's folder `exports`, and only `cistron agent` in a terminal writes elsewhere"
        )
    return genome.parent / FOLDER / name


def written(path: Path, portable: Portable, passphrase: Passphrase) -> None:
    """Write a state; what stands there is replaced at once or not at all.

    Raises:
        UsageError: There is no passphrase for a sealed file, or it cannot be written.
    """
    data = to_hx(portable)
    if path.suffix == SEALED:
        data = sealed.seal(data, portable.agent, VERSION, _asked(passphrase))
    elif path.suffix != CLEAR:
        raise UsageError(f"{quoted(path.name)} ends neither in .hx nor in .hxe (sealed)")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(dir=path.parent, prefix=".state-")  # for this user alone
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.replace(made, path)
        except BaseException:  # a full disk: half a file helps nobody
            with suppress(OSError):
                os.unlink(made)
            raise
    except OSError as error:
        raise UsageError(f"{quoted(path.name)} cannot be written ({error.strerror})") from error


def read(path: Path, passphrase: Passphrase) -> Portable:
    """Read a state that was exported.

    Raises:
        UsageError: There is no such file, it is none of ours, was changed, or the passphrase is another one.
    """
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{quoted(path.name)} cannot be read ({error.strerror})") from error
    if len(data) > MOST_BYTES:
        raise UsageError(f"{quoted(path.name)} is larger than {MOST_BYTES >> 20} MB: no state of an agent")
    try:
        if data.startswith(sealed.MAGIC):
            header, data = sealed.unseal(data, _asked(passphrase))
            if header.version > VERSION:
                raise ExchangeError(f"the file is of version {header.version}; this release reads {VERSION}")
        return from_hx(data)
    except (SealError, ExchangeError) as error:
        raise UsageError(f"{quoted(path.name)} is not imported: {error}") from error


def leaving(connection: Any, agent: str, at: float, state: AgentState) -> Portable:
    """Return a state with the names of its places instead of their ids."""
    ids = sorted({*state.context.places.tolist(), *state.working})
    rows = links.anchors(connection, ids)
    named = [id_ for id_ in ids if id_ in rows]
    roots = {root.id: root.name for root in sources.roots(connection)}
    places: list[Spot] = []
    for id_ in named:
        row = rows[id_]
        places.append((roots.get(row.root, ""), row.path, row.symbol, row.heading, row.nth))
    numbered = {id_: number for number, id_ in enumerate(named, start=1)}
    return Portable(agent, at, relabelled(state, numbered), tuple(places))


def arriving(writer: Any, portable: Portable, roots: Iterable[Root]) -> tuple[AgentState, int]:
    """Return a state with this store's ids for its places, and how many of them stand nowhere here.

    Args:
        writer: The store's writer: anchors of places that nothing was learned about are made.
        portable: What was read.
        roots: Where its places may be; one of the same name goes before others.
    """
    known = [root for root in roots if root.kind != "virtual"]
    ids: dict[int, int] = {}
    for number, (name, path, symbol, heading, nth) in enumerate(portable.places, start=1):
        for root in sorted(known, key=lambda root: (root.name != name, root.id)):
            source = sources.by_path(writer, root.id, path)
            if source is not None and source.state == "live":
                ids[number] = events.anchor_id(writer, root.id, path, symbol, heading, nth)
                break
    return relabelled(portable.state, ids), len(portable.places) - len(ids)


def _asked(passphrase: Passphrase) -> str:
    given = passphrase()
    if not given:
        raise UsageError(
            "a sealed file needs a passphrase: set CISTRON_PASSPHRASE for the server, or use `cistron agent` in a "
            "terminal; never pass it to a tool"
        )
    return given
