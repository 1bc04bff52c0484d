"""See it work: real code, a real server, a real client, and a file that changes between two questions.

Run by `make demo`. Exits 1 if a verdict is not what it is said to be.
"""
# ruff: noqa: T201, ASYNC240 - it prints, and while it edits a file nothing else waits

from __future__ import annotations

import importlib.util
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters

HERE = Path(__file__).resolve().parent.parent
TIMEOUT_S = 300
WIDTH = 100

Structured = Mapping[str, Any]


@dataclass
class Demo:
    """A client of the server under show, and what did not come out as promised."""

    client: Client
    broken: list[str] = field(default_factory=list)

    async def ask(self, query: str, task: str) -> Structured:
        """Ask, print the packet as an agent reads it, and return it as a program does."""
        print(f'\n  context_packet("{query}", task_type="{task}")')
        result = await self.client.call_tool("context_packet", {"query": query, "task_type": task, "max_items": 4})
        for block in result.content:
            show(getattr(block, "text", ""))
        assert result.structured_content is not None
        return result.structured_content

    def promise(self, what: str, kept: bool) -> None:
        """Print whether a promise was kept, and remember it if not."""
        print(f"  {'kept  ' if kept else 'BROKEN'} {what}")
        if not kept:
            self.broken.append(what)


def show(text: str) -> None:
    """Print a block of text, indented, each line cut to the width."""
    for line in text.splitlines():
        print("    " + (line if len(line) <= WIDTH - 4 else f"{line[: WIDTH - 7]}..."))


def step(title: str) -> None:
    """Print what comes next."""
    print(f"\n{title}\n{'-' * len(title)}")


def installed(package: str) -> Path:
    """Return the folder of an installed package's sources."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def item_at(packet: Structured, path: str, symbol: str | None = None) -> Structured | None:
    """Return the first item in a file, and of a symbol if one is named."""
    items: Sequence[Structured] = packet["items"]
    return next((i for i in items if i["path"].endswith(path) and symbol in (None, i["symbol"])), None)


async def read_in(demo: Demo, roots: Sequence[Path]) -> None:
    """Ingest every root through the tool and print how far it is."""
    step("1. Read in: two installed packages, this repository, a copy of a package to edit")
    for root in roots:

        async def progress(done: float, total: float | None, message: str | None, root: Path = root) -> None:
            if sys.stdout.isatty():
                print(f"\r    {root.name}: {done:.0f} of {total or 0:.0f} files", end="", flush=True)

        result = await demo.client.call_tool("ingest", {"path": str(root)}, progress_callback=progress)
        report: Structured = result.structured_content or {}
        print(
            f"\r    {root.name}: {report['read']} files, {report['places']} places,"
            f" {report['bytes_read'] / 1e6:.1f} MB in {report['seconds']:.1f} s    "
        )


async def four_questions(demo: Demo) -> None:
    """Ask one question of each of four kinds; every pointer must be proven and the right file among them."""
    step("2. Four questions of different kinds. Each pointer is checked against its file before it is given")
    questions = [
        ("explain", "how does the stdio server keep stray output away from the protocol", "mcp/server/stdio.py"),
        ("debug", "another stdio_server() in this process has already claimed fd", "mcp/server/stdio.py"),
        ("plan", "where does starlette build the middleware stack", "starlette/applications.py"),
        ("ops", "which python version and dependencies does this project require", "pyproject.toml"),
    ]
    for task, query, expected in questions:
        packet = await demo.ask(query, task)
        found = item_at(packet, expected)
        demo.promise(f"{expected} is among the items and verified", bool(found and found["status"] == "verified"))
    packet = await demo.ask("where does the scraper rotate its proxies", "ops")
    demo.promise("a question these files cannot answer is not answered: known is no", packet["known"] == "no")


def edit(file: Path) -> None:
    """Insert three lines at the top of a file and change the body of `raise_on_not_writable_file` in it."""
    text = file.read_text(encoding="utf-8")
    old = "file_stat = os.lstat(filename)"
    assert text.count(old) == 1
    changed = text.replace(old, "file_stat = os.stat(filename)  # edited by the demo")
    file.write_text("# These three lines\n# were inserted\n# by the demo.\n" + changed, encoding="utf-8")


def lines_of(file: Path, place: Structured) -> str:
    """Return the text at the lines that an item names, as the file is now."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return "\n".join(lines[place["start_line"] - 1 : place["end_line"]])


async def edit_between_questions(demo: Demo, file: Path) -> None:
    """Ask, edit, ask again, delete, ask a third time."""
    query = "raise_on_not_writable_file and ensure_directory_exists in filelock _util"
    step("3. Ask about two functions of the file we may edit")
    before = await demo.ask(query, "edit")
    places = [item_at(before, "_util.py", name) for name in ("raise_on_not_writable_file", "ensure_directory_exists")]
    demo.promise("both functions are found and verified", all(p and p["status"] == "verified" for p in places))
    if None in places:
        return
    body, shifted = (place for place in places if place is not None)

    step("4. Three lines go in at the top of the file, and raise_on_not_writable_file is changed. Prove both again")
    edit(file)
    rungs = await verify(demo, [body["id"], shifted["id"]])
    demo.promise("raise_on_not_writable_file is said to have changed", rungs[0]["evidence"]["rung"] == "changed")
    demo.promise("ensure_directory_exists is said to have moved", rungs[1]["evidence"]["rung"] == "moved")
    moved_by = (rungs[1]["start_line"] or 0) - shifted["start_line"]
    demo.promise("... by the three lines that were inserted, and still holds", moved_by == 3)

    step("5. Ask the same again: the file is read anew inside the call, so the pointers are right now")
    after = await demo.ask(query, "edit")
    now = item_at(after, "_util.py", "raise_on_not_writable_file")
    is_true = bool(now and now["status"] == "verified" and "edited by the demo" in lines_of(file, now))
    demo.promise("raise_on_not_writable_file is verified at lines that hold the edit", is_true)
    demo.promise("... and we are told that we were shown an older version", bool(now) and targets(after, "older"))

    step("6. The file is deleted")
    file.unlink()
    rungs = await verify(demo, [body["id"], shifted["id"]])
    demo.promise("both places are gone", all(rung["evidence"]["rung"] == "gone" for rung in rungs))
    third = await demo.ask(query, "edit")
    left = [item for item in third["items"] if item["path"].endswith("filelock/_util.py")]
    demo.promise("nothing in the deleted file is called verified", all(i["status"] == "needs_refresh" for i in left))
    demo.promise("... and what we were shown of it is named as gone", targets(third, "gone"))


def targets(packet: Structured, reason: str) -> bool:
    """Say whether a refresh target in the edited file has this reason."""
    return any(reason in t["reason"] and t["path"].endswith("_util.py") for t in packet["refresh_targets"])


async def verify(demo: Demo, ids: Sequence[str]) -> Sequence[Structured]:
    """Prove places that an earlier packet gave, and print what came of it."""
    print(f"\n  verify({list(ids)})")
    result = await demo.client.call_tool("verify", {"targets": list(ids)})
    for block in result.content:
        show(getattr(block, "text", ""))
    return (result.structured_content or {})["results"]


def connect(place: Path, roots: Sequence[Path]) -> AbstractAsyncContextManager[Client]:
    """Start the server as a client would: a child process that speaks over its stdin and stdout."""
    flags = [part for root in roots for part in ("--root", str(root))]
    command = ["-m", "cistron.server", "serve", "--log-level", "warning", "--genome", str(place / "genome.db"), *flags]
    return Client(StdioServerParameters(command=sys.executable, args=command, cwd=str(place)))


async def run(place: Path) -> int:
    """Run all steps in a temporary folder."""
    copy = place / "filelock"
    shutil.copytree(installed("filelock"), copy, ignore=shutil.ignore_patterns("__pycache__"))
    # Without its tests and this script, which hold questions like these and would be found to answer them.
    own = place / "cistron"
    aside = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "tests", "demo.py")
    shutil.copytree(HERE, own, ignore=aside)
    roots = [installed("mcp"), installed("starlette"), own, copy]
    with anyio.fail_after(TIMEOUT_S):
        async with connect(place, roots) as client:
            demo = Demo(client)
            await read_in(demo, roots)
            await four_questions(demo)
            await edit_between_questions(demo, copy / "_util.py")
    print(f"\n{len(demo.broken)} promises broken" if demo.broken else "\nEvery promise was kept.")
    return 1 if demo.broken else 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="cistron-demo-") as folder:
        sys.exit(anyio.run(run, Path(folder)))
