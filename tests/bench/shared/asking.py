"""Asking a server's tools in process, and counting what the judge says of their answers."""

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from shared.edits import Expected, Target, Tree
from shared.judge import POINTERS, Item, Truth, define
from shared.report import share

from cistron.tools.ingest import IngestTools
from cistron.tools.models.packet import Item as PacketItem
from cistron.tools.models.packet import Packet, StoreShare
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services

DOUBT = "no"  # with this verdict nothing is called verified, whatever its truth

NOTHING = Packet(
    query="", task_type="explain", known="no", confidence=0, items=[], refresh_targets=[], contradictions=[], notes=[],
    store=StoreShare(indexed=0, generation=0),
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A question with its packet, the judged form of its items, and how long it took."""

    query: str
    task: str
    packet: Packet
    items: list[Item]
    milliseconds: float
    error: str | None = None  # what was raised instead of an answer


class Place:
    """One indexed tree and the tools on it. The store stands beside the tree."""

    def __init__(self, root: Path, package: str, files: dict[str, bytes] | None = None) -> None:
        for path, data in (files or {}).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        self.package = package
        self.root = root
        self.tree = Tree(root)
        self._store = root.parent / f"{root.name}.store" / "genome.db"
        shutil.rmtree(self._store.parent, ignore_errors=True)
        self._services: Services | None = None
        services = self.services()
        services.ingest_work(services.roots()[0], None)(lambda _: None, lambda: False)

    def services(self) -> Services:
        """Return the running services, started if they are not."""
        if self._services is None:
            self._services = Services(self._store, [self.root])
            self._services.start()
        return self._services

    def ask(self, query: str, task: str, session: str) -> Asked:
        """Ask as an agent does, with the defaults."""
        tools = PacketTools(self.services())
        begun = time.perf_counter()
        error = None
        try:
            packet = tools.context_packet(query, task_type=task, session=session)
        except Exception as raised:  # whatever it is, it is counted, and the next edit is tried
            error = f"{type(raised).__name__}: {raised}"
            packet = NOTHING.model_copy(update={"query": query})
        took = (time.perf_counter() - begun) * 1000
        return Asked(
            query, task, packet, [self._item(item) for item in packet.items if item.kind != "fact"], took, error
        )

    def ingest(self, path: str) -> None:
        """Ingest one file through the tool."""
        IngestTools(self.services()).ingest(path=path)

    def truth(self, since: Mapping[str, bytes | None] | None = None) -> Truth:
        """Return the files as ingested and now; `since` tells what those held that a session saw otherwise."""
        return Truth(self.tree.before, self.tree.read, since)

    def close(self) -> None:
        """Stop the services; the next question starts others on the same store."""
        if self._services is not None:
            self._services.close()
        self._services = None

    def _item(self, item: PacketItem) -> Item:
        stored = part_of = None
        if item.symbol is None:
            _, content, ordinal = (int(part, 16) for part in item.id.split("."))
            sql = """
                select c.text, p.symbol
                from place l
                join passage p on p.id = l.passage
                join chunk c on c.id = p.chunk
                where l.content = ? and l.ordinal = ?
            """
            for row in self.services().engine().database.reading().execute(sql, (content, ordinal)):
                stored, part_of = row
        return Item(
            item.path, item.start_line, item.end_line, item.symbol, item.status, item.evidence.rung, item.healed,
            stored, part_of, item.evidence.because,
        )  # fmt: skip


@dataclass
class Tally:
    """The counts of one kind of edit."""

    kind: str
    judged: int = 0
    crashed: int = 0
    unknown: int = 0  # items that nothing can judge
    missed: int = 0
    unchanged: int = 0
    alarms: int = 0
    doubted: int = 0
    unprovable: int = 0
    pointers: int = 0
    right: int = 0
    asked: int = 0
    covered: int = 0
    first_asked: int = 0
    first: int = 0
    openings: int = 0
    opened: int = 0
    told_asked: int = 0
    told: int = 0
    longest: int = 0
    held: int = 0
    trust_missed: int = 0
    trust_changed: int = 0
    trust_right: int = 0
    hash_same: int = 0
    hash_alarms: int = 0
    found_asked: int = 0
    found: int = 0
    milliseconds: list[float] = field(default_factory=list)
    failures: list[dict[str, object]] = field(default_factory=list)

    def take(
        self,
        place: Place,
        asked: Asked,
        expected: Expected | None,
        target: Target,
        *,
        first: bool = False,
        opening: bool = False,
        since: Mapping[str, bytes | None] | None = None,
    ) -> None:
        """Judge every item of an answer; then, where one is expected, whether the target is there."""
        self.milliseconds.append(asked.milliseconds)
        if asked.error is not None:
            self.crashed += 1
            self._fail("crashed", place, asked, None, expected, asked.error)
        truth = place.truth(since)
        for item in asked.items:
            self._judge(truth, item, asked, place, expected)
        if expected is None:
            return
        covered = [_covers(truth, item, expected) for item in asked.items]
        is_covered = any(covered) or (expected.gone and _is_named_gone(asked, expected))
        self.asked += 1
        self.covered += is_covered
        if not is_covered:
            self._fail("not covered", place, asked, None, expected, "")
        if opening:
            self.openings += 1
            self.opened += is_covered
        if first:
            self.first_asked += 1
            is_first = bool(covered) and covered[0]
            self.first += is_first
            if not is_first:
                self._fail("not first", place, asked, asked.items[0] if asked.items else None, expected, "")

    def compare(self, place: Place, before: Asked, target: Target | None) -> None:
        """Judge what two simple policies would say of the items shown before the edit."""
        truth = place.truth()
        for item in before.items:
            if item.rung == "gone":
                continue
            judgement = truth.judge(replace(item, status="verified", rung="stat"))
            same = place.tree.read(item.path) == place.tree.before.get(item.path)
            self.held += 1
            self.trust_missed += judgement.right is False
            if not same:
                self.trust_changed += 1
                self.trust_right += judgement.right is not False
            self.hash_same += judgement.unchanged
            self.hash_alarms += judgement.unchanged and not same
        if target is not None:
            self.found_asked += 1
            expected = Expected(target.path, target.symbol)
            self.found += any(_is_item(item, expected, target) for item in before.items)

    def tell(self, before: Asked, after: Asked, target: Target, expected: Expected) -> None:
        """Count whether a session that was shown the target is told that it changed."""
        if not any(item.path == target.path and item.symbol == target.symbol for item in before.items):
            return
        paths = {target.path, expected.path}
        self.told_asked += 1
        told = any(one.path in paths and one.reason != "low_confidence" for one in after.packet.refresh_targets)
        self.told += told

    def figures(self) -> dict[str, object]:
        """Return the kind's rates."""
        return {
            "judged": self.judged,
            "crashed": self.crashed,
            "missed": self.missed,
            "false_alarm": share(self.alarms, self.unchanged),
            "pointers": self.pointers,
            "pointer_right": share(self.right, self.pointers),
            "first_right": share(self.first, self.first_asked),
            "asked": self.asked,
            "coverage": share(self.covered, self.asked),
            "opening": share(self.opened, self.openings),
            "found_before": share(self.found, self.found_asked),
            "told": share(self.told, self.told_asked),
            "doubted": self.doubted,
            "unprovable": self.unprovable,
            "unknown": self.unknown,
            "longest": self.longest,
            "trust_missed": share(self.trust_missed, self.held),
            "trust_right": share(self.trust_right, self.trust_changed),
            "hash_alarm": share(self.hash_alarms, self.hash_same),
            "ms": round(sorted(self.milliseconds)[len(self.milliseconds) // 2], 1) if self.milliseconds else None,
        }

    def _judge(self, truth: Truth, item: Item, asked: Asked, place: Place, expected: Expected | None) -> None:
        judgement = truth.judge(item)
        self.judged += 1
        self.unknown += judgement.right is None and item.rung != "gone"
        self.longest = max(self.longest, item.end - item.start + 1)
        self.unchanged += judgement.unchanged
        if judgement.missed(item):
            self.missed += 1
            self._fail("missed", place, asked, item, expected, judgement.why)
        elif judgement.false_alarm(item):
            if asked.packet.known == DOUBT and item.status == "stale_risk":
                self.doubted += 1
            elif item.rung == "age" and place.tree.read(item.path) != place.tree.before.get(item.path):
                self.unprovable += 1  # its file was written and then closed to us
            else:
                self.alarms += 1
                self._fail("false alarm", place, asked, item, expected, judgement.why)
        if item.rung in POINTERS and judgement.right is not None:
            self.pointers += 1
            self.right += judgement.right
            if not judgement.right and not judgement.missed(item):
                self._fail("pointer wrong", place, asked, item, expected, judgement.why)

    def _fail(
        self, what: str, place: Place, asked: Asked, item: Item | None, expected: Expected | None, why: str
    ) -> None:
        packet = asked.packet
        self.failures.append(
            {
                "kind": self.kind,
                "what": what,
                "package": place.package,
                "query": asked.query,
                "task": asked.task,
                "expected": None if expected is None else vars(expected),
                "item": None if item is None else {key: value for key, value in vars(item).items() if key != "stored"},
                "why": why,
                "known": f"{packet.known} {packet.reason} {packet.store.indexed}",
                "items": [
                    f"{one.path}:{one.start}-{one.end} {one.symbol} {one.status} {one.rung}" for one in asked.items
                ],
                "targets": [f"{one.path} {one.reason} {one.action}" for one in packet.refresh_targets],
            }
        )


def _covers(truth: Truth, item: Item, expected: Expected) -> bool:
    """Whether an item's lines hold what is asked for; of what is gone, whether it says so."""
    if expected.gone:
        return item.rung == "gone" and item.path == expected.path and item.symbol in (expected.symbol, None)
    if item.path != expected.path or item.rung == "gone":
        return False
    now = truth.now(item.path)
    places = define(now).get(expected.symbol, []) if now is not None else []
    return any(item.start <= place.line <= item.end for place in places)


def _is_named_gone(asked: Asked, expected: Expected) -> bool:
    return any(target.path == expected.path and target.reason == "gone" for target in asked.packet.refresh_targets)


def _is_item(item: Item, expected: Expected, target: Target) -> bool:
    return item.path == expected.path and item.start <= target.at.line <= item.end
