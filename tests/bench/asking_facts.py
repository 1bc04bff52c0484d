"""Is a question about a value answered by the right `key = value` and its line, and are other questions left alone?

Facts are drawn from released packages (`corpora`): constants, defaults of parameters and fields, options, defaults
of environment variables, keys of configuration. Half the questions use the key's words without the key itself, half of
those with another word for one of them. Paired in the same run: the places alone, as they are without facts, where
one counts if it holds the line. Prints one line of JSON on stdout and a table on stderr; exits 1 when a bar is missed.
"""

import argparse
import random
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from shared import corpora
from shared.edits import question, targets
from shared.report import percentiles, say, share, show

from cistron.genome.reading.filters import role
from cistron.genome.records import Fact
from cistron.genome.search import facts as lane
from cistron.genome.search.lexical import Idf
from cistron.genome.search.query import parse
from cistron.tools.models.packet import Packet
from cistron.tools.packet import PacketTools
from cistron.tools.services import Services

PACKAGES = ("werkzeug", "rich", "aiohttp", "jinja2", "mkdocs", "networkx", "sqlalchemy", "django")
SDISTS = ("uvicorn-0.35.0", "gunicorn-23.0.0", "scrapy-2.13.3", "tox-4.28.4", "hypercorn-0.17.3", "locust-2.37.14")
EACH = 20  # questions a package
OTHERS = 200  # questions that ask for no value
MOST_OTHER_WORDS = 6
BARS = {"hit_1": 0.70, "hit_3": 0.85, "intrusions": 0.02}
BAR_LANE_MS = 0.5
TELLING = re.compile(
    r"port|host|timeout|size|limit|max|min|retr|version|interval|delay|count|length|path|dir|file|url|level|default|width"
    r"|depth|worker|age|buffer|encoding|format|name|charset|ttl|batch|thread|lines|prefix|header|color|style"
)
ANOTHER = {"timeout": "deadline", "retries": "attempts", "max": "maximum", "min": "minimum", "dir": "directory",
           "size": "length", "host": "address", "limit": "maximum", "path": "directory", "interval": "period",
           "encoding": "charset", "url": "address", "version": "release", "file": "filename"}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A question and the fact that answers it."""

    text: str
    way: str
    path: str
    fact: Fact


def main() -> int:
    """Ask, count, print, and hold the shares against the bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--failures", action="store_true", help="print what was not found first")
    shown = parser.parse_args().failures
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        _plant(tree)
        services = Services(Path(folder) / "genome.db", [tree])
        services.ingest_work(services.roots()[0], None)(lambda _: None, lambda: False)
        asked = _questions(services)
        report = _ask(services, asked, shown) | _ask_others(services, tree, shown) | _time(services, asked)
        services.close()
    missing = [f"{name} {report[name]}" for name, bar in BARS.items() if (report[name] > bar) == (name == "intrusions")]
    if report["lane_ms"]["p50"] > BAR_LANE_MS:
        missing.append(f"lane p50 {report['lane_ms']['p50']} ms")
    show({"bench": "asking_facts", "bars": BARS, "passed": not missing, "missing": missing, **report}, _table(report))
    for what in missing:
        say(f"bar missed: {what}")
    return 1 if missing else 0


def _plant(tree: Path) -> None:
    for name in PACKAGES:
        shutil.copytree(corpora.package(name, corpora.LARGE[name]), tree / name)
    for name in SDISTS:
        shutil.copytree(corpora.sdist(*name.rsplit("-", 1)), tree / name.rsplit("-", 1)[0])


def _questions(services: Services) -> list[Asked]:
    """Draw facts that one can ask for: in the package's own files, with a key of words that nothing else there has."""
    sql = """
        select s.path, f.key, f.value, f.line, n.scope
        from fact f
        join fact_name n on n.id = f.name
        join source s on s.content = f.content
        where s.state = 'live' and f.value is not null
        order by s.path, f.line
    """
    found: dict[str, list[tuple[str, Fact, str]]] = {}
    for path, key, value, line, scope in services.engine().database.reading().execute(sql):
        if (
            TELLING.search(key.lower())
            and role(path) is None
            and "/doc" not in path
            and not path.endswith((".rst", ".md"))
        ):
            found.setdefault(path.partition("/")[0], []).append((path, Fact(key, value, line), scope))
    rng = random.Random(7)
    asked: list[Asked] = []
    for package, rows in sorted(found.items()):
        often = Counter(_told(package, *row) for row in rows)
        single = [row for row in rows if often[_told(package, *row)] == 1 and _is_asked_for(row[1])]
        for path, fact, scope in rng.sample(single, min(EACH, len(single))):
            asked.append(_question(len(asked), package, path, fact, scope))
    return asked


def _told(package: str, path: str, fact: Fact, scope: str) -> tuple[str, str]:
    """Return all that a question tells of a fact; what two facts share of it is ambiguous and not asked."""
    return " ".join(sorted(set(_words(fact.key.rpartition(".")[2])))), _where(package, path, fact, scope)


def _where(package: str, path: str, fact: Fact, scope: str) -> str:
    """Return the words for where a fact stands: its class and function, its table, else its package and module."""
    names = [name for name in scope.split(" / ")[-1].split(".") if name and not name.startswith("__")][-2:]
    names = names or fact.key.split(".")[:-1][-2:]
    return " ".join(word for name in names for word in _words(name)) or f"{package} {Path(path).stem.strip('_')}"


def _is_asked_for(fact: Fact) -> bool:
    return len(_words(fact.key.rpartition(".")[2])) >= 1 and fact.value is not None and len(fact.value) <= 60


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def _question(number: int, package: str, path: str, fact: Fact, scope: str) -> Asked:
    """Ask in one of eight ways; where the key is common, by the definition or file it stands in."""
    last = fact.key.rpartition(".")[2].lstrip("-")
    words = _words(last)
    plain = " ".join(word for word in words if word != "default") or "default"
    where = _where(package, path, fact, scope)
    other = " ".join(ANOTHER.get(word, word) for word in plain.split())
    is_switch = (fact.value or "").lower() in ("true", "false")
    if number % 2 == 0:
        asks = [
            f"what is {last} in {where}",
            f"default value of {last} for {where}",
            f"what is {last} set to in {where}",
        ]
        return Asked(asks[number // 2 % 3], "key", path, fact)
    if is_switch:
        return Asked(f"is {plain} enabled by default for {where}", "switch", path, fact)
    if number % 4 == 1 and other != plain:
        return Asked(f"what is the default {other} of {where}", "synonym", path, fact)
    asks = [
        f"what is the default {plain} of {where}",
        f"what {plain} does {where} use by default",
        f"default {plain} {where}?",
    ]
    return Asked(asks[number // 2 % 3], "words", path, fact)


def _ask(services: Services, asked: list[Asked], shown: bool) -> dict[str, object]:
    tools = PacketTools(services)
    tally: Counter[tuple[str, str]] = Counter()
    for each in asked:
        packet = tools.context_packet(each.text, session=each.text)
        tally[each.way, "asked"] += 1
        at = _rank(packet, each)
        tally[each.way, "hit_1"] += at == 0
        tally[each.way, "hit_3"] += at is not None and at < 3
        bare = [item for item in packet.items if item.kind != "fact"]
        places = [item.path == each.path and item.start_line <= each.fact.line <= item.end_line for item in bare]
        tally[each.way, "place_1"] += any(places[:1])
        tally[each.way, "place_3"] += any(places[:3])
        if shown and (at is None or at > 0):
            say(f"{each.way}: {each.text} -> {each.path}:{each.fact.line} {each.fact.key} = {each.fact.value}; at {at}")
            for item in packet.items[:3]:
                say(f"      {item.kind} {item.path}:{item.start_line} {item.symbol} {item.text} p={item.p}")
    ways = sorted({way for way, _ in tally})
    whole = {what: sum(tally[way, what] for way in ways) for what in ("asked", "hit_1", "hit_3", "place_1", "place_3")}
    rates = {what: share(n, whole["asked"]) for what, n in whole.items() if what != "asked"}
    by_way = {
        way: {
            what: tally[way, what] if what == "asked" else share(tally[way, what], tally[way, "asked"])
            for what in whole
        }
        for way in ways
    }
    return {"asked": whole["asked"], **rates, "ways": by_way}


def _rank(packet: Packet, each: Asked) -> int | None:
    """Return the rank of the asked fact; an equal key with an equal value in the same file is as good."""
    text = lane.text_of(each.fact)
    for rank, item in enumerate(packet.items):
        if item.kind == "fact" and item.path == each.path and item.text == text:
            return rank
    return None


def _ask_others(services: Services, tree: Path, shown: bool) -> dict[str, object]:
    """Count the facts among the answers to questions that ask for no value."""
    tools = PacketTools(services)
    before = {str(path.relative_to(tree)): path.read_bytes() for path in corpora.files(tree)}
    chosen = targets(before, random.Random("others"), most=OTHERS)
    texts = [question(target, number) for number, target in enumerate(chosen)]
    texts += [
        f"{how} {target.doc.split('. ')[0].rstrip('.')}"
        for how, target in zip(
            ["how does it", "why does it", "what does it do to", "which function does it:"] * OTHERS,
            chosen,
            strict=False,
        )
        if target.doc
    ]
    given: list[int] = []
    for text in texts:
        found = [item for item in tools.context_packet(text, session="others").items if item.kind == "fact"]
        given.append(len(found))
        if found and shown:
            say(f"intruding: {text} -> {[item.text for item in found]}")
    return {"others": len(texts), "intrusions": share(sum(map(bool, given)), len(texts)), "intruding": sum(given)}


def _time(services: Services, asked: list[Asked]) -> dict[str, object]:
    took: list[float] = []
    roots = {root.id: root for root in services.roots()}
    with services.engine().database.snapshot() as connection:
        facts = connection.execute("select count(*) from fact").get
        for _ in range(3):
            for each in asked:
                query = parse(each.text)
                idf = Idf(connection, query.terms)
                begun = time.thread_time()
                lane.find_facts(connection, query, idf, roots)
                took.append((time.thread_time() - begun) * 1000)
    return {"facts": facts, "lane_ms": percentiles(took)}


def _table(report: dict[str, object]) -> list[list[object]]:
    head = ["questions", "asked", "fact first", "fact in 3", "place first", "place in 3"]
    rows = [
        [way, *(counts[what] for what in ("asked", "hit_1", "hit_3", "place_1", "place_3"))]
        for way, counts in report["ways"].items()
    ]
    whole = ["all", *(report[what] for what in ("asked", "hit_1", "hit_3", "place_1", "place_3"))]
    last = [
        "others",
        report["others"],
        f"{report['intruding']} facts",
        report["intrusions"],
        f"{report['facts']} held",
        report["lane_ms"]["p50"],
    ]
    return [head, *rows, whole, last]


if __name__ == "__main__":
    sys.exit(main())
