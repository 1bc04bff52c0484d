"""Stores and questions for `knowing`: what a store answers, and four kinds of what it does not.

A fifth of a package's files is held out of its store. Questions about the rest are answerable; questions about the
files held out, about packages of another field, about packages of the same field, and about names made up of the
package's own word parts are not. Docstrings are blanked in every store, so that no question stands in it.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge.questions import (
    PARAMETER,
    SETTING,
    SKIPPED,
    SYMBOL,
    Question,
    definitions,
    parsed,
    questions,
    without_docstrings,
    words,
)
from shared import corpora

from cistron.tools.services import Services

MIX = {
    "symbol": 0.20, "setting": 0.14, "error": 0.14, "docstring": 0.20, "plain": 0.20, "keywords": 0.08, "document": 0.04
}  # fmt: skip
ABSENT = ("other field", "same field", "file removed", "made up")
HELD_OUT = 0.2
SMALL = 4  # files of a small store at most
SMALL_SHARE = 3  # one in so many questions is put to a small store
Release = tuple[str, str]  # version, field


@dataclass(frozen=True)
class Case:
    """A question to one store. `absent` says why the store has no answer, None where it has."""

    package: str
    question: Question
    absent: str | None


@dataclass(frozen=True)
class Corpus:
    """A package: its field, its files as text, those held out of the store, and its questions by kind."""

    name: str
    field: str
    kept: dict[str, str]
    held: dict[str, str]
    about_kept: dict[str, list[Question]]
    about_held: dict[str, list[Question]]

    @property
    def text(self) -> str:
        """What the store holds, in one piece."""
        return "\n".join(self.kept.values())


def load(name: str, release: Release, *, small: bool = False) -> Corpus:
    """Read a package and make its questions; the same at every call. A small one holds a few of its files."""
    rng = random.Random(f"knowing {name} {small}")
    folder = corpora.package(name, release[0])
    files = {path.relative_to(folder).as_posix(): _read(path) for path in corpora.files(folder)}
    asked = sorted(path for path in files if path.endswith(".py") and not SKIPPED.search(path))
    held = set(rng.sample(asked, max(1, round(HELD_OUT * len(asked))))) if len(asked) > 1 else set[str]()
    kept: set[str] = set()
    if small:
        short = [path for path in asked if 1_000 < len(files[path]) < 40_000]
        kept = {*rng.sample(short, min(len(short), rng.randint(1, SMALL))), "README.md"}
        held = set(
            rng.sample([path for path in asked if path not in kept], 2 * SMALL)
            if len(asked) > 3 * SMALL
            else [path for path in asked if path not in kept]
        )
    held |= {f"{path}i" for path in held if f"{path}i" in files}  # its stub says the same
    kept_files = {path: text for path, text in files.items() if (path in kept if small else path not in held)}
    return Corpus(
        f"{name}, small" if small else name,
        release[1],
        {path: without_docstrings(text) if path.endswith(".py") else text for path, text in kept_files.items()},
        {path: files[path] for path in sorted(held)},
        questions(kept_files, rng),
        questions({path: files[path] for path in sorted(held)}, rng),
    )


def cases(releases: dict[str, Release], most: int) -> dict[str, tuple[Corpus, list[Case]]]:
    """Return every package with at most `most` answerable and as many unanswerable questions to its store."""
    loaded = [load(name, release) for name, release in releases.items()]
    small = [load(name, release, small=True) for name, release in releases.items()]
    found = {corpus.name: (corpus, _of_store(corpus, loaded, most)) for corpus in loaded}
    return found | {corpus.name: (corpus, _of_store(corpus, loaded, most // SMALL_SHARE)) for corpus in small}


def open_store(corpus: Corpus, folder: Path) -> Services:
    """Write a package's files, without those held out, read them in, and return the running services."""
    tree = folder / corpus.name
    for path, text in corpus.kept.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)
    services = Services(folder / f"{corpus.name}.store" / "genome.db", [tree])
    services.start()
    services.ingest_work(services.roots()[0], None)(lambda _: None, lambda: False)
    return services


def targets(corpus: Corpus, question: Question) -> list[tuple[str, int, int]]:
    """Return the places that answer: the question's own, and where any definition of a name will do, all of them."""
    places = [(question.path, question.start, question.end)]
    if question.is_named:
        name = question.names[0]
        if question.kind == "symbol":
            places += [(path, line, line) for path, line in _defined(corpus.kept).get(name, [])]
        else:
            pattern = re.compile(rf"^\s*{re.escape(name)}\s*[:=]")
            for path, text in corpus.kept.items():
                found = [n for n, line in enumerate(text.split("\n"), 1) if name in line and pattern.match(line)]
                places += [(path, n, n) for n in found]
    return list(dict.fromkeys(places))


def _read(path: Path) -> str:
    return path.read_bytes().decode(errors="replace").replace("\r\n", "\n")


_definitions: dict[int, dict[str, list[tuple[str, int]]]] = {}


def _defined(files: dict[str, str]) -> dict[str, list[tuple[str, int]]]:
    """Return where each name is defined, by its last part."""
    if id(files) not in _definitions:
        found = _definitions[id(files)] = {}
        for path, text in files.items():
            tree = parsed(text) if path.endswith((".py", ".pyi")) else None
            for one in definitions(tree) if tree else []:
                found.setdefault(one.name, []).append((path, one.node.lineno))
    return _definitions[id(files)]


def _of_store(corpus: Corpus, others: Sequence[Corpus], most: int) -> list[Case]:
    rng = random.Random(f"cases {corpus.name}")
    there = [Case(corpus.name, question, None) for question in _mixed([corpus.about_kept], most, rng)]
    each = len(there) // len(ABSENT) + 1
    same = [
        other.about_kept for other in others if other.field == corpus.field and not corpus.name.startswith(other.name)
    ]
    far = [other.about_kept for other in others if other.field != corpus.field]
    away = _defined(corpus.kept)
    text = corpus.text
    pools = {
        "other field": _mixed(far, 3 * each, rng),
        "same field": _mixed(same, 3 * each, rng),
        "file removed": _mixed([corpus.about_held], 3 * each, rng),
        "made up": _made_up(corpus, text, 3 * each, rng),
    }
    absent: list[Case] = []
    for kind, pool in pools.items():
        new = [question for question in pool if _is_new(question, away, text)]
        absent += [Case(corpus.name, question, kind) for question in new[:each]]
    return there + absent


def _mixed(pools: Sequence[dict[str, list[Question]]], most: int, rng: random.Random) -> list[Question]:
    """Draw questions in the mix of kinds, evenly from the packages."""
    found: list[Question] = []
    for kind, share in MIX.items():
        drawn = [question for pool in pools for question in pool[kind][: max(1, round(2 * share * most / len(pools)))]]
        rng.shuffle(drawn)
        found += drawn[: round(share * most)]
    rng.shuffle(found)
    return found


def _is_new(question: Question, defined: dict[str, list[tuple[str, int]]], text: str) -> bool:
    """Whether a store does not answer a question about something else, as far as names and messages tell."""
    if question.kind in ("error", "document"):
        return question.names[0] not in text
    if question.kind == "setting" and question.is_named:
        return not re.search(rf"^[ \t]*{re.escape(question.names[0])}\s*[:=]", text, re.MULTILINE)
    return question.names[0] not in defined


def _made_up(corpus: Corpus, text: str, most: int, rng: random.Random) -> list[Question]:
    """Join halves of a package's own names to names that stand nowhere in it, and ask for them."""
    known = set(re.findall(r"\w+", text + "\n".join(corpus.held.values())))
    lower = {word.lower() for word in known}
    snake = sorted({word for word in known if re.fullmatch(r"[a-z]+(_[a-z]+)+", word)})
    upper = sorted({word for word in known if re.fullmatch(r"[A-Z]{2,}(_[A-Z]+)+", word)}) or [
        word.upper() for word in snake
    ]
    camel = sorted({word for word in known if re.fullmatch(r"([A-Z][a-z]+){2,}", word)})
    owners = sorted(_defined(corpus.kept)) or snake
    found: list[Question] = []
    while len(found) < most and len(snake) > 3:
        group = rng.choice([snake, snake, upper, camel if len(camel) > 3 else snake])
        first, second = words(rng.choice(group)), words(rng.choice(group))
        parts = [*first[: max(1, len(first) // 2)], *second[len(second) // 2 :]]
        name = "".join(map(str.title, parts)) if group is camel else "_".join(parts)
        name = name.upper() if group is upper else name
        if name.lower() in lower or len(set(parts)) < 2:
            continue
        owner = rng.choice(owners)
        forms = SETTING if group is upper else rng.choice([SYMBOL, SYMBOL, PARAMETER, SETTING])
        dotted = f"{owner}.{name}" if group is snake and rng.random() < 0.5 else name
        asked = rng.choice(forms).format(name=name, dotted=dotted, owner=owner)
        found.append(Question(asked, "symbol" if forms is SYMBOL else "setting", "", 1, 1, (name,)))
    return found
