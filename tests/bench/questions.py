"""Hand-written questions over released packages: read, fetched, and every label held against the bytes it names.

Run alone, it fetches the packages (all, or those named as arguments), checks every label and counts the questions.
"""

import ast
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path, PurePosixPath

from shared.report import say, show

REPOSITORY = Path(__file__).resolve().parents[2]
CACHE = REPOSITORY / ".bench"
FOLDER = REPOSITORY / "fixtures" / "questions"
KINDS = ("symbol", "where", "fact", "error")
SPLITS = ("train", "test")
SOURCES = ("pypi", "pypi-sdist", "npm")
MAX_BYTES = 1 << 20

CODE = """py pyi pyx pxd js mjs cjs jsx ts mts cts tsx vue svelte c h cc cpp cxx hh hpp cu cuh m mm go rs java kt kts
scala swift rb php pl pm lua r jl hs ex exs erl dart zig cs fs sql sh bash zsh fish ps1 cmake proto thrift graphql f f90
asm s""".split()
PROSE = "md mdx rst txt adoc html css scss less sass j2 jinja".split()
SETTINGS = "toml json jsonc yaml yml ini cfg conf in xml properties env lock".split()
SUFFIXES = {f".{suffix}" for suffix in [*CODE, *PROSE, *SETTINGS]}
NAMES = {"Makefile", "Dockerfile", "LICENSE", "README", "CMakeLists.txt", "Rakefile", "Gemfile"}
DROPPED = {"node_modules", "__pycache__", ".git"}
PACKED = {".js", ".mjs", ".cjs", ".css"}  # what minifiers write
PACKED_BYTES_A_LINE = 400

STOP = set(
    """a all an and any are as at be before but by can do does else for from get has have how if in into is it its
    no not of off on one only or out own per self so than that the then there this to too two under up us we what when
    where which while who why will with you init new""".split()
)


@dataclass(frozen=True, slots=True)
class Package:
    """A release whose source tree is asked about."""

    name: str
    source: str
    version: str
    languages: tuple[str, ...]
    keep: tuple[str, ...]
    split: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Lines that answer, both ends included; `has` stands in them."""

    path: str
    start: int
    end: int
    has: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the places that answer it; any one of them counts."""

    id: str
    package: str
    split: str
    kind: str
    text: str
    answers: tuple[Answer, ...]


def packages() -> dict[str, Package]:
    """Return every package of every `packages_*.json`, by name."""
    found: dict[str, Package] = {}
    for path in sorted(FOLDER.glob("packages*.json")):
        for name, entry in json.loads(path.read_text(encoding="utf-8")).items():
            if name in found:
                raise ValueError(f"{path.name}: package {name!r} is listed twice; remove one")
            found[name] = Package(
                name=name,
                source=entry["from"],
                version=entry["version"],
                languages=tuple(entry["languages"]),
                keep=tuple(entry.get("keep", ())),
                split=entry["split"],
            )
    return found


def questions(split: str | None = None) -> list[Question]:
    """Return the questions of the listed packages, of one split or of both, by package and line."""
    return [
        question
        for name, package in sorted(packages().items())
        if split in (None, package.split) and _file(name).exists()
        for question in _read(package)
    ]


def corpus(name: str) -> Path:
    """Return a package's unpacked source tree, fetched and unpacked once."""
    package = packages()[name]
    made_from = repr((package.source, package.version, package.keep, MAX_BYTES, sorted(SUFFIXES)))
    digest = hashlib.blake2b(made_from.encode(), digest_size=4).hexdigest()
    place = CACHE / "questions" / f"{_flat(name)}-{package.version}-{digest}"
    if place.is_dir():
        return place
    building = place.with_name(f"{place.name}.part{os.getpid()}")
    shutil.rmtree(building, ignore_errors=True)
    for path, data in _members(_archive(package), strip=package.source != "pypi"):
        if _kept(path, data, package):
            target = building / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    if place.is_dir():  # another run was faster
        shutil.rmtree(building)
    else:
        building.rename(place)
    return place


def check(only: str | None = None) -> list[str]:
    """Return what is wrong with the labels, one sentence each; nothing wrong is an empty list."""
    wrong: list[str] = []
    for question in questions():
        if only in (None, question.package):
            tree = corpus(question.package)
            for answer in question.answers:
                wrong += [f"{question.id}: {fault}" for fault in _faults(question, answer, tree)]
    return wrong


def words(text: str) -> set[str]:
    """Return the words of a text or the parts of its identifiers, in lower case, singular, without stop words."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", text)
    return {_singular(part.lower()) for part in parts if len(part) > 1 and part.lower() not in STOP}


def main() -> int:
    """Check what the arguments name, print the counts, and say what is wrong."""
    unknown = sorted(set(sys.argv[1:]) - set(packages()))
    if unknown:
        say(f"no package {', '.join(unknown)}; the packages are {', '.join(sorted(packages()))}")
        return 2
    wrong = [fault for name in sys.argv[1:] or [None] for fault in check(name)]
    for fault in wrong:
        say(fault)
    asked = [question for question in questions() if question.package in (sys.argv[1:] or packages())]
    rows: list[list[object]] = [["package", "split", *KINDS, "all"]]
    for name, package in sorted(packages().items()):
        kinds = Counter(question.kind for question in asked if question.package == name)
        if kinds:
            rows.append([name, package.split, *(kinds[kind] for kind in KINDS), kinds.total()])
    total = Counter(question.kind for question in asked)
    rows.append(["all", "", *(total[kind] for kind in KINDS), total.total()])
    show({"bench": "questions", "questions": len(asked), "wrong": len(wrong)}, rows)
    return 1 if wrong else 0


def _file(name: str) -> Path:
    return FOLDER / f"{_flat(name)}.jsonl"


def _flat(name: str) -> str:
    return name.replace("@", "").replace("/", "__")


def _read(package: Package) -> Iterator[Question]:
    for line in _file(package.name).read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        answers = tuple(Answer(one["path"], one["start"], one["end"], one["has"]) for one in entry["answers"])
        yield Question(entry["id"], package.name, package.split, entry["kind"], entry["question"], answers)


def _archive(package: Package) -> Path:
    folder = CACHE / "archives" / f"{_flat(package.name)}-{package.version}-{package.source}"
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        if package.source == "npm":
            command = ["npm", "pack", "--silent", "--pack-destination", str(folder)]
            command += [f"{package.name}@{package.version}"]
        else:
            # No binary of this one alone: with all of them pip would also compile what builds it.
            form = ["--only-binary", ":all:"] if package.source == "pypi" else ["--no-binary", package.name]
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
            command += [*form, "--dest", str(folder), f"{package.name}=={package.version}"]
        subprocess.run(command, check=True, stdout=sys.stderr)
    return next(path for path in sorted(folder.iterdir()) if path.name.endswith((".whl", ".tar.gz", ".tgz", ".zip")))


def _members(archive: Path, *, strip: bool) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield an archive's files; `strip` leaves out the folder that holds all of an sdist or an npm tarball."""
    first = 1 if strip else 0
    if archive.suffix in {".whl", ".zip"}:
        with zipfile.ZipFile(archive) as opened:
            for entry in opened.infolist():
                if not entry.is_dir():
                    yield PurePosixPath(*PurePosixPath(entry.filename).parts[first:]), opened.read(entry)
        return
    with tarfile.open(archive) as opened:
        for member in opened:
            stream = opened.extractfile(member) if member.isfile() else None
            if stream is not None:
                yield PurePosixPath(*PurePosixPath(member.name).parts[first:]), stream.read()


def _kept(path: PurePosixPath, data: bytes, package: Package) -> bool:
    if ".." in path.parts or DROPPED & set(path.parts) or any(part.endswith(".dist-info") for part in path.parts):
        return False
    if package.keep and not any(fnmatchcase(str(path), pattern) for pattern in package.keep):
        return False
    if path.suffix.lower() not in SUFFIXES and path.name not in NAMES:
        return False
    if len(data) > MAX_BYTES or b"\0" in data or ".min." in path.name:
        return False
    return path.suffix not in PACKED or len(data) <= PACKED_BYTES_A_LINE * (data.count(b"\n") + 1)


def _faults(question: Question, answer: Answer, tree: Path) -> Iterator[str]:
    path = tree / answer.path
    if not path.is_file():
        yield f"{answer.path} is not in the tree"
        return
    lines = _lines(path)
    if not 1 <= answer.start <= answer.end <= len(lines):
        yield f"{answer.path} has {len(lines)} lines, not {answer.start}-{answer.end}"
        return
    if answer.has not in "\n".join(lines[answer.start - 1 : answer.end]):
        yield f"{answer.has!r} is not in {answer.path}:{answer.start}-{answer.end}"
    if question.kind == "where":
        symbol = _symbol(path, answer)
        shared = words(question.text) & words(symbol)
        if shared:
            yield f"shares {sorted(shared)} with {symbol!r}"


@cache
def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").split("\n")


def _symbol(path: Path, answer: Answer) -> str:
    """Return the name of what the lines define, or stand in; of an assignment, what it binds."""
    if path.suffix == ".py":
        found = _python_symbol(_lines(path), answer)
        if found is not None:
            return found
    keyword = r"(?:def|class|function\*?|func|fn|fun|struct|enum|trait|interface|type|const|let|var|module|impl|macro)"
    named = re.search(rf"\b{keyword}\s+(?:\([^)]*\)\s*)?([\w$]+)", answer.has)
    named = re.search(r"\bimpl\b.*\bfor\s+([\w]+)", answer.has) or named  # Rust: the type, not the trait
    named = named or re.search(r"(?:[\w$]+::)*~?([\w$]+)\s*(?:[(:=]|$)", answer.has)  # C++: the member, not its class
    return named[1] if named else ""


def _python_symbol(lines: list[str], answer: Answer) -> str | None:
    """Return the first definition that starts in the lines, else the assigned name, else the innermost around them."""
    inside: list[tuple[int, str]] = []
    around: list[tuple[int, str]] = []
    for node in ast.walk(_tree("\n".join(lines))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            if answer.start <= first <= answer.end:
                inside.append((node.lineno, node.name))
            elif first < answer.start and (node.end_lineno or 0) >= answer.end:
                around.append((-node.lineno, node.name))
    named = [name for _, name in sorted(inside) if re.search(rf"\b{name}\b", answer.has)]
    if inside:
        return named[0] if named else min(inside)[1]
    bound = re.match(r"\s*([A-Za-z_]\w*)\s*(?::[^=]+)?=[^=]", lines[answer.start - 1])
    if bound:
        return bound[1]
    return min(around)[1] if around else None


@cache
def _tree(source: str) -> ast.Module:
    return ast.parse(source)


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


if __name__ == "__main__":
    sys.exit(main())
