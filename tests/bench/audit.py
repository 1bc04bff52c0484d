"""How well `cistron audit` tells what is not true in documents: recall on planted errors, precision of every call.

Documents are the READMEs and guides of released packages, each beside its own source tree. Errors are planted one at a
time where a document names a path, a definition or a command that is there (found here by the parser of Python and the
file system, not by the code under test), and in a file of instructions of the sort that agents are given, whose true
statements are drawn from the tree in the same way. Calls on the documents as they were released were read by hand:
`RIGHT` lists those that are so.
"""

import ast
import random
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cistron.tools.audit import AuditTools
from cistron.tools.ingest import IngestTools
from cistron.tools.models.audit import AuditReport
from cistron.tools.services import Services

sys.path.insert(0, str(Path(__file__).parent))
from shared.corpora import CACHE
from shared.report import say, share, show

PACKAGES = {
    "flask": "3.1.1",
    "click": "8.1.8",
    "httpx": "0.28.1",
    "poetry-core": "2.1.3",
    "werkzeug": "3.1.3",
    "black": "25.1.0",
    "attrs": "25.3.0",
    "requests": "2.32.4",
    "starlette": "0.46.2",
    "mkdocs": "1.6.1",
    "rich": "14.1.0",
    "tox": "4.28.4",
    "celery": "5.5.3",
    "scrapy": "2.13.3",
    "tornado": "6.5.1",
    "twine": "6.1.0",
    "urllib3": "2.5.0",
    "aiohttp": "3.12.15",
}
RECALL, PRECISION = 0.95, 0.95
A_PACKAGE = 60  # planted errors in documents, at most
STATEMENTS = 40  # of each sort in the file of instructions
SPAN = re.compile(r"(?<!`)(`{1,2})([^`\n]{3,80})\1(?!`)")
ROLE = re.compile(r":(?:func|meth|class|attr):`~?\.?([\w.]{3,80})`")
HISTORY = re.compile(r"chang|history|news|release|whatsnew|plugin_list", re.IGNORECASE)
# what the documents as released say and is not so: (package, what is named)
RIGHT: set[tuple[str, str]] = {
    ("flask", "Request.max_form_memory_parts"),  # it is max_form_parts
    ("werkzeug", "werkzeug.routing.URLAdapter"),  # it is MapAdapter
    ("starlette", "tests/test_application.py"),  # it is test_applications.py
    ("celery", "requirements/doc.txt"),  # it is docs.txt
    ("aiohttp", "make cov-dev"),
    ("aiohttp", "npm run github-release"),  # the script was not shipped with the vendored parser
    # docs/internals/app-overview.rst speaks of classes and methods of an earlier release
    ("celery", "app.with_connection"),
    ("celery", "app.amqp.ConsumerSet"),
    ("celery", "app.amqp.get_broker_info"),
    ("celery", "app.amqp.format_broker_info"),
    ("celery", "app.amqp.format_queues"),
    ("celery", "celery.bin.worker.WorkerCommand"),
    ("celery", "celery.worker.WorkerController"),
    ("celery", "celery.pidbox.BroadcastPublisher"),
    ("celery", "celery.pidbox.BroadcastConsumer"),
    ("celery", "celery.bin.events.EvCommand"),
    ("celery", "celery.bin.amqp.AMQPAdmin"),
    ("celery", "celery.bin.beat.BeatCommand"),
}


def tree_of(name: str, version: str) -> Path:
    """Return the unpacked source distribution of a release."""
    folder = CACHE / "sdists" / f"{name}-{version}"
    folder.mkdir(parents=True, exist_ok=True)
    if not list(folder.glob("*.tar.gz")):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--no-binary", ":all:", "--dest", str(folder), f"{name}=={version}"]
        subprocess.run(command, check=True, stdout=sys.stderr)
    place = Path(tempfile.mkdtemp(prefix="audit-"))
    with tarfile.open(next(iter(folder.glob("*.tar.gz")))) as archive:
        archive.extractall(place, filter="data")
    return next(iter(place.iterdir()))


class Known:
    """What stands in a tree, found without the code under test."""

    def __init__(self, tree: Path) -> None:
        self.paths = {str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()}
        self.names: dict[str, str] = {}  # a definition by its last name, with the file that defines it
        self.dotted: dict[str, str] = {}
        self.constants: dict[str, set[tuple[str, str]]] = {}
        for path in sorted(tree.rglob("*.py")):
            relative = str(path.relative_to(tree))
            if re.search(r"(?:^|/)(?:tests?|testing|examples?)/", relative):
                continue
            try:
                self._define(ast.parse(path.read_bytes()), relative, "")
            except (SyntaxError, ValueError):
                continue

    def _define(self, node: ast.AST, path: str, above: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                self.names[child.name] = path
                self.dotted[above + child.name] = path
                if isinstance(child, ast.ClassDef):
                    self._define(child, path, f"{above}{child.name}.")
            elif isinstance(child, ast.Assign) and not above and len(child.targets) == 1:
                target, value = child.targets[0], child.value
                is_constant = isinstance(target, ast.Name) and target.id.isupper() and isinstance(value, ast.Constant)
                if is_constant and isinstance(value.value, int | float) and not isinstance(value.value, bool):
                    self.constants.setdefault(target.id, set()).add((str(value.value), path))


def documents(tree: Path) -> list[Path]:
    found = [path for path in tree.rglob("*") if path.suffix in (".md", ".rst") and path.stat().st_size < 1 << 20]
    return sorted(
        path
        for path in found
        if not HISTORY.search(str(path.relative_to(tree))) and "test" not in str(path.relative_to(tree)).lower()
    )


def looks_like_code(name: str) -> bool:
    return "." in name or "_" in name.strip("_") or re.search(r"[a-z0-9][A-Z]|[A-Z]{2}[a-z]", name) is not None


def misspelled(name: str, dice: random.Random) -> str:
    """Return a name with a slip of the hand in its last part: a letter lost, doubled or exchanged."""
    head, dot, last = name.rpartition(".")
    at = dice.randrange(1, len(last) - 1)
    slip = dice.choice(
        [
            last[:at] + last[at + 1 :],
            last[:at] + last[at] + last[at:],
            last[:at] + last[at + 1] + last[at] + last[at + 2 :],
        ]
    )
    return head + dot + slip


def renamed(path: str, dice: random.Random) -> str:
    """Return a path whose file has another name, as after a move."""
    folder, slash, name = path.rpartition("/")
    stem, dot, ending = name.rpartition(".")
    return folder + slash + dice.choice([f"{stem}_old", f"new_{stem}", f"{stem}s2", stem[::-1]]) + dot + ending


def wrong(token: str, known: Known, dice: random.Random) -> tuple[str, str] | None:
    """Return the sort of what a document names and an error for it, None where it names nothing that is there."""
    bare = token.removesuffix("()")
    if "/" in token and any(path == token or path.endswith(f"/{token}") for path in known.paths):
        new = renamed(token, dice)
        return None if any(path.endswith(new) for path in known.paths) else ("path", new)
    last = bare.rpartition(".")[2]
    if len(last) < 5 or not looks_like_code(bare) or last.startswith("_") or last not in known.names:
        return None
    if not re.fullmatch(r"[A-Za-z_][\w.]*", bare):
        return None
    new = misspelled(bare, dice)
    return None if new.rpartition(".")[2] in known.names or new == bare else ("symbol", token.replace(bare, new))


def planted(text: str, known: Known, dice: random.Random) -> Iterator[tuple[str, str, str]]:
    """Yield (sort, what is named, the document with one error)."""
    spots = [(found.start(2), found[2]) for found in SPAN.finditer(text)]
    spots += [(found.start(1), found[1]) for found in ROLE.finditer(text)]
    for start, token in sorted(spots):
        error = wrong(token, known, dice)
        if error is not None and is_prose(text, start):
            yield error[0], error[1], text[:start] + error[1] + text[start + len(token) :]


def is_prose(text: str, at: int) -> bool:
    """Whether a spot stands in a sentence, not in a block of code or a directive."""
    line = text[text.rfind("\n", 0, at) + 1 : text.find("\n", at)]
    return text.count("\n```", 0, at) % 2 == 0 and not line.startswith(("    ", "\t", ".. ", "#"))


def instructions(known: Known, tree: Path, dice: random.Random) -> list[tuple[str, str, str]]:
    """Return (sort, a true statement, the same with an error) as files of instructions for agents make them."""
    found: list[tuple[str, str, str]] = []
    shipped = sorted(path for path in known.paths if path.endswith(".py") and "/" in path)
    for path in dice.sample(shipped, min(STATEMENTS, len(shipped))):
        say_it = dice.choice(["- The logic is in `{}`.", "See `{}` before you change the API.", "- `{}`: entry point"])
        found.append(("path", say_it.format(path), say_it.format(renamed(path, dice))))
    names = sorted(name for name in known.dotted if looks_like_code(name) and len(name.rpartition(".")[2]) > 5)
    for name in dice.sample(names, min(STATEMENTS, len(names))):
        if name.rpartition(".")[2].startswith("_"):
            continue
        say_it = dice.choice(
            ["- `{}` does the work.", "Requests go through `{}()`.", "- Call `{}` first; it checks the input."]
        )
        error = misspelled(name, dice)
        if error == name or error.rpartition(".")[2] in known.names:
            continue
        found.append(("symbol", say_it.format(name), say_it.format(error)))
        place = f"- `{known.dotted[name]}::{name}` is the one to change."
        found.append(("symbol", place, place.replace(f"::{name}", f"::{error}")))
    for key, places in sorted(known.constants.items())[:STATEMENTS]:
        if len({value for value, _ in places}) == 1:
            value = next(iter(places))[0]
            say_it = dice.choice(["- `{} = {}`", "- `{}` is `{}`.", "- `{}` defaults to {}."])
            found.append(("literal", say_it.format(key, value), say_it.format(key, f"{value}7")))
    makefile = tree / "Makefile"
    if makefile.exists():
        targets = re.findall(r"^([a-z][\w-]+):(?!=)", makefile.read_text(), re.MULTILINE)[:10]
        found += [("command", f"- Run `make {target}`.", f"- Run `make {target}-all`.") for target in targets]
    return found


class Tally:
    """Planted errors and what was made of them."""

    def __init__(self) -> None:
        self.planted: dict[str, int] = {}
        self.caught: dict[str, int] = {}
        self.calls = self.right = self.documents = 0
        self.missed: list[str] = []
        self.false_alarms: list[str] = []

    def plant(self, sort: str, error: str, report: AuditReport, where: str) -> None:
        self.planted[sort] = self.planted.get(sort, 0) + 1
        if any(found.named in error or error in found.named for found in report.not_true):
            self.caught[sort] = self.caught.get(sort, 0) + 1
        else:
            self.missed.append(f"{where}: {error}")


def measure(package: str, version: str, tally: Tally, dice: random.Random) -> None:
    tree = tree_of(package, version)
    known = Known(tree)
    with tempfile.TemporaryDirectory() as folder:
        services = Services(Path(folder) / "genome.db", [tree])
        services.start()
        IngestTools(services).ingest(path=str(tree))
        try:
            of_documents(package, tree, known, AuditTools(services), tally, dice)
            of_instructions(package, tree, known, AuditTools(services), tally, dice)
        finally:
            services.close()
    shutil.rmtree(tree.parent)


def of_documents(package: str, tree: Path, known: Known, audit: AuditTools, tally: Tally, dice: random.Random) -> None:
    errors: list[tuple[Path, str, str, str]] = []
    for path in documents(tree):
        tally.documents += 1
        report = audit.audit(path)
        for found in report.not_true:
            tally.calls += 1
            if (package, found.named) in RIGHT:
                tally.right += 1
            else:
                tally.false_alarms.append(f"{package}/{report.path}:{found.line} {found.named} ({found.why})")
        text = path.read_text(encoding="utf-8", errors="replace")
        errors += [(path, *each) for each in planted(text, known, dice)]
    for path, sort, error, text in dice.sample(errors, min(A_PACKAGE, len(errors))):
        before = path.read_bytes()
        path.write_text(text)
        tally.plant(sort, error, audit.audit(path), f"{package}/{path.relative_to(tree)}")
        path.write_bytes(before)


def of_instructions(
    package: str, tree: Path, known: Known, audit: AuditTools, tally: Tally, dice: random.Random
) -> None:
    pairs = instructions(known, tree, dice)
    place = tree / "CLAUDE.md"
    place.write_text("# Notes\n\n" + "\n".join(f"{true}\n" for _, true, _ in pairs))
    for found in audit.audit(place).not_true:
        tally.calls += 1
        tally.false_alarms.append(f"{package}/CLAUDE.md {found.statement} ({found.why})")
    place.write_text("# Notes\n\n" + "\n".join(f"{error}\n" for _, _, error in pairs))
    lines = {found.line for found in audit.audit(place).not_true}
    for number, (sort, _, error) in enumerate(pairs):
        tally.planted[sort] = tally.planted.get(sort, 0) + 1
        if 3 + 2 * number in lines:
            tally.caught[sort] = tally.caught.get(sort, 0) + 1
            tally.calls += 1
            tally.right += 1
        else:
            tally.missed.append(f"{package}/CLAUDE.md: {error}")
    place.unlink()


def main() -> int:
    tally = Tally()
    dice = random.Random(7)
    for package, version in PACKAGES.items():
        measure(package, version, tally, dice)
        say(f"{package}: {sum(tally.planted.values())} planted, {sum(tally.caught.values())} caught")
    for each in [*("missed " + text for text in tally.missed), *("false alarm " + text for text in tally.false_alarms)]:
        say(each)
    recall = share(sum(tally.caught.values()), sum(tally.planted.values()))
    natural = share(tally.right, tally.calls)
    report = {
        "bench": "audit",
        "documents": tally.documents,
        "planted": tally.planted,
        "caught": tally.caught,
        "recall": recall,
        "calls": tally.calls,
        "false_alarms": len(tally.false_alarms),
        "precision": natural,
    }
    rows: list[list[object]] = [["sort", "planted", "caught", "recall"]]
    rows += [
        [sort, n, tally.caught.get(sort, 0), share(tally.caught.get(sort, 0), n)]
        for sort, n in sorted(tally.planted.items())
    ]
    rows += [["all", sum(tally.planted.values()), sum(tally.caught.values()), recall]]
    rows += [["precision", tally.calls, tally.right, natural]]
    show(report, rows)
    return 0 if (recall or 0) >= RECALL and (natural or 0) >= PRECISION else 1


if __name__ == "__main__":
    sys.exit(main())
