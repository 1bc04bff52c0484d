"""Which flags of the command line are settings."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path


def add_http_flags(command: argparse.ArgumentParser) -> None:
    """Add the flags of `serve --http`."""
    web = command.add_argument_group("HTTP")
    web.add_argument(
        "--http", action="store_true", help="serve over HTTP instead of stdio, one process for many agents"
    )
    web.add_argument("--host", metavar="ADDRESS", help="the address to listen on (default: 127.0.0.1)")
    web.add_argument("--port", type=int, metavar="N", help="the port (default: 8377; 0 takes a free one)")
    web.add_argument("--sse", action="store_true", help="serve the older SSE transport at /sse too")
    web.add_argument("--socket", type=Path, metavar="FILE", help="a unix socket to listen on too; needs no token")
    web.add_argument(
        "--allow-host", action="append", metavar="NAME", help="a further name to answer under; again for more"
    )
    web.add_argument("--token-file", type=Path, metavar="FILE", help="who may come in (default: see `cistron token`)")
    web.add_argument("--tls-cert", type=Path, metavar="FILE", help="serve HTTPS with this certificate chain")
    web.add_argument("--tls-key", type=Path, metavar="FILE", help="the certificate's key")
    web.add_argument(
        "--insecure-public", action="store_true", help="listen for other machines without --token-file and TLS"
    )
    web.add_argument("--call-timeout-s", type=float, metavar="S", help="how long a call may take (default: 300)")


def http_flags(given: Mapping[str, object]) -> dict[str, object]:
    """Return the settings among the flags of `serve --http`; None where a flag was not given."""
    switches = {name: given.get(name) or None for name in ("http", "sse", "insecure_public")}
    names = ("host", "port", "socket", "token_file", "tls_cert", "tls_key", "call_timeout_s")
    hosts = given.get("allow_host")
    return {
        **switches,
        **{name: given.get(name) for name in names},
        "allow_hosts": tuple(hosts) if isinstance(hosts, list) else None,
    }


def flags(arguments: argparse.Namespace) -> dict[str, object]:
    """Return the settings among the flags, by the names they have as settings."""
    given = vars(arguments)
    roots = given["root"]
    return {
        "genome": given["genome"],
        "roots": tuple(roots) if roots else None,
        "tools": given.get("tools"),
        "log_level": given.get("log_level"),
        "network": given.get("network") or None,
        **http_flags(given),
    }
