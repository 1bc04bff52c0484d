"""Bearer tokens: the file they stand in, and whom a given token speaks for.

The file belongs to one user and is refused when others can read it. A line is `TOKEN [party=..] [participant=..]
[agent=..] [expires=ISO time]`; `#` begins a comment line. `cistron serve --http` makes a file of one token where there
is none.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import secrets
import shlex
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..tools.errors import UsageError

logger = logging.getLogger(__name__)
FILE_NAME = "token"
MIN_LENGTH = 16  # characters; a generated token has 43
MAX_FILE_BYTES = 1 << 20
CHECK_EVERY_S = 1.0  # how soon a rotated file is noticed
_LAYERS = ("party", "participant", "agent")


@dataclass(frozen=True, slots=True)
class Credential:
    """What a token stands for. `name` tells tokens apart and is no secret; None means that the token does not say."""

    name: str
    party: str | None = None
    participant: str | None = None
    agent: str | None = None
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a token file."""

    token: str
    credential: Credential

    def holds(self, now: float) -> bool:
        """Whether the token has not expired."""
        return self.credential.expires is None or now < self.credential.expires


class Tokens:
    """The tokens of a file, read again when it changes. A file that cannot be used any more lets nobody in.

    Args:
        file: Must be readable by its owner alone.
        clock: Seconds since the epoch.

    Raises:
        UsageError: The file is missing, readable by others, or says something that is not understood.
    """

    def __init__(self, file: Path, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._clock = clock
        self._stamp, self._entries = _stamped(file)
        self._checked = time.monotonic()

    def check(self, given: str) -> Credential | None:
        """Return whom a token speaks for, None if it is wrong or has expired.

        Takes the same time for every token of a length: all entries are compared, by their hashes.
        """
        entries, now = self.entries(), self._clock()
        digest = _digest(given)
        found: Credential | None = None
        for entry in entries:
            same = hmac.compare_digest(digest, _digest(entry.token))
            if same and entry.holds(now):
                found = entry.credential
        return found

    def entries(self) -> Sequence[Entry]:
        """Return what the file says now."""
        if time.monotonic() - self._checked >= CHECK_EVERY_S:
            self._checked = time.monotonic()
            try:
                if _stamp(self._file.stat()) != self._stamp:
                    self._stamp, self._entries = _stamped(self._file)
            except (OSError, UsageError) as error:
                logger.error("nobody is let in until this is repaired: %s", error)
                self._stamp, self._entries = None, []
        return self._entries


def default_token_file(environment: Mapping[str, str]) -> Path:
    """Return where a user's own token stands: one for all workspaces, because it speaks for the user and no store."""
    base = environment.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return Path(base) / "cistron" / FILE_NAME


def ensure_token(file: Path) -> bool:
    """Make a file with one new token where there is none, mode 0600, and say whether it was made.

    Raises:
        UsageError: It cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
            made.write(f"{secrets.token_urlsafe()}\n")
    except FileExistsError:
        return False
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}; name another with --token-file") from error
    return True


def rotate_token(file: Path) -> None:
    """Replace the first token of a file by a new one at once, and keep what it stands for and the other lines.

    Raises:
        UsageError: The file cannot be read or written.
    """
    old = read_tokens(file)[0].token
    text = file.read_text(encoding="utf-8").replace(old, secrets.token_urlsafe(), 1)
    try:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=".token-")  # mkstemp makes it 0600
        with os.fdopen(handle, "w", encoding="utf-8") as fresh:
            fresh.write(text)
        os.replace(name, file)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}; make its folder writable") from error


def read_tokens(file: Path) -> list[Entry]:
    """Return the entries of a token file, at least one.

    Raises:
        UsageError: It is missing, readable by others, holds nothing, or a line is not understood.
    """
    return _stamped(file)[1]


def _stamped(file: Path) -> tuple[tuple[int, ...], list[Entry]]:
    """Read a file and its stamp through one descriptor, so that what was checked is what was read."""
    try:
        with open(file, "rb") as opened:
            found = os.fstat(opened.fileno())
            _refuse_shared(file, found)
            text = opened.read(MAX_FILE_BYTES).decode("utf-8")
    except FileNotFoundError as error:
        raise UsageError(f"there is no token file {file}; `cistron token` makes one") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}; give a text file with a token a line") from error
    entries = [
        _entry(line, f"{file}:{number}")
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not entries:
        raise UsageError(f"{file} holds no token; remove it, and `cistron token` makes a new one")
    return _stamp(found), entries


def _refuse_shared(file: Path, found: os.stat_result) -> None:
    if sys.platform == "win32" or not stat.S_ISREG(found.st_mode):
        return
    if found.st_uid not in (os.geteuid(), 0):
        raise UsageError(f"{file} belongs to another user; name a file of your own with --token-file")
    if found.st_mode & 0o077:
        raise UsageError(f"{file} can be read by others (mode {found.st_mode & 0o777:o}); run `chmod 600 {file}`")


def _stamp(found: os.stat_result) -> tuple[int, ...]:
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode


def _entry(line: str, where: str) -> Entry:
    try:
        token, *said = shlex.split(line)
    except ValueError as error:
        raise UsageError(f"{where}: {str(error).lower()}; close the quotes") from error
    if len(token) < MIN_LENGTH or not token.isascii():
        raise UsageError(
            f"{where}: a token needs {MIN_LENGTH} ASCII characters or more; `cistron token` makes a good one"
        )
    given: dict[str, str] = {}
    for pair in said:
        key, equals, value = pair.partition("=")
        if not equals or not value or key not in (*_LAYERS, "expires"):
            raise UsageError(f"{where}: {pair!r} is not understood; write party=, participant=, agent= or expires=")
        given[key] = value
    expires = _time(given.pop("expires"), where) if "expires" in given else None
    return Entry(token, Credential(_digest(token).hex()[:12], **given, expires=expires))


def _time(value: str, where: str) -> float:
    try:
        when = datetime.fromisoformat(value)
    except ValueError as error:
        raise UsageError(f"{where}: expires={value!r} is no time; write 2027-01-31 or 2027-01-31T18:00Z") from error
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
