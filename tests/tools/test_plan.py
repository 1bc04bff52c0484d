"""The refresh plan: the cheapest reads, and enough of them."""

import random
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cistron.tools.ingest import IngestTools
from cistron.tools.models.packet import RefreshPlan, RefreshTarget
from cistron.tools.packet import PacketTools
from cistron.tools.recorder import Reads
from cistron.tools.refresh import RefreshTools
from cistron.tools.schedule import READ_TOKENS, affordable, merged
from cistron.tools.services import Services
from cistron.tools.verify import VerifyTools

LINE_TOKENS = 7
LINES = st.tuples(st.integers(1, 60), st.integers(0, 12)).map(lambda each: (each[0], sum(each)))


def target(start: int, end: int, priority: float = 0.5, tokens: int = 0, path: str = "a.py") -> RefreshTarget:
    return RefreshTarget(
        path=path,
        start_line=start,
        end_line=end,
        reason="changed",
        priority=priority,
        action=f"read lines {start}-{end}",
        tokens=tokens,
    )


def cost(path: str, start: int, end: int) -> int:
    return LINE_TOKENS * max(0, end - start + 1)


def price(reads: list[tuple[int, int]]) -> int:
    return sum(READ_TOKENS + cost("a.py", *each) for each in reads)


@settings(deadline=None)
@given(st.lists(LINES, min_size=1, max_size=7))
def test_no_other_grouping_of_reads_is_cheaper(wanted: list[tuple[int, int]]) -> None:
    reads = [(each.start_line or 0, each.end_line or 0) for each in merged([target(*each) for each in wanted], cost)]
    needed = {line for start, end in wanted for line in range(start, end + 1)}
    assert needed <= {line for start, end in reads for line in range(start, end + 1)}
    lines = sorted(needed)
    gaps = [number for number, (one, other) in enumerate(pairwise(lines), 1) if other > one + 1]
    every = [
        [(group[0], group[-1]) for group in _cut(lines, cuts)]
        for count in range(len(gaps) + 1)
        for cuts in combinations(gaps, count)
    ]
    assert price(reads) == min(price(each) for each in every)


def _cut(lines: list[int], cuts: tuple[int, ...]) -> list[list[int]]:
    return [lines[start:end] for start, end in pairwise([0, *cuts, len(lines)])]


def test_a_joined_read_keeps_the_most_urgent_reason() -> None:
    doubt = target(12, 14, 0.9).model_copy(update={"reason": "gone"})
    assert [
        (each.action, each.priority, each.reason, each.tokens) for each in merged([target(1, 9, 0.2), doubt], cost)
    ] == [("read lines 1-14", 0.9, "gone", 14 * LINE_TOKENS)]


def test_reads_of_other_files_and_far_lines_stay_apart() -> None:
    far = [target(1, 2), target(40, 50), target(1, 2, path="b.py")]
    assert len(merged(far, cost)) == 3


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 60)), max_size=9), st.integers(1, 200))
def test_a_budget_is_spent_on_what_settles_most(each: list[tuple[int, int]], budget: int) -> None:
    targets = [target(n, n, worth / 10, tokens) for n, (worth, tokens) in enumerate(sorted(each, reverse=True), 1)]
    chosen = affordable(targets, budget)
    assert sum(one.tokens for one in chosen) <= budget
    worth = {
        round(1000 * sum(one.priority for one in some))
        for count in range(len(targets) + 1)
        for some in combinations(targets, count)
        if sum(one.tokens for one in some) <= budget
    }
    assert round(1000 * sum(one.priority for one in chosen)) == max(worth)
    left = budget - sum(one.tokens for one in chosen)
    assert all(one.tokens > left for one in targets if one not in chosen)


def test_of_two_reads_worth_the_same_the_more_urgent_one_is_taken() -> None:
    urgent, others = target(1, 1, 0.8, 10), [target(2, 2, 0.4, 5), target(3, 3, 0.4, 5)]
    assert affordable([urgent, *others], 10) == [urgent]


@settings(deadline=None)
@given(st.integers(21, 60), st.integers(1, 500), st.integers(0, 1000))
def test_a_long_plan_is_cut_well(count: int, budget: int, seed: int) -> None:
    rng = random.Random(seed)
    targets = [target(n, n, rng.randrange(1, 10) / 10, rng.randrange(1, 90)) for n in range(1, count)]
    targets.sort(key=lambda each: -each.priority)
    chosen = affordable(targets, budget)
    left = budget - sum(each.tokens for each in chosen)
    assert left >= 0
    assert all(each.tokens > left for each in targets if each not in chosen)


@settings(deadline=None)
@given(st.lists(LINES, max_size=6), LINES)
def test_lines_count_as_read_when_pieces_cover_them(pieces: list[tuple[int, int]], asked: tuple[int, int]) -> None:
    reads = Reads()
    for piece in pieces:
        reads.add(1, *piece)
    known = {line for start, end in pieces for line in range(start, end + 1)}
    assert reads.cover(1, *asked) is all(line in known for line in range(asked[0], asked[1] + 1))
    assert not reads.cover(2, *asked)


SHELF = '''"""Shelves."""

LIMIT = 40


def weigh_shelf(boxes, unit="kg"):
    """Sum the weights of boxes."""
    return sum(weigh_box(box) for box in boxes)


def weigh_box(box):
    """Return the weight of a box."""
    return box.weight


class Shelf:
    """A place for boxes."""

    def put_box(self, box):
        """Put a box on the shelf."""
        if weigh_shelf([*self.boxes, box]) > LIMIT:
            raise ValueError("too heavy a box for this shelf")
        self.boxes.append(box)

    def take_box(self):
        """Take the last box from the shelf."""
        return self.boxes.pop()
'''
ORDER = '''"""Orders."""

from shelf import weigh_box


def order_box(box, shelf):
    """Order a box."""
    return weigh_box(box)
'''
GUIDE = "# Boxes\n\nHow a box is put on a shelf.\n\n# Weights\n\nA shelf bears forty.\n"
FILES = {"shelf.py": SHELF, "order.py": ORDER, "guide.md": GUIDE}
QUERIES = ("weigh box shelf", "Shelf.put_box", "order a box", "how much weight does a shelf bear")
EDITS = (
    ("shelf.py", 'unit="kg"', 'unit="g"'),
    ("shelf.py", "return box.weight", "return box.weight + 1"),
    ("shelf.py", "    def take_box", "    # the last one\n    def take_box"),
    ("shelf.py", "LIMIT = 40", "LIMIT = 50"),
    ("shelf.py", "def weigh_box", "def weigh_it"),
    ("shelf.py", '"""Shelves."""', '"""Shelves."""\n\nimport os'),
    ("guide.md", "forty", "fifty"),
    ("guide.md", "# Weights\n\nA shelf bears forty.\n", ""),
    ("order.py", "box, shelf", "box, shelf, count=1"),
)


class Store:
    """A tree in a server."""

    def __init__(self, folder: Path) -> None:
        self.tree = folder / "tree"
        self.tree.mkdir(parents=True)
        self.put()
        self.services = Services(folder / "genome.db", [self.tree])
        IngestTools(self.services).ingest(str(self.tree))

    def put(self) -> None:
        for name, text in FILES.items():
            (self.tree / name).write_text(text, encoding="utf-8")

    def plan(self, query: str, session: str = "one", **more: object) -> RefreshPlan:
        return RefreshTools(self.services).refresh_targets(query, session=session, **more)  # type: ignore[arg-type]

    def ask(self, query: str, session: str = "one") -> None:
        PacketTools(self.services).context_packet(query, session=session)

    def perform(self, plan: RefreshPlan, session: str) -> None:
        """Do what a plan says: read its lines, and look at a file that something went from."""
        used = [
            each.path if each.start_line is None else f"{each.path}:{each.start_line}-{each.end_line}"
            for each in plan.targets
        ]
        if used:
            VerifyTools(self.services).verify([], used=used, session=session)

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.tree / path
        if file.exists():
            file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    made = Store(tmp_path_factory.mktemp("plan"))
    yield made
    made.services.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shown=st.lists(st.sampled_from(QUERIES), max_size=3),
    edits=st.lists(st.sampled_from(EDITS), max_size=4, unique=True),
    removed=st.sampled_from([None, None, None, "guide.md", "order.py"]),
    query=st.sampled_from(QUERIES),
)
def test_a_plan_is_empty_once_its_reads_are_done(
    store: Store, shown: list[str], edits: list[tuple[str, str, str]], removed: str | None, query: str
) -> None:
    store.put()
    IngestTools(store.services).ingest(str(store.tree))
    session = f"s{random.random()}"
    for each in shown:
        store.ask(each, session)
    for edit in edits:
        store.edit(*edit)
    if removed:
        (store.tree / removed).unlink()
    plan = store.plan(query, session)
    reads = [each for each in plan.targets if each.start_line is not None]
    for one, other in combinations(reads, 2):
        assert one.path != other.path or one.end_line < other.start_line or other.end_line < one.start_line  # type: ignore[operator]
    store.perform(plan, session)
    assert store.plan(query, session).targets == []


def test_a_head_is_more_urgent_than_a_body(store: Store) -> None:
    store.put()
    for query in QUERIES:
        store.ask(query, "heads")
    store.edit(*EDITS[0])
    store.edit(*EDITS[8])
    store.edit("order.py", "return weigh_box(box)", "return 2 * weigh_box(box)")
    store.edit("shelf.py", "self.boxes.pop()", "self.boxes.pop(0)")
    targets = store.plan("weigh_shelf", "heads").targets
    assert [each.path for each in targets[:2]] == ["order.py", "shelf.py"]
    assert targets[0].priority == 0.85
    store.put()


def test_tokens_are_those_of_the_text(store: Store) -> None:
    store.put()
    store.ask("Shelf.put_box", "tokens")
    store.edit("shelf.py", "too heavy a box for this shelf", "too heavy")
    targets = store.plan("Shelf.put_box", "tokens").targets
    reads = [each for each in targets if each.path == "shelf.py" and each.start_line]
    rows = (store.tree / "shelf.py").read_text(encoding="utf-8").split("\n")
    assert reads
    for read in reads:
        size = sum(len(row) + 1 for row in rows[read.start_line - 1 : read.end_line])  # type: ignore[operator]
        assert read.tokens == pytest.approx(size / 4, abs=2)
    store.put()
