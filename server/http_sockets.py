"""The sockets that the HTTP front listens on: a TCP address, and a unix socket that only its owner can open."""

from __future__ import annotations

import errno
import os
import socket
import stat
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..tools.errors import UsageError
from .http_hosts import is_local

BACKLOG = 2_048
MOST_OPEN_FILES = 65_536
KEPT_FILES = 256  # for the store, git and the files that are read
_PROBE_S = 1.0
_LONGEST_PATH = 100  # bytes; the system's limit is 104 or 108


def check_address(host: str, *, token_file: bool, tls: bool, insecure_public: bool) -> None:
    """Refuse an address that other machines can reach, unless the owner has taken care of that.

    Raises:
        UsageError: with what to do.
    """
    if is_local(host) or insecure_public or (token_file and tls):
        return
    raise UsageError(
        f"{host} can be reached from other machines; give --token-file FILE and --tls-cert FILE --tls-key FILE, "
        "or --insecure-public if something before this server encrypts, or leave --host out"
    )


def listen_tcp(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes a free one.

    Raises:
        UsageError: The address is wrong or taken.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        # asyncio sends at once (TCP_NODELAY) only over sockets that say they are TCP; else an answer can wait 40 ms.
        listening = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise UsageError(f"there is no address {host!r}; name one of this machine with --host") from error
    try:
        if sys.platform != "win32":  # where it would let two servers share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise UsageError(
                f"port {port} of {host} is taken; if a cistron serves there, use it, else give another --port"
            ) from error
        raise UsageError(f"cannot listen on {host}:{port}: {error.strerror}; give another --host or --port") from error
    listening.setblocking(False)
    return listening


@contextmanager
def unix_socket(path: Path) -> Generator[socket.socket]:
    """Yield a listening unix socket of mode 0600, and remove its file at the end.

    A file that a killed server left is replaced; one that a server still answers on is not touched. Two servers that
    start at once are kept apart by a lock on the folder, which leaves nothing behind.

    Raises:
        UsageError: A server lives there, something else does, or the path cannot be used.
    """
    import fcntl  # not on Windows, which has no such sockets either

    if len(os.fsencode(path)) > _LONGEST_PATH:
        raise UsageError(f"the socket's path {str(path)!r} is too long for a socket; name a shorter one with --socket")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise UsageError(f"the folder of {path} cannot be used: {error.strerror}; name another --socket") from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        listening, made = _bound(path)
        fcntl.flock(folder, fcntl.LOCK_UN)
        try:
            yield listening
        finally:
            fcntl.flock(folder, fcntl.LOCK_EX)
            listening.close()
            with suppress(OSError):
                if _identity(path) == made:
                    path.unlink()
    finally:
        os.close(folder)


def raise_open_files() -> int:
    """Let this process open as many files as it may, up to `MOST_OPEN_FILES`, and return how many that are."""
    import resource  # not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # some systems promise more than they give
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            return wanted
        return soft
    return wanted


def _bound(path: Path) -> tuple[socket.socket, tuple[int, int]]:
    _remove_stale(path)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        listening.bind(str(path))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise UsageError(f"cannot listen on {path}: {error.strerror}; name another --socket") from error
    finally:
        os.umask(mask)
    listening.setblocking(False)
    return listening, _identity(path)


def _remove_stale(path: Path) -> None:
    """Remove a socket on which nobody answers."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise UsageError(f"{path} is no socket; name another --socket, or move that file away")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_PROBE_S)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        except OSError:
            pass  # no answer in time, or not ours to open: it lives
    raise UsageError(f"a server already answers on {path}; use that one, or name another --socket")


def _identity(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_dev, found.st_ino
