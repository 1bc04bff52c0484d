"""How much a client may ask for: requests a second, bytes of a body, and seconds to send them."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import anyio
import h11
from starlette.types import Message, Receive
from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_BODY_BYTES = 4 << 20
BODY_TIMEOUT_S = 20.0
HEADER_TIMEOUT_S = 10.0
DISCARD_S = 1.0  # how long the rest of a refused body is read, so that the client gets to read the refusal
_MOST_BUCKETS = 10_000
_LENGTH = re.compile("[0-9]{1,18}", re.ASCII)


class TooLarge(Exception):
    """A body is larger than the limit."""


class TooSlow(Exception):
    """A body did not come in time."""


class Disconnected(Exception):
    """The client went away before its body was complete."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class RateLimit:
    """A token bucket for each key.

    Args:
        per_s: Requests a second in the long run.
        burst: Requests at once.
        clock: Seconds that never go back.
    """

    def __init__(self, per_s: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s, self._burst, self._clock = per_s, burst, clock
        self._buckets: dict[Hashable, _Bucket] = {}

    def wait_s(self, key: Hashable) -> float:
        """Take one request from a key's bucket and return 0, or return after how many seconds there is one."""
        now = self._clock()
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= _MOST_BUCKETS:
                self._forget_full(now)
            bucket = self._buckets[key] = _Bucket(self._burst, now)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.filled_at) * self._per_s)
        bucket.filled_at = now
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return 0.0
        return (1 - bucket.tokens) / self._per_s

    def _forget_full(self, now: float) -> None:
        """Forget keys whose bucket is full again, which changes nothing; if all are in use, forget the oldest."""
        full_s = self._burst / self._per_s
        for key in [key for key, bucket in self._buckets.items() if now - bucket.filled_at >= full_s]:
            del self._buckets[key]
        if len(self._buckets) >= _MOST_BUCKETS:
            del self._buckets[min(self._buckets, key=lambda key: self._buckets[key].filled_at)]


async def read_body(declared: str | None, receive: Receive) -> bytes:
    """Return a request's whole body.

    Args:
        declared: The value of Content-Length, None where there is none.
        receive: The request's ASGI channel.

    Raises:
        TooLarge: More than `MAX_BODY_BYTES`, declared or sent.
        TooSlow: It took longer than `BODY_TIMEOUT_S`.
        Disconnected: The client left.
    """
    if declared is not None and not (_LENGTH.fullmatch(declared) and int(declared) <= MAX_BODY_BYTES):
        await _discard(receive)
        raise TooLarge
    body, more = bytearray(), True
    with anyio.move_on_after(BODY_TIMEOUT_S) as in_time:
        while more and len(body) <= MAX_BODY_BYTES:
            message = await receive()
            if message["type"] != "http.request":
                raise Disconnected
            body += message.get("body", b"")
            more = message.get("more_body", False)
    if in_time.cancelled_caught:
        raise TooSlow
    if len(body) > MAX_BODY_BYTES:
        if more:
            await _discard(receive)
        raise TooLarge
    return bytes(body)


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a channel that gives the body once and then what `receive` gives."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return first.pop() if first else await receive()

    return replayed


async def _discard(receive: Receive) -> None:
    """Read on for a moment: closing a socket with unread bytes makes the client lose the answer."""
    with anyio.move_on_after(DISCARD_S):
        while True:
            message = await receive()
            if message["type"] != "http.request" or not message.get("more_body", False):
                return


class PunctualProtocol(H11Protocol):
    """HTTP/1.1 that closes a connection whose request line and headers are not complete in time.

    uvicorn bounds only the pause between two requests, so a client that sends a byte a second would keep its
    connection for ever.
    """

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Read, and wait on or stop waiting."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        super().connection_lost(exc)
        self._stop_watching()

    def _watch(self) -> None:
        state = self.conn.their_state
        answered = state is h11.SEND_BODY and self.cycle.response_complete  # and still sends what nobody reads
        if self.transport.is_closing() or not (state is h11.IDLE or answered):
            self._stop_watching()
        elif self._late is None:
            self._late = self.loop.call_later(HEADER_TIMEOUT_S, self.transport.close)

    def _stop_watching(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
