"""Where two places say different things of one setting that must agree: rare, and right.

A *pact* is a set of places that must agree. Only four kinds are made: the version and the lowest Python of one
project; the single default that code gives a setting, with what documents say it is; the port that is listened on;
and two defaults of one environment variable. Tests, examples, vendored and generated files, histories and whatever has
several values legitimately (overrides, other packages, other scopes) are in no pact.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import apsw

from ..reading.canon import PORT, PYTHON, VERSION
from ..reading.filters import role
from ..store import contents
from .values import as_lowest, as_number, as_version, plain

ROWS = 2_000
MOST_PLACES = 12  # a name with more definitions is no setting
_HISTORY = re.compile(
    r"change|history|news|release|what.?s.?new|upgrad|migrat|deprecat|porting|contribut|develop|hacking|roadmap|blog"
    r"|faq|security|authors|maintain|internal"
)
# The pages that speak of the project as a whole; others speak of one feature, a proxy before it, a past release.
_WHOLE = re.compile(
    r"(?:readme|index|install|getting|start|intro|overview|require|about|quick|usage|setup"
    r"|claude|agents|gemini|copilot|cursorrules|conventions)[^/]*$"
)
_RUNNING = re.compile(
    r"(?:readme|index|install|getting|start|quick|usage|setup|config|settings|cli|command|run"
    r"|claude|agents|gemini|copilot|cursorrules|conventions)[^/]*$"
)
_ASIDE = frozenset(
    "docs doc benchmarks benchmark bench scripts tools ci .github .circleci fixtures locale i18n contrib extras misc"
    " template templates tutorial tutorials requirements".split()
)
_MANIFESTS = ("pyproject.toml", "setup.cfg", "setup.py", "package.json")
_VERSION_FILES = frozenset(("__init__.py", "_version.py", "version.py", "__about__.py", "__version__.py", "about.py"))
_READS_ENVIRONMENT = re.compile(
    r"environ\.(?:get|setdefault)\(|getenv\(|\benv(?:\.\w+)?\(|get_env\(|process\.env|ENV\.fetch"
)
_UNSET = frozenset(("none", "null", "nil", "undefined", ""))
Form = Callable[[str], str | None]
_NAME_KEYS = ("project.name", "tool.poetry.name", "metadata.name", "name")


@dataclass(frozen=True, slots=True)
class Stand:
    """One place that says something of a setting."""

    root: int
    source: int
    content: int
    path: str
    line: int
    key: str
    value: str
    is_doc: bool
    language: str | None
    scope: str

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.path.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """The file's folder, empty for the root's."""
        return self.path.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Pact:
    """Places that must give one key one value; `said` has each place's value in a form that can be compared."""

    key: str
    stands: tuple[Stand, ...]
    said: tuple[str, ...]

    @property
    def is_broken(self) -> bool:
        """Whether two of them differ."""
        return len(set(self.said)) > 1


def contradictions(connection: apsw.Connection, canons: Iterable[str], roots: Iterable[int]) -> list[Pact]:
    """Return the broken pacts about these settings, by key and path.

    Args:
        connection: A reading connection.
        canons: Names as `canonical` gives them.
        roots: Ids of the roots to look in.
    """
    return [pact for pact in pacts(connection, canons, roots) if pact.is_broken]


def touched(connection: apsw.Connection, content: int, start: int, end: int, most: int = 24) -> list[str]:
    """Return the settings that lines of a content say something of, in line order."""
    sql = """
        select distinct n.canon
        from fact f
        join fact_name n on n.id = f.name
        where f.content = ? and f.line between ? and ? and n.canon is not null
        order by f.line
        limit ?
    """
    return [canon for (canon,) in connection.execute(sql, (content, start, end, most))]


def pacts(connection: apsw.Connection, canons: Iterable[str], roots: Iterable[int]) -> list[Pact]:
    """Return which places must agree about these settings, whether or not they do."""
    held: dict[tuple[int, str], list[Stand]] = {}
    for canon, stand in _stands(connection, canons, roots):
        held.setdefault((stand.root, canon), []).append(stand)
    found: list[Pact] = []
    for (_, canon), stands in sorted(held.items()):
        if canon == VERSION:
            found += _versions(connection, stands)
        elif canon == PYTHON:
            found += _pythons(stands)
        elif canon == PORT:
            found += _ports(stands)
        else:
            found += _settings(connection, canon, stands)
    return found


def _stands(connection: apsw.Connection, canons: Iterable[str], roots: Iterable[int]) -> Iterable[tuple[str, Stand]]:
    sql = """
        select n.canon, s.root, s.id, f.content, s.path, f.line, n.key, f.value, c.kind = 'doc', c.language, n.scope
        from json_each(?1) w
        cross join fact_name n on n.canon = w.value
        cross join fact f on f.name = n.id
        cross join source s on s.content = f.content
        cross join content c on c.id = f.content
        where s.state = 'live' and f.value is not null and c.generated = 0
        and s.root in (select value from json_each(?2))
        order by n.canon, s.path, f.line
        limit ?3
    """
    values = (json.dumps(sorted(set(canons))), json.dumps(sorted(roots)), ROWS)
    for canon, root, source, content, path, line, key, value, is_doc, language, scope in connection.execute(
        sql, values
    ):
        stand = Stand(root, source, content, path, line, key, value, bool(is_doc), language, scope)
        if role(stand.path) is None:
            yield canon, stand


def _versions(connection: apsw.Connection, stands: Sequence[Stand]) -> Iterable[Pact]:
    """Yield, for each project, its manifest with the `__version__` of the package that has the project's name."""
    manifests = [each for each in stands if each.name in _MANIFESTS and _is_own(each)]
    modules = [
        each
        for each in stands
        if each.key == "__version__" and each.name in _VERSION_FILES and not each.scope and _is_own(each)
    ]
    for folder in sorted({each.folder for each in manifests}):
        here = [each for each in manifests if each.folder == folder]
        names = {each: _project(connection, each) for each in here}
        name = next((found for each in here if (found := names[each])), None)
        if name is None:
            continue
        inside = [each for each in modules if each.folder in _packages(folder, name)]
        yield from _pact("version", [each for each in here if names[each] in (name, None)] + inside, as_version)


def _packages(folder: str, name: str) -> tuple[str, str]:
    base = f"{folder}/" if folder else ""
    return f"{base}{name}", f"{base}src/{name}"


def _project(connection: apsw.Connection, manifest: Stand) -> str | None:
    for key in _NAME_KEYS:
        for fact in contents.facts_of(connection, manifest.content, key):
            return None if fact.value is None else fact.value.lower().replace("-", "_")
    return None


def _pythons(stands: Sequence[Stand]) -> Iterable[Pact]:
    """Yield, for each project, what its manifests require with what its read-me and documents say is required."""
    manifests = [each for each in stands if each.name in _MANIFESTS and _is_own(each)]
    folders = sorted({each.folder for each in manifests}, key=lambda folder: (-len(folder), folder))
    for folder in folders:
        here = [each for each in manifests if each.folder == folder]
        said = [each for each in stands if _speaks_for(each, folder, folders)]
        yield from _pact("requires-python", here + said, as_lowest)


def _speaks_for(stand: Stand, folder: str, folders: Sequence[str]) -> bool:
    """Whether a document is about the project in a folder: the nearest manifest's, and no history or side matter."""
    if not stand.is_doc or not _speaks(stand, _WHOLE):
        return False
    nearest = next((each for each in folders if not each or stand.path.startswith(f"{each}/")), None)
    return nearest == folder


def _speaks(stand: Stand, pages: re.Pattern[str]) -> bool:
    path = stand.path.lower()
    return pages.search(path) is not None and _HISTORY.search(path) is None


def _ports(stands: Sequence[Stand]) -> Iterable[Pact]:
    """Yield the one port that the code listens on by default with what documents and the image say of it."""
    code = [each for each in stands if not each.is_doc and each.key != "EXPOSE" and _is_own(each)]
    code = [each for each in code if each.value != "0"]
    image = [each for each in stands if each.key == "EXPOSE"]
    said = [each for each in stands if each.is_doc and _speaks(each, _RUNNING)]
    if len({each.value for each in image}) > 1 or len({each.value for each in code}) > 1:
        return
    yield from _pact("port", code[:1] + image + said if code else image + said, as_number)


def _settings(connection: apsw.Connection, canon: str, stands: Sequence[Stand]) -> Iterable[Pact]:
    """Yield what code gives a setting by default with what documents say; else two defaults of one variable."""
    code = [each for each in stands if not each.is_doc and _is_own(each)]
    said = [each for each in stands if each.is_doc and not _HISTORY.search(each.path.lower())]
    given = {plain(each.value) for each in code}
    if not code or len(code) > MOST_PLACES:
        return
    if given <= _UNSET and canon.upper() != canon:  # of an option or parameter, the body decides what unset means
        said = [each for each in said if plain(each.value) in _UNSET]
    is_telling = canon.startswith("--") or canon.upper() == canon
    if said and len(given) == 1 and (is_telling or len(code) == 1) and len({plain(each.value) for each in said}) == 1:
        yield from _pact(canon, code + said, plain)
    elif canon.upper() == canon and len(code) > 1 and all(_is_of_environment(connection, each) for each in code):
        yield from _pact(canon, code, plain)


def _is_of_environment(connection: apsw.Connection, stand: Stand) -> bool:
    place = contents.place_around(connection, stand.content, stand.line)
    if place is None or stand.language in ("dockerfile", "bash", "make"):
        return False
    lines = contents.passage_text(connection, place.passage).split("\n")
    row = stand.line - place.start_line
    near = "\n".join(lines[max(0, row - 1) : row + 1])  # a call may be broken before its first argument
    return _READS_ENVIRONMENT.search(near) is not None


def _is_own(stand: Stand) -> bool:
    """Whether a file belongs to the program itself: not to its documents, checks or scripts."""
    return not _ASIDE & set(stand.folder.lower().split("/"))


def _pact(key: str, stands: Sequence[Stand], form: Form) -> Iterable[Pact]:
    said = [(each, value) for each in stands if (value := form(each.value)) is not None]
    if len({each.path for each, _ in said}) > 1:
        yield Pact(key, tuple(each for each, _ in said), tuple(value for _, value in said))
