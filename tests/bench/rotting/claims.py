"""What can be known of a tree of files, and whether it still holds in a later one, judged without cistron.

A claim is one thing an agent may have kept from the older tree: a definition, a literal's value, or that a path
exists. Python's `ast` and `tokenize`, `tomllib` and `configparser` tell; nothing of cistron takes part.

What a definition is: of a function or method its lines from the first decorator to its end; of a class its head, which
is its decorators, bases, docstring and class-level statements, without the methods, which are claims of their own.
Several definitions of one dotted name in one file (overloads, a property with its setter, the branches of an `if`)
are one claim, since a caller can name them only together; the same holds of several values of one name. A function
inside a function is a claim of kind `local`, and so is a class there, which is taken whole.
"""

import ast
import configparser
import io
import re
import tokenize
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

PATH = "path"
SYMBOLS = ("function", "class", "local")
LITERALS = ("constant", "default", "config")
_UNSEEN = frozenset({tokenize.COMMENT, tokenize.NL, tokenize.ENDMARKER, tokenize.ENCODING, tokenize.NEWLINE})
_TOML = re.compile(r"\s*([\w.-]+)\s*=\s*(.+?)\s*$")
_INI = re.compile(r"([\w.-]+)\s*[=:]\s*(\S.*?)\s*$")
_SECTION = re.compile(r"\s*\[+\s*([^\]]+?)\s*\]+\s*(?:#.*)?$")


@dataclass(frozen=True)
class Claim:
    """One thing known of the older tree; `value` is a literal's, as `repr` gives it."""

    kind: str
    path: str
    name: str = ""
    start: int = 0
    end: int = 0
    value: str = ""

    @property
    def target(self) -> str:
        """What `verify` is asked."""
        return self.path if self.kind == PATH else f"{self.path}::{self.name}"

    @property
    def lines(self) -> str:
        """The other way to ask for a literal: by the lines that held it."""
        return f"{self.path}:{self.start}-{self.end}"


@dataclass
class Definition:
    """All definitions of one dotted name in a file: their lines, their text, their tokens, their docstring."""

    kind: str
    start: int
    end: int
    texts: list[str] = field(default_factory=list)
    tokens: list[list[tuple[int, str]]] = field(default_factory=list)
    doc: str = ""


@dataclass(frozen=True)
class Facts:
    """What one file defines; `literals` holds (kind, name) with the value and lines of each occurrence."""

    definitions: Mapping[str, Definition]
    literals: Mapping[tuple[str, str], list[tuple[str, int, int]]]


@dataclass(frozen=True)
class Label:
    """What became of a claim; `text` and `tokens` differ only where an edit was cosmetic."""

    text: bool
    tokens: bool
    why: str


NOTHING = Facts({}, {})


def read(path: str, data: bytes) -> Facts:
    """Return what a file defines; nothing where it is no Python, TOML or INI that parses.

    >>> read("a.py", b"LIMIT = 3\\ndef f(x=1): ...").literals
    {('constant', 'LIMIT'): [('3', 1, 1)], ('default', 'f.x'): [('1', 2, 2)]}
    """
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    with suppress(SyntaxError, ValueError, RecursionError, tokenize.TokenError, configparser.Error):
        if path.endswith((".py", ".pyi")):
            return _Python(text).facts()
        if path.endswith(".toml"):
            return Facts({}, _toml(text))
        if path.endswith((".ini", ".cfg")):
            return Facts({}, _ini(text))
    return NOTHING


def claims(path: str, facts: Facts) -> list[Claim]:
    """Return all that an agent may have kept of one file, in a fixed order."""
    found = [Claim(PATH, path)]
    found += [Claim(one.kind, path, name, one.start, one.end) for name, one in facts.definitions.items()]
    for (kind, name), values in facts.literals.items():
        value, start, end = values[0]
        found.append(Claim(kind, path, name, start, end, value))
    return found


def judge(claim: Claim, before: Facts, after: Facts | None) -> Label:
    """Say whether a claim is rotten; `after` is None where the path is gone."""
    if after is None:
        return Label(True, True, "no such path")
    if claim.kind == PATH:
        return Label(False, False, "the path is there")
    if claim.kind in LITERALS:
        then, now = (
            {value for value, _, _ in facts.literals.get((claim.kind, claim.name), [])} for facts in (before, after)
        )
        shown = (", ".join(sorted(values))[:90] or "gone" for values in (then, now))
        return Label(then != now, then != now, " -> ".join(shown))
    old, new = before.definitions[claim.name], after.definitions.get(claim.name)
    if new is None:
        return Label(True, True, "no such definition")
    tokens = old.tokens != new.tokens
    text = old.texts != new.texts
    return Label(text, tokens, "other tokens" if tokens else "other text" if text else "same text")


def _plain(tokens: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Return tokens as a formatter leaves them: strings by their value, no comma before a closing bracket."""
    found: list[tuple[int, str]] = []
    for depth, shown in tokens:
        if shown in (")", "]", "}") and found and found[-1][1] == ",":
            found.pop()
        if shown[-1:] in ("'", '"'):
            with suppress(SyntaxError, ValueError):
                shown = repr(ast.literal_eval(shown))
        found.append((depth - tokens[0][0], shown))
    return found


class _Python:
    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._tree = ast.parse(text)
        self._tokens: dict[int, list[tuple[int, str]]] = {}  # by line, each with how deep it is indented
        depth = 0
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type in (tokenize.INDENT, tokenize.DEDENT):
                depth += 1 if token.type == tokenize.INDENT else -1
            elif token.type not in _UNSEEN:
                self._tokens.setdefault(token.start[0], []).append((depth, token.string))
        self._definitions: dict[str, Definition] = {}
        self._literals: dict[tuple[str, str], list[tuple[str, int, int]]] = {}

    def facts(self) -> Facts:
        self._scope(self._tree.body, "", "function")
        return Facts(self._definitions, self._literals)

    def _scope(self, body: list[ast.stmt], prefix: str, kind: str) -> None:
        for node in _statements(body):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                name = prefix + node.name
                self._define(kind, name, node, [(_first(node), node.end_lineno or node.lineno)])
                self._defaults(name, node.args)
                self._scope(node.body, f"{name}.", "local")
            elif isinstance(node, ast.ClassDef):
                name = prefix + node.name
                whole = [(_first(node), node.end_lineno or node.lineno)]
                self._define(
                    "local" if kind == "local" else "class", name, node, whole if kind == "local" else _head(node)
                )
                self._scope(node.body, f"{name}.", kind)
            elif kind != "local" and isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    if isinstance(target, ast.Name):
                        self._literal("constant", prefix + target.id, node.value, node)

    def _define(self, kind: str, name: str, node: ast.AST, runs: list[tuple[int, int]]) -> None:
        one = self._definitions.setdefault(name, Definition(kind, runs[0][0], runs[-1][1]))
        texts = ["\n".join(self._lines[start - 1 : end]).rstrip() for start, end in runs]
        one.texts.append("\n".join(filter(None, texts)))
        found = [token for start, end in runs for line in range(start, end + 1) for token in self._tokens.get(line, [])]
        is_whole = runs == [(_first(node), node.end_lineno)]  # type: ignore[arg-type,attr-defined]  # a definition
        # What a formatter does to quotes, last commas and grouping is no other definition: the tree is the same.
        one.tokens.append([(0, ast.dump(node))] if is_whole else _plain(found))
        one.doc = one.doc or ast.get_docstring(node) or ""  # type: ignore[arg-type]  # a definition

    def _defaults(self, name: str, arguments: ast.arguments) -> None:
        plain = [*arguments.posonlyargs, *arguments.args]
        pairs = list(zip(plain[len(plain) - len(arguments.defaults) :], arguments.defaults, strict=True))
        pairs += [(arg, value) for arg, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value]
        for arg, value in pairs:
            self._literal("default", f"{name}.{arg.arg}", value, arg)

    def _literal(self, kind: str, name: str, value: ast.expr, place: ast.stmt | ast.arg) -> None:
        with suppress(ValueError, TypeError, SyntaxError, MemoryError):
            shown = _shown(ast.literal_eval(value))
            if shown == "Ellipsis":  # what overloads and protocols write for a default
                return
            lines = (place.lineno, value.end_lineno or place.lineno)
            self._literals.setdefault((kind, name), []).append((shown, *lines))


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a scope, those under `if`, `try`, `with` and loops too, but of no scope below."""
    for node in body:
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for name in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(node, name, []))
        for part in [*getattr(node, "handlers", []), *getattr(node, "cases", [])]:
            yield from _statements(part.body)


def _first(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.stmt) -> int:
    return min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])


def _head(node: ast.ClassDef) -> list[tuple[int, int]]:
    """Return the runs of lines of a class that belong to no definition inside it."""
    inner = [
        one for one in _statements(node.body) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]
    taken = {line for one in inner for line in range(_first(one), (one.end_lineno or one.lineno) + 1)}
    own = [line for line in range(_first(node), (node.end_lineno or node.lineno) + 1) if line not in taken]
    runs: list[tuple[int, int]] = []
    for line in own:
        if runs and runs[-1][1] == line - 1:
            runs[-1] = (runs[-1][0], line)
        else:
            runs.append((line, line))
    return runs or [(node.lineno, node.lineno)]


def _shown(value: object) -> str:
    return f"set({sorted(map(repr, value))})" if isinstance(value, set | frozenset) else repr(value)


def _toml(text: str) -> dict[tuple[str, str], list[tuple[str, int, int]]]:
    """Return keys whose value stands on their line; the table before them is part of the name."""
    tomllib.loads(text)
    found: dict[tuple[str, str], list[tuple[str, int, int]]] = {}
    section = ""
    for number, line in enumerate(text.split("\n"), 1):
        if match := _SECTION.match(line):
            section = match[1]
        elif match := _TOML.match(line):
            with suppress(tomllib.TOMLDecodeError):
                value = tomllib.loads(f"x = {match[2]}")["x"]
                found.setdefault(("config", f"{section}.{match[1]}"), []).append((_shown(value), number, number))
    return found


def _ini(text: str) -> dict[tuple[str, str], list[tuple[str, int, int]]]:
    """Return keys with a value of one line."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    parser.read_string(text)
    found: dict[tuple[str, str], list[tuple[str, int, int]]] = {}
    section = ""
    for number, line in enumerate(text.split("\n"), 1):
        if match := _SECTION.match(line):
            section = match[1]
        elif match := _INI.match(line):
            with suppress(configparser.Error):
                value = parser.get(section, match[1])
                if value == match[2]:
                    found.setdefault(("config", f"{section}.{match[1]}"), []).append((repr(value), number, number))
    return found
