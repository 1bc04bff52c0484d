"""On whose behalf a call is made: what the front door says of each call, else what is true of the whole process."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from ..genome.records import Identity


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and the session of the connection that it asks over; a call may name another session of its own."""

    identity: Identity
    session: str


_current: ContextVar[Caller | None] = ContextVar("caller", default=None)


def current() -> Caller | None:
    """Return who the call at hand was made for, None where the front door did not say."""
    return _current.get()


@contextmanager
def acting(caller: Caller) -> Generator[None]:
    """Make the calls inside on somebody's behalf; threads that anyio starts from inside take it with them."""
    token = _current.set(caller)
    try:
        yield
    finally:
        _current.reset(token)
