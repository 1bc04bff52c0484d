"""Is the turn that holds now the first item, and does what it replaced come after it and say so?

Conversations are made here from a fixed seed: facts about the parts of a product, each told once, replaced, replaced
twice, or replaced and then told as at first, among chatter and turns that speak of the same things without saying the
fact. Each is written as a transcript, as JSON lines and as kept texts, one a turn. A fact is asked for in words of its
own. Beside us: BM25 over the same turns and terms, alone (`bm25`) and with equal terms broken by the later turn
(`bm25+new`). Prints one line of JSON on stdout and a table on stderr; exits 1 where a bar is missed.
"""

import json
import math
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.report import say, share, show

from cistron.genome.reading.terms import STOP_WORDS, index_text
from cistron.tools.ingest import IngestTools
from cistron.tools.models.packet import Item
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services

SEEDS = 6
KINDS = ("once", "replaced", "twice", "back")
FORMS = ("transcript", "jsonl", "kept")
ROWS = (*FORMS, "unseen", "bm25", "bm25+new", "bm25, unseen")
BARS = {"first": 0.85, "latest_first": 0.90, "false_flags": 0.05}  # at least, at least, at most
ITEMS = 8
PARTS = (
    *("checkout page", "invoice export", "warehouse robot", "loyalty app", "night shift", "support desk"),
    *("video player", "tax engine", "label printer", "parking sensor"),
)
SPEAKERS = ("Farid", "Ingrid", "Wanjiru", "Pablo", "Sunniva")


@dataclass(frozen=True, slots=True)
class Matter:
    """A kind of fact: how it is told, replaced (from `{a}` to `{b}`), told as at first again, and asked for."""

    told: tuple[str, ...]
    replaced: tuple[str, ...]
    asked: tuple[str, ...]
    values: tuple[str, ...]


MATTERS = (
    Matter(
        ("the alert for the {e} fires above {b} percent", "the {e} raises its alert at {b} percent load"),
        ("I raised the {e} alert to {b} percent", "alert on the {e} was too noisy, it is {b} percent from today"),
        ("at how many percent does the alert of the {e} fire", "what load triggers the {e} alert"),
        ("60", "72", "85", "91"),
    ),
    Matter(
        ("{b} leads the work on the {e}", "the lead of the {e} is {b}"),
        ("{b} is taking over from {a} as lead of the {e}", "{a} left, so the {e} is led by {b}"),
        ("who leads the {e}", "who is the lead for the {e} work"),
        ("Odalys", "Henrik", "Bashir", "Marit"),
    ),
    Matter(
        ("we host the {e} at {b}", "hosting of the {e} sits with {b}"),
        ("the {e} no longer runs at {a}, hosting went to {b}", "we migrated hosting of the {e}, {b} has it"),
        ("who provides hosting for the {e}", "where do we host the {e}"),
        ("Hetzner", "Scaleway", "Linode", "Exoscale"),
    ),
    Matter(
        ("the {e} ships on {b}", "release day for the {e}: {b}"),
        ("we postponed the {e} release, it ships {b}", "shipping the {e} on {b} instead, {a} was too tight"),
        ("on what day does the {e} ship", "when is the release of the {e}"),
        ("14 May", "28 May", "11 June", "25 June"),
    ),
    Matter(
        ("backups of the {e} run every {b} hours", "the {e} makes a backup every {b} hours"),
        (
            "backups of the {e} every {b} hours are enough",
            "actually the {e} backup should run every {b} hours, set it so",
        ),
        ("how often are backups of the {e} made", "every how many hours does the {e} run a backup"),
        ("3", "8", "12", "36"),
    ),
    Matter(
        ("the {e} is written in {b}", "we write the {e} in {b}"),
        ("we decided against {a}, the {e} gets written in {b}", "the rewrite of the {e} is done, it is {b} code now"),
        ("what language is the {e} written in", "in which language do we write the {e}"),
        ("Kotlin", "Elixir", "Zig", "Haskell"),
    ),
)
UNSEEN = (  # written after the rules, which were not changed since
    Matter(
        ("finance set aside {b} euros for the {e}", "the budget of the {e} is {b} euros"),
        ("the {e} budget went up, we have {b} euros now", "finance gave the {e} {b} euros instead of {a}"),
        ("how much budget does the {e} have", "what is the budget of the {e}"),
        ("4000", "6500", "9200", "12500"),
    ),
    Matter(
        ("the {e} standup is in room {b}", "we meet in {b} for the {e} standup"),
        ("room change: the {e} standup is in {b}", "{a} is taken, the {e} standup moves to {b}"),
        ("in which room is the {e} standup", "where does the {e} standup meet"),
        ("Aurora", "Basalt", "Cinder", "Dahlia"),
    ),
    Matter(
        ("the {e} talks to the backend over {b}", "between the {e} and the backend we speak {b}"),
        ("the {e} dropped {a} and talks {b} to the backend", "{b} replaces {a} between the {e} and the backend"),
        ("what protocol does the {e} talk to the backend", "over what does the {e} speak with the backend"),
        ("mqtt", "grpc", "websockets", "amqp"),
    ),
)
CHATTER = (
    *(
        "good morning everyone",
        "I am off to the dentist at noon",
        "thanks, that helps a lot",
        "coffee machine is broken again",
    ),
    *("the {e} demo went well, people liked it", "someone should tidy the {e} tickets", "lunch at the usual place?"),
    *("I will look at the {e} after the call", "the build is red again, looking into it", "nice work on the {e}"),
)
NEAR = (  # of the same things, without the fact
    *("did the {e} alert page anyone last night?", "the runbook for the {e} alert needs a screenshot"),
    *("who has the {e} release notes?", "the {e} lead wants a word with finance", "the hosting bill of the {e} is due"),
    *("I restored a {e} backup as a drill, all fine", "the style guide covers how the {e} is written up"),
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn with its day."""

    day: str
    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the turn that answers, those that it replaced, and what was done to the fact."""

    text: str
    answer: int
    before: tuple[int, ...]
    kind: str


@dataclass(slots=True)
class Counted:
    """What was counted of one system."""

    asked: int = 0
    first: int = 0
    replaced: int = 0  # questions whose fact was
    latest_first: int = 0
    flagged: int = 0  # items said to be replaced
    flagged_wrong: int = 0  # of those, answers


def main() -> int:
    """Make the conversations, ask, and count."""
    counted: dict[tuple[str, str], Counted] = {}
    for seed in range(SEEDS):
        turns, questions = conversation(random.Random(seed), MATTERS)
        say(f"conversation {seed}: {len(turns)} turns, {len(questions)} questions")
        for form in FORMS:
            _ask_ours(form, form, turns, questions, counted)
        _ask_bm25("bm25", turns, questions, counted)
        _ask_bm25("bm25+new", turns, questions, counted, latest=True)
        turns, questions = conversation(random.Random(seed), UNSEEN)
        _ask_ours("unseen", "transcript", turns, questions, counted)
        _ask_bm25("bm25, unseen", turns, questions, counted)
    every = {name: _figures([each for (own, _), each in counted.items() if own == name]) for name in ROWS}
    seen = _figures([each for (own, _), each in counted.items() if own in FORMS])
    missed = [name for name in ("first", "latest_first") if (seen[name] or 0) < BARS[name]]
    missed += ["false_flags"] if (seen["false_flags"] or 0) > BARS["false_flags"] else []
    report: dict[str, object] = {"bench": "conversations", "all": seen, **every, "missed": missed, "passed": not missed}
    head = ["", "questions", "first", *(f"first, {kind}" for kind in KINDS), "latest first", "false flags"]
    show(report, [head, *([name, *_row(counted, name)] for name in ROWS)])
    return 1 if missed else 0


def conversation(drawn: random.Random, matters: Sequence[Matter] = MATTERS) -> tuple[list[Turn], list[Asked]]:
    """Return a conversation over forty days, and what is asked of it."""
    told: list[tuple[float, str, tuple[int, int, int] | None]] = []  # when, what, which telling of which fact
    facts: list[tuple[str, str]] = []
    for part in PARTS:
        for at, matter in enumerate(matters):
            kind = KINDS[drawn.randrange(len(KINDS))]
            values = drawn.sample(matter.values, 3)
            says = {"once": 1, "replaced": 2, "twice": 3, "back": 3}[kind]
            values = [values[0], values[1], values[0]] if kind == "back" else values
            times = sorted(drawn.random() for _ in range(says))
            for number in range(says):
                forms = matter.told if number == 0 else matter.replaced
                text = drawn.choice(forms).format(e=part, a=values[number - 1], b=values[number])
                told.append((times[number], text, (len(facts), number, at)))
            facts.append((drawn.choice(matter.asked).format(e=part), kind))
    told += [
        (drawn.random(), drawn.choice(CHATTER + NEAR).format(e=drawn.choice(PARTS)), None) for _ in range(2 * len(told))
    ]
    told.sort()
    turns = [
        Turn(f"2025-{3 + int(when * 40) // 28:02d}-{1 + int(when * 40) % 28:02d}", drawn.choice(SPEAKERS), text)
        for when, text, _ in told
    ]
    tellings: dict[int, list[int]] = {}
    for number, (_, _, fact) in enumerate(told):
        if fact is not None:
            tellings.setdefault(fact[0], []).append(number)
    questions = [
        Asked(text, tellings[fact][-1], tuple(tellings[fact][:-1]), kind) for fact, (text, kind) in enumerate(facts)
    ]
    return turns, questions


def _ask_ours(
    name: str, form: str, turns: Sequence[Turn], questions: Sequence[Asked], counted: dict[tuple[str, str], Counted]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        services = Services(Path(folder) / "genome.db", [tree])
        services.start()
        number = {place: at for at, place in enumerate(_write(form, tree, turns, IngestTools(services)))}
        IngestTools(services).ingest(path=str(tree))
        services.engine().embedder.settle()
        for asked in questions:
            items = PacketTools(services).context_packet(asked.text, max_items=ITEMS, max_tokens=8_000).items
            told = [(number[place], item) for item in items if (place := _place(item, form)) in number]
            flags = {at: "replaced by" in item.why for at, item in told}
            _count(counted, name, asked, [at for at, _ in told], flags)
        services.close()


def _ask_bm25(
    name: str,
    turns: Sequence[Turn],
    questions: Sequence[Asked],
    counted: dict[tuple[str, str], Counted],
    *,
    latest: bool = False,
) -> None:
    for asked in questions:
        _count(counted, name, asked, _bm25(asked.text, turns, latest=latest), {})


def _write(form: str, tree: Path, turns: Sequence[Turn], ingest: IngestTools) -> Iterator[tuple[str, int]]:
    """Write a conversation in a form; yield of each turn where its place will begin or, where kept, its name."""
    if form == "kept":
        for at, turn in enumerate(turns):
            ingest.ingest(content=f"{turn.day}\n{turn.speaker}: {turn.text}\n", source_id=f"chat/{at:04d}")
            yield f"chat/{at:04d}", 0
    elif form == "jsonl":
        rows = [json.dumps({"author": each.speaker, "text": each.text, "time": each.day}) for each in turns]
        (tree / "chat.jsonl").write_text("\n".join(rows) + "\n")
        yield from (("chat.jsonl", at + 1) for at in range(len(turns)))
    else:
        lines: list[str] = []
        for turn in turns:
            lines.append(f"[{turn.day}] {turn.speaker}: {turn.text}")
            yield "chat.md", len(lines)
        (tree / "chat.md").write_text("\n".join(lines) + "\n")


def _place(item: Item, form: str) -> tuple[str, int]:
    return item.path, 0 if form == "kept" else item.start_line


def _bm25(question: str, turns: Sequence[Turn], *, latest: bool) -> list[int]:
    """Return the turns by BM25 (k1 1.2, b .75) over our own terms; `latest` puts later turns of equal terms first."""
    texts = [index_text(f"{turn.speaker} {turn.text}").split() for turn in turns]
    mean = sum(map(len, texts)) / len(texts)
    held = Counter(term for text in texts for term in set(text))
    words = [word for word in question.split() if word.lower() not in STOP_WORDS]
    terms = list(dict.fromkeys(index_text(" ".join(words)).split()))
    scored: list[tuple[float, int, int]] = []
    for at, text in enumerate(texts):
        score = sum(
            math.log1p((len(texts) - held[term] + 0.5) / (held[term] + 0.5))
            * (1.0 if latest else text.count(term) * 2.2 / (text.count(term) + 1.2 * (0.25 + 0.75 * len(text) / mean)))
            for term in terms
            if term in text
        )
        if score > 0:
            scored.append((-round(score, 9), -at if latest else at, at))
    return [at for _, _, at in sorted(scored)[:ITEMS]]


def _count(
    counted: dict[tuple[str, str], Counted], name: str, asked: Asked, found: Sequence[int], flags: dict[int, bool]
) -> None:
    each = counted.setdefault((name, asked.kind), Counted())
    each.asked += 1
    each.first += found[:1] == [asked.answer]
    if asked.before:
        each.replaced += 1
        there = [at for at in found if at == asked.answer or at in asked.before]
        each.latest_first += there[:1] == [asked.answer]
    each.flagged += sum(flags.values())
    each.flagged_wrong += flags.get(asked.answer, False)


def _figures(each: Sequence[Counted]) -> dict[str, float | None]:
    return {
        "questions": sum(one.asked for one in each),
        "first": share(sum(one.first for one in each), sum(one.asked for one in each)),
        "latest_first": share(sum(one.latest_first for one in each), sum(one.replaced for one in each)),
        "false_flags": share(sum(one.flagged_wrong for one in each), sum(one.asked for one in each)),
    }


def _row(counted: dict[tuple[str, str], Counted], name: str) -> list[object]:
    mine = {kind: each for (own, kind), each in counted.items() if own == name}
    figures = _figures(list(mine.values()))
    kinds = [share(mine[kind].first, mine[kind].asked) for kind in KINDS]
    return [figures["questions"], figures["first"], *kinds, figures["latest_first"], figures["false_flags"]]


if __name__ == "__main__":
    sys.exit(main())
