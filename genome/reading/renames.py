"""Which of the files that came are files that went: by equal bytes, by git's detection, by the text they share.

Git tells of two commits only, so what was renamed and edited but not yet committed is told by the share of the text
that both hold, with git's own threshold of one half.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import apsw

from ..records import Root, Source
from ..store import branches, contents, sources
from ..store.database import Database
from . import git
from .checkout import renamed_between

TRIVIAL_BYTES = 64  # equal bytes shorter than this say nothing about a rename
SIMILAR = 0.5
MOST_COMPARED = 200  # files that went or came in between; with more, only equal bytes and git tell


def join_renames(database: Database, root: Root, gone: Iterable[str], fresh: Iterable[str], patience_ms: int) -> int:
    """Join files that went to files that came in their place, where that is unambiguous.

    Args:
        database: Where they are known.
        root: The root of both.
        gone: Paths that are no longer there.
        fresh: Paths that were not there before.
        patience_ms: How long to wait for another writer, a file.

    Returns:
        How many were joined.

    Raises:
        StoreError: It could not be written.
    """
    reading = database.reading()
    went = {path: source for path in gone if (source := sources.by_path(reading, root.id, path)) and source.ingested}
    came = {path: source for path in fresh if (source := sources.by_path(reading, root.id, path)) and source.content}
    pairs: dict[str, str] = {}
    for detect in (_by_bytes, partial(_by_git, root), _by_text):
        left = {path: source for path, source in went.items() if path not in pairs}
        free = {path: source for path, source in came.items() if path not in pairs.values()}
        if left and free:
            pairs.update(detect(reading, left, free))
    for old, new in sorted(pairs.items()):
        with database.writing(patience_ms) as writer:
            sources.rename(writer, went[old], came[new])
            sources.bump(writer)
    return len(pairs)


def _by_bytes(reading: apsw.Connection, went: dict[str, Source], came: dict[str, Source]) -> dict[str, str]:
    old = _grouped((source.ingested, path) for path, source in went.items())
    new = _grouped((source.content, path) for path, source in came.items())
    return {
        paths[0]: new[content][0]
        for content, paths in old.items()
        if len(paths) == len(new.get(content, ())) == 1 and contents.get(reading, content).size >= TRIVIAL_BYTES
    }


def _by_git(root: Root, reading: apsw.Connection, went: dict[str, Source], came: dict[str, Source]) -> dict[str, str]:
    before, after = branches.head(reading, root.id), git.head(Path(root.path))
    if root.kind != "git" or before is None or after is None or before == after:
        return {}
    found = renamed_between(root, before, after)
    return {old: new for old, new in found.items() if old in went and new in came}


def _by_text(reading: apsw.Connection, went: dict[str, Source], came: dict[str, Source]) -> dict[str, str]:
    if max(len(went), len(came)) > MOST_COMPARED:
        return {}
    old = {path: contents.weights(reading, source.ingested) for path, source in went.items() if source.ingested}
    new = {path: contents.weights(reading, source.content) for path, source in came.items() if source.content}
    alike = {
        (one, other): _share(old[one], new[other])
        for one in old
        for other in new
        if old[one].keys() & new[other].keys()
    }
    best = {pair: share for pair, share in alike.items() if share >= SIMILAR and _is_best(pair, alike)}
    return dict(sorted(best))


def _is_best(pair: tuple[str, str], alike: dict[tuple[str, str], float]) -> bool:
    """Whether no other pair with one of the two files is as much alike."""
    rivals = [share for other, share in alike.items() if other != pair and (other[0] == pair[0] or other[1] == pair[1])]
    return all(share < alike[pair] for share in rivals)


def _share(old: dict[int, int], new: dict[int, int]) -> float:
    """Return how much of the larger of two files is text that both hold."""
    common = sum(size for chunk, size in old.items() if chunk in new)
    return common / max(sum(old.values()), sum(new.values()), 1)


def _grouped(entries: Iterable[tuple[int | None, str]]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for content, path in entries:
        if content is not None:
            found.setdefault(content, []).append(path)
    return found
