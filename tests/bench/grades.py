"""Change real definitions in known ways and compare the grade that a session is told with what Python's parser says.

Prints one line of JSON on stdout and the confusion matrix on stderr; exits 1 when a bar is missed. Failures go to
`.bench/grades.json`.
"""

import argparse
import ast
import json
import random
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from shared import corpora
from shared.asking import Place
from shared.changed import REAL, Judge, Spot, parsed, rests_on
from shared.edits import Target, Tree, above, delete_symbol, rename, targets
from shared.report import say, share, show

SETTLED_S = 2.2
GRADES = (
    "unchanged",
    "moved",
    "cosmetic",
    "signature_changed",
    "body_changed",
    "dependency_changed",
    "renamed",
    "gone",
)
BARS = {"accuracy": 0.98, "hidden": 0, "precision": 0.95, "recall": 0.80, "cases": 200}

Change = Callable[[list[str], Target, int], list[str] | None]  # lines of a file to lines


def main() -> int:
    """Measure, print, and hold the figures against the bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--targets", type=int, default=125, help="definitions changed, a kind and package")
    parser.add_argument("--packages", nargs="+", default=list(corpora.RELEASES))
    asked = parser.parse_args()
    tally = Tally()
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for package in asked.packages:
            _measure(package, Path(folder) / package, asked.targets, tally)
            say(f"{time.perf_counter() - begun:6.1f} s  {package}: {sum(tally.matrix.values())} cases")
    return _report(tally, len(asked.packages) == len(corpora.RELEASES), time.perf_counter() - begun)


class Tally:
    """What was true and what was said; `depended` counts the dependencies that were named."""

    def __init__(self) -> None:
        self.matrix: Counter[tuple[str, str]] = Counter()
        self.absent = self.hidden = self.told = self.told_right = self.wanted = self.found = 0
        self.failures: list[dict[str, object]] = []


def _measure(package: str, root: Path, most: int, tally: Tally) -> None:
    old, _ = corpora.RELEASES[package]
    shutil.copytree(corpora.package(package, old), root)
    rng = random.Random(f"grades {package}")
    place = Place(root, package)
    time.sleep(SETTLED_S)
    try:
        for kind, edit in EDITS.items():
            chosen = targets(place.tree.before, random.Random(f"{kind} {package}"), most=most)
            for number, target in enumerate(chosen):
                if parsed(place.tree.text(target.path)).nodes[target.symbol].__class__ is ast.ClassDef:
                    continue
                _one(
                    place,
                    kind,
                    target.path,
                    target.symbol,
                    lambda t=target, n=number, e=edit: e(place.tree, t, rng, n),
                    tally,
                )
        for kind, (caller, callee) in _pairs(place.tree, rng, most):
            _one(place, kind, *caller, lambda c=callee, k=kind: _change_callee(place.tree, c, k), tally)
    finally:
        place.close()


def _one(place: Place, kind: str, path: str, symbol: str, edit: Callable[[], bool], tally: Tally) -> None:
    """Show a session a definition, edit, ask again, and compare; then put all back."""
    session = f"{kind} {path} {symbol}"
    first = place.ask(symbol, "edit", session)
    if not any((item.path, item.symbol) == (path, symbol) for item in first.packet.items) or not edit():
        place.tree.restore()
        return
    now = {str(p.relative_to(place.root)): p.read_bytes() for p in place.root.rglob("*.py")}
    judge = Judge(place.tree.before, now)
    after = place.ask(symbol, "edit", session)
    truth = judge.own(path, symbol)
    sure, perhaps = judge.dependencies(path, symbol)
    if truth not in REAL and sure:
        truth = "dependency_changed"
    said = _said(after, path, symbol, truth)
    _take(tally, kind, path, symbol, truth, said, bool(perhaps))
    _weigh(tally, judge, after, first, kind)
    place.tree.restore()


def _said(after: object, path: str, symbol: str, truth: str) -> tuple[str, str | None]:
    items = after.packet.items  # type: ignore[attr-defined]
    for item in items:
        if item.symbol == symbol and (item.path == path or truth == "renamed"):
            return item.evidence.grade or "none", item.evidence.because
    gone = any(each.reason == "gone" and each.path == path for each in after.packet.refresh_targets)  # type: ignore[attr-defined]
    return ("gone" if gone else "absent"), None


def _take(
    tally: Tally, kind: str, path: str, symbol: str, truth: str, said: tuple[str, str | None], is_open: bool
) -> None:
    told, because = said
    if told == "dependency_changed" and truth not in (*REAL, "dependency_changed") and is_open:
        return  # it rests on a method name that stands once in the tree: neither right nor wrong can be shown
    tally.matrix[truth, told] += 1
    tally.hidden += truth in ("signature_changed", "body_changed", "gone") and told in (
        "unchanged",
        "moved",
        "cosmetic",
    )
    if truth != told:
        tally.failures.append(
            {"kind": kind, "path": path, "symbol": symbol, "truth": truth, "said": told, "because": because}
        )


def _weigh(tally: Tally, judge: Judge, after: object, first: object, kind: str) -> None:
    """Judge the dependencies that are named for any item that the session had been shown."""
    shown = {(item.path, item.symbol) for item in first.packet.items}  # type: ignore[attr-defined]
    for item in after.packet.items:  # type: ignore[attr-defined]
        if (item.path, item.symbol) not in shown or item.symbol is None or not item.path.endswith(".py"):
            continue
        sure, perhaps = judge.dependencies(item.path, item.symbol)
        told = item.evidence.grade == "dependency_changed"
        if told:
            named: Spot = tuple(item.evidence.because.rpartition(" ")[0].split("::"))  # type: ignore[assignment,union-attr]
            tally.told += 1
            right = named in sure | perhaps
            tally.told_right += right
            if not right:
                tally.failures.append(
                    {"kind": kind, "path": item.path, "symbol": item.symbol, "wrong": item.evidence.because}
                )
        if sure and item.evidence.grade not in REAL:
            tally.wanted += 1
            tally.found += told
            if not told:
                lost = {"kind": kind, "path": item.path, "symbol": item.symbol, "not told": sorted(sure)}
                tally.failures.append({**lost, "said": item.evidence.grade})


def _pairs(tree: Tree, rng: random.Random, most: int) -> list[tuple[str, tuple[Spot, Spot]]]:
    """Return callers with something that they surely rest on, one callee each, in turns of three kinds."""
    files = {path: data.decode() for path, data in tree.before.items() if path.endswith(".py")}
    found: list[tuple[Spot, Spot]] = []
    for target in targets(tree.before, rng, most=4 * most):
        sure, _ = rests_on(files, target.path, target.symbol)
        fit = sorted(spot for spot in sure if _is_plain(files, spot))
        if fit:
            found.append(((target.path, target.symbol), rng.choice(fit)))
    kinds = ("callee's body", "callee's head", "callee gone")
    return [(kinds[number % 3], pair) for number, pair in enumerate(found[:most])]


def _is_plain(files: dict[str, str], spot: Spot) -> bool:
    node = parsed(files[spot[0]]).nodes[spot[1]]
    return not isinstance(node, ast.ClassDef) and node.body[0].lineno > node.lineno


def _change_callee(tree: Tree, spot: Spot, kind: str) -> bool:
    path, symbol = spot
    rows = tree.text(path).split("\n")
    node = parsed(tree.text(path)).nodes[symbol]
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    if kind == "callee gone":
        indent = rows[node.lineno - 1][: node.col_offset]
        rows[first - 1 : node.end_lineno] = [f"{indent}pass"]
    elif kind == "callee's body":
        at = node.body[-1]
        rows.insert(at.lineno - 1 - len(getattr(at, "decorator_list", [])), f"{' ' * at.col_offset}edited_now = 1")
    else:
        rows.insert(first - 1, f"{rows[node.lineno - 1][: node.col_offset]}@decorated_now")
    return _written(tree, path, rows)


def _written(tree: Tree, path: str, rows: list[str]) -> bool:
    text = "\n".join(rows)
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    tree.write(path, text.encode(), swap=len(rows) % 2 == 0)
    return True


def cosmetic(rows: list[str], target: Target, number: int) -> list[str] | None:
    """Comment, blank line, wrapped call, trailing blank line, other quotes, or a longer comment."""
    at = target.body - 1
    match number % 6:
        case 0:
            rows.insert(at, f"{target.indent}# note {number}")
        case 1:
            rows.insert(at, "")
        case 2:
            return _wrapped(rows, target) or _commented(rows, target)
        case 3:
            rows.insert(target.at.last, "")
        case 4:
            return _requoted(rows, target) or _commented(rows, target)
        case _:
            return _commented(rows, target)
    return rows


def _commented(rows: list[str], target: Target) -> list[str]:
    return [*rows[: target.body - 1], *[f"{target.indent}#: line {n}" for n in range(3)], *rows[target.body - 1 :]]


def _wrapped(rows: list[str], target: Target) -> list[str] | None:
    """Put a call's arguments on lines of their own, as formatters do."""
    for node in ast.walk(parsed("\n".join(rows)).nodes[target.symbol]):
        if not isinstance(node, ast.Call) or node.lineno < target.body or node.lineno != node.end_lineno:
            continue
        row = rows[node.lineno - 1]
        start, end = node.func.end_col_offset or 0, (node.end_col_offset or 0) - 1
        if not node.args or not row.isascii() or row[start : start + 1] != "(" or row[end : end + 1] != ")":
            continue
        pad = f"{target.indent}        "
        inner = row[start + 1 : end].strip()
        comma = "" if isinstance(node.args[0], ast.GeneratorExp) else ","
        new = [f"{row[: start + 1]}", f"{pad}{inner}{comma}", f"{target.indent}    {row[end:]}"]
        text = "\n".join([*rows[: node.lineno - 1], *new, *rows[node.lineno :]])
        now = parsed(text).nodes.get(target.symbol)
        if now is not None and ast.dump(now) == ast.dump(parsed("\n".join(rows)).nodes[target.symbol]):
            return text.split("\n")
    return None


def _requoted(rows: list[str], target: Target) -> list[str] | None:
    for number in range(target.body - 1, target.at.last):
        new = re.sub(r'"(\w+)"', r"'\1'", rows[number], count=1)
        text = "\n".join([*rows[:number], new, *rows[number + 1 :]])
        now = parsed(text).nodes.get(target.symbol)
        if new != rows[number] and now and ast.dump(now) == ast.dump(parsed("\n".join(rows)).nodes[target.symbol]):
            return text.split("\n")
    return None


def signature(rows: list[str], target: Target, number: int) -> list[str] | None:
    """Rename a parameter, change or add a default, add a parameter, an annotation or a decorator."""
    node = parsed("\n".join(rows)).nodes[target.symbol]
    assert not isinstance(node, ast.ClassDef)
    named = [each for each in [*node.args.args, *node.args.kwonlyargs] if each.arg not in ("self", "cls")]
    match number % 4:
        case 0 if named:
            old = named[number % len(named)].arg
            for row in range(target.at.line - 1, target.at.last):
                rows[row] = re.sub(rf"(?<![\w.]){old}\b", f"{old}_new", rows[row])
        case 1 if node.args.defaults:
            default = node.args.defaults[-1]
            row = rows[default.lineno - 1]
            if default.lineno != default.end_lineno or not row.isascii():
                return None
            rows[default.lineno - 1] = f"{row[: default.col_offset]}4711{row[default.end_col_offset :]}"
        case 2:
            end = rows[target.at.line - 1].find("(")
            rows[target.at.line - 1] = (
                f"{rows[target.at.line - 1][: end + 1]}added_{number}, {rows[target.at.line - 1][end + 1 :]}"
            )
        case _:
            rows.insert(target.at.line - 1, f"{rows[target.at.line - 1][: node.col_offset]}@wrapped_{number}")
    return rows


def body(rows: list[str], target: Target, number: int) -> list[str] | None:
    """Change a literal, an operator or a name, add a statement, or take one out."""
    node = parsed("\n".join(rows)).nodes[target.symbol]
    at = target.body - 1
    inside = [each for each in ast.walk(ast.Module(node.body, [])) if isinstance(each, ast.expr) and each.lineno > at]
    match number % 4:
        case 0:
            plain = [each for each in inside if isinstance(each, ast.Constant) and each.lineno == each.end_lineno]
            return _replaced(rows, plain, "4711")
        case 1:
            return _replaced(rows, [each for each in inside if isinstance(each, ast.Name)], "other_name")
        case 2:
            rows.insert(at, f"{target.indent}edited_{number} = {number}")
        case _:
            rows[at : target.at.last] = [f"{target.indent}return {number}"]
    return rows


def _replaced(rows: list[str], nodes: list[ast.expr], text: str) -> list[str] | None:
    for node in nodes:
        row = rows[node.lineno - 1]
        if row.isascii() and "f" + row[node.col_offset : node.col_offset + 1] not in ("f'", 'f"'):
            rows[node.lineno - 1] = row[: node.col_offset] + text + row[node.end_col_offset :]
            return rows
    return None


def elsewhere(rows: list[str], target: Target, number: int) -> list[str] | None:
    """Add a function at the end of the file: nothing about the target changes."""
    return [*rows, "", f"def added_{number}():", f"    return {number}", ""]


def _lines(change: Change) -> Callable[[Tree, Target, random.Random, int], bool]:
    def edit(tree: Tree, target: Target, rng: random.Random, number: int) -> bool:
        rows = change(tree.text(target.path).split("\n"), target, number)
        return rows is not None and _written(tree, target.path, rows)

    return edit


EDITS: dict[str, Callable[[Tree, Target, random.Random, int], bool]] = {
    "elsewhere": _lines(elsewhere),
    "above": lambda *args: above(*args) is not None,
    "cosmetic": _lines(cosmetic),
    "signature": _lines(signature),
    "body": _lines(body),
    "rename file": lambda *args: rename(*args) is not None,
    "delete": lambda *args: delete_symbol(*args) is not None,
}


def _report(tally: Tally, complete: bool, seconds: float) -> int:
    truths = {grade: sum(n for (truth, _), n in tally.matrix.items() if truth == grade) for grade in GRADES}
    accuracy = {grade: share(tally.matrix[grade, grade], truths[grade]) for grade in GRADES}
    figures = {
        "hidden": tally.hidden,
        "precision": share(tally.told_right, tally.told),
        "recall": share(tally.found, tally.wanted),
        "told": tally.told,
        "wanted": tally.wanted,
    }
    missing = [
        f"{grade}: accuracy {value} (>= {BARS['accuracy']})"
        for grade, value in accuracy.items()
        if (value or 0) < BARS["accuracy"]
    ]
    missing += [
        f"{grade}: {n} cases (>= {BARS['cases']})" for grade, n in truths.items() if complete and n < BARS["cases"]
    ]
    missing += [f"hidden {tally.hidden} (0)"] if tally.hidden else []
    missing += [
        f"{name} {figures[name]} (>= {BARS[name]})"
        for name in ("precision", "recall")
        if (figures[name] or 0) < BARS[name]
    ]
    corpora.CACHE.mkdir(exist_ok=True)
    (corpora.CACHE / "grades.json").write_text(json.dumps(tally.failures, indent=1))
    said = [*GRADES, *sorted({told for _, told in tally.matrix} - set(GRADES))]
    rows = [
        [grade, truths[grade], accuracy[grade], *(tally.matrix[grade, told] or None for told in said)]
        for grade in GRADES
    ]
    report = {
        "bench": "grades",
        "bars": BARS,
        "passed": not missing,
        "missing": missing,
        **figures,
        "accuracy": accuracy,
        "cases": truths,
        "seconds": round(seconds, 1),
    }
    show(report, [["truth", "cases", "accuracy", *said], *rows])
    for what in missing:
        say(f"bar missed: {what}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
