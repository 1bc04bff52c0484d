"""Are fifty facts and functions of a small project found in a store that is two thirds noise?

The project and the noise are written here, from a fixed seed: subtitles, game tables, server logs and lorem prose. Each
needle is asked for once, in words; it is found if one of the first eight items holds its line. Prints one line of JSON
on stdout and a table on stderr; exits 1 unless all of them are found.
"""

import random
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from finding.ours import Ours
from shared.report import percentiles, say, show

NEEDLES = 50
ITEMS = 8
NOISE = 2.0  # characters of noise for each of the project's

THINGS = """invoice parcel ledger voucher beacon turbine orchard harbour quarry pantry glacier meadow lantern compass
anvil cradle furnace trellis spindle caravan gallery monsoon pebble saddle thimble""".split()
VERBS = """settle route balance redeem calibrate throttle harvest dock excavate restock measure mow trim orient forge
rock ignite train wind escort curate forecast polish fasten stitch""".split()
SETTINGS = """retry_limit timeout_seconds page_size cache_days batch_rows port queue_depth grace_minutes max_upload_mb
log_level""".split()
WORDS = """lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore
magna aliqua enim minim veniam quis nostrud exercitation ullamco laboris nisi aliquip ex ea commodo consequat""".split()
SPOKEN = """you know I think we should leave before the storm comes back tonight and nobody said where the money went
after the dance please hold the door my brother never told her about the letter""".split()
LEVELS = ("INFO", "DEBUG", "WARN")


@dataclass(frozen=True, slots=True)
class Needle:
    """A question, and a line that only its answer holds."""

    question: str
    path: str
    has: str


def main() -> int:
    """Write both, ask, and count."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        needles = _project(tree)
        sizes = _size(tree)
        _noise(tree, int(NOISE * sizes))
        ours = Ours(Path(folder) / "store")
        ours.index(tree)
        ranks = [_rank(ours, tree, needle) for needle in needles]
        ours.close()
        noise = 1 - sizes / _size(tree)
    found = sum(rank is not None for rank in ranks)
    for needle, rank in zip(needles, ranks, strict=True):
        if rank is None:
            say(f"not found: {needle.question!r} ({needle.path}: {needle.has!r})")
    held = [float(rank) for rank in ranks if rank is not None]
    report: dict[str, object] = {"bench": "needles", "passed": found == NEEDLES, "needles": NEEDLES, "found": found}
    report |= {"first": sum(rank == 1 for rank in ranks), "rank": percentiles(held), "noise": round(noise, 3)}
    show(report, [["", "needles"], *([key, value] for key, value in report.items())])
    return 0 if found == NEEDLES else 1


def _rank(ours: Ours, tree: Path, needle: Needle) -> int | None:
    places = ours.ask(needle.question, ITEMS).places
    for rank, place in enumerate(places, 1):
        lines = (tree / place.path).read_text(encoding="utf-8").split("\n")[place.start - 1 : place.end]
        if place.path == needle.path and needle.has in "\n".join(lines):
            return rank
    return None


def _project(tree: Path) -> list[Needle]:
    """Write twenty-five modules and their settings; return one needle of each of both."""
    drawn = random.Random("project")
    needles: list[Needle] = []
    for at, (thing, verb) in enumerate(zip(THINGS, VERBS, strict=True)):
        values = {name: drawn.randrange(2, 9_000) for name in SETTINGS}
        path = f"app/{thing}.py"
        _write(tree / path, _module(thing, verb, drawn))
        needles.append(Needle(f"where do we {verb} one {thing} at a time", path, f"def {verb}_{thing}("))
        asked = SETTINGS[at % len(SETTINGS)]
        config = f"config/{thing}.toml"
        lines = [f"[{thing}]", *(f"{name} = {value}" for name, value in values.items())]
        _write(tree / config, "\n".join(lines) + "\n")
        question = f"what is the {asked.replace('_', ' ')} of the {thing}"
        needles.append(Needle(question, config, f"{asked} = {values[asked]}"))
    return needles


def _module(thing: str, verb: str, drawn: random.Random) -> str:
    name = thing.capitalize()
    parts = [f'"""Everything about one {thing}."""\n\nfrom dataclasses import dataclass\n']
    parts.append(f'@dataclass\nclass {name}:\n    """A {thing} as it is kept."""\n\n    number: int\n    state: str\n')
    for action in ("load", "store", "describe", "compare", "archive"):
        limit = drawn.randrange(3, 900)
        parts.append(
            f"def {action}_{thing}(number: int) -> int:\n"
            f'    """{action.capitalize()} a {thing} by its number."""\n'
            f"    if number > {limit}:\n        raise ValueError(f'no {thing} {{number}}')\n"
            f"    return number % {limit}\n"
        )
    parts.append(
        f"def {verb}_{thing}(item: {name}) -> {name}:\n"
        f'    """Bring a single {thing} into its next state."""\n'
        f"    item.state = '{verb}'\n    item.number += 1\n    return item\n"
    )
    return "\n\n".join(parts)


def _noise(tree: Path, characters: int) -> None:
    drawn = random.Random("noise")
    writers = (_subtitles, _table, _log, _prose)
    written = number = 0
    while written < characters:
        name, text = writers[number % len(writers)](drawn)
        _write(tree / "noise" / f"{number:03}_{name}", text)
        written += len(text)
        number += 1


def _subtitles(drawn: random.Random) -> tuple[str, str]:
    cues = (
        f"{n}\n00:{n // 60:02}:{n % 60:02},000 --> 00:{n // 60:02}:{n % 60:02},900\n{_say(drawn, SPOKEN, 9)}\n"
        for n in range(1, 60)
    )
    return "film.srt.txt", "\n".join(cues)


def _table(drawn: random.Random) -> tuple[str, str]:
    rows = (
        f"{drawn.choice(THINGS)},{drawn.randrange(99)},{drawn.choice(SETTINGS)},{drawn.randrange(9_999)}"
        for _ in range(90)
    )
    return "loot.csv.txt", "item,level,effect,gold\n" + "\n".join(rows) + "\n"


def _log(drawn: random.Random) -> tuple[str, str]:
    lines = (
        f"2024-05-0{drawn.randrange(1, 9)}T10:{n:02}:00 {drawn.choice(LEVELS)} {drawn.choice(THINGS)}:"
        f" {drawn.choice(VERBS)} took {drawn.randrange(900)} ms, {_say(drawn, WORDS, 3)}"
        for n in range(60)
    )
    return "server.log.txt", "\n".join(lines) + "\n"


def _prose(drawn: random.Random) -> tuple[str, str]:
    parts = (f"{_say(drawn, [*WORDS, *THINGS[:6]], 60)}." for _ in range(8))
    return "story.md", "# Story\n\n" + "\n\n".join(parts) + "\n"


def _say(drawn: random.Random, words: list[str], most: int) -> str:
    return " ".join(drawn.choices(words, k=most))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _size(tree: Path) -> int:
    return sum(path.stat().st_size for path in tree.rglob("*") if path.is_file())


if __name__ == "__main__":
    sys.exit(main())
