"""Test-of: what the best tests test; asked about tests, the tests of the best definitions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from ...reading.filters import role
from ..query import Query
from .best import best, defined, definitions, names_in
from .lane import Candidate, Context, Lane, Proposed

SEEDS, LOOKED_UP, MOST = 8, 3, 6
_FILE = re.compile(r"^(?:tests?[_-])?(.+?)(?:[._-](?:tests?|spec))?$", re.IGNORECASE)
_CASE = re.compile(r"^(?:test_?|Test_?|it_|should_)|(?:_?[tT]ests?|TestCase|_?[sS]pec)$")


def expand(query: Query, context: Context, candidates: Sequence[Candidate]) -> Proposed:
    """Return the definitions that the best tests are named after; asked about tests, the tests named after the best."""
    names: set[str] = set()
    for seed, _ in best(context, candidates, LOOKED_UP, any_role=True):
        name = defined(seed)
        if query.about_tests and not _is_test(seed) and name:
            names |= {f"test_{name}", f"Test{name[:1].upper()}{name[1:]}", f"{name}Test"}
        elif not query.about_tests and _is_test(seed):
            names |= set(_subjects(name))
    return Proposed(dict.fromkeys(definitions(context, names, MOST), 1.0))


def weigh(query: Query, context: Context, candidates: Sequence[Candidate]) -> Sequence[float]:
    """Return how surely each candidate is what one of the best tests tests, or, asked about tests, tests the best."""
    found = [0.0] * len(candidates)
    are_tests = [_is_test(each) for each in candidates]
    wanted = query.about_tests
    bearers = Counter(defined(each) for each in candidates)
    for seed, strength in best(context, candidates, SEEDS, any_role=wanted):
        if _is_test(seed) == wanted or seed.kind != "code":
            continue
        for at, each in enumerate(candidates):
            if are_tests[at] == wanted and each.kind == "code" and each.root.id == seed.root.id:
                test, subject = (each, seed) if wanted else (seed, each)
                found[at] = max(found[at], strength * _tests(test, subject, bearers))
    return found


def _tests(test: Candidate, subject: Candidate, bearers: Mapping[str, int]) -> float:
    """Return how surely a place tests another, in [0, 1]: by their files' names, or by what it uses and few define."""
    if _stem(test.source.path) == _stem(subject.source.path):
        return 1.0
    name = defined(subject)
    return 1 / bearers[name] if name and name in test.body and name in names_in(test.body) else 0.0


def _is_test(candidate: Candidate) -> bool:
    return role(candidate.source.path) == "test"


def _stem(path: str) -> str:
    """Return what a file is about by its name: `cart` of `tests/test_cart.py` and of `src/cart.spec.ts`.

    >>> _stem("tests/test_cart.py"), _stem("src/cart.spec.ts"), _stem("src/cart.ts")
    ('cart', 'cart', 'cart')
    """
    name = path.rpartition("/")[2].lower().rpartition(".")[0]
    match = _FILE.match(name)
    return match.group(1) if match else name


def _subjects(name: str) -> list[str]:
    """Return the names that a test's name may be made of, the longest first.

    >>> _subjects("test_send_request_fails")
    ['send_request_fails', 'send_request', 'send']
    >>> _subjects("TestClient")
    ['Client']
    """
    bare = _CASE.sub("", name).strip("_")
    if bare == name or not bare:
        return []
    parts = bare.split("_")
    return ["_".join(parts[:end]) for end in range(len(parts), 0, -1)]


LANE = Lane("test-of", weigh=weigh, expand=expand)
