"""Edits of known kind, each done to a real tree and taken back: what a person, an editor or git does to files."""

import ast
import mmap
import os
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from shared.judge import Definition, define


@dataclass(frozen=True)
class Target:
    """A definition that is asked for. `body` is the line of its first statement after the docstring."""

    path: str
    symbol: str
    at: Definition
    body: int
    indent: str
    doc: str
    words: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.symbol.rpartition(".")[2]


@dataclass(frozen=True)
class Expected:
    """Where the target stands after an edit; `gone` where it stands nowhere."""

    path: str
    symbol: str
    gone: bool = False


class Tree:
    """A folder whose files are edited and put back. `before` holds them as ingested."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.before = {
            str(path.relative_to(root)): path.read_bytes()
            for path in root.rglob("*")
            if path.is_file() and ".git" not in path.parts
        }
        self._touched: set[str] = set()
        self._closed: dict[Path, int] = {}

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes now."""
        try:
            return (self.root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except PermissionError:
            return self._unlocked(path)

    def text(self, path: str) -> str:
        return self.before[path].decode()

    def write(self, path: str, data: bytes, *, swap: bool = False) -> None:
        """Write a file in place, or as editors do: another one that takes its name."""
        full = self.root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        self._touched.add(path)
        if swap:
            beside = full.with_name(f".{full.name}.swp~")
            beside.write_bytes(data)
            beside.rename(full)
        else:
            full.write_bytes(data)

    def note(self, path: str) -> None:
        """Remember to put back a file that was edited behind this tree's back."""
        self._touched.add(path)

    def remove(self, path: str) -> None:
        self._touched.add(path)
        (self.root / path).unlink(missing_ok=True)

    def move(self, old: str, new: str) -> None:
        self._touched |= {old, new}
        (self.root / new).parent.mkdir(parents=True, exist_ok=True)
        (self.root / old).rename(self.root / new)

    def close(self, place: Path) -> None:
        """Take every permission from a file or folder."""
        self._closed[place] = place.stat().st_mode & 0o777
        place.chmod(0)

    def touched(self) -> dict[str, bytes | None]:
        """Return what the edited files hold now, None where one is not there."""
        return {path: self.read(path) for path in sorted(self._touched)}

    def restore(self) -> None:
        """Put everything back as it was ingested, as far as contents go."""
        for place, mode in self._closed.items():
            place.chmod(mode)
        self._closed.clear()
        for path in sorted(self._touched):
            if path not in self.before:
                (self.root / path).unlink(missing_ok=True)
                parent = (self.root / path).parent
                if parent != self.root and not any(parent.iterdir()):
                    parent.rmdir()
            elif self.read(path) != self.before[path]:
                (self.root / path).write_bytes(self.before[path])
        self._touched.clear()

    def _unlocked(self, path: str) -> bytes:
        """Read a closed file and leave no trace but its change time, which was new already."""
        closed = dict(self._closed)
        for place, mode in closed.items():
            place.chmod(mode)
        data = (self.root / path).read_bytes()
        for place in closed:
            place.chmod(0)
        return data


Edit = Callable[[Tree, Target, random.Random, int], Expected | None]


def targets(before: dict[str, bytes], rng: random.Random, *, most: int, top_only: bool = False) -> list[Target]:
    """Return definitions to ask for: named once in the tree, neither tiny nor huge, spread over the files."""
    counts: dict[str, int] = {}
    found: dict[str, list[Target]] = {}
    for path, data in sorted(before.items()):
        if not path.endswith((".py", ".pyi")):
            continue
        for name, places in define(data.decode()).items():
            counts[name.rpartition(".")[2]] = counts.get(name.rpartition(".")[2], 0) + len(places)
        if path.endswith(".py"):
            found[path] = list(_targets_of(path, data.decode()))
    queues: list[list[Target]] = []
    for path in sorted(found):
        fit = [target for target in found[path] if counts[target.name] == 1 and not target.name.startswith("__")]
        fit = [target for target in fit if not top_only or "." not in target.symbol]
        rng.shuffle(fit)
        queues.append(fit)
    chosen: list[Target] = []
    while any(queues) and len(chosen) < most:
        rng.shuffle(queues)
        chosen += [queue.pop() for queue in queues if queue]
    return chosen[:most]


def _targets_of(path: str, text: str) -> Iterator[Target]:
    rows = text.split("\n")
    places = define(text)
    nodes: dict[int, ast.AST] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            nodes[node.lineno] = node
    for symbol, found in places.items():
        at = found[0]
        node = nodes[at.line]
        owner = symbol.rpartition(".")[0]
        if len(found) > 1 or not 3 <= at.last - at.first <= 100 or (owner and not places[owner][0].is_class):
            continue
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        doc = ast.get_docstring(node) or ""
        rest = node.body[1:] if doc else node.body
        if not rest or rest[0].lineno <= at.line:
            continue
        first = min([rest[0].lineno, *(d.lineno for d in getattr(rest[0], "decorator_list", []))])
        indent = re.match(r"\s*", rows[first - 1])
        assert indent is not None
        body = "\n".join(rows[first - 1 : at.last])
        words = tuple(dict.fromkeys(re.findall(r"\b[a-z]+_[a-z_]+\b|\b[A-Z]\w{5,}\b", body)))[:3]
        yield Target(path, symbol, at, first, indent[0], doc.split("\n\n")[0].replace("\n", " "), words)


def question(target: Target, number: int) -> str:
    """Return a question that the target answers."""
    sentence = target.doc.split(". ")[0].rstrip(".")
    match number % 4:
        case 1:
            return f"where is {target.symbol} defined"
        case 2 if sentence:
            return f"{target.name}: {sentence}"
        case 3 if len(sentence.split()) >= 6:
            return sentence
        case 3 if target.words:
            return f"{target.name} with {' and '.join(target.words)}"
    return target.symbol


def inside(tree: Tree, target: Target, rng: random.Random, number: int) -> Expected | None:
    rows = tree.text(target.path).split("\n")
    at = target.body - 1
    match number % 3:
        case 0:
            rows.insert(at, f"{target.indent}edited_{number} = {number}")
        case 1:
            rows[at : target.at.last] = [f'{target.indent}raise NotImplementedError("{number}")']
        case _:
            rows[at:at] = [f"{target.indent}step_{number}_{n} = {n}" for n in range(1, 2 + rng.randrange(9))]
    return _written(tree, target, rows, swap=number % 2 == 0)


def elsewhere(tree: Tree, target: Target, rng: random.Random, number: int) -> Expected | None:
    text = tree.text(target.path)
    rows = text.split("\n")
    below = [one for one in _targets_of(target.path, text) if one.at.first > target.at.last and not one.at.is_class]
    if below:
        other = rng.choice(below)
        rows.insert(other.body - 1, f"{other.indent}edited_{number} = {number}")
    else:
        rows += ["", f"def added_{number}():", f"    return {number}", ""]
    return _written(tree, target, rows, swap=number % 2 == 0)


def above(tree: Tree, target: Target, rng: random.Random, number: int) -> Expected | None:
    text = tree.text(target.path)
    rows = text.split("\n")
    new = [f"# note {number}.{n}" for n in range(1, 2 + rng.randrange(30))]
    at = 0
    if number % 2:
        around = next(node for node in ast.parse(text).body if node.lineno <= target.at.line <= (node.end_lineno or 0))
        decorators: list[ast.expr] = getattr(around, "decorator_list", [])
        at = min([around.lineno, *(decorator.lineno for decorator in decorators)]) - 1
        new = [f"def added_{number}():", *(f"    {row}" for row in new), f"    return {number}", "", ""]
    rows[at:at] = new
    return _written(tree, target, rows, swap=number % 4 == 0)


def delete_symbol(tree: Tree, target: Target, rng: random.Random, number: int) -> Expected | None:
    tree.write(target.path, _without(tree, target), swap=number % 2 == 0)
    return Expected(target.path, target.symbol, gone=True)


def delete_file(tree: Tree, target: Target, rng: random.Random, number: int) -> Expected | None:
    tree.remove(target.path)
    return Expected(target.path, target.symbol, gone=True)


def rename(tree: Tree, target: Target, rng: random.Random, number: int) -> Expected | None:
    old = Path(target.path)
    others = sorted({str(Path(path).parent) for path in tree.before} - {str(old.parent)})
    new = old.with_stem(f"{old.stem}_renamed")
    if number % 3 == 1:
        new = old.parent / f"moved_{number}" / old.name
    elif number % 3 == 2 and others:
        new = Path(rng.choice(others)) / f"{old.stem}_{number}.py"
    tree.move(target.path, str(new))
    return Expected(str(new), target.symbol)


def touch(tree: Tree, target: Target, rng: random.Random, number: int) -> Expected | None:
    full = tree.root / target.path
    match number % 4:
        case 0:
            os.utime(full)
        case 1:
            tree.write(target.path, tree.before[target.path])
        case 2:
            full.chmod(0o600 if full.stat().st_mode & 0o044 else 0o644)
        case _:
            tree.write(target.path, tree.before[target.path], swap=True)
    return Expected(target.path, target.symbol)


def same_size(tree: Tree, target: Target, rng: random.Random, number: int) -> Expected | None:
    data, expected = _same_size(tree, target, rng, number)
    tree.write(target.path, data, swap=number % 4 == 3)
    return expected


def restored_mtime(tree: Tree, target: Target, rng: random.Random, number: int) -> Expected | None:
    full = tree.root / target.path
    data, expected = _same_size(tree, target, rng, number)
    times = full.stat()
    if number % 3 == 1:
        with full.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
            mapped[:] = data
        tree.note(target.path)
    else:
        tree.write(target.path, data, swap=number % 3 == 2)
    os.utime(full, ns=(times.st_atime_ns, times.st_mtime_ns))
    return expected


def crlf(tree: Tree, target: Target, rng: random.Random, number: int) -> Expected | None:
    tree.write(target.path, tree.before[target.path].replace(b"\n", b"\r\n"), swap=number % 2 == 0)
    return Expected(target.path, target.symbol)


def moved_symbol(tree: Tree, target: Target, rng: random.Random, number: int) -> Expected | None:
    text = tree.text(target.path)
    body = dedent("\n".join(text.split("\n")[target.at.first - 1 : target.at.last]))  # it may stand below an `if`
    others = [path for path in sorted(tree.before) if path.endswith(".py") and path != target.path]
    others = [path for path in others if target.name not in define(tree.text(path))]
    new = rng.choice(others) if number % 2 else f"{Path(target.path).parent}/part_{number}.py"
    tree.write(target.path, _without(tree, target))
    tree.write(new, tree.before.get(new, b"") + f"\n\n{body}\n".encode())
    return Expected(new, target.symbol)


def similar(tree: Tree, target: Target, rng: random.Random, number: int) -> Expected | None:
    """A new file with a definition much like the target, under the name that is asked for."""
    rows = tree.text(target.path).split("\n")[target.at.first - 1 : target.at.last]
    body = re.sub(rf"\b{target.name}\b", f"{target.name}_anew", "\n".join(rows))
    path = f"{Path(target.path).parent}/anew_{number}.py"
    tree.write(path, f'"""Another {target.name}."""\n\n\n{body}\n'.encode())
    return Expected(path, f"{target.name}_anew")


def close(tree: Tree, target: Target, rng: random.Random, number: int) -> Expected | None:
    """Take the permission to read, of the file or its folder; every third file is edited before."""
    full = tree.root / target.path
    if number % 3 == 2:
        data, expected = _same_size(tree, target, rng, number)
        tree.write(target.path, data)
        tree.close(full)
        return expected
    tree.close(full.parent if number % 3 == 1 and full.parent.parent != tree.root else full)
    return Expected(target.path, target.symbol)


def _same_size(tree: Tree, target: Target, rng: random.Random, number: int) -> tuple[bytes, Expected]:
    """Change a letter in the body, or in the name itself."""
    text = tree.text(target.path)
    rows = text.split("\n")
    if number % 2:
        name = target.name[:-1] + ("x" if target.name[-1] != "x" else "y")
        rows[target.at.line - 1] = re.sub(rf"\b{target.name}\b", name, rows[target.at.line - 1], count=1)
        return "\n".join(rows).encode(), Expected(target.path, target.symbol, gone=True)
    for row in rng.sample(range(target.at.line, target.at.last), target.at.last - target.at.line):
        words = [found for found in re.finditer(r"\b[a-z]{5,}\b", rows[row]) if found[0] not in _KEYWORDS]
        for found in words:
            letter = "q" if found[0][-1] != "q" else "z"
            changed = rows[row][: found.end() - 1] + letter + rows[row][found.end() :]
            new = "\n".join([*rows[:row], changed, *rows[row + 1 :]])
            if target.symbol in define(new):
                return new.encode(), Expected(target.path, target.symbol)
    return _same_size(tree, target, rng, 1)


_KEYWORDS = frozenset("class break while yield raise async await except return finally import global assert".split())


def _without(tree: Tree, target: Target) -> bytes:
    rows = tree.text(target.path).split("\n")
    rows[target.at.first - 1 : target.at.last] = []
    try:
        ast.parse("\n".join(rows))
    except SyntaxError:
        depth = tree.text(target.path).split("\n")[target.at.line - 1]
        rows.insert(target.at.first - 1, depth[: len(depth) - len(depth.lstrip())] + "pass")
    return "\n".join(rows).encode()


def _written(tree: Tree, target: Target, rows: list[str], *, swap: bool) -> Expected | None:
    new = "\n".join(rows)
    if target.symbol not in define(new):
        return None  # the edit broke the file's syntax: not this kind
    tree.write(target.path, new.encode(), swap=swap)
    return Expected(target.path, target.symbol)


EDITS: dict[str, Edit] = {
    "edit inside": inside,
    "edit elsewhere": elsewhere,
    "insert above": above,
    "delete symbol": delete_symbol,
    "delete file": delete_file,
    "rename file": rename,
    "touch": touch,
    "same size, same second": same_size,
    "same size, old mtime": restored_mtime,
    "new file": similar,
    "moved symbol": moved_symbol,
    "crlf": crlf,
    "no permission": close,
}
