"""How a definition changed and what it rests on, judged by Python's own parser alone. Nothing of cistron takes part."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

Function = ast.FunctionDef | ast.AsyncFunctionDef
Node = Function | ast.ClassDef
Spot = tuple[str, str]  # path and dotted symbol
REAL = ("signature_changed", "body_changed", "gone")


@dataclass(frozen=True)
class Module:
    """A parsed file: its definitions by dotted name (the last of a name counts), and what it imports."""

    text: str
    nodes: dict[str, Node]
    imports: dict[str, tuple[str, str | None]]


class Judge:
    """Two versions of a tree of Python files."""

    def __init__(self, before: Mapping[str, bytes], now: Mapping[str, bytes]) -> None:
        self._then = {path: data.decode() for path, data in before.items() if path.endswith(".py")}
        self._now = {path: data.decode() for path, data in now.items() if path.endswith(".py")}

    def own(self, path: str, symbol: str) -> str:
        """Return how a definition itself has changed."""
        then = parsed(self._then[path]).nodes[symbol]
        if path not in self._now:
            same = [other for other, text in self._now.items() if other not in self._then and text == self._then[path]]
            return "renamed" if same else "gone"
        now = parsed(self._now[path]).nodes.get(symbol)
        return "gone" if now is None else _graded(then, now, self._then[path], self._now[path])

    def dependencies(self, path: str, symbol: str) -> tuple[set[Spot], set[Spot]]:
        """Return the definitions that this one names and that changed: surely meant, and meant if names are unique."""
        if path not in self._then or symbol not in parsed(self._then[path]).nodes:
            return set(), set()
        sure, perhaps = rests_on(self._then, path, symbol)
        return {spot for spot in sure if self.has_changed(spot)}, {spot for spot in perhaps if self.has_changed(spot)}

    def has_changed(self, spot: Spot) -> bool:
        """Whether a definition does something else now; the methods of a class stand for themselves."""
        path, symbol = spot
        then = parsed(self._then[path]).nodes[symbol]
        if path not in self._now:
            return self.own(path, symbol) != "renamed"
        now = parsed(self._now[path]).nodes.get(symbol)
        return now is None or _head(then) != _head(now) or _body(then) != _body(now)


@lru_cache(maxsize=4000)
def parsed(text: str) -> Module:
    """Return a file's definitions and imports; nothing of a file that does not parse."""
    nodes: dict[str, Node] = {}
    imports: dict[str, tuple[str, str | None]] = {}
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return Module(text, {}, {})
    _collect(tree.body, "", nodes)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports.update({each.asname or each.name: (each.name, None) for each in node.names})
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            imports.update({each.asname or each.name: (module, each.name) for each in node.names})
    return Module(text, nodes, imports)


def rests_on(files: Mapping[str, str], path: str, symbol: str) -> tuple[set[Spot], set[Spot]]:
    """Return what a definition calls, is decorated with or inherits from: surely, and by a method name alone."""
    module = parsed(files[path])
    node = module.nodes[symbol]
    sure: set[Spot] = set()
    perhaps: set[Spot] = set()
    own = _bound(node)
    for named in _named(node):
        if isinstance(named, ast.Name):
            if named.id not in own:
                sure |= _resolve(files, path, named.id)
            continue
        owner, name = named.value, named.attr
        dotted = ast.unparse(owner)
        if isinstance(owner, ast.Name) and owner.id in ("self", "cls") and "." in symbol:
            sibling = f"{symbol.rpartition('.')[0]}.{name}"
            if sibling in module.nodes:
                sure.add((path, sibling))
                continue
        elif dotted in module.imports:
            base, what = module.imports[dotted]
            joined = base if what is None else f"{base}{what}" if base.endswith(".") else f"{base}.{what}"
            found = {(file, name) for file in _modules(files, joined, path) if name in parsed(files[file]).nodes}
            found |= {(file, f"{s}.{name}") for file, s in _resolve(files, path, dotted)}
            sure |= {spot for spot in found if spot[1] in parsed(files[spot[0]]).nodes}
            continue
        elif dotted in module.nodes:
            sure |= {(path, f"{dotted}.{name}")} if f"{dotted}.{name}" in module.nodes else set()
            continue
        perhaps |= _alone(files, name)
    widened = sure | {spot for spot in sure | perhaps for spot in _constructors(files, spot)}
    widened |= {spot for base in _bases(files, path, node) for spot in _members(files, base)}
    return widened - {(path, symbol)}, perhaps - {(path, symbol)}


def _collect(body: list[ast.stmt], prefix: str, nodes: dict[str, Node]) -> None:
    for node in body:
        inside = prefix
        if isinstance(node, Node):
            nodes[prefix + node.name] = node
            inside = f"{prefix}{node.name}."
        for field in ("body", "orelse", "finalbody"):
            _collect(getattr(node, field, []), inside, nodes)
        for part in getattr(node, "handlers", []):
            _collect(part.body, inside, nodes)


def _graded(then: Node, now: Node, before: str, after: str) -> str:
    if _head(then) != _head(now):
        return "signature_changed"
    if _body(then) != _body(now):
        return "body_changed"
    if isinstance(then, Function) and _lines(then, before) != _lines(now, after):
        return "cosmetic"
    return "unchanged" if then.lineno == now.lineno else "moved"


def _head(node: Node) -> str:
    parts: list[ast.AST] = [*node.decorator_list]
    if isinstance(node, ast.ClassDef):
        parts += [*node.bases, *node.keywords]
    else:
        parts += [node.args, *([node.returns] if node.returns else [])]
    return (
        f"{type(node).__name__} {node.name} {[ast.dump(part) for part in parts]} {getattr(node, 'returns', 0) is None}"
    )


def _body(node: Node) -> str:
    """Return a body; of a class without its methods, which stand for themselves."""
    inner = [each for each in node.body if not (isinstance(node, ast.ClassDef) and isinstance(each, Node))]
    return str([ast.dump(each) for each in inner])


def _lines(node: Node, text: str) -> list[str]:
    """Return a definition's lines with the blank ones after it."""
    rows = text.split("\n")
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    last = node.end_lineno or node.lineno
    while last < len(rows) and not rows[last].strip():
        last += 1
    return rows[first - 1 : last]


def _named(node: Node) -> Iterator[ast.Name | ast.Attribute]:
    """Give the names in the places of a function: called, or decorating; of a class not those in its methods."""
    todo: list[ast.AST] = [node]
    while todo:
        at = todo.pop()
        called = [at.func] if isinstance(at, ast.Call) else []
        if isinstance(at, Node):
            called += at.decorator_list
        yield from (each for each in called if isinstance(each, ast.Name | ast.Attribute))
        children = list(ast.iter_child_nodes(at))
        if isinstance(node, ast.ClassDef):
            children = [child for child in children if not isinstance(child, Node)]
        todo += children


def _bound(node: Node) -> set[str]:
    names = {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}
    return names | {
        each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }


def _resolve(files: Mapping[str, str], path: str, name: str) -> set[Spot]:
    """Return the top-level definition that a name of a file means."""
    module = parsed(files[path])
    if name in module.nodes and name not in module.imports:
        return {(path, name)}
    base, what = module.imports.get(name, ("", None))
    if what is None:
        return set()
    return {(file, what) for file in _modules(files, base, path) if what in parsed(files[file]).nodes}


def _modules(files: Mapping[str, str], module: str, importer: str) -> list[str]:
    """Return the files that an import names, by the rules of Python's own import system."""
    if module.startswith("."):
        folder = PurePosixPath(importer).parent
        level = len(module) - len(module.lstrip("."))
        for _ in range(level - 1):
            folder = folder.parent
        stem = str(folder.joinpath(*[part for part in module.lstrip(".").split(".") if part]))
    else:
        stem = module.replace(".", "/")
    return [path for path in (f"{stem}.py", f"{stem}/__init__.py") if path in files]


def _bases(files: Mapping[str, str], path: str, node: Node) -> set[Spot]:
    found: set[Spot] = set()
    for base in node.bases if isinstance(node, ast.ClassDef) else []:
        inner = base.value if isinstance(base, ast.Subscript) else base
        if isinstance(inner, ast.Name):
            found |= _resolve(files, path, inner.id)
        elif isinstance(inner, ast.Attribute) and (named := parsed(files[path]).imports.get(ast.unparse(inner.value))):
            joined = (
                named[0]
                if named[1] is None
                else f"{named[0].rstrip('.')}.{named[1]}"
                if named[0].strip(".")
                else named[0] + named[1]
            )
            found |= {
                (file, inner.attr) for file in _modules(files, joined, path) if inner.attr in parsed(files[file]).nodes
            }
    return found


def _constructors(files: Mapping[str, str], spot: Spot) -> set[Spot]:
    path, symbol = spot
    nodes = parsed(files[path]).nodes
    return {
        (path, f"{symbol}.{name}") for name in ("__init__", "__new__", "__post_init__") if f"{symbol}.{name}" in nodes
    }


def _members(files: Mapping[str, str], spot: Spot) -> set[Spot]:
    path, symbol = spot
    return {(path, name) for name in parsed(files[path]).nodes if name == symbol or name.startswith(f"{symbol}.")}


def _alone(files: Mapping[str, str], name: str) -> set[Spot]:
    """Return the one member of the tree with this name."""
    found = [
        (path, symbol)
        for path, text in files.items()
        for symbol in parsed(text).nodes
        if symbol.rpartition(".")[2] == name
    ]
    return set(found) if len(found) == 1 else set()
