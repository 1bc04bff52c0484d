r"""Ignore files in git's syntax, matched as git does it.

Written after git's `dir.c` and `wildmatch.c` and compared with git by tests, because a library's near miss would
list a file that its owner excluded: patterns and names are bytes (`?` is one byte), a pattern decides about the
very entry it matches and not about what lies below, `**` crosses folders only between slashes, a class is never a
slash, a pattern with a fault matches nothing.

A stranger writes these files. A wildcard before another is compiled to an atomic group that takes the leftmost
match: what follows can reach at least as far from there, so nothing is lost, and `*a*a*a*a*b` does not backtrack.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

LARGEST_BYTES = 512 * 1024
"""A longer ignore file is not read."""

_ANY = b"*"  # stands for any bytes but a slash
_DEEP = b"**"  # stands for any bytes
_FOLDERS = b"**/"  # stands for nothing or whole folders with their slash
_SPECIAL = re.compile(rb"[*?\[\\]")
_NOT_SLASH = frozenset(range(256)) - {0x2F}
_CLASSES = {
    b"alnum": frozenset(b for b in range(128) if chr(b).isalnum()),
    b"alpha": frozenset(b for b in range(128) if chr(b).isalpha()),
    b"blank": frozenset(b" \t"),
    b"cntrl": frozenset(range(32)) | {127},
    b"digit": frozenset(b"0123456789"),
    b"graph": frozenset(range(33, 127)),
    b"lower": frozenset(range(97, 123)),
    b"print": frozenset(range(32, 127)),
    b"punct": frozenset(b for b in range(33, 127) if not chr(b).isalnum()),
    b"space": frozenset(b" \t\n\v\f\r"),
    b"upper": frozenset(range(65, 91)),
    b"xdigit": frozenset(b"0123456789abcdefABCDEF"),
}


class _NeverMatches(Exception):
    """The pattern has a fault."""


@dataclass(frozen=True, slots=True)
class _Rule:
    ignores: bool
    folders_only: bool
    by_name: bool  # no slash in it: the entry's name is matched, at any depth
    expression: bytes


class IgnoreFile:
    """The patterns of one ignore file, for entries below the folder it stands in."""

    def __init__(self, base: bytes, rules: Sequence[_Rule], ignore_case: bool) -> None:
        self._base = len(base)
        self._rules = tuple(rules)
        self._flags = re.DOTALL | re.IGNORECASE if ignore_case else re.DOTALL

    def verdict(self, path: bytes, is_folder: bool) -> bool | None:
        """Say whether an entry is ignored (True), kept by a `!` pattern (False) or not mentioned (None).

        `path` is relative to the root as `base` is; what the folders above it are is not looked at.
        """
        by_name, by_path = self._first_look_folders if is_folder else self._first_look_files
        below = path[self._base :]
        name = below[below.rfind(b"/") + 1 :]
        if not (by_name and by_name.fullmatch(name)) and not (by_path and by_path.fullmatch(below)):
            return None
        for rule, pattern in self._compiled:
            if (is_folder or not rule.folders_only) and pattern.fullmatch(name if rule.by_name else below):
                return rule.ignores
        return None

    @cached_property
    def _first_look_folders(self) -> tuple[re.Pattern[bytes] | None, re.Pattern[bytes] | None]:
        return self._one_of(self._rules, by_name=True), self._one_of(self._rules, by_name=False)

    @cached_property
    def _first_look_files(self) -> tuple[re.Pattern[bytes] | None, re.Pattern[bytes] | None]:
        rules = [rule for rule in self._rules if not rule.folders_only]
        return self._one_of(rules, by_name=True), self._one_of(rules, by_name=False)

    @cached_property
    def _compiled(self) -> list[tuple[_Rule, re.Pattern[bytes]]]:
        return [(rule, re.compile(rule.expression, self._flags)) for rule in reversed(self._rules)]

    def _one_of(self, rules: Sequence[_Rule], by_name: bool) -> re.Pattern[bytes] | None:
        wanted = dict.fromkeys(rule.expression for rule in rules if rule.by_name is by_name)
        return re.compile(b"|".join(wanted), self._flags) if wanted else None


def verdict(files: Sequence[IgnoreFile], path: bytes, is_folder: bool) -> bool | None:
    """Ask ignore files about an entry, the last one first, which is the deepest; None if none mentions it."""
    for each in reversed(files):
        found = each.verdict(path, is_folder)
        if found is not None:
            return found
    return None


def parse(data: bytes, base: str = "", ignore_case: bool = False) -> IgnoreFile | None:
    """Read the bytes of an ignore file that stands in the folder `base`; None if there is no pattern in it.

    `base` is relative to the root, empty or with a slash at its end.
    """
    rules = [rule for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n") if (rule := _rule(line))]
    return IgnoreFile(os.fsencode(base), rules, ignore_case) if rules else None


def read(file: Path, base: str = "", ignore_case: bool = False, follow_links: bool = False) -> IgnoreFile | None:
    """Read an ignore file; None if it is missing, no regular file, too long, or without patterns.

    As in git, a link is not followed in a work tree: it could lead anywhere.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        handle = os.open(file, flags if follow_links else flags | getattr(os, "O_NOFOLLOW", 0))
    except (OSError, ValueError):
        return None
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        data = stream.read(LARGEST_BYTES + 1)
    return parse(data, base, ignore_case) if len(data) <= LARGEST_BYTES else None


def _rule(line: bytes) -> _Rule | None:
    if line.startswith(b"#"):
        return None
    pattern = _without_trailing_spaces(line.removesuffix(b"\r"))
    ignores = not pattern.startswith(b"!")
    pattern = pattern if ignores else pattern[1:]
    folders_only = pattern.endswith(b"/")
    pattern = pattern[:-1] if folders_only else pattern
    by_name = b"/" not in pattern
    try:
        expression = _expression(_tokens(pattern.removeprefix(b"/"), by_name))
    except _NeverMatches:
        return None
    return _Rule(ignores, folders_only, by_name, expression) if pattern else None


def _without_trailing_spaces(line: bytes) -> bytes:
    end = at = 0
    while at < len(line):
        at += 2 if line[at : at + 1] == b"\\" else 1
        if line[at - 1 : at] != b" " or line[at - 2 : at - 1] == b"\\":
            end = min(at, len(line))
    return line[:end]


def _tokens(pattern: bytes, by_name: bool) -> list[bytes]:
    """Divide a pattern into wildcards and expressions for one byte each."""
    tokens: list[bytes] = []
    at = 0
    while at < len(pattern):
        byte = pattern[at : at + 1]
        if byte == b"*":
            wild, at = _stars(pattern, at, by_name)
            if not (tokens and tokens[-1] == wild):
                tokens.append(wild)
        elif byte == b"[":
            members, at = _class(pattern, at + 1)
            tokens.append(_one_byte_of(members & _NOT_SLASH))
        elif byte == b"\\":
            if at + 1 == len(pattern):
                raise _NeverMatches
            tokens.append(re.escape(pattern[at + 1 : at + 2]))
            at += 2
        else:
            tokens.append(rb"[^/]" if byte == b"?" else re.escape(byte))
            at += 1
    return tokens


def _stars(pattern: bytes, at: int, by_name: bool) -> tuple[bytes, int]:
    end = at
    while pattern[end : end + 1] == b"*":
        end += 1
    # Git cuts off what stands before the first wildcard, so that `a**/b` is for it `a` and then `**/b`.
    starts = _SPECIAL.search(pattern, 0, at) is None or pattern[at - 1 : at] == b"/"
    rest = pattern[end : end + 2]
    if end - at == 1 or by_name or not starts:
        return _ANY, end
    if rest.startswith(b"/"):
        return _FOLDERS, end + 1
    return (_DEEP if not rest or rest == rb"\/" else _ANY), end


def _class(pattern: bytes, at: int) -> tuple[frozenset[int], int]:
    """Read a class from behind its opening bracket; return its bytes and where the pattern goes on."""
    negated = pattern[at : at + 1] in (b"!", b"^")
    at += negated
    first, previous = at, 0
    members: set[int] = set()
    while at == first or pattern[at : at + 1] != b"]":
        byte, after = _escaped(pattern, at)
        if byte == 0x2D and pattern[at] == 0x2D and previous and pattern[after : after + 1] not in (b"", b"]"):
            last, at = _escaped(pattern, after)
            members.update(range(previous, last + 1))
            previous = 0
        elif (
            pattern.startswith(b"[:", at)
            and (close := pattern.find(b"]", at + 2)) > at + 2
            and pattern[close - 1] == 0x3A
        ):
            members |= _named(pattern[at + 2 : close - 1])
            at, previous = close + 1, 0
        else:
            members.add(byte)
            at, previous = after, byte
    found = frozenset(members)
    return (_NOT_SLASH - found if negated else found), at + 1


def _escaped(pattern: bytes, at: int) -> tuple[int, int]:
    at += pattern[at : at + 1] == b"\\"
    if at >= len(pattern):
        raise _NeverMatches
    return pattern[at], at + 1


def _named(name: bytes) -> frozenset[int]:
    if name not in _CLASSES:
        raise _NeverMatches
    return _CLASSES[name]


def _one_byte_of(members: frozenset[int]) -> bytes:
    if not members:
        raise _NeverMatches
    return b"[" + b"".join(b"\\x%02x" % byte for byte in sorted(members)) + b"]"


def _expression(tokens: list[bytes]) -> bytes:
    """Join tokens to a regular expression, atomic around every wildcard that another one of its reach follows."""
    deep = [at for at, token in enumerate(tokens) if token in (_DEEP, _FOLDERS)]
    head = _within(tokens[: deep[0]] if deep else tokens, is_last=not deep)
    parts = [head]
    for start, end in zip(deep, [*deep[1:], None], strict=False):
        body = _within(tokens[start + 1 : end], is_last=end is None)
        skip = b"(?:.*?/)??" if tokens[start] == _FOLDERS else b".*?"
        parts.append(skip + body if end is None else b"(?>" + skip + body + b")")
    return b"".join(parts)


def _within(tokens: list[bytes], is_last: bool) -> bytes:
    """Join tokens without deep wildcards; if they are not the last, a deep wildcard follows them."""
    stars = [at for at, token in enumerate(tokens) if token == _ANY]
    parts = [b"".join(tokens[: stars[0]] if stars else tokens)]
    for start, end in zip(stars, [*stars[1:], None], strict=False):
        body = b"[^/]*?" + b"".join(tokens[start + 1 : end])
        parts.append(body if is_last and end is None else b"(?>" + body + b")")
    return b"".join(parts)
