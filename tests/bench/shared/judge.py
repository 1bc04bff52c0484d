"""Whether an item of a packet is true, judged from the files alone: by Python's own parser and by comparing lines.

Nothing of cistron takes part, so that a fault of its reading or proving cannot hide itself. What an item says is its
path, lines, symbol and status; of an item without a symbol it is the text that the store keeps for it.
"""

import ast
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

LONGEST = 120
WHOLE_BELOW = 60  # a definition shorter than this must lie in the item's lines to its last line
TRAILING = 24  # comment lines that a piece may keep after its definition
REDACTED = "[redacted]"  # what the store keeps in the place of a secret
POINTERS = ("moved", "renamed", "changed", "span")


@dataclass(frozen=True)
class Definition:
    """Where a function, method or class stands; `first` counts its decorators in."""

    first: int
    line: int
    last: int
    is_class: bool


@dataclass(frozen=True)
class Item:
    """What a packet says of a place."""

    path: str
    start: int
    end: int
    symbol: str | None
    status: str
    rung: str
    healed: bool
    stored: str | None = None  # the store's text of a place without a symbol
    part_of: str | None = None  # the symbol that the store knows such a place as a piece of
    because: str | None = None  # what it rests on that changed after the session saw it: `path::symbol grade`


@dataclass(frozen=True)
class Judgement:
    """What is true of an item. `right` is None where nothing can tell."""

    right: bool | None
    unchanged: bool
    too_long: bool
    why: str = ""
    excused: bool = False

    def missed(self, item: Item) -> bool:
        """Whether it was called verified and is not what it says."""
        return item.status == "verified" and self.right is False

    def false_alarm(self, item: Item) -> bool:
        """Whether it was called doubtful although nothing about it, or about what it says it rests on, changed."""
        return item.status != "verified" and self.unchanged and not self.excused


class Truth:
    """The files as they were ingested, and as they are now.

    Args:
        before: Text by path, as ingested.
        read: Gives the bytes of a path now, None where there is no such file.
        since: What paths held when the session that asks was last shown something, where that is not as ingested.
    """

    def __init__(
        self,
        before: Mapping[str, bytes],
        read: Callable[[str], bytes | None],
        since: Mapping[str, bytes | None] | None = None,
    ) -> None:
        self._before = before
        self._read = read
        self._since = since or {}

    def judge(self, item: Item) -> Judgement:
        """Judge one item."""
        judged = self._judged(item)
        return replace(judged, excused=item.status == "stale_risk" and self._rests_on_change(item))

    def _judged(self, item: Item) -> Judgement:
        now = self.now(item.path)
        before = self.before(item.path)
        too_long = item.end - item.start + 1 > LONGEST
        same_lines = now is not None and before is not None and _cut(now, item) == _cut(before, item)
        stands = item.symbol is None or (now is not None and bool(define(now).get(item.symbol)))
        if item.rung == "gone":
            return Judgement(None, same_lines and stands, too_long, "the symbol stands there" if stands else "")
        holds = now is not None and self._holds(now, item)
        unchanged = same_lines and holds is True
        if now is None:
            return Judgement(False, False, too_long, "there is no such file")
        if not 1 <= item.start <= item.end <= len(lines(now)):
            return Judgement(False, False, too_long, "there are no such lines")
        if holds is False:
            what = "definition of the symbol" if item.symbol else "text"
            return Judgement(False, unchanged, too_long, f"the lines do not hold the {what}")
        if not item.healed and not same_lines:
            return Judgement(False, False, too_long, "healed is false and the lines are not those ingested")
        return Judgement(holds, unchanged, too_long)

    def now(self, path: str) -> str | None:
        """Return the text of a file now."""
        return _text(self._read(path))

    def before(self, path: str) -> str | None:
        """Return the text of a file as it was ingested."""
        return _text(self._before.get(path))

    def _rests_on_change(self, item: Item) -> bool:
        """Whether what an item says it rests on is named in its lines, and is defined otherwise than it was."""
        found = re.fullmatch(r"(.+?)::(.+) \w+", item.because or "")
        now = self.now(item.path)
        if found is None or now is None:
            return False
        path, symbol = found.groups()
        seen = self._since[path] if path in self._since else self._before.get(path)
        then, after = _text(seen), self.now(path)
        if path.endswith((".py", ".pyi")):
            then, after = _dump(then, symbol), _dump(after, symbol)
        names = set(symbol.split("."))  # of a member that is inherited, its class is named
        here = define(now).get(item.symbol or "", [])
        rows = [*_cut(now, item), *(row for one in here for row in lines(now)[one.first - 1 : one.last])]
        return then is not None and then != after and bool(names & set(re.findall(r"\w+", " ".join(rows))))

    def _holds(self, now: str, item: Item) -> bool | None:
        if item.symbol is None:
            return self._holds_text(now, item)
        if not item.path.endswith((".py", ".pyi")):
            name = re.split(r"\W+", item.symbol)[-1]
            return any(name in line for line in _cut(now, item))
        return any(is_held(found, item.start, item.end) for found in define(now).get(item.symbol, []))

    def _holds_text(self, now: str, item: Item) -> bool | None:
        if item.stored is None:
            return None
        stored = lines(item.stored.removesuffix("\n"))
        if len(stored) == item.end - item.start + 1 and all(map(_is_same, stored, _cut(now, item))):
            return True
        if item.rung != "changed" or item.part_of is None:
            return False
        pieces = define(now).get(item.part_of, [])
        return any(one.first <= item.start and item.end <= one.last + TRAILING for one in pieces)


def is_held(found: Definition, start: int, end: int) -> bool:
    """Whether lines hold a definition: its own line, and all of it unless it is long or a class."""
    is_short = not found.is_class and found.last - found.first < WHOLE_BELOW
    return start <= found.line <= end and (not is_short or (start <= found.first and found.last <= end))


def define(text: str) -> dict[str, list[Definition]]:
    """Return the definitions of a Python text by their dotted names; nothing for a text that does not parse."""
    known = _parsed.get(text)
    if known is None:
        if len(_parsed) > 400:
            _parsed.clear()
        known = _parsed[text] = {}
        with suppress(SyntaxError, ValueError):
            _collect(ast.parse(text).body, "", known)
    return known


def _dump(text: str | None, symbol: str) -> str | None:
    """Return a definition as Python's parser sees it, None where it is not there."""
    found = define(text).get(symbol) if text is not None else None
    if text is None or not found:
        return None
    wanted = {one.line for one in found}
    nodes = [node for node in ast.walk(ast.parse(text)) if getattr(node, "lineno", None) in wanted]
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return str([ast.dump(node) for node in nodes if isinstance(node, kinds)])


def lines(text: str) -> list[str]:
    """Return the lines of a text; only a newline ends one."""
    return text.split("\n")


_parsed: dict[str, dict[str, list[Definition]]] = {}


def _collect(body: list[ast.stmt], prefix: str, found: dict[str, list[Definition]]) -> None:
    for node in body:
        inside = prefix
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = prefix + node.name
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            one = Definition(first, node.lineno, node.end_lineno or node.lineno, isinstance(node, ast.ClassDef))
            found.setdefault(name, []).append(one)
            inside = f"{name}."
        for field in ("body", "orelse", "finalbody"):
            _collect(getattr(node, field, []), inside, found)
        for part in [*getattr(node, "handlers", []), *getattr(node, "cases", [])]:
            _collect(part.body, inside, found)


def _cut(text: str, item: Item) -> list[str]:
    return lines(text)[item.start - 1 : item.end]


def _is_same(stored: str, line: str) -> bool:
    """Whether a line is the one that is kept; what stood where a secret was taken out may be anything."""
    if REDACTED not in stored:
        return stored == line
    return re.fullmatch(".*".join(map(re.escape, stored.split(REDACTED))), line) is not None


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
