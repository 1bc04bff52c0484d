"""Run the HTTP front on its sockets until a signal comes, and bring what is under way to an end."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import uvicorn
from starlette.types import ASGIApp

from ..tools.errors import UsageError
from .http import Front
from .http_limits import PunctualProtocol
from .http_sockets import BACKLOG, KEPT_FILES, raise_open_files

logger = logging.getLogger(__name__)
DRAIN_S = 5.0
GRACE_S = 2.0  # for closing streams and connections
CLOSE_S = 3.0  # for giving back what is held after that
WRITE_S = 30.0  # for writing and closing the store once no call is under way
KEEP_ALIVE_S = 60
_LAST_WORDS_S = 0.1  # for what streams still have to say


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket and the application that answers on it."""

    socket: socket.socket
    app: ASGIApp
    certificate: Path | None = None
    key: Path | None = None


async def serve(front: Front, listeners: Sequence[Listener], abandon: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; then answer what was asked within `DRAIN_S`, refuse the rest, and return.

    Args:
        front: What to serve.
        listeners: Where.
        abandon: Gives back what the process holds, sockets and store. Called, from a thread, only if a call does not
            come to its end; the process ends after it.

    Raises:
        UsageError: The certificate or its key cannot be used.
    """
    connections = raise_open_files() - KEPT_FILES
    servers = [_server(listener, connections) for listener in listeners]
    async with front.running(), anyio.create_task_group() as group:
        for server, listener in zip(servers, listeners, strict=True):
            group.start_soon(server.serve, [listener.socket])
        with anyio.open_signal_receiver(*_signals()) as signals:
            async for _ in signals:
                break
            threading.Thread(target=_end_anyway, args=(front, abandon), name="cistron-end", daemon=True).start()
            await _drain(front)
            for server in servers:
                server.should_exit = True


async def _drain(front: Front) -> None:
    """Wait until what was asked is answered, but not for long."""
    traffic = front.traffic
    traffic.draining = True
    logger.info("closing, %d requests under way", traffic.requests)
    with anyio.move_on_after(DRAIN_S):
        await traffic.answered()
    front.give_up()
    await anyio.sleep(_LAST_WORDS_S)
    traffic.close_streams()


def _end_anyway(front: Front, abandon: Callable[[], None]) -> None:
    """End the process when a thread does not: nothing can cancel one, and nobody waits for its answer any more."""
    if front.ended.wait(DRAIN_S + GRACE_S):
        time.sleep(WRITE_S)
    logger.warning("a call did not come to its end and is abandoned")
    closing = threading.Thread(target=abandon, name="cistron-abandon", daemon=True)
    closing.start()
    closing.join(CLOSE_S)
    os._exit(0)


def _server(listener: Listener, connections: int) -> uvicorn.Server:
    config = uvicorn.Config(
        listener.app,
        http=PunctualProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=1,
        limit_concurrency=connections,
        ssl_certfile=listener.certificate,
        ssl_keyfile=listener.key,
    )
    try:
        config.load()
    except OSError as error:  # ssl.SSLError is one
        raise UsageError(f"the certificate cannot be used: {error}; check --tls-cert and --tls-key") from error
    return _Server(config)


class _Server(uvicorn.Server):
    """A server that leaves signals to `serve`."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture none."""
        yield


def _signals() -> tuple[signal.Signals, ...]:
    return (signal.SIGINT,) if sys.platform == "win32" else (signal.SIGTERM, signal.SIGINT)
