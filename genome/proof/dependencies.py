"""What a span calls or inherits from that has changed since a session saw the span.

A reference counts where syntax tells what it means: a name of the same file, an imported one, `self.x` in its class.
`object.method()` counts only where one definition in the store has that name. What cannot be told is left out: a
reader who is warned for nothing stops reading warnings.
"""

from __future__ import annotations

import io
import pathlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import apsw

from ..records import Place, Source
from ..store import sources, versions
from .changes import Changes
from .grades import Grade
from .modules import is_module
from .references import SELF, Import, Reference, References, references

MOST_BY_METHOD = 20  # changed files that are searched for a method whose owner is unknown
RANK = {"gone": 0, "signature_changed": 1, "body_changed": 2}
CONSTRUCTORS = ("", ".__init__", ".__new__", ".__post_init__", ".constructor")
_BUILTIN_TYPES = (str, bytes, list, dict, set, tuple, int, float, io.TextIOWrapper, pathlib.Path, re.Pattern, re.Match)
COMMON = frozenset(name for each in _BUILTIN_TYPES for name in dir(each)) | frozenset(
    "log info debug warning error exception then catch finally map filter forEach push slice splice concat reduce "
    "some every includes toString has delete entries next send throw acquire release wait notify".split()
)
"""Methods of the languages' own types: a call of one says nothing about who owns it."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """A definition that changed: where, how, and its places now, none where it is gone.

    `content` is what its file holds, or of a file that is gone, what it held when it was ingested.
    """

    source: int
    path: str
    symbol: str
    grade: Grade
    content: int | None
    places: tuple[Place, ...]

    @property
    def because(self) -> str:
        """Return what changed, in a word."""
        return f"{self.path}::{self.symbol} {self.grade}"


@dataclass(frozen=True, slots=True)
class _Changed:
    """A file that held another content at some moment; `now` is None where it is gone."""

    source: int
    root: int
    path: str
    then: int
    now: int | None
    ingested: int | None


class Dependencies:
    """The changes after a moment, looked at from the spans of one answer.

    Args:
        connection: The snapshot that the answer is made from.
        changes: The comparer of the same snapshot.
        since: The earliest moment that will be asked about.
    """

    def __init__(self, connection: apsw.Connection, changes: Changes, since: float) -> None:
        self._connection = connection
        self._changes = changes
        self._versions = versions.changed_since(connection, since)
        self._definitions: dict[str, list[int]] = {}

    def of(self, place: Place, source: Source, at: float) -> list[Dependency]:
        """Return the changed definitions that a place rests on: those that are gone, then heads, then bodies.

        Args:
            place: Where the span stands now.
            source: Its file.
            at: When the session saw it.
        """
        changed = [found for found in self._changed(at) if found.root == source.root]
        language = self._changes.language(place.content) if changed else None
        if not changed or language is None:
            return []
        own = references(self._text(place), language)
        imports = self._imports(place.content, language) | own.imports
        found: dict[tuple[int, str], Dependency] = {}
        for target, symbol in self._targets(place, source, own, imports, changed):
            if (target.source, symbol) == (source.id, place.symbol) or (target.source, symbol) in found:
                continue
            grade = self._graded(target, symbol)
            if grade in RANK:
                content = target.ingested if target.now is None else target.now
                now = self._now(target, symbol)
                found[target.source, symbol] = Dependency(
                    target.source, target.path, symbol, grade, content, tuple(now)
                )
        return sorted(found.values(), key=lambda each: (RANK[each.grade], each.path, each.symbol))

    def _text(self, place: Place) -> str:
        """Return a place's text; of the head of a long definition, all its pieces."""
        if place.part > 0 or place.symbol is None:
            return self._changes.text(place)
        pieces = self._changes.named(place.content, place.symbol, place.heading)
        return "".join(self._changes.text(piece) for piece in pieces if piece.nth == place.nth)

    def _changed(self, at: float) -> list[_Changed]:
        then = {
            source: next((content for until, content in versions if until > at), None)
            for source, versions in self._versions.items()
        }
        return [
            _Changed(source, root, path, before, now, ingested)
            for source, (root, path, now, ingested) in self._located.items()
            if (before := then[source]) is not None and before != now
        ]

    @cached_property
    def _located(self) -> dict[int, tuple[int, str, int | None, int | None]]:
        return sources.located(self._connection, self._versions)

    def _imports(self, content: int, language: str) -> dict[str, Import]:
        """Return what a file imports: its statements outside definitions tell."""
        loose = self._changes.named(content, None, None)
        return references("".join(map(self._changes.text, loose)), language).imports

    def _targets(
        self, place: Place, source: Source, own: References, imports: dict[str, Import], changed: list[_Changed]
    ) -> Iterator[tuple[_Changed, str]]:
        """Give the changed files and symbols that a span's references mean."""
        same = next((found for found in changed if found.source == source.id), None)
        for reference in own.made:
            if reference.owner is None:
                if reference.name in own.bound and not reference.base and reference.name not in own.imports:
                    continue
                named = list(self._named(reference, source, imports, same, changed))
            else:
                named = list(self._member(reference, place, source, imports, same, changed))
            for target, symbol in named:
                yield from ((target, each) for each in self._parts(target, symbol, reference))

    def _named(
        self,
        reference: Reference,
        source: Source,
        imports: dict[str, Import],
        same: _Changed | None,
        changed: list[_Changed],
    ) -> Iterator[tuple[_Changed, str]]:
        imported = imports.get(reference.name)
        if imported is None:
            if same is not None:
                yield same, reference.name
            return
        if imported.name is not None:
            yield from self._imported(imported.module, imported.name, imported.name, source, changed)

    def _imported(
        self, module: str, name: str, symbol: str, source: Source, changed: list[_Changed]
    ) -> Iterator[tuple[_Changed, str]]:
        """Give the symbol in the module that it is imported from, or where one definition alone bears its name."""
        matched = [found for found in changed if self._is_module(module, found.path, source)]
        holding = [found for found in matched if self._knows(found, name)]
        if holding:
            yield from ((found, symbol) for found in holding)
            return
        for found in changed:
            if self._knows(found, name) and self._is_only(name, found):
                yield found, symbol

    def _member(
        self,
        reference: Reference,
        place: Place,
        source: Source,
        imports: dict[str, Import],
        same: _Changed | None,
        changed: list[_Changed],
    ) -> Iterator[tuple[_Changed, str]]:
        owner, name = reference.owner or "", reference.name
        if owner in SELF and place.symbol is not None:
            symbol = f"{place.symbol.rpartition('.')[0]}.{name}"
            if self._changes.named(place.content, symbol, None) or (same is not None and self._knows(same, symbol)):
                if same is not None:
                    yield same, symbol
                return
        elif imported := imports.get(owner):
            module = imported.module if imported.name is None else _joined(imported.module, imported.name)
            modules = [found for found in changed if self._is_module(module, found.path, source)]
            yield from ((found, name) for found in modules)
            if imported.name is not None and not modules:
                yield from self._imported(imported.module, imported.name, f"{imported.name}.{name}", source, changed)
            return
        elif self._changes.named(place.content, owner, None) and owner:
            if same is not None:
                yield same, f"{owner}.{name}"
            return
        yield from self._by_method(name, changed)

    def _by_method(self, name: str, changed: list[_Changed]) -> Iterator[tuple[_Changed, str]]:
        """Give the one definition in the store that has this name, if it is a member."""
        if name in COMMON or len(changed) > MOST_BY_METHOD:
            return
        for found in changed:
            for symbol, heading in self._changes.of(found.then):
                is_it = symbol is not None and heading is None and symbol.endswith(f".{name}")
                if is_it and symbol is not None and self._is_only(name, found):
                    yield found, symbol

    def _parts(self, target: _Changed, symbol: str, reference: Reference) -> list[str]:
        """Return what a reference to a symbol rests on: of a class its constructor, of a base all its members."""
        known = [name for name, _ in self._changes.of(target.then) if name is not None]
        if reference.base:
            return [name for name in known if name == symbol or name.startswith(f"{symbol}.")]
        return [f"{symbol}{end}" for end in CONSTRUCTORS if f"{symbol}{end}" in known]

    def _graded(self, target: _Changed, symbol: str) -> Grade | None:
        """Return how a definition changed, None where it did not, or stands in another file now."""
        then = self._changes.named(target.then, symbol, None)
        now = self._now(target, symbol)
        if [place.passage for place in then] == [place.passage for place in now]:
            return None
        if not now or target.now is None:
            return None if sources.is_standing(self._connection, then[0].passage) else "gone"
        return self._changes.whole(then, now, target.now)

    def _now(self, target: _Changed, symbol: str) -> list[Place]:
        return [] if target.now is None else self._changes.named(target.now, symbol, None)

    def _knows(self, found: _Changed, symbol: str) -> bool:
        return (symbol, None) in self._changes.of(found.then)

    def _is_only(self, name: str, found: _Changed) -> bool:
        """Whether nothing outside this file, and one thing at most in it, is defined under a name."""
        if name not in self._definitions:
            self._definitions[name] = sources.defining(self._connection, name.lower(), 2)
        return self._definitions[name] in ([], [found.source])

    def _is_module(self, module: str, path: str, source: Source) -> bool:
        return is_module(module, path, source.path, lambda folder: self._is_package(source.root, folder))

    def _is_package(self, root: int, folder: str) -> bool:
        return sources.by_path(self._connection, root, f"{folder}/__init__.py") is not None


def _joined(module: str, name: str) -> str:
    return f"{module}{name}" if module.endswith(".") or not module else f"{module}.{name}"
