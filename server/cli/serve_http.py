"""`cistron serve --http`: one process for many agents, until a signal comes."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

import anyio

from ...tools.services import Services
from ..app import build
from ..hooks import listen
from ..http import Front
from ..http_hosts import AllowedHosts, is_local
from ..http_serve import Listener, serve
from ..http_sockets import check_address, listen_tcp, unix_socket
from ..opening import open_services
from ..pages.hitl import hitl_routes
from ..settings import Settings
from ..tokens import Tokens, default_token_file, ensure_token
from .main import DONE


def run_http(settings: Settings, cwd: Path) -> int:
    """Serve; return 0 after SIGTERM or SIGINT.

    Raises:
        UsageError: for settings that cannot be, before anything is opened.
    """
    secure = settings.tls_cert is not None
    check_address(
        settings.host,
        token_file=settings.token_file is not None,
        tls=secure,
        insecure_public=settings.insecure_public,
    )
    token_file = settings.token_file or default_token_file(os.environ)
    if settings.token_file is None:
        ensure_token(token_file)
    tokens = Tokens(token_file)
    services = open_services(settings, cwd, os.environ)

    def opening() -> Services:
        listen(services, own_client=False)
        return services

    front = Front(
        build(opening, tools=settings.tools, version=version("cistron-mcp")),
        tokens,
        base=services.own_identity,
        sse=settings.sse,
        pages=hitl_routes(services),
        secure=secure,
        call_timeout_s=settings.call_timeout_s,
    )
    with ExitStack() as held:
        tcp = listen_tcp(settings.host, settings.port)
        held.callback(tcp.close)
        port = int(tcp.getsockname()[1])
        scheme = "https" if secure else "http"
        hosts = AllowedHosts(port, scheme, (*settings.allow_hosts, *_own_name(settings.host)))
        listeners = [Listener(tcp, front.tcp(hosts), settings.tls_cert, settings.tls_key)]
        if settings.socket is not None:
            path = settings.socket.expanduser().absolute()
            listeners.append(Listener(held.enter_context(unix_socket(path)), front.unix()))
            print(f"cistron: serving {path}", file=sys.stderr)
        # A space ends the address: who copies it out of the line gets nothing that is not part of it.
        address = f"{scheme}://{_shown(settings.host)}:{port}/mcp"
        print(f"cistron: serving {address} (token in {token_file})", file=sys.stderr)

        def abandon() -> None:
            held.close()
            services.close()

        gc.freeze()
        gc.enable()
        anyio.run(serve, front, listeners, abandon)
    return DONE


def _own_name(host: str) -> tuple[str, ...]:
    """Return the name of an address that says where it is; 0.0.0.0 and :: do not."""
    return () if is_local(host) or host in ("0.0.0.0", "::", "[::]") else (_shown(host),)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
