"""Ask a web server whether a kept page is still what was kept. Off unless a person turned the network on.

One conditional GET (RFC 9110, section 13) to http or https, without credentials, cookies, proxies or redirects, within
two seconds and one mebibyte. The host's address is looked up once, checked, and connected to as it was checked, so that
no name leads into the machine's own networks; a person may list hosts that are meant to.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from ..store.contents import digest
from ..store.validators import Validator

TIMEOUT_S = 2.0
MAX_BYTES = 1 << 20
PIECE = 1 << 16

NOTHING = Validator()
State = Literal["same", "changed", "unknown"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server's answer says of a kept page; unknown for every error, for age to decide."""

    state: State
    validator: Validator = NOTHING


class _Refused(Exception):
    """The address is none that may be asked."""


def revalidate(url: str, hash_: bytes, known: Validator, hosts: Collection[str], timeout_s: float = TIMEOUT_S) -> Reply:
    """Ask a page's server whether the page has changed. Never raises.

    Args:
        url: Where it was read.
        hash_: Of the bytes that were kept.
        known: What the server called that version, if it was asked before.
        hosts: Names that may lead to private, loopback or link-local addresses.
        timeout_s: For the whole exchange.
    """
    deadline = time.monotonic() + timeout_s
    try:
        connection, target = _connection(url, hosts, timeout_s)
    except (_Refused, ValueError, OSError):
        return Reply("unknown")
    try:
        headers = {"Accept-Encoding": "identity", "User-Agent": "cistron"}
        if known.etag:
            headers["If-None-Match"] = known.etag
        if known.modified:
            headers["If-Modified-Since"] = known.modified
        connection.request("GET", target, headers=headers)
        return _reply(connection.getresponse(), connection, hash_, known, deadline)
    except (OSError, ValueError, http.client.HTTPException):
        return Reply("unknown")
    finally:
        connection.close()


def _reply(
    response: http.client.HTTPResponse,
    connection: http.client.HTTPConnection,
    hash_: bytes,
    known: Validator,
    deadline: float,
) -> Reply:
    if response.status == http.client.NOT_MODIFIED and (known.etag or known.modified):
        return Reply("same", known)
    if response.status != http.client.OK:
        return Reply("unknown")
    body = bytearray()
    while len(body) <= MAX_BYTES:
        left = deadline - time.monotonic()
        if left <= 0:
            return Reply("unknown")
        if connection.sock is not None:
            connection.sock.settimeout(left)
        piece = response.read1(PIECE)
        if not piece:
            break
        body += piece
    if len(body) > MAX_BYTES:
        return Reply("unknown")
    validator = Validator(response.getheader("ETag"), response.getheader("Last-Modified"))
    return Reply("same" if digest(bytes(body)) == hash_ else "changed", validator)


def _connection(url: str, hosts: Collection[str], timeout_s: float) -> tuple[http.client.HTTPConnection, str]:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise _Refused(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = _address(parts.hostname, port, parts.hostname in hosts)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if parts.scheme == "https":
        return _PinnedTls(parts.hostname, address, port, timeout_s), target
    return _Pinned(parts.hostname, address, port, timeout_s), target


def _address(host: str, port: int, is_listed: bool) -> str:
    """Return an address of a host; every one that it has must be public, unless a person listed the host."""
    found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not found or not (is_listed or all(_is_public(address) for address in found)):
        raise _Refused(host)
    return found[0]


def _is_public(address: str) -> bool:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_global and not (mapped or parsed).is_multicast


class _Pinned(http.client.HTTPConnection):
    """Talks to the address that was checked, whatever the name leads to a moment later."""

    def __init__(self, host: str, address: str, port: int, timeout_s: float) -> None:
        super().__init__(host, port, timeout=timeout_s)
        self._address = address

    def connect(self) -> None:
        """Connect to the address instead of the name."""
        self.sock = socket.create_connection((self._address, self.port), self.timeout)


class _PinnedTls(_Pinned):
    """The same with TLS; the certificate must be the name's."""

    def connect(self) -> None:
        """Connect to the address, and check the certificate of the name."""
        super().connect()
        self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)
