"""What names in a text stand for: looked up in the store and on the disk, and turned into receipts."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import apsw

from ..reading.filters import role
from ..reading.mentions import Mention
from ..records import Root, Source
from ..store import contents, sources
from ..store.notes import Receipt
from . import lookup
from .binding import lines_receipt, literal_receipt, symbol_receipts

MAKEFILES = ("Makefile", "GNUmakefile", "makefile")


@dataclass(frozen=True, slots=True)
class Ground:
    """What a mention stands for: `found` says whether it is there, `others` what stands under its key instead."""

    mention: Mention
    found: bool
    receipts: list[Receipt] = field(default_factory=lambda: [])
    others: list[lookup.Standing] = field(default_factory=lambda: [])


class Grounds:
    """Looks names up within one snapshot of the store.

    Args:
        connection: A reading connection.
        roots: The roots to look in, virtual ones left out.
        beside: Root and folder of the document that names them, to which its links are relative.
    """

    def __init__(
        self, connection: apsw.Connection, roots: Sequence[Root], beside: tuple[Root, str] | None = None
    ) -> None:
        self.connection = connection
        self.roots = {root.id: root for root in roots}
        self.beside = beside

    def find(self, mention: Mention, near: Collection[str] = ()) -> Ground:
        """Return what a mention stands for.

        Args:
            mention: The name.
            near: Paths that the same statement names: a symbol of several files is looked for there first.
        """
        if mention.sort == "path":
            return self._path(mention)
        if mention.sort == "symbol":
            return self._symbol(mention, near)
        if mention.sort == "literal":
            return self._literal(mention, near)
        return self._command(mention)

    def places(self, name: str) -> list[tuple[Root, str]]:
        """Return where on the disk a path may be meant: beside the document, in a root, or behind a root's name."""
        found: list[tuple[Root, str]] = []
        tries = [(self.beside[0], posixpath.join(self.beside[1], name))] if self.beside else []
        tries += [(root, name) for root in self.roots.values()]
        tries += [(root, name.removeprefix(f"{root.name}/")) for root in self.roots.values()]
        for root, path in tries:
            normal = posixpath.normpath(path)
            is_inside = not normal.startswith(("..", "/")) and "\0" not in normal
            if is_inside and (root, normal) not in found:
                found.append((root, normal))
        return found

    def _path(self, mention: Mention) -> Ground:
        for root, path in self.places(mention.name):
            if path != "." and _is_there(root.path, path):
                source = sources.by_path(self.connection, root.id, path)
                return Ground(mention, True, self._of_file(root, path, source, mention))
        ends = lookup.ending(self.connection, mention.name.removeprefix("../"), self.roots.keys())
        if len(ends) == 1:
            return Ground(mention, True, self._of_file(self.roots[ends[0].root], ends[0].path, ends[0], mention))
        return Ground(mention, bool(ends) or self._is_folder(mention.name))

    def _is_folder(self, name: str) -> bool:
        return any(f"/{name.strip('/')}/" in f"/{path}" for path in lookup.paths(self.connection, self.roots.keys()))

    def _of_file(self, root: Root, path: str, source: Source | None, mention: Mention) -> list[Receipt]:
        content = None if source is None else source.content
        if mention.lines is not None and content is not None:
            receipt = lines_receipt(self.connection, root, path, content, *mention.lines)
            if receipt is not None:
                return [receipt]
        return [Receipt("path", root.id, path, content)]

    def _symbol(self, mention: Mention, near: Collection[str]) -> Ground:
        parts = mention.name.split(".")
        for first in range(len(parts)):
            tail = ".".join(parts[first:]).lower()
            wanted = lookup.definitions(self.connection, parts[-1], self.roots.keys())
            fitting = [
                each
                for each in wanted
                if _ends(each.place.symbol or "", tail) and _lies_in(each.source.path, parts[:first])
            ]
            if mention.value is not None:
                fitting = [each for each in fitting if same_path(each.source.path, mention.value)]
            if fitting:
                return Ground(mention, True, self._of_symbols(fitting, near))
        return self._constant(mention)

    def _constant(self, mention: Mention) -> Ground:
        """Bind a name that is no definition but a key with one value: a constant, a setting."""
        key = mention.name if mention.value is None else mention.name.rpartition(".")[2]
        standing = lookup.facts(self.connection, key, self.roots.keys())
        if mention.value is not None:
            standing = [each for each in standing if same_path(each.source.path, mention.value)]
        receipts = [literal_receipt(standing[0])] if len(standing) == 1 else []
        return Ground(mention, bool(standing), receipts)

    def _of_symbols(self, fitting: list[lookup.Defined], near: Collection[str]) -> list[Receipt]:
        """Bind the one definition that is meant; none where it cannot be told which."""
        named = [each for each in fitting if any(same_path(each.source.path, path) for path in near)]
        shipped = [each for each in fitting if role(each.source.path) is None]
        for chosen in (named, shipped, fitting):
            if len({(each.source.id, each.place.symbol) for each in chosen}) == 1:
                one = chosen[0]
                return symbol_receipts(self.connection, self.roots[one.source.root], one.source.path, one.place)
        return []

    def _literal(self, mention: Mention, near: Collection[str]) -> Ground:
        standing = lookup.facts(self.connection, mention.name, self.roots.keys())
        if not standing:
            keys = lookup.keys_ending(self.connection, mention.name, self.roots.keys())
            standing = [each for key in keys for each in lookup.facts(self.connection, key, self.roots.keys())]
        there = [each for each in standing if any(same_path(each.source.path, path) for path in near)]
        standing = there or standing
        equal = [
            each for each in standing if each.fact.value is not None and same_value(each.fact.value, mention.value)
        ]
        if not equal:
            return Ground(mention, False, [], standing)
        best = min(equal, key=lambda each: (role(each.source.path) is not None, each.source.path, each.fact.line))
        return Ground(mention, True, [literal_receipt(best)])

    def _command(self, mention: Mention) -> Ground:
        if mention.value == "npm":
            scripts = lookup.facts(self.connection, f"scripts.{mention.name}", self.roots.keys())
            return Ground(mention, bool(scripts), [literal_receipt(each) for each in scripts[:1]])
        for source, text in self.makefiles():
            if has_target(text, mention.name):
                for place in contents.places(self.connection, source.content or 0):
                    if mention.name in (place.symbol or "").split():
                        found = symbol_receipts(self.connection, self.roots[source.root], source.path, place)
                        return Ground(mention, True, found)
                return Ground(mention, True, [Receipt("path", source.root, source.path, source.content)])
        return Ground(mention, False)

    def makefiles(self) -> list[tuple[Source, str]]:
        """Return the makefiles and their texts."""
        found = [each for name in MAKEFILES for each in lookup.ending(self.connection, name, self.roots.keys())]
        return [(each, contents.text_of(self.connection, each.content)) for each in found if each.content is not None]


def _is_there(root: str, path: str) -> bool:
    """Whether something stands at a path of a root, and not behind a link that leads out of it."""
    full = os.path.join(root, path)
    return os.path.lexists(full) and f"{os.path.realpath(full)}/".startswith(f"{root}/")


def has_target(makefile: str, target: str) -> bool:
    """Whether a makefile has a rule for a target, or declares it."""
    name = re.escape(target)
    return (
        re.search(rf"^(?:[^\s:#=]+[ \t]+)*{name}(?:[ \t]+[^\s:#=]+)*[ \t]*::?(?!=)", makefile, re.MULTILINE) is not None
    )


def same_value(one: str, other: str | None) -> bool:
    """Whether two literals say the same: quotes, letters of true and false, and separators of digits aside.

    >>> same_value("10_000", "10000"), same_value("True", "true"), same_value("8080", "9090")
    (True, True, False)
    """
    if other is None:
        return False
    a, b = (_plain_value(value) for value in (one, other))
    return a == b


def _plain_value(value: str) -> str:
    bare = value.strip().strip("\"'").rstrip(";,")
    if bare.lower() in ("true", "false", "none", "null", "yes", "no", "on", "off"):
        return bare.lower()
    try:
        return str(int(bare, 0))  # 0xff, 1_000
    except ValueError:
        return bare.replace("_", "").lower() if bare[:1].isdigit() else bare


def _ends(symbol: str, tail: str) -> bool:
    lower = symbol.lower()
    return lower == tail or lower.endswith(f".{tail}")


def _lies_in(path: str, parts: Sequence[str]) -> bool:
    """Whether the first parts of a dotted name are folders or the module of a path, in order."""
    if not parts:
        return True
    pieces = re.split(r"[/.]", path.lower())
    at = 0
    for part in parts:
        if part.lower() not in pieces[at:]:
            return False
        at = pieces.index(part.lower(), at) + 1
    return True


def same_path(path: str, named: str) -> bool:
    """Whether a name is a path, or the end of one, or the other way round."""
    return path == named or path.endswith(f"/{named}") or named.endswith(f"/{path}")
