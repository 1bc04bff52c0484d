"""Does a server's memory stay what it was, over a thousand packets?

A real stdio server process is asked by the official client, on a tree of 20 MB and more; its resident set is read from
/proc after its start, after the first packets, and after many. Prints one line of JSON on stdout and a table on
stderr; exits 1 when the bar is missed.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
from pathlib import Path

import anyio
from mcp import Client, StdioServerParameters
from shared import corpora
from shared.edits import question, targets
from shared.report import say, show

BAR_GROWTH = 0.05
PACKAGES = ("sqlalchemy", "werkzeug", "rich")
EVERY = 100


def main() -> int:
    """Measure, print, and hold the growth against the bar."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packets", type=int, default=1000)
    packets = parser.parse_args().packets
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "workspace"
        (workspace / ".cistron").mkdir(parents=True)
        before: dict[str, bytes] = {}
        for name in PACKAGES:
            shutil.copytree(corpora.large() / name, workspace / name)
        for path in corpora.files(workspace):
            before[str(path.relative_to(workspace))] = path.read_bytes()
        asked = targets(before, random.Random(0), most=200)
        questions = [question(target, number) for number, target in enumerate(asked)]
        found = anyio.run(_measure, workspace, questions, packets)
    first, settled, last = found[1], found[2], found[-1]
    growth = round(last[1] / first[1] - 1, 4)
    report = {"bench": "memory", "bar_growth": BAR_GROWTH, "packets": packets, "started_mb": found[0][1]}
    report |= {"idle_mb": first[1], "last_mb": last[1], "growth": growth, "passed": growth < BAR_GROWTH}
    report |= {"own_growth": round(last[2] / first[2] - 1, 4), "growth_after_100": round(last[1] / settled[1] - 1, 4)}
    show(report, [["packets", "resident MB", "of its own"], *found])
    return 0 if growth < BAR_GROWTH else 1


async def _measure(workspace: Path, questions: list[str], packets: int) -> list[tuple[int, float, float]]:
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "cistron.server", "serve"],
        cwd=workspace,
        env={**os.environ, "CISTRON_LOG_LEVEL": "warning"},
    )
    found: list[tuple[int, float, float]] = []
    async with Client(parameters) as client:
        child = _child()
        while True:
            answer = await client.call_tool("context_packet", {"query": questions[0]})
            assert answer.structured_content is not None
            if answer.structured_content["store"]["indexed"] == 1.0:
                break
            await anyio.sleep(0.5)
        say("indexed; starting over with a fresh process")
        assert child is not None
    async with Client(parameters) as client:
        child = _child()
        found.append((0, *_resident_mb(child)))
        for number in range(1, packets + 1):
            query = questions[number % len(questions)]
            task = ("explain", "edit")[number % 2]
            await client.call_tool("context_packet", {"query": query, "task_type": task, "session": f"s{number // 50}"})
            if number == 1 or number % EVERY == 0:
                found.append((number, *_resident_mb(child)))
    return found


def _child() -> int:
    """Return the id of this process's only child."""
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    assert len(children) == 1
    return int(children[0])


def _resident_mb(process: int) -> tuple[float, float]:
    """Return what is resident, and of it what is no page of a file."""
    rows = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    sizes = {row.split(":")[0]: int(row.split()[1]) / 1024 for row in rows[1:]}
    return round(sizes["Rss"], 1), round(sizes["Anonymous"], 1)


if __name__ == "__main__":
    sys.exit(main())
