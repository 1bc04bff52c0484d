"""Imports: places of files that the best candidates' files import, or that import them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ...proof.modules import is_module
from ...proof.references import Import, references
from ...records import Source
from ...store import sources
from ..query import Query
from .best import best
from .lane import Candidate, Context, Lane

FILES = 8  # of the best candidates, whose imports are read
LONGEST = 8_000  # characters of a file outside its definitions
_LANGUAGES = frozenset(("python", "javascript", "typescript", "tsx", "jsx"))


def weigh(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return the strength of the best candidate whose file imports that of each, or is imported by it."""
    files: dict[int, tuple[Source, float]] = {}
    for seed, strength in best(context, candidates, 2 * FILES):
        if seed.kind == "code" and len(files) < FILES:
            files.setdefault(seed.source.id, (seed.source, strength))
    imported = {id_: _imports(context, source) for id_, (source, _) in files.items()}
    others = {each.source.id: each.source for each in candidates if each.kind == "code"}
    values = dict.fromkeys(others, 0.0)
    for id_, (source, strength) in files.items():
        for other_id, other in others.items():
            if other_id == id_ or other.root != source.root:
                continue
            if _imports_it(context, source, other, imported[id_]):
                values[other_id] = max(values[other_id], strength)
            if other_id in imported and _imports_it(context, other, source, imported[other_id]):
                values[other_id] = max(values[other_id], strength)
    return [values.get(each.source.id, 0.0) * each.prior for each in candidates]


def _imports(context: Context, source: Source) -> tuple[Import, ...]:
    """Return what a file's statements outside its definitions import."""
    sql = """
        select c.text, n.language
        from place l
        join content n on n.id = l.content
        join passage p on p.id = l.passage and p.symbol is null and p.heading is null
        join chunk c on c.id = p.chunk
        where l.content = ?
        order by l.ordinal
    """
    rows = list(context.connection.execute(sql, (source.content,)))
    if not rows or rows[0][1] not in _LANGUAGES:
        return ()
    return _read("".join(text for text, _ in rows)[:LONGEST], rows[0][1])


@lru_cache(maxsize=512)
def _read(text: str, language: str) -> tuple[Import, ...]:
    return tuple(dict.fromkeys(references(text, language).imports.values()))


def _imports_it(context: Context, importer: Source, other: Source, imported: Sequence[Import]) -> bool:
    def is_package(folder: str) -> bool:
        return sources.by_path(context.connection, other.root, f"{folder}/__init__.py") is not None

    for one in imported:
        modules = [one.module]
        if one.name is not None:  # `from a import b`: b may be a module
            modules.append(f"{one.module}{one.name}" if one.module.endswith(".") else f"{one.module}.{one.name}")
        if any(is_module(module, other.path, importer.path, is_package) for module in modules):
            return True
    return False


LANE = Lane("imports", weigh=weigh)
