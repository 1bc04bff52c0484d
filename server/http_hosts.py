"""Which Host and Origin a request may carry: parsed strictly, compared exactly.

A browser that is led to this server under a name of somebody else's (DNS rebinding) says that name in Host, and the
page that sends the request in Origin.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..tools.errors import UsageError

LOCAL = ("127.0.0.1", "localhost", "::1")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*", re.ASCII)
_PORT = re.compile(r"[0-9]{1,5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Authority:
    """A host, as a name in lower case or as an address in its shortest form, and a port where one is said."""

    host: str
    port: int | None


class AllowedHosts:
    """The names under which a server answers.

    Args:
        port: The server's own port.
        scheme: `http` or `https`; it says which port stands for no port.
        configured: Further names, each with or without a port; without one the server's own port and the
            scheme's are meant, because a proxy may stand before it.

    Raises:
        UsageError: A configured name is no host.
    """

    def __init__(self, port: int, scheme: str, configured: Iterable[str] = ()) -> None:
        self._scheme = scheme
        allowed = {(host, port) for host in LOCAL}
        for text in configured:
            authority = parse_authority(text)
            if authority is None:
                raise UsageError(f"{text!r} is no host; write a name or an address, with a port if need be")
            ports = {port, *_DEFAULT_PORTS.values()} if authority.port is None else {authority.port}
            allowed |= {(authority.host, one) for one in ports}
        self._allowed = frozenset(allowed)

    def host(self, values: list[str]) -> bool:
        """Whether a request with these Host headers is for this server."""
        return len(values) == 1 and self._has(parse_authority(values[0]), self._scheme)

    def origin(self, values: list[str]) -> bool:
        """Whether a request with these Origin headers comes from no page or from a page of this server's own."""
        if not values:
            return True
        scheme, separator, authority = values[0].partition("://")
        if len(values) > 1 or not separator or scheme not in _DEFAULT_PORTS:
            return False
        return self._has(parse_authority(authority), scheme)

    def _has(self, authority: Authority | None, scheme: str) -> bool:
        if authority is None:
            return False
        port = _DEFAULT_PORTS[scheme] if authority.port is None else authority.port
        return (authority.host, port) in self._allowed


def parse_authority(text: str) -> Authority | None:
    """Read `host[:port]`, None if it is anything else.

    >>> parse_authority("[::1]:8377")
    Authority(host='::1', port=8377)
    >>> parse_authority("localhost:1@evil") is None
    True
    """
    if text.startswith("["):
        inner, closed, rest = text[1:].partition("]")
        host = _address(inner) if closed and ":" in inner else None
    else:
        inner, colon, rest = text.partition(":")
        rest = colon + rest
        host = _name(inner.lower())
    if host is None or (rest and not rest.startswith(":")):
        return None
    if not rest:
        return Authority(host, None)
    if not _PORT.fullmatch(rest[1:]) or not 0 < int(rest[1:]) < 1 << 16:
        return None
    return Authority(host, int(rest[1:]))


def is_local(host: str) -> bool:
    """Whether only this machine can reach what is bound to `host`."""
    address = host.strip("[]")
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return host == "localhost"


def _name(text: str) -> str | None:
    if not text or len(text) > 253:
        return None
    if text.replace(".", "").isdigit():  # no name is all digits, so this can only be an address
        return _address(text)
    return text if _NAME.fullmatch(text) else None


def _address(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return None if getattr(address, "scope_id", None) else str(address)
