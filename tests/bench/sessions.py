"""What does it cost to ask as one of several agents, and what does asking again cost?

Each question is asked in a session of its own, again in the same session, and once more by a host that compacted its
context, which is the baseline: it is told all again. What a packet does for sessions (whose is it, what did others
edit, who is editing here) is timed by itself, in CPU time: with nobody else there, and beside an agent that holds
leases and reports what it uses before every question. Prints one line of JSON on stdout and a table on stderr; exits 1
when a bar is missed.
"""

import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from shared import corpora
from shared.edits import question, targets
from shared.report import percentiles, say, show

from cistron.genome.records import Identity
from cistron.tools.ask import ask
from cistron.tools.models.packet import Packet
from cistron.tools.news import claims, edits
from cistron.tools.packet import PacketTools, prefixes
from cistron.tools.services import Services
from cistron.tools.session import SessionTools
from cistron.tools.text import packet_text
from cistron.tools.tokens import tokens
from cistron.tools.verify import VerifyTools

PACKAGE = "werkzeug"
QUESTIONS = 120
BARS_MS = {"alone": 0.3, "beside": 1.0}
BAR_TOKENS = 0.9  # of a packet that is told in full
LEASES = 20
SETTLED_S = 2.2


def main() -> int:
    """Measure, print, and hold against the bars."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        shutil.copytree(corpora.package(PACKAGE, corpora.RELEASES[PACKAGE][1]), place / "tree")
        time.sleep(SETTLED_S)  # a stamp is proof only when it is older than this
        services = Services(place / "genome.db", [place / "tree"])
        services.ingest_work(services.roots()[0], None)(lambda _: None, lambda: False)
        before = {str(path.relative_to(place / "tree")): path.read_bytes() for path in corpora.files(place / "tree")}
        chosen = targets(before, random.Random(PACKAGE), most=QUESTIONS)
        questions = sorted({question(target, number) for number, target in enumerate(chosen)})
        spoken = _again(services, questions)
        alone = _overhead(services, questions)
        paths = sorted(before)[:LEASES]
        other = Services(place / "genome.db", [place / "tree"], identity=Identity(agent="other"))
        SessionTools(other).session("claim", paths=paths)
        beside = _overhead(services, questions, lambda at: _report(other, paths[at % LEASES]))
        other.close()
        services.close()
    ratio = round(spoken["again"]["tokens_p50"] / spoken["in full"]["tokens_p50"], 3)
    took = {"alone": alone, "beside": beside}
    missing = [f"{name}: {took[name]['p50']} ms" for name, bar in BARS_MS.items() if took[name]["p50"] > bar]
    missing += [f"a repeated packet costs {ratio} of one in full"] if ratio > BAR_TOKENS else []
    found = {"questions": len(questions), "tokens": spoken, "ratio": ratio, "alone_ms": alone, "beside_ms": beside}
    rows: list[list[object]] = [["packet", "tokens p50", "tokens p95", "bytes p50"]]
    rows += [[name, each["tokens_p50"], each["tokens_p95"], each["bytes_p50"]] for name, each in spoken.items()]
    rows += [["for sessions, ms of CPU", "p50", "p95", ""], ["alone", alone["p50"], alone["p95"], ""]]
    rows += [["beside another agent", beside["p50"], beside["p95"], ""]]
    bars = {"bars_ms": BARS_MS, "bar_tokens": BAR_TOKENS}
    show({"bench": "sessions", **bars, "passed": not missing, "missing": missing, **found}, rows)
    for what in missing:
        say(f"bar missed: {what}")
    return 1 if missing else 0


def _again(services: Services, questions: list[str]) -> dict[str, dict[str, float]]:
    """Ask each question anew, again, and again without what was delivered."""
    tools = PacketTools(services)
    found: dict[str, list[Packet]] = {"first": [], "again": [], "in full": []}
    for number, query in enumerate(questions):
        for name, ignore in (("first", False), ("again", False), ("in full", True)):
            found[name].append(tools.context_packet(query, session=f"s{number}", ignore_delivered=ignore))
    return {name: _sizes(packets) for name, packets in found.items()}


def _sizes(packets: list[Packet]) -> dict[str, float]:
    spoken = percentiles([tokens(packet_text(packet)) for packet in packets])
    sent = percentiles([len(packet.model_dump_json()) for packet in packets])
    return {"tokens_p50": spoken["p50"], "tokens_p95": spoken["p95"], "bytes_p50": sent["p50"]}


def _overhead(
    services: Services, questions: list[str], meanwhile: Callable[[int], None] = lambda _: None
) -> dict[str, float]:
    """Time what a packet does for sessions, in a session that knows all the packets before."""
    handle = SessionTools(services).session("start").handle
    tools, prefix = PacketTools(services), prefixes(services.roots())
    took: list[float] = []
    for number, query in enumerate(questions):
        packet = tools.context_packet(query, session=handle)
        meanwhile(number)
        ask(services, query, "explain", len(packet.items), None)  # what comes before, and pays for a cold page cache
        paths = [item.path for item in packet.items]
        begun = time.thread_time()
        name = services.heard(handle, questions=1)
        shown = list(services.engine().recorder.shown(name).values())
        edits(services, name, shown, prefix)
        claims(services, name, paths, prefix)
        took.append((time.thread_time() - begun) * 1000)
    return percentiles(took)


def _report(other: Services, path: str) -> None:
    VerifyTools(other).verify([], used=[path])


if __name__ == "__main__":
    sys.exit(main())
